// Those who wait beside the one poller of a source, on real descriptors; and what becomes of them and of what was told
// when the source is renewed or given away.
#include "runtime/io/crowd.hpp"

#include <doctest/doctest.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstdint>
#include <vector>

#include "base/fd.hpp"
#include "reactor_bench.hpp"
#include "runtime/io/interest.hpp"
#include "runtime/io/reactor.hpp"

namespace {

using namespace tokiod;
using namespace tokiod::io;
using namespace tokiod::test;

// To read, beside the poller.
result<readiness> wait_for(reactor& r, source& s, ready wanted, task::key who, seat& at) {
  return r.wait_beside(s, direction::read, s.tenant(direction::read), wanted, who, at);
}

}  // namespace

TEST_CASE("[NX-17] any number wait beside the poller, and one event wakes them all, once") {
  const connected pair;
  auto r = make_reactor();
  source& s = *r->add(pair.near.get(), interest::read).value();
  CHECK_FALSE(s.poll_ready(direction::read, ready::readable, waiter(1)));
  std::vector<seat> seats(40);
  std::vector<task::key> expected{waiter(1)};
  for (std::uintptr_t i = 0; i < seats.size(); ++i) {
    CHECK_FALSE(wait_for(*r, s, wanted_by(direction::read), waiter(i + 2), seats[i]).value());
    expected.push_back(waiter(i + 2));
  }
  pair.send("x");
  CHECK(turn(*r) == expected);
  CHECK(wait_for(*r, s, wanted_by(direction::read), waiter(2), seats[0]).value());
  pair.send("y");
  CHECK(turn(*r).empty());
  r->remove(s);
}

TEST_CASE("[NX-17] a seat that is left wakes nobody, and its next owner keeps it") {
  const connected pair;
  auto r = make_reactor();
  source& s = *r->add(pair.near.get(), interest::read).value();
  const auto wait = [&](std::uintptr_t who, seat& at) {
    return bool(wait_for(*r, s, ready::readable, waiter(who), at).value());
  };
  seat one = 0, two = 0, three = 0, old = 0;
  CHECK_FALSE(wait(1, one));
  CHECK_FALSE(wait(2, two));
  CHECK_FALSE(wait(2, two));  // again: still one seat
  old = one;
  r->leave(s, direction::read, one);
  CHECK(one == 0);
  CHECK_FALSE(wait(3, three));        // where the first one sat
  r->leave(s, direction::read, old);  // of somebody who is gone: not the third's
  pair.send("x");
  CHECK(turn(*r) == std::vector{waiter(3), waiter(2)});
  r->leave(s, direction::read, two);  // emptied by the event
  r->remove(s);
}

TEST_CASE("[NX-17] who waits when the source goes is woken") {
  const connected pair;
  auto r = make_reactor();
  source& s = *r->add(pair.near.get(), interest::both).value();
  seat at = 0;
  CHECK_FALSE(wait_for(*r, s, ready::readable, waiter(5), at).value());
  std::vector<task::key> woken;
  r->remove(s, [&](task::key who) { woken.push_back(who); });
  CHECK(woken == std::vector{waiter(5)});
}

TEST_CASE("a source that is renewed forgets what it was told and is told anew") {
  const unique_fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  auto r = make_reactor();
  source& s = *r->add(socket.get()).value();
  CHECK(turn(*r).empty());
  CHECK(s.look(direction::read, ready::closed));  // not connected: hung up
  REQUIRE(::listen(socket.get(), 1) == 0);
  REQUIRE(r->renew(s, interest::both, [](task::key) {}).has_value());
  CHECK(turn(*r).empty());
  CHECK_FALSE(s.look(direction::read, ready::closed));
  r->remove(s);
  CHECK(r->counts().live() == 0);
}

TEST_CASE("[NX-17] who waits beside when a source is renewed is woken, and hears what comes when he waits anew") {
  const connected pair;
  auto r = make_reactor();
  source& s = *r->add(pair.near.get(), interest::read).value();
  seat at = 0;
  CHECK_FALSE(wait_for(*r, s, ready::readable, waiter(5), at).value());
  std::vector<task::key> woken;
  REQUIRE(r->renew(s, interest::read, [&](task::key who) { woken.push_back(who); }).has_value());
  CHECK(woken == std::vector{waiter(5)});
  CHECK_FALSE(wait_for(*r, s, ready::readable, waiter(5), at).value());
  pair.send("x");
  CHECK(turn(*r) == std::vector{waiter(5)});
  r->remove(s);
}

TEST_CASE("[NX-17] who comes to wait when the source was given away is told, and does not sit among the next one's") {
  const connected pair, other;
  auto r = make_reactor();
  source& s = *r->add(pair.near.get(), interest::read).value();
  const auto tenant = s.tenant(direction::read);
  r->remove(s);
  source& next = *r->add(other.near.get(), interest::read).value();
  REQUIRE(&next == &s);
  seat late = 0, at = 0;
  const auto told = r->wait_beside(s, direction::read, tenant, ready::readable, waiter(1), late);
  REQUIRE_FALSE(told.has_value());
  CHECK(told.error().code == ESTALE);
  CHECK(late == 0);
  CHECK(&s.home() == r.get());
  CHECK_FALSE(wait_for(*r, next, ready::readable, waiter(2), at).value());
  other.send("x");
  CHECK(turn(*r) == std::vector{waiter(2)});
  r->remove(next);
}

TEST_CASE("[NX-17] so many may wait for one direction, and a place that is left is given to the next") {
  const connected pair;
  auto r = make_reactor();
  source& s = *r->add(pair.near.get(), interest::read).value();
  std::vector<seat> seats(most_seats);
  bool all = true;
  for (seat& at : seats) all = all && wait_for(*r, s, ready::readable, waiter(1), at).has_value();
  CHECK(all);
  seat more = 0;
  const auto refused = wait_for(*r, s, ready::readable, waiter(2), more);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == EDQUOT);
  CHECK(wait_for(*r, s, ready::readable, waiter(1), seats[7]).has_value());  // who has one waits on
  r->leave(s, direction::read, seats[7]);
  CHECK(wait_for(*r, s, ready::readable, waiter(2), more).has_value());
  r->remove(s);
}

TEST_CASE("[NX-16] an error of one datagram ends nothing, one of a stream or a pipe does") {
  CHECK(from_epoll(EPOLLERR | EPOLLOUT, direction::write, true) == (ready::error | ready::writable));
  CHECK(from_epoll(EPOLLERR | EPOLLOUT, direction::write) == (ready::error | ready::writable | ready::closed));
  CHECK(from_epoll(EPOLLHUP | EPOLLOUT, direction::write, true) == (ready::writable | ready::closed));
}

TEST_CASE("[NX-17] a reactor that stops wakes all who wait for any of its sources, and lets nobody wait again") {
  const connected pair, other;
  auto r = make_reactor();
  source& s = *r->add(pair.near.get(), interest::both).value();
  source& t = *r->add(other.near.get(), interest::read).value();
  source& free = *r->add(other.far.get(), interest::read).value();
  r->remove(free);
  seat one = 0, two = 0;
  CHECK_FALSE(s.poll_ready(direction::read, ready::readable, waiter(1)));
  CHECK_FALSE(s.poll_ready(direction::write, ready::priority, waiter(2)));
  CHECK_FALSE(wait_for(*r, s, ready::readable, waiter(3), one).value());
  CHECK_FALSE(wait_for(*r, t, ready::readable, waiter(4), two).value());
  std::vector<task::key> woken;
  r->stop([&](task::key who) { woken.push_back(who); });
  CHECK(woken == std::vector{waiter(1), waiter(2), waiter(3), waiter(4)});
  const auto seen = s.poll_ready(direction::read, ready::readable, waiter(1));
  CHECK(seen.bits == ready::gone);
  s.clear(direction::read, seen);  // it stays
  CHECK(wait_for(*r, s, ready::none, waiter(3), one).value().bits == ready::gone);
  r->stop([](task::key) { FAIL("nobody waits any more"); });
  r->remove(s);
  r->remove(t);
  CHECK(r->counts().live() == 0);
}

TEST_CASE("[NX-17] of a reactor that has stopped, a transfer that may wait is refused, though there are bytes") {
  const connected pair;
  auto r = make_reactor();
  source& s = *r->add(pair.near.get(), interest::both).value();
  pair.send("x");
  CHECK(turn(*r).empty());
  r->stop([](task::key) {});
  char byte = 0;
  const auto read = [&] { return ::recv(pair.near.get(), &byte, 1, MSG_DONTWAIT); };
  const auto me = waiter(1);
  CHECK(poll_transfer(s, direction::read, 1, &me, read) == reactor_gone);
  CHECK(poll_transfer(s, direction::read, 1, nullptr, read) == 1);
  const auto added = r->add(pair.far.get(), interest::read);
  REQUIRE_FALSE(added.has_value());
  CHECK(added.error().code == ESHUTDOWN);
  const auto renewed = r->renew(s, interest::read, [](task::key) {});
  REQUIRE_FALSE(renewed.has_value());
  CHECK(renewed.error().code == ESHUTDOWN);
  CHECK(s.look(direction::read, ready::none).bits == ready::gone);
  r->remove(s);
}
