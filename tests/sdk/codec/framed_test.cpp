// Frames out of streams: rows CD-01, CD-03, CD-04.
#include "tokio/codec/framed.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tokio/codec.hpp"
#include "tokio/io.hpp"
#include "tokio/stream.hpp"
#include "tokio/task.hpp"
#include "tokio/test.hpp"
#include "tokio/test/hand_stream.hpp"

namespace {

using namespace tokio;
using test::hand_stream;
using test::script;
using test::scripted_stream;

const error reset(error_kind::connection_reset, "reset");

// Frames of four bytes that begin with a digit; anything else is an error, and the four bytes are gone. Counts calls.
struct fours {
  using item = std::string;
  result<std::optional<std::string>> decode(codec::buffer& from) {
    ++*calls;
    if (from.size() < 4) return std::nullopt;
    auto frame = from.take(4);
    if (frame[0] < '0' || frame[0] > '9') return std::unexpected(error(error_kind::invalid_data, "no digit"));
    return frame;
  }
  std::shared_ptr<int> calls = std::make_shared<int>(0);
};

// Gives the end of the stream as a frame of its own.
struct fours_and_rest : fours {
  result<std::optional<std::string>> decode_eof(codec::buffer& from) {
    if (from.empty()) return std::nullopt;
    return "rest:" + from.take(std::min<std::size_t>(from.size(), 2));
  }
};

// Steps of reads: bytes, "" for an end, an error for a failure; after the last one it is pending.
struct stepped {
  std::vector<result<std::string>> steps;
  std::size_t next = 0;
  poll<result<std::size_t>> poll_read(context&, io::byte_span into) {
    if (next == steps.size()) return pending;
    auto& step = steps[next++];
    if (!step) return result<std::size_t>(std::unexpect, step.error());
    const auto n = std::min(step->size(), into.size());
    std::memcpy(into.data(), step->data(), n);
    return result<std::size_t>(n);
  }
  poll<result<std::size_t>> poll_write(context&, io::byte_view from) { return result<std::size_t>(from.size()); }
  poll<result<>> poll_flush(context&) { return result<>(); }
  poll<result<>> poll_shutdown(context&) { return result<>(); }
};

// What the next poll gives, as text.
template <class S>
std::string next_of(hand_stream<S>& frames) {
  auto polled = frames.poll_next();
  if (polled.is_pending()) return "pending";
  if (!polled.value()) return "none";
  if (!*polled.value()) return "error: " + std::string((*polled.value()).error().message());
  return **polled.value();
}

template <class C>
auto frames_of(std::vector<result<std::string>> steps, C codec) {
  return codec::framed_read(stepped{std::move(steps)}, std::move(codec));
}

}  // namespace

TEST_CASE("[CD-01] a decoder is called until it gives none: several frames of one read, one frame of several") {
  test::fake_host fake;
  hand_stream frames(frames_of({"1aaa2bbb3c", "c", "c4d"}, fours()));
  CHECK(next_of(frames) == "1aaa");
  CHECK(next_of(frames) == "2bbb");
  CHECK(next_of(frames) == "3ccc");
  CHECK(next_of(frames) == "pending");
  CHECK(frames.stream().read_buffer().text() == "4d");
}

TEST_CASE("[CD-01] bytes that are left over at the end are an error, unless the decoder has a decode_eof") {
  test::fake_host fake;
  hand_stream plain(frames_of({"1aaa2b", ""}, fours()));
  CHECK(next_of(plain) == "1aaa");
  CHECK(next_of(plain) == "error: bytes remaining on stream");
  CHECK(next_of(plain) == "none");
  hand_stream clean(frames_of({"1aaa", ""}, fours()));
  CHECK(next_of(clean) == "1aaa");
  CHECK(next_of(clean) == "none");
}

TEST_CASE("[CD-01] decode_eof is called again and again until it gives none") {
  test::fake_host fake;
  hand_stream frames(frames_of({"1aaa2bb", "", ""}, fours_and_rest()));
  CHECK(next_of(frames) == "1aaa");
  CHECK(next_of(frames) == "rest:2b");
  CHECK(next_of(frames) == "rest:b");
  CHECK(next_of(frames) == "none");
  CHECK(next_of(frames) == "none");
}

TEST_CASE("[CD-01] a stream that goes on after its end gives frames again") {
  test::fake_host fake;
  hand_stream frames(frames_of({"1aaa", "", "2b", "bb", "", "", "3ccc"}, fours()));
  CHECK(next_of(frames) == "1aaa");
  CHECK(next_of(frames) == "none");
  CHECK(next_of(frames) == "2bbb");
  CHECK(next_of(frames) == "none");
  CHECK(next_of(frames) == "none");
  CHECK(next_of(frames) == "3ccc");
  CHECK(next_of(frames) == "pending");
}

TEST_CASE("[CD-03] after an error there is none once, and then it goes on") {
  test::fake_host fake;
  hand_stream bad(frames_of({"1aaaxxxx2bbb", "3ccc"}, fours()));
  CHECK(next_of(bad) == "1aaa");
  CHECK(next_of(bad) == "error: no digit");
  CHECK(next_of(bad) == "none");
  CHECK(next_of(bad) == "2bbb");
  CHECK(next_of(bad) == "3ccc");
  hand_stream failing(frames_of({"1a", std::unexpected(reset), "aa"}, fours()));
  CHECK(next_of(failing) == "error: reset");
  CHECK(next_of(failing) == "none");
  CHECK(next_of(failing) == "1aaa");
}

TEST_CASE("[CD-03] a next that is dropped while it waits has lost nothing") {
  test::fake_host fake;
  auto [near, far] = io::duplex(64);
  codec::framed_read frames(std::move(near), fours());
  test::hand_poll waiting(frames.next());
  CHECK(test::block_on(far.write_all("1a")).has_value());
  CHECK(waiting.poll().is_pending());
  waiting.drop();
  CHECK(test::block_on(far.write_all("aa")).has_value());
  CHECK(test::block_on(frames.next()).value().value() == "1aaa");
}

TEST_CASE("[CD-03] buffers begin with 8 KiB, or with what was asked for") {
  test::fake_host fake;
  codec::framed plain(stepped{}, codec::bytes_codec());
  CHECK(plain.read_buffer().capacity() == 8 * 1024);
  CHECK(plain.backpressure_boundary() == 8 * 1024);
  auto small = codec::framed<stepped, codec::bytes_codec>::with_capacity(stepped{}, {}, 32);
  CHECK(small.read_buffer().capacity() == 32);
  CHECK(small.write_buffer().capacity() == 32);
  CHECK(small.backpressure_boundary() == 32);
  CHECK(codec::framed_read<stepped, codec::bytes_codec>::with_capacity(stepped{}, {}, 64).read_buffer().capacity() ==
        64);
}

TEST_CASE("[CD-03] a buffer from outside grows to the initial size, and never shrinks") {
  test::fake_host fake;
  using frames = codec::framed<stepped, fours>;
  codec::buffer little(16);
  little.append("1aaa2");
  auto grown = frames::from_parts({stepped{}, fours(), std::move(little)});
  CHECK(grown.read_buffer().capacity() == 8 * 1024);
  CHECK(grown.read_buffer().text() == "1aaa2");
  auto kept = frames::from_parts({stepped{}, fours(), codec::buffer(20'000)});
  CHECK(kept.read_buffer().capacity() == 20'000);
}

TEST_CASE("[CD-03] parts that hold bytes are decoded before anything is read, empty ones are not decoded") {
  test::fake_host fake;
  using frames = codec::framed<stepped, fours>;
  codec::buffer left;
  left.append("1aaa2bbb3");
  hand_stream full(frames::from_parts({stepped{}, fours(), std::move(left)}));
  CHECK(next_of(full) == "1aaa");
  CHECK(next_of(full) == "2bbb");
  CHECK(next_of(full) == "pending");
  hand_stream empty(frames::from_parts({stepped{}, fours()}));
  CHECK(next_of(empty) == "pending");
  CHECK(*empty.stream().codec().calls == 0);
}

TEST_CASE("[CD-03] taking it apart keeps the bytes that were read and those that were not written") {
  test::fake_host fake;
  hand_stream frames(codec::framed(stepped{{"1aaa2b"}}, codec::bytes_codec()));
  frames.stream().read_buffer().append("0");
  CHECK(frames.stream().start_send("unsent").has_value());
  auto parts = std::move(frames).into_inner().into_parts();
  CHECK(parts.read_buffer.text() == "0");
  CHECK(parts.write_buffer.text() == "unsent");
  CHECK(parts.io.steps.size() == 1);
}

TEST_CASE("[CD-03] another codec goes on with the same stream and the same buffers") {
  test::fake_host fake;
  hand_stream first(codec::framed(stepped{{"1aaaline\n2"}}, fours()));
  CHECK(next_of(first) == "1aaa");
  hand_stream second(std::move(first).into_inner().map_codec([](fours) { return codec::lines_codec(); }));
  CHECK(next_of(second) == "line");
  CHECK(second.stream().read_buffer().text() == "2");
  hand_stream reading(frames_of({"1aaaline\n"}, fours()));
  CHECK(next_of(reading) == "1aaa");
  hand_stream mapped(std::move(reading).into_inner().map_decoder([](fours) { return codec::lines_codec(); }));
  CHECK(next_of(mapped) == "line");
}

TEST_CASE("[CD-03] a framed borrows a stream that is an lvalue, and gives one back that it owns") {
  test::fake_host fake;
  stepped stream{{"1aaa"}};
  {
    codec::framed borrowed(stream, fours());
    CHECK(&borrowed.get() == &stream);
  }
  auto inner = codec::framed(std::move(stream), fours()).into_inner();
  CHECK(inner.steps.size() == 1);
}

TEST_CASE("[CD-03] a framed is a stream with all of its adapters") {
  test::fake_host fake;
  auto lengths = test::block_on(frames_of({"1aaa2bbb", ""}, fours())
                                    .map([](result<std::string> frame) { return frame.value()[0]; })
                                    .collect<std::string>());
  CHECK(lengths == "12");
}

TEST_CASE("[CD-04] bytes come as frames as they are there, and go out as they are") {
  test::fake_host fake;
  hand_stream frames(
      codec::framed(scripted_stream(script().read("ab\n").write("raw").read("c")), codec::bytes_codec()));
  CHECK(next_of(frames) == "ab\n");
  CHECK(test::block_on(frames.stream().send("raw")).has_value());
  CHECK(next_of(frames) == "c");
  CHECK(next_of(frames) == "none");
}
