// Readers as streams and streams as readers, sinks as writers, and what else is beside them: row IO-24.
#include "tokio/io/streams.hpp"

#include <doctest/doctest.h>

#include <array>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "tokio/codec.hpp"
#include "tokio/io.hpp"
#include "tokio/stream.hpp"
#include "tokio/sync/mpsc.hpp"
#include "tokio/sync/poll_sender.hpp"
#include "tokio/test.hpp"
#include "tokio/test/hand_stream.hpp"

namespace {

using namespace tokio;
using test::hand_poll;
using test::hand_stream;
using test::script;
using test::scripted_stream;
using chunk = result<std::string>;

const error reset(error_kind::connection_reset, "reset");

// Panics when it is polled after its end.
struct strict_chunks : stream::methods<strict_chunks> {
  using item = chunk;
  explicit strict_chunks(std::vector<chunk> of) : items(std::move(of)) {}
  std::vector<chunk> items;
  std::size_t next_item = 0;
  bool over = false;
  stream::next_poll<chunk> poll_next(context&) {
    if (over) panic("polled after its end");
    over = next_item == items.size();
    return over ? std::optional<chunk>() : std::optional<chunk>(items[next_item++]);
  }
};

// A writer that takes at most `most` bytes with each call, out of several parts.
struct few_at_once : io::writer_methods<few_at_once> {
  explicit few_at_once(std::size_t bytes) : most(bytes) {}
  std::size_t most;
  std::vector<std::string> given;
  poll<result<std::size_t>> poll_write(context&, io::byte_view from) {
    given.emplace_back(from.text().substr(0, most));
    return result<std::size_t>(given.back().size());
  }
  poll<result<std::size_t>> poll_write_vectored(context&, std::span<const io::byte_view> from) {
    std::string all;
    for (const auto& part : from) all += part.text();
    given.push_back(all.substr(0, most));
    return result<std::size_t>(given.back().size());
  }
  poll<result<>> poll_flush(context&) { return result<>(); }
  poll<result<>> poll_shutdown(context&) { return result<>(); }
};

}  // namespace

TEST_CASE("[IO-24] a reader is a stream of what each read gives, and ends with it") {
  test::fake_host fake;
  hand_stream chunks(io::reader_stream(scripted_stream(script().read("ab").read("cde")), 2));
  CHECK(chunks.poll_next().value()->value() == "ab");
  CHECK(chunks.poll_next().value()->value() == "cd");
  CHECK(chunks.poll_next().value()->value() == "e");
  CHECK_FALSE(chunks.stream().is_terminated());
  CHECK_FALSE(chunks.poll_next().value().has_value());
  CHECK(chunks.stream().is_terminated());
  CHECK_FALSE(chunks.poll_next().value().has_value());
  auto same = io::repeat(std::byte{'x'});
  CHECK(test::block_on(io::reader_stream(same).next())->value().size() == 4 * 1024);
}

TEST_CASE("[IO-24] a stream of a reader ends after an error, whatever the reader has behind it") {
  test::fake_host fake;
  scripted_stream stream(script().read("ab").read_error(reset).read("c"));
  hand_stream chunks{io::reader_stream(stream)};
  CHECK(chunks.poll_next().value()->value() == "ab");
  CHECK(chunks.poll_next().value()->error() == reset);
  CHECK_FALSE(chunks.poll_next().value().has_value());
  std::array<char, 2> room;
  CHECK(test::block_on(stream.read(room)).value() == 1);
}

TEST_CASE("[IO-24] a next of a reader's stream that is dropped has lost nothing") {
  test::fake_host fake;
  auto [a, b] = io::duplex(8);
  io::reader_stream chunks(a);
  {
    hand_poll waiting(chunks.next());
    CHECK(waiting.poll().is_pending());
  }
  CHECK(test::block_on(b.write_all("x")).has_value());
  CHECK(test::block_on(chunks.next())->value() == "x");
}

TEST_CASE(
    "[IO-24] chunks are read as bytes: small reads, empty chunks, an error in between, and no poll after the end") {
  test::fake_host fake;
  io::stream_reader reader(strict_chunks({"abc", "", std::unexpected(reset), "de"}));
  std::array<char, 2> room;
  CHECK(test::block_on(reader.read(room)).value() == 2);
  CHECK(reader.buffer().text() == "c");
  CHECK(test::block_on(reader.read(io::byte_span())).value() == 0);
  CHECK(test::block_on(reader.read(room)).value() == 1);
  CHECK(test::block_on(reader.read(room)).error() == reset);
  CHECK(test::block_on(reader.read(room)).value() == 2);
  CHECK(test::block_on(reader.read(room)).value() == 0);
  CHECK(test::block_on(reader.read(room)).value() == 0);
}

TEST_CASE("[IO-24] a stream of chunks has lines, and is given back with what was not read") {
  test::fake_host fake;
  io::stream_reader reader(strict_chunks({"on", "e\ntwo", "three"}));
  std::string line;
  CHECK(test::block_on(reader.read_line(line)).value() == 4);
  CHECK(line == "one\n");
  auto [inner, left] = std::move(reader).into_inner_with_chunk();
  CHECK(left == "e\ntwo");
  CHECK(inner.next_item == 2);
}

TEST_CASE("[IO-24] a channel of chunks is a writer: each write is a message, shutdown closes it") {
  test::fake_host fake;
  auto [to, from] = sync::mpsc::channel<std::string>(1);
  io::sink_writer writer(io::copy_to_bytes(sync::poll_sender<std::string>(std::move(to))));
  CHECK(test::block_on(writer.write("one")).value() == 3);
  hand_poll full(writer.write("two"));
  CHECK(full.poll().is_pending());
  CHECK(test::block_on(from.recv()) == "one");
  CHECK(full.poll().value().value() == 3);
  CHECK(test::block_on(writer.flush()).has_value());
  CHECK(test::block_on(writer.shutdown()).has_value());
  CHECK(test::block_on(writer.write("three")).error().kind() == error_kind::broken_pipe);
  CHECK(test::block_on(from.recv()) == "two");
  CHECK_FALSE(test::block_on(from.recv()).has_value());
}

TEST_CASE("[IO-24] a write into a sink that is dropped while there is no room has sent nothing") {
  test::fake_host fake;
  auto [to, from] = sync::mpsc::channel<std::string>(1);
  io::sink_writer writer(io::copy_to_bytes(sync::poll_sender<std::string>(std::move(to))));
  CHECK(test::block_on(writer.write("one")).value() == 3);
  {
    hand_poll dropped(writer.write("lost"));
    CHECK(dropped.poll().is_pending());
  }
  CHECK(test::block_on(from.recv()) == "one");
  CHECK(test::block_on(writer.write("two")).value() == 3);
  CHECK(test::block_on(from.recv()) == "two");
}

TEST_CASE("[IO-24] frames that are written are a writer, too") {
  test::fake_host fake;
  io::cursor target(std::string{});
  io::sink_writer writer(codec::framed_write(target, codec::length_delimited_codec()));
  CHECK(test::block_on(writer.write_all("ab")).has_value());
  CHECK(target.get().empty());
  CHECK(test::block_on(writer.flush()).has_value());
  CHECK(target.get() == std::string("\0\0\0\2ab", 6));
}

TEST_CASE("[IO-24] an inspector of a reader sees each byte, and an empty view at the end alone") {
  test::fake_host fake;
  std::vector<std::string> seen;
  io::inspect_reader reader(scripted_stream(script().read("abc")),
                            [&](io::byte_view b) { seen.emplace_back(b.text()); });
  std::array<char, 2> room;
  CHECK(test::block_on(reader.read(std::span(room).first(0))).value() == 0);
  CHECK(seen.empty());
  CHECK(test::block_on(reader.read(room)).value() == 2);
  CHECK(test::block_on(reader.read(room)).value() == 1);
  CHECK(test::block_on(reader.read(room)).value() == 0);
  CHECK(seen == std::vector<std::string>{"ab", "c", ""});
}

TEST_CASE("[IO-24] an inspector of a writer sees what was taken, part by part, and never nothing") {
  test::fake_host fake;
  std::vector<std::string> seen;
  io::inspect_writer writer(few_at_once(3), [&](io::byte_view b) { seen.emplace_back(b.text()); });
  CHECK(test::block_on(writer.write("abcd")).value() == 3);
  CHECK(test::block_on(writer.write("")).value() == 0);
  const std::array<io::byte_view, 4> parts{"", "ef", "ghi", "j"};
  CHECK(test::block_on(writer.write_vectored(parts)).value() == 3);
  CHECK(seen == std::vector<std::string>{"abc", "ef", "g"});
}

TEST_CASE("[IO-24] write_all_vectored skips empty parts and goes on in the middle of one") {
  test::fake_host fake;
  few_at_once writer(4);
  std::array<io::byte_view, 5> parts{"", "abc", "", "defgh", "i"};
  CHECK(test::block_on(writer.write_all_vectored(parts)).has_value());
  CHECK(writer.given == std::vector<std::string>{"abcd", "efgh", "i"});
  std::array<io::byte_view, 2> nothing{"", ""};
  CHECK(test::block_on(writer.write_all_vectored(nothing)).has_value());
  CHECK(writer.given.size() == 3);
  few_at_once full(0);
  std::array<io::byte_view, 1> one{"x"};
  CHECK(test::block_on(full.write_all_vectored(one)).error().kind() == error_kind::write_zero);
}

TEST_CASE("[IO-24] write_all_vectored that is dropped can be taken up again where it stood") {
  test::fake_host fake;
  auto [a, b] = io::duplex(4);
  std::array<io::byte_view, 2> parts{"abc", "def"};
  {
    hand_poll dropped(a.write_all_vectored(parts));
    CHECK(dropped.poll().is_pending());
  }
  CHECK(parts[1].text() == "ef");
  std::string heard;
  heard.reserve(16);
  CHECK(test::block_on(b.read_buf(heard)).value() == 4);
  CHECK(test::block_on(a.write_all_vectored(parts)).has_value());
  CHECK(test::block_on(b.read_buf(heard)).value() == 2);
  CHECK(heard == "abcdef");
}

TEST_CASE("[IO-24] read_exact_arc gives bytes to share, or fails when the stream ends before") {
  test::fake_host fake;
  scripted_stream stream(script().read("ab").read("cdef"));
  auto shared = test::block_on(io::read_exact_arc(stream, 5)).value();
  auto other = shared;
  CHECK(*other == "abcde");
  CHECK(other.use_count() == 2);
  CHECK(test::block_on(io::read_exact_arc(stream, 2)).error().kind() == error_kind::unexpected_eof);
}
