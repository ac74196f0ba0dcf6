// What a reader promises, and the buffer that knows what is filled: rows IO-01, IO-02, IO-05.
#include "tokio/io/read_buf.hpp"

#include <doctest/doctest.h>

#include <array>
#include <string>
#include <vector>

#include "tokio/io.hpp"
#include "tokio/test.hpp"

namespace {

using namespace tokio;
using io::read_buf;
using test::hand_poll;
using test::script;
using test::scripted_stream;

// Says that it has read a byte more than there is room for.
struct liar : io::reader_methods<liar> {
  liar() = default;
  poll<result<std::size_t>> poll_read(context&, io::byte_span into) { return result<std::size_t>(into.size() + 1); }
};

// Writes over all of its room, and then has nothing.
struct scribbler : io::reader_methods<scribbler> {
  scribbler() = default;
  poll<result<std::size_t>> poll_read(context&, io::byte_span into) {
    std::ranges::fill(into, std::byte{'!'});
    return pending;
  }
};

template <class F>
void panics(F future) {
  hand_poll polled(std::move(future));
  CHECK_THROWS_AS((void)polled.poll(), panic_error);
}

}  // namespace

TEST_CASE("[IO-01] a read without room gives 0, which is not the end, and takes nothing") {
  test::fake_host fake;
  auto [a, b] = io::duplex(8);
  CHECK(test::block_on(b.write_all("xy")).has_value());
  CHECK(test::block_on(a.read(io::byte_span())).value() == 0);
  std::array<char, 8> room;
  CHECK(test::block_on(a.read(room)).value() == 2);
}

TEST_CASE("[IO-01] a read that is pending leaves the room as it was, also where a reader has scribbled into a vector") {
  test::fake_host fake;
  auto [a, b] = io::duplex(8);
  std::array<char, 2> room{'k', 'k'};
  hand_poll waiting(a.read(room));
  CHECK(waiting.poll().is_pending());
  CHECK(room == std::array{'k', 'k'});
  scribbler rude;
  std::string text = "kept";
  hand_poll appending(rude.read_buf(text));
  CHECK(appending.poll().is_pending());
  CHECK(text == "kept");
}

TEST_CASE("[IO-01] a reader that says that it has read more than there was room for panics, whoever asks") {
  test::fake_host fake;
  liar reader;
  std::array<char, 4> room;
  panics(reader.read(room));
  panics(reader.read_exact(room));
  panics(reader.read_u32());
  std::string text = "kept";
  panics(reader.read_to_end(text));
  text.reserve(100);
  panics(reader.read_to_end(text));
  panics(reader.read_buf(text));
  CHECK(text == "kept");
  read_buf into(room);
  panics(reader.read_buf(into));
  CHECK(into.filled().empty());
  auto few = io::take(reader, 2);
  panics(few.read(room));
  CHECK(few.limit() == 2);
  auto both = io::chain(reader, io::empty());
  panics(both.read(room));
  io::buf_reader ahead(reader, 8);
  panics(ahead.read_line(text));
  auto nowhere = io::sink();
  panics(io::copy(reader, nowhere));
}

TEST_CASE("[IO-02] a read_buf knows what is filled, what is initialized and what there is room for") {
  std::array<char, 8> room;
  auto buffer = read_buf::uninit(room);
  CHECK(buffer.capacity() == 8);
  CHECK(buffer.remaining() == 8);
  CHECK(buffer.initialized().empty());
  buffer.put_slice("abc");
  CHECK(buffer.filled().text() == "abc");
  CHECK(buffer.initialized().size() == 3);
  CHECK(buffer.remaining() == 5);
  CHECK(buffer.unfilled_mut().size() == 5);
  CHECK(buffer.inner_mut().size() == 8);
  buffer.filled_mut()[0] = std::byte{'x'};
  CHECK(buffer.filled().text() == "xbc");
  CHECK(read_buf(room).initialized_mut().size() == 8);
}

TEST_CASE("[IO-02] only what nobody has written is zeroed") {
  std::array<char, 6> room{'1', '2', '3', '4', '5', '6'};
  auto buffer = read_buf::uninit(room);
  buffer.put_slice("ab");
  buffer.set_filled(1);  // what is initialized stays so
  const auto first = buffer.initialize_unfilled_to(3);
  CHECK(io::byte_view(first).text() == std::string_view("b\0\0", 3));
  CHECK(room[4] == '5');
  CHECK(buffer.initialized().size() == 4);
  const auto rest = buffer.initialize_unfilled();
  CHECK(rest.size() == 5);
  CHECK(room[5] == '\0');
  buffer.advance(5);
  CHECK(buffer.remaining() == 0);
}

TEST_CASE("[IO-02] what would break filled <= initialized <= capacity panics and changes nothing") {
  std::array<char, 4> room;
  auto buffer = read_buf::uninit(room);
  buffer.put_slice("ab");
  CHECK_THROWS_AS(buffer.advance(1), panic_error);
  CHECK_THROWS_AS(buffer.set_filled(3), panic_error);
  CHECK_THROWS_AS(buffer.put_slice("cde"), panic_error);
  CHECK_THROWS_AS((void)buffer.initialize_unfilled_to(3), panic_error);
  CHECK_THROWS_AS(buffer.assume_init(3), panic_error);
  CHECK(buffer.filled().text() == "ab");
  CHECK(buffer.initialized().size() == 2);
  buffer.assume_init(2);
  buffer.advance(2);
  CHECK(buffer.filled().size() == 4);
}

TEST_CASE("[IO-02] a buffer that is cleared keeps what is initialized; one that is taken has room of its own") {
  std::array<char, 6> room;
  auto buffer = read_buf::uninit(room);
  buffer.put_slice("ab");
  auto part = buffer.take(3);
  CHECK(part.capacity() == 3);
  CHECK(buffer.take(100).capacity() == 4);
  part.put_slice("cd");
  CHECK(buffer.filled().text() == "ab");
  buffer.assume_init(2);
  buffer.advance(2);
  CHECK(buffer.filled().text() == "abcd");
  buffer.clear();
  CHECK(buffer.filled().empty());
  CHECK(buffer.initialized().size() == 4);
}

TEST_CASE("[IO-02] a read fills a buffer from where it is filled, and an end fills nothing") {
  test::fake_host fake;
  scripted_stream stream(script().read("cdef"));
  std::array<char, 5> room;
  auto into = read_buf::uninit(room);
  into.put_slice("ab");
  CHECK(test::block_on(stream.read_buf(into)).has_value());
  CHECK(into.filled().text() == "abcde");
  into.clear();
  CHECK(test::block_on(stream.read_buf(into)).has_value());
  CHECK(into.filled().text() == "f");
  CHECK(test::block_on(stream.read_buf(into)).has_value());
  CHECK(into.filled().text() == "f");
}

TEST_CASE("[IO-05] read_buf appends what the capacity holds, and a little where there is none") {
  test::fake_host fake;
  scripted_stream stream(script().read(std::string(74, 'x')));
  std::vector<char> into{'-'};
  into.reserve(11);
  CHECK(test::block_on(stream.read_buf(into)).value() == 10);
  CHECK(into.capacity() == 11);
  CHECK(test::block_on(stream.read_buf(into)).value() == 64);
  CHECK(std::string(into.data(), into.size()) == "-" + std::string(74, 'x'));
}

TEST_CASE("[IO-05] a read_buf that is dropped while it waits has taken nothing") {
  test::fake_host fake;
  auto [a, b] = io::duplex(8);
  std::string text = "k";
  {
    hand_poll waiting(a.read_buf(text));
    CHECK(waiting.poll().is_pending());
  }
  CHECK(text == "k");
  CHECK(test::block_on(b.write_all("x")).has_value());
  CHECK(test::block_on(a.read_buf(text)).value() == 1);
  CHECK(text == "kx");
}
