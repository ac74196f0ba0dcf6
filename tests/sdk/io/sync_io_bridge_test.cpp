// A stream for code that blocks, in a plugin: row IO-25. With a runtime of one's own:
// tests/sdk/runtime/bridge_test.cpp.
#include "tokio/io/sync_io_bridge.hpp"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>
#include <utility>

#include "sdk/net/on_host.hpp"
#include "tokio/io.hpp"
#include "tokio/task.hpp"
#include "tokio/test.hpp"

namespace {

using namespace tokio;

struct faulty : io::reader_methods<faulty> {
  faulty() = default;
  poll<result<std::size_t>> poll_read(context&, io::byte_span) { throw std::runtime_error("faulty"); }
};

}  // namespace

TEST_CASE("[IO-25] blocking code of a plugin reads and writes a stream that a task serves at the other end") {
  test::on_host on;
  on.run([]() -> task<int> {
    auto [near, far] = io::duplex(4);
    auto job = spawn_blocking([bridge = io::sync_io_bridge(std::move(near))]() mutable {
      std::string heard(5, '-');
      CHECK(bridge.read_exact(heard).value() == 5);
      CHECK(bridge.write_all("answer: " + heard).has_value());
      CHECK(bridge.shutdown().has_value());
      return heard;
    });
    CHECK((co_await far.write_all("hello")).has_value());
    std::string answer;
    CHECK((co_await far.read_to_end(answer)).value() == 13);
    CHECK(answer == "answer: hello");
    CHECK((co_await job).value() == "hello");
    co_return 0;
  }());
}

TEST_CASE("[IO-25] what a stream throws comes out of the call of the bridge") {
  test::on_host on;
  on.run([]() -> task<int> {
    auto job = spawn_blocking([bridge = io::sync_io_bridge(faulty())]() mutable {
      std::string text;
      CHECK_THROWS_WITH_AS((void)bridge.read_to_string(text), "faulty", std::runtime_error);
    });
    CHECK((co_await job).has_value());
    co_return 0;
  }());
}

TEST_CASE("[IO-25] in a task of a plugin the bridge panics, and without a runtime it is not made") {
  {
    test::on_host on;
    on.run([]() -> task<int> {
      io::sync_io_bridge bridge(io::empty());
      std::string text;
      CHECK_THROWS_AS((void)bridge.read_to_string(text), panic_error);
      co_return 0;
    }());
  }
  const instance_scope nowhere(nullptr);
  CHECK_THROWS_AS((void)io::sync_io_bridge(io::empty()), panic_error);
}
