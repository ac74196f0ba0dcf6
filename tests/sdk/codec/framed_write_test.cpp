// Frames into streams: rows CD-02, CD-03.
#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

#include "tokio/codec.hpp"
#include "tokio/io.hpp"
#include "tokio/task.hpp"
#include "tokio/test.hpp"

namespace {

using namespace tokio;
using test::hand_poll;

// Numbers as text with a comma, and no number below zero.
struct numbers {
  struct error_type {
    error_type(error of) : io(of) {}
    explicit error_type(int of) : io(error_kind::other, "below zero"), number(of) {}
    error io;
    int number = 0;
  };
  std::expected<void, error_type> encode(int value, codec::buffer& to) {
    if (value < 0) return std::unexpected(error_type(value));
    to.append(std::to_string(value));
    to.append(",");
    return {};
  }
};

// Takes at most `most` bytes with each write while it is open; counts what it is asked.
struct narrow {
  std::size_t most = 1'000'000;
  bool open = true;
  std::vector<std::string> given{};
  int flushes = 0;
  int shutdowns = 0;
  poll<result<std::size_t>> poll_write(context&, io::byte_view from) {
    if (!open) return pending;
    given.emplace_back(from.text().substr(0, most));
    return result<std::size_t>(given.back().size());
  }
  poll<result<>> poll_flush(context&) { return ++flushes, result<>(); }
  poll<result<>> poll_shutdown(context&) { return ++shutdowns, result<>(); }
};

}  // namespace

TEST_CASE("[CD-02] an encoder appends to the buffer, whatever type of value it takes") {
  static_assert(codec::encoder<numbers, int>);
  static_assert(codec::encoder<codec::lines_codec, std::string>);
  static_assert(!codec::encoder<codec::lines_codec, int>);
  codec::buffer bytes;
  bytes.append("0,");
  CHECK(numbers().encode(12, bytes).has_value());
  CHECK(bytes.text() == "0,12,");
}

TEST_CASE("[CD-02] what an encoder refuses is the sender's error, and nothing is written") {
  test::fake_host fake;
  narrow target;
  codec::framed_write frames(target, numbers());
  CHECK(test::block_on(frames.send(-7)).error().number == -7);
  CHECK(target.given.empty());
  CHECK(test::block_on(frames.send(7)).has_value());
  CHECK(target.given == std::vector<std::string>{"7,"});
}

TEST_CASE("[CD-03] fed frames are collected and written together when they are flushed") {
  test::fake_host fake;
  narrow target;
  codec::framed_write frames(target, numbers());
  CHECK(test::block_on(frames.feed(1)).has_value());
  CHECK(test::block_on(frames.feed(2)).has_value());
  CHECK(target.given.empty());
  CHECK(frames.write_buffer().text() == "1,2,");
  CHECK(test::block_on(frames.flush()).has_value());
  CHECK(target.given == std::vector<std::string>{"1,2,"});
  CHECK(target.flushes == 1);
}

TEST_CASE("[CD-03] at the backpressure boundary it flushes before it takes the next frame") {
  test::fake_host fake;
  narrow target;
  codec::framed_write frames(target, codec::bytes_codec());
  CHECK(frames.backpressure_boundary() == 8 * 1024);
  frames.set_backpressure_boundary(4);
  CHECK(test::block_on(frames.feed("abc")).has_value());
  CHECK(test::block_on(frames.feed("de")).has_value());
  CHECK(target.given.empty());  // three bytes were below it
  CHECK(test::block_on(frames.feed("f")).has_value());
  CHECK(target.given == std::vector<std::string>{"abcde"});
  CHECK(frames.write_buffer().text() == "f");
}

TEST_CASE("[CD-03] a slow stream holds a sender back at the boundary, and only there") {
  test::fake_host fake;
  narrow target;
  target.open = false;
  auto frames = codec::framed_write<narrow&, codec::bytes_codec>::with_capacity(target, {}, 4);
  CHECK(test::block_on(frames.feed("abcd")).has_value());
  hand_poll held(frames.feed("e"));
  CHECK(held.poll().is_pending());
  target.open = true;
  target.most = 3;
  CHECK(held.poll().is_ready());
  CHECK(target.given == std::vector<std::string>{"abc", "d"});
}

TEST_CASE("[CD-03] a send that is dropped has lost its frame, and those before it go on") {
  test::fake_host fake;
  narrow target;
  target.open = false;
  auto frames = codec::framed_write<narrow&, codec::bytes_codec>::with_capacity(target, {}, 2);
  CHECK(test::block_on(frames.feed("ab")).has_value());
  {
    hand_poll dropped(frames.send("lost"));
    CHECK(dropped.poll().is_pending());
  }
  target.open = true;
  CHECK(test::block_on(frames.send("cd")).has_value());
  CHECK(target.given == std::vector<std::string>{"ab", "cd"});
}

TEST_CASE("[CD-03] a flush that is dropped half way goes on where it stood") {
  test::fake_host fake;
  auto [near, far] = io::duplex(2);
  codec::framed_write frames(std::move(near), codec::bytes_codec());
  CHECK(test::block_on(frames.feed("abc")).has_value());
  {
    hand_poll flushing(frames.flush());
    CHECK(flushing.poll().is_pending());
  }
  CHECK(frames.write_buffer().text() == "c");
  std::array<char, 4> room;
  CHECK(test::block_on(far.read(room)).value() == 2);
  CHECK(test::block_on(frames.flush()).has_value());
  CHECK(test::block_on(far.read(room)).value() == 1);
  CHECK(room[0] == 'c');
}

TEST_CASE("[CD-03] close writes what there is and shuts the stream down") {
  test::fake_host fake;
  narrow target;
  codec::framed_write frames(target, numbers());
  CHECK(test::block_on(frames.feed(1)).has_value());
  CHECK(test::block_on(frames.close()).has_value());
  CHECK(target.given == std::vector<std::string>{"1,"});
  CHECK(target.shutdowns == 1);
}

TEST_CASE("[CD-03] a stream that takes nothing is the error write_zero, one that fails is its own") {
  test::fake_host fake;
  narrow target;
  target.most = 0;
  codec::framed_write frames(target, codec::bytes_codec());
  CHECK(test::block_on(frames.send("x")).error().kind() == error_kind::write_zero);
  auto [near, far] = io::duplex(2);
  {
    auto gone = std::move(far);
  }
  codec::framed_write broken(std::move(near), numbers());
  CHECK(test::block_on(broken.send(1)).error().io.kind() == error_kind::broken_pipe);
}

TEST_CASE("[CD-03] another encoder goes on with what is not written yet") {
  test::fake_host fake;
  narrow target;
  codec::framed_write first(target, numbers());
  CHECK(test::block_on(first.feed(1)).has_value());
  auto second = std::move(first).map_encoder([](numbers) { return codec::lines_codec(); });
  CHECK(test::block_on(second.send("line")).has_value());
  CHECK(target.given == std::vector<std::string>{"1,line\n"});
  auto parts = std::move(second).into_parts();
  CHECK(&parts.io == &target);
}

TEST_CASE(
    "[CD-03] a close that is dropped half way goes on where it stood, and shuts the stream down once it is done") {
  test::fake_host fake;
  auto [near, far] = io::duplex(2);
  codec::framed_write frames(std::move(near), codec::bytes_codec());
  CHECK(test::block_on(frames.feed("abcde")).has_value());
  std::array<char, 4> room;
  std::string all;
  for (int i = 0; i < 2; ++i) {
    hand_poll closing(frames.close());
    CHECK(closing.poll().is_pending());
    const auto got = test::block_on(far.read(room)).value();
    all.append(room.data(), got);
  }
  CHECK(test::block_on(frames.close()).has_value());
  for (auto got = test::block_on(far.read(room)).value(); got != 0; got = test::block_on(far.read(room)).value())
    all.append(room.data(), got);
  CHECK(all == "abcde");
}
