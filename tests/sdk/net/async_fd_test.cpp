// Descriptors of the caller's own on a real host: rows NX-11 to NX-14, and what NX-17 means for them.
#include "tokio/net/async_fd.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <netinet/in.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "descriptors.hpp"
#include "on_host.hpp"
#include "support/temp_dir.hpp"
#include "tokio/net.hpp"
#include "tokio/task.hpp"
#include "tokio/time.hpp"

namespace {

using namespace tokio;
using namespace tokio::net;
using std::string;
using test::once;
using test::put;
using test::take;

using watched = async_fd<owned_fd>;

bool blocked(const result<string>& outcome) { return !outcome && outcome.error().kind() == error_kind::would_block; }

}  // namespace

TEST_CASE("[NX-11] what cannot be watched is refused, and comes back") {
  tokiod::test::temp_dir dir;
  const string file = dir.write("f", "regular");
  test::on_host real;
  real.run([](string path) -> task<int> {
    auto refused = async_fd<int>::try_make(-1);
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().inner == -1);
    CHECK(refused.error().why.raw_os_error() == EBADF);
    owned_fd regular(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    const int number = regular.fd();
    auto again = watched::try_make(std::move(regular), interest::readable());
    REQUIRE_FALSE(again.has_value());
    CHECK(again.error().why.kind() == error_kind::permission_denied);
    CHECK(again.error().inner.fd() == number);
    CHECK(watched::make(std::move(again.error().inner)).error().raw_os_error() == EPERM);
    co_return 0;
  }(file));
}

TEST_CASE("[NX-11] without a runtime it panics") { CHECK_THROWS_AS((void)async_fd<int>::make(0), panic_error); }

TEST_CASE("[NX-11] only what was asked for is watched") {
  test::on_host real;
  real.run([]() -> task<int> {
    auto [near, far] = test::socket_pair();
    auto reads = watched::make(std::move(near), interest::readable()).value();
    put(far.fd(), "x");
    auto guard = co_await reads.readable();
    CHECK(guard->ready().is_readable());
    auto never = co_await time::timeout(std::chrono::milliseconds(5), reads.writable());
    CHECK_FALSE(never.has_value());
    co_return 0;
  }());
}

TEST_CASE("[NX-12] a guard that is dropped leaves the readiness, one that clears ends it") {
  test::on_host real;
  real.run([]() -> task<int> {
    auto [near, far] = test::socket_pair();
    const auto fd = watched::make(std::move(near)).value();
    auto early = fd.readable();
    CHECK_FALSE((co_await once(early)).has_value());
    put(far.fd(), "x");
    CHECK((co_await early)->ready().is_readable());
    {
      auto dropped = co_await fd.readable();
      dropped->retain_ready();
    }
    auto again = fd.readable();
    auto guard = co_await once(again);
    REQUIRE(guard.has_value());
    CHECK((*guard)->get().fd() == fd.fd());
    CHECK(take(fd.fd()) == "x");
    CHECK(blocked((*guard)->try_io(take)));
    CHECK((*guard)->ready().is_empty());
    auto empty = fd.readable();
    CHECK_FALSE((co_await once(empty)).has_value());
    co_return 0;
  }());
}

TEST_CASE("[NX-12] an end of a direction is readiness that no clear takes away") {
  test::on_host real;
  real.run([]() -> task<int> {
    auto [near, far] = test::socket_pair();
    const auto fd = watched::make(std::move(near)).value();
    put(far.fd(), "last");
    {
      const auto gone = std::move(far);
    }
    auto guard = co_await fd.ready(interest::readable() | interest::writable());
    while (!guard->ready().is_write_closed()) guard = co_await fd.ready(interest::readable() | interest::writable());
    CHECK(guard->ready().is_read_closed());
    CHECK(take(fd.fd()) == "last");
    guard->clear_ready();
    auto still = fd.readable();
    const auto end = co_await once(still);
    REQUIRE(end.has_value());
    CHECK((*end)->ready() == ready::read_closed());
    CHECK(take(fd.fd()) == "");
    co_return 0;
  }());
}

TEST_CASE("[NX-12] the poll forms keep the newest waker of their direction, and not that of the other") {
  test::on_host real;
  real.run([]() -> task<int> {
    auto [near, far] = test::socket_pair();
    const auto fd = std::make_shared<watched>(watched::make(std::move(near)).value());
    auto reads = spawn(
        [](std::shared_ptr<watched> of) -> task<string> {
          auto guard = co_await poll_fn([&](context& cx) { return of->poll_read_ready(cx); });
          co_return guard->try_io(take).value();
        },
        fd);
    auto writable = co_await poll_fn([&](context& cx) { return fd->poll_write_ready(cx); });
    CHECK(writable->ready().is_writable());
    put(far.fd(), "heard");
    auto heard = co_await reads;
    CHECK(heard.value() == "heard");
    co_return 0;
  }());
}

TEST_CASE("[NX-12] [NX-17] any number of tasks wait for one descriptor, and one event wakes them all") {
  test::on_host real;
  real.run([]() -> task<int> {
    auto [near, far] = test::socket_pair();
    const auto fd = std::make_shared<watched>(watched::make(std::move(near)).value());
    const auto pended = std::make_shared<std::atomic<int>>(0);
    std::vector<join_handle<bool>> waiting;
    for (int i = 0; i < 100; ++i)
      waiting.push_back(spawn(
          [](std::shared_ptr<watched> of, std::shared_ptr<std::atomic<int>> counted) -> task<bool> {
            auto ready = of->readable();
            auto early = co_await once(ready);
            if (early) co_return false;
            counted->fetch_add(1);
            auto guard = co_await ready;
            co_return guard->ready().is_readable();
          },
          fd, pended));
    while (pended->load() < 100) co_await yield_now();
    waiting[50].abort();  // its seat is left, and nobody else's
    put(far.fd(), "x");
    int woken = 0;
    for (auto& one : waiting) woken += (co_await one).value_or(false);
    CHECK(woken >= 99);
    co_return 0;
  }());
}

TEST_CASE("[NX-13] a clear of what an older guard saw does not lose what came since") {
  test::on_host real;
  real.run([]() -> task<int> {
    auto [near, far] = test::socket_pair();
    const auto fd = watched::make(std::move(near)).value();
    put(far.fd(), "a");
    auto old = co_await fd.readable();
    CHECK(take(fd.fd()) == "a");
    auto drained = co_await fd.readable();
    drained->clear_ready();
    put(far.fd(), "b");
    auto newer = co_await fd.readable();  // the event was told
    old->clear_ready();
    auto still = fd.readable();
    CHECK((co_await once(still)).has_value());
    CHECK(newer->try_io(take).value() == "b");
    co_return 0;
  }());
}

TEST_CASE("[NX-13] only the readiness that is named is cleared, and a waiter in between does not hinder it") {
  test::on_host real;
  real.run([]() -> task<int> {
    auto [near, far] = test::socket_pair();
    const auto fd = watched::make(std::move(near)).value();
    const auto any = interest::readable() | interest::writable();
    put(far.fd(), "x");
    auto guard = co_await fd.ready(any);
    while (!guard->ready().contains(ready::readable() | ready::writable())) guard = co_await fd.ready(any);
    CHECK(take(fd.fd()) == "x");
    auto waiter = fd.ready(interest::priority());
    CHECK_FALSE((co_await once(waiter)).has_value());
    guard->clear_ready_matching(ready::readable());
    CHECK(guard->ready() == ready::writable());
    auto readable = fd.readable();
    CHECK_FALSE((co_await once(readable)).has_value());
    auto writable = fd.writable();
    CHECK((co_await once(writable)).has_value());
    co_return 0;
  }());
}

TEST_CASE("[NX-13] out-of-band data is priority") {
  test::on_host real;
  real.run([]() -> task<int> {
    auto listener = tcp_listener::bind_to({ip_address::loopback_v4(), 0}).value();
    auto sends = (co_await tcp_stream::connect(listener.local_addr().value())).value();
    auto hears = (co_await listener.accept()).value().first;
    auto raw = std::move(hears).into_fd().value();
    const auto fd = watched::make(std::move(raw), interest::priority()).value();
    auto early = fd.ready(interest::priority());
    CHECK_FALSE((co_await once(early)).has_value());
    REQUIRE(::send(sends.fd(), "!", 1, MSG_OOB) == 1);
    CHECK((co_await early)->ready().is_priority());
    char urgent = 0;
    CHECK(::recv(fd.fd(), &urgent, 1, MSG_OOB) == 1);
    CHECK(urgent == '!');
    co_return 0;
  }());
}

TEST_CASE("[NX-13] an error that waits in the queue of a socket is told to who asks for errors") {
  test::on_host real;
  real.run([]() -> task<int> {
    owned_fd sends(::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    const int on = 1;
    REQUIRE(::setsockopt(sends.fd(), IPPROTO_IP, IP_RECVERR, &on, sizeof on) == 0);
    auto closed = udp_socket::bind_to({ip_address::loopback_v4(), 0}).value().local_addr().value();
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(closed.port());
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const auto fd = watched::make(std::move(sends), interest::error()).value();
    auto early = fd.ready(interest::error());
    CHECK_FALSE((co_await once(early)).has_value());
    REQUIRE(::sendto(fd.fd(), "x", 1, 0, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 1);
    CHECK((co_await early)->ready().is_error());
    co_return 0;
  }());
}

TEST_CASE("[NX-14] try_io runs only when it is ready; async_io runs until it does not block") {
  test::on_host real;
  real.run([]() -> task<int> {
    auto [near, far] = test::socket_pair();
    const auto fd = watched::make(std::move(near)).value();
    int calls = 0;
    const auto counted = [&](int number) {
      ++calls;
      return take(number);
    };
    CHECK(blocked(fd.try_io(interest::readable(), counted)));
    CHECK(calls == 0);
    put(far.fd(), "one");
    auto first = co_await fd.async_io(interest::readable(), counted);
    CHECK(first.value() == "one");
    CHECK(calls == 1);
    CHECK(blocked(fd.try_io(interest::readable(), counted)));  // readiness was still there, and is cleared now
    CHECK(calls == 2);
    CHECK(blocked(fd.try_io(interest::readable(), counted)));
    CHECK(calls == 2);
    auto later = fd.async_io(interest::readable(), counted);
    CHECK_FALSE((co_await once(later)).has_value());
    put(far.fd(), "two");
    CHECK((co_await later).value() == "two");
    co_return 0;
  }());
}

TEST_CASE("[NX-14] an operation that blocks though an end was seen waits for the next event, and does not ask again") {
  test::on_host real;
  real.run([]() -> task<int> {
    auto [near, far] = test::socket_pair();
    const auto fd = watched::make(std::move(near)).value();
    {
      const auto gone = std::move(far);
    }
    CHECK((co_await fd.readable())->ready().is_read_closed());
    int calls = 0;
    auto blocks = fd.async_io(interest::readable(), [&](int) -> result<string> {
      ++calls;
      return std::unexpected(error(error_kind::would_block, "not yet"));
    });
    for (int i = 0; i < 10; ++i) {
      CHECK_FALSE((co_await once(blocks)).has_value());
      co_await yield_now();
    }
    CHECK(calls == 1);
    co_return 0;
  }());
}

TEST_CASE("[NX-14] an operation that is dropped at any poll takes nothing") {
  test::on_host real;
  real.run([]() -> task<int> {
    auto [near, far] = test::socket_pair();
    const auto fd = watched::make(std::move(near)).value();
    for (int polls = 1; polls < 4; ++polls) {
      auto dropped = fd.async_io(interest::readable(), take);
      for (int i = 0; i < polls; ++i) CHECK_FALSE((co_await once(dropped)).has_value());
    }
    put(far.fd(), "kept");
    auto got = co_await fd.async_io(interest::readable(), take);
    CHECK(got.value() == "kept");
    co_return 0;
  }());
}

TEST_CASE("[NX-14] the descriptor comes back and can be watched again") {
  test::on_host real;
  real.run([]() -> task<int> {
    auto [near, far] = test::socket_pair();
    const int number = near.fd();
    auto first = watched::make(std::move(near)).value();
    CHECK(first.get().fd() == number);
    {
      const auto again = async_fd<int>::make(number);  // beside the first, which goes on
      REQUIRE(again.has_value());
    }
    put(far.fd(), "y");
    CHECK((co_await first.readable())->try_io(take).value() == "y");
    auto back = std::move(first).into_inner();
    CHECK(back.fd() == number);
    put(back.fd(), "x");
    CHECK(take(far.fd()) == "x");
    CHECK(watched::make(std::move(back)).has_value());
    co_return 0;
  }());
}

TEST_CASE(
    "[NX-14] a descriptor that is closed before it is let go leaves nothing behind, and its number to whoever has it") {
  test::on_host real;
  real.run([](const test::on_host& around) -> task<int> {
    const auto before = around.live_sources();
    for (int round = 0; round < 100; ++round) {
      auto [near, far] = test::socket_pair();
      auto first = std::make_unique<watched>(watched::make(std::move(near), interest::readable()).value());
      auto [other, speaks] = test::socket_pair();
      const int number = first->fd();
      {
        const owned_fd closed = std::move(first->get());
      }
      REQUIRE(::dup3(other.fd(), number, O_CLOEXEC) == number);
      const auto stranger = watched::make(owned_fd(number), interest::readable()).value();
      first.reset();
      auto hears = stranger.readable();
      CHECK_FALSE((co_await once(hears)).has_value());
      put(speaks.fd(), "heard");
      CHECK((co_await hears)->try_io(take).value() == "heard");
      CHECK(around.live_sources() == before + 1);
    }
    CHECK(around.live_sources() == before);
    co_return 0;
  }(real));
}
