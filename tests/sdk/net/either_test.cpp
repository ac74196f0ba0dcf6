// Two listeners as one, on a real host: row NX-18.
#include "tokio/net/either.hpp"

#include <doctest/doctest.h>

#include <array>
#include <string>
#include <variant>
#include <vector>

#include "on_host.hpp"
#include "support/temp_dir.hpp"
#include "tokio/io.hpp"
#include "tokio/net/unix_listener.hpp"
#include "tokio/time.hpp"

namespace {

using namespace tokio;
using namespace tokio::net;
using std::string;
using namespace std::chrono_literals;

using both_listeners = either_listener<tcp_listener, unix_listener>;

both_listeners listen_on(const string& path) {
  return {tcp_listener::bind_to({ip_address::loopback_v4(), 0}).value(), unix_listener::bind(path).value()};
}

}  // namespace

TEST_CASE("[NX-18] connections of either listener are accepted, whichever comes") {
  static_assert(listener<tcp_listener> && listener<unix_listener> && listener<both_listeners>);
  tokiod::test::temp_dir dir;
  test::on_host real;
  real.run([](string path) -> task<int> {
    auto both = listen_on(path);
    const auto at = both.local_addr();
    auto by_path = co_await unix_stream::connect(path);
    auto first = co_await both.accept();
    CHECK(std::get<unix_address>(first->second).is_unnamed());
    auto by_port = co_await tcp_stream::connect(at.first.value());
    auto second = co_await both.accept();
    CHECK(std::get<socket_address>(second->second) == by_port->local_addr().value());
    for (auto* of : {&first->first, &second->first}) {
      auto sent = co_await of->write_all("hi");
      CHECK(sent.has_value());
      auto ended = co_await of->shutdown();
      CHECK(ended.has_value());
    }
    string all;
    (void)co_await by_path->read_to_string(all);
    (void)co_await by_port->read_to_string(all);
    CHECK(all == "hihi");
    CHECK(std::holds_alternative<unix_stream>(first->first.get()));
    co_return 0;
  }(dir / "a.sock"));
}

TEST_CASE("[NX-18] neither starves the other, and an accept that is dropped loses no connection") {
  tokiod::test::temp_dir dir;
  test::on_host real({.workers = 1});
  real.run([](string path) -> task<int> {
    auto both = listen_on(path);
    const auto at = both.local_addr();
    {
      auto dropped = both.accept();
      CHECK_FALSE((co_await test::once(dropped)).has_value());
    }
    std::vector<tcp_stream> by_port;
    std::vector<unix_stream> by_path;
    for (int i = 0; i < 4; ++i) {
      by_port.push_back((co_await tcp_stream::connect(at.first.value())).value());
      by_path.push_back((co_await unix_stream::connect(path)).value());
    }
    co_await time::sleep(1ms);  // the only worker hears of all of them before it sleeps
    int paths_of_first_four = 0, paths = 0;
    for (int i = 0; i < 8; ++i) {
      auto accepted = co_await both.accept();
      paths += std::holds_alternative<unix_address>(accepted->second);
      if (i == 3) paths_of_first_four = paths;
    }
    CHECK(paths == 4);
    CHECK(paths_of_first_four > 0);
    CHECK(paths_of_first_four < 4);
    co_return 0;
  }(dir / "a.sock"));
}
