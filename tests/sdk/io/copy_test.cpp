// Copying: rows IO-16, IO-17.
#include "tokio/io/copy.hpp"

#include <doctest/doctest.h>

#include <array>
#include <string>

#include "tokio/io.hpp"
#include "tokio/task.hpp"
#include "tokio/test.hpp"

namespace {

using namespace tokio;
using test::hand_poll;
using test::script;
using test::scripted_stream;

const error reset(error_kind::connection_reset, "reset");

// Always ready, for ever; costs budget as a stream does.
struct endless : io::reader_methods<endless>, io::writer_methods<endless> {
  endless() = default;
  tokio::poll<result<std::size_t>> poll_read(context& cx, io::byte_span) {
    if (!cx.proceed()) return pending;
    return result<std::size_t>(1);
  }
  tokio::poll<result<std::size_t>> poll_write(context& cx, io::byte_view from) {
    if (!cx.proceed()) return pending;
    return result<std::size_t>(from.size());
  }
  tokio::poll<result<>> poll_flush(context&) { return result<>(); }
  tokio::poll<result<>> poll_shutdown(context&) { return result<>(); }
};

}  // namespace

TEST_CASE("[IO-16] copy moves everything, and counts it") {
  test::fake_host fake;
  scripted_stream from(script().read("hello ").read("world"));
  scripted_stream to(script().write("hello world"));
  CHECK(test::block_on(io::copy(from, to)).value() == 11);
}

TEST_CASE("[IO-16] copy flushes a buffered writer while its reader has nothing") {
  test::fake_host fake;
  auto [client, server] = io::duplex(64);
  auto [sink, out] = io::duplex(64);
  io::buf_writer writer(std::move(sink));
  hand_poll copying(io::copy(server, writer));
  CHECK(test::block_on(client.write_all("question")).has_value());
  CHECK(copying.poll().is_pending());
  std::array<char, 16> room;
  CHECK(test::block_on(out.read(room)).value() == 8);
}

TEST_CASE("[IO-16] copy passes errors of either side on, and a writer that takes nothing is one") {
  test::fake_host fake;
  scripted_stream bad_reader(script().read("a").read_error(reset));
  scripted_stream to(script().write("a"));
  CHECK(test::block_on(io::copy(bad_reader, to)).error() == reset);
  scripted_stream from(script().read("a"));
  scripted_stream bad_writer(script().write_error(reset));
  CHECK(test::block_on(io::copy(from, bad_writer)).error() == reset);
}

TEST_CASE("[IO-16] copy stops for the budget when both ends are always ready") {
  test::fake_host fake;
  endless from, to;
  hand_poll copying(io::copy(from, to));
  CHECK(copying.poll_with_budget(100).is_pending());
  CHECK(copying.budget_left() == 0);
  CHECK(copying.is_woken());
}

TEST_CASE("[IO-17] the end of one side shuts the other one down, and the reverse flow goes on") {
  test::fake_host fake;
  auto [client, near] = io::duplex(64);
  auto [far, server] = io::duplex(64);
  hand_poll copying(io::copy_bidirectional(near, far));
  CHECK(test::block_on(client.write_all("ask")).has_value());
  CHECK(test::block_on(client.shutdown()).has_value());
  CHECK(copying.poll().is_pending());
  std::string heard;
  CHECK(test::block_on(server.read_to_string(heard)).value() == 3);
  CHECK(test::block_on(server.write_all("answer")).has_value());
  CHECK(copying.poll().is_pending());
  std::array<char, 6> room;
  CHECK(test::block_on(client.read_exact(room)).has_value());
  CHECK(test::block_on(server.shutdown()).has_value());
  auto counts = copying.poll();
  REQUIRE(counts.is_ready());
  CHECK(counts.value().value() == std::pair<std::uint64_t, std::uint64_t>(3, 6));
}

TEST_CASE("[IO-17] a side that is blocked does not block the other direction") {
  test::fake_host fake;
  auto [client, near] = io::duplex(4);
  auto [far, server] = io::duplex(4);
  hand_poll copying(io::copy_bidirectional_with_sizes(near, far, 4, 4));
  for (int i = 0; i < 4; ++i) {  // more than the path to the server holds: nobody reads there
    hand_poll writing(client.write("abcd"));
    (void)writing.poll();
    CHECK(copying.poll().is_pending());
  }
  CHECK(test::block_on(server.write_all("back")).has_value());
  CHECK(copying.poll().is_pending());
  std::array<char, 4> room;
  CHECK(test::block_on(client.read(room)).value() == 4);
}

TEST_CASE("[IO-17] an error of either side ends both at once") {
  test::fake_host fake;
  auto [client, near] = io::duplex(4);
  scripted_stream failing(script().read_error(reset));
  hand_poll copying(io::copy_bidirectional(near, failing));
  CHECK(copying.poll().value().error() == reset);
}
