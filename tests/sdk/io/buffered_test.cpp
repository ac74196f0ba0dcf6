// Buffers: rows IO-04, IO-14, IO-15.
#include "tokio/io/buffered.hpp"

#include <doctest/doctest.h>

#include <array>
#include <string>
#include <vector>

#include "tokio/io.hpp"
#include "tokio/test.hpp"

namespace {

using namespace tokio;
using test::hand_poll;
using test::script;
using test::scripted_stream;

// Notes the sizes it is asked for and what it is given.
struct recorder : io::reader_methods<recorder>, io::writer_methods<recorder> {
  recorder() = default;
  std::vector<std::size_t> asked;
  std::vector<std::string> given;
  int flushes = 0;
  tokio::poll<result<std::size_t>> poll_read(context&, io::byte_span into) {
    asked.push_back(into.size());
    std::fill(into.begin(), into.end(), std::byte{'r'});
    return result<std::size_t>(into.size());
  }
  tokio::poll<result<std::size_t>> poll_write(context&, io::byte_view from) {
    given.emplace_back(from.text());
    return result<std::size_t>(from.size());
  }
  tokio::poll<result<>> poll_flush(context&) { return ++flushes, result<>(); }
  tokio::poll<result<>> poll_shutdown(context&) { return result<>(); }
};

}  // namespace

TEST_CASE("[IO-14] a buf_reader reads ahead and serves small reads from its buffer") {
  test::fake_host fake;
  recorder source;
  io::buf_reader reader(source, 8);
  std::array<char, 3> room;
  CHECK(test::block_on(reader.read(room)).value() == 3);
  CHECK(test::block_on(reader.read(room)).value() == 3);
  CHECK(reader.buffer().size() == 2);
  CHECK(test::block_on(reader.read(room)).value() == 2);
  CHECK(source.asked == std::vector<std::size_t>{8});
  CHECK(io::buf_reader(recorder()).capacity() == 8 * 1024);
}

TEST_CASE("[IO-14] a large read goes past an empty buffer, and only then") {
  test::fake_host fake;
  recorder source;
  io::buf_reader reader(source, 4);
  std::array<char, 16> large;
  CHECK(test::block_on(reader.read(large)).value() == 16);
  CHECK(source.asked == std::vector<std::size_t>{16});
  std::array<char, 1> small;
  CHECK(test::block_on(reader.read(small)).value() == 1);
  CHECK(test::block_on(reader.read(large)).value() == 3);
  CHECK(source.asked == std::vector<std::size_t>{16, 4});
}

TEST_CASE("[IO-04] fill_buf gives what is buffered until it is consumed") {
  test::fake_host fake;
  io::buf_reader reader(scripted_stream(script().read("abc")));
  auto fill = [&] {
    hand_poll filling(poll_fn([&](context& cx) { return reader.poll_fill_buf(cx); }));
    return std::string(filling.poll().value().value().text());
  };
  CHECK(fill() == "abc");
  reader.consume(2);
  CHECK(fill() == "c");
  reader.consume(1);
  CHECK(fill().empty());
}

TEST_CASE("[IO-14] a buf_reader passes writes through and gives its stream back") {
  test::fake_host fake;
  io::buf_reader reader(scripted_stream(script().write("out").read("in")));
  CHECK(test::block_on(reader.write_all("out")).has_value());
  std::string text;
  auto inner = std::move(reader).into_inner();
  CHECK(test::block_on(inner.read_to_string(text)).value() == 2);
}

TEST_CASE("[IO-15] a buf_writer collects small writes, flushes inner once per flush, and bypasses for large ones") {
  test::fake_host fake;
  recorder target;
  io::buf_writer writer(target, 4);
  CHECK(test::block_on(writer.write_all("ab")).has_value());
  CHECK(test::block_on(writer.write_all("c")).has_value());
  CHECK(target.given.empty());
  CHECK(writer.buffer().text() == "abc");
  CHECK(test::block_on(writer.flush()).has_value());
  CHECK(target.given == std::vector<std::string>{"abc"});
  CHECK(target.flushes == 1);
  CHECK(test::block_on(writer.write_all("d")).has_value());
  CHECK(test::block_on(writer.write_all("large one")).has_value());
  CHECK(target.given == std::vector<std::string>{"abc", "d", "large one"});
}

TEST_CASE("[IO-15] a buf_writer's destructor flushes nothing, its shutdown does") {
  test::fake_host fake;
  recorder target;
  {
    io::buf_writer writer(target);
    CHECK(test::block_on(writer.write_all("lost")).has_value());
  }
  CHECK(target.given.empty());
  io::buf_writer writer(target);
  CHECK(test::block_on(writer.write_all("kept")).has_value());
  CHECK(test::block_on(writer.shutdown()).has_value());
  CHECK(target.given == std::vector<std::string>{"kept"});
}

TEST_CASE("[IO-15] vectored writes fill the buffer part by part") {
  test::fake_host fake;
  recorder target;
  io::buf_writer writer(target, 6);
  const std::array<io::byte_view, 4> parts{"ab", "", "cd", "efg"};
  CHECK(test::block_on(writer.write_vectored(parts)).value() == 4);
  CHECK(writer.buffer().text() == "abcd");
  const std::array<io::byte_view, 2> large{"longer than it", "x"};
  CHECK(test::block_on(writer.write_vectored(large)).value() == 15);
  CHECK(target.given == std::vector<std::string>{"abcd", "longer than it"});
}

TEST_CASE("[IO-15] a write that finds the inner stream slow keeps its place in the buffer") {
  test::fake_host fake;
  auto [a, b] = io::duplex(2);
  io::buf_writer writer(std::move(a), 4);
  CHECK(test::block_on(writer.write_all("abcd")).has_value());
  hand_poll flushing(writer.flush());
  std::string heard;
  std::array<char, 4> room;
  while (flushing.poll().is_pending()) heard.append(room.data(), test::block_on(b.read(room)).value());
  heard.append(room.data(), test::block_on(b.read(room)).value());
  CHECK(heard == "abcd");
}

TEST_CASE("[IO-15] a buf_stream buffers both directions") {
  test::fake_host fake;
  auto stream = io::make_buf_stream(scripted_stream(script().read("in\n").write("out")));
  std::string line;
  CHECK(test::block_on(stream.read_line(line)).value() == 3);
  CHECK(test::block_on(stream.write_all("out")).has_value());
  CHECK(test::block_on(stream.flush()).has_value());
}
