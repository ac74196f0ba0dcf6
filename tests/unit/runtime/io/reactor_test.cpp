// The reactor on real descriptors of this process: pipes, socket pairs, files.
#include "runtime/io/reactor.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "base/fd.hpp"
#include "reactor_bench.hpp"
#include "runtime/io/epoll_backend.hpp"

namespace {

using namespace tokiod;
using namespace tokiod::io;
using namespace tokiod::test;

ssize_t receive(source& s, std::span<char> into, const task::key* who) {
  return poll_transfer(s, direction::read, into.size(), who, [&]() -> ssize_t {
    const auto n = ::recv(s.fd(), into.data(), into.size(), 0);
    return n < 0 ? -errno : n;
  });
}

}  // namespace

TEST_CASE("a reader waits, is woken by data, reads it, and waits again") {
  const connected pair;
  auto r = make_reactor();
  source& s = *r->add(pair.near.get()).value();
  const task::key me = waiter(1);
  char buffer[16];
  CHECK(receive(s, buffer, &me) == -EAGAIN);
  CHECK(turn(*r).empty());
  pair.send("hello");
  CHECK(turn(*r) == std::vector{me});
  CHECK(receive(s, buffer, &me) == 5);
  CHECK(receive(s, buffer, &me) == -EAGAIN);
  r->remove(s);
}

TEST_CASE("a full read leaves the source ready, a short read clears it without another system call") {
  const connected pair;
  auto r = make_reactor();
  source& s = *r->add(pair.near.get()).value();
  const task::key me = waiter(1);
  pair.send("abcdef");
  (void)turn(*r);
  char buffer[4];
  CHECK(receive(s, buffer, &me) == 4);
  CHECK(s.look(direction::read, ready::readable));
  CHECK(receive(s, buffer, &me) == 2);
  CHECK_FALSE(s.look(direction::read, ready::readable));
  r->remove(s);
}

TEST_CASE("the end of a stream is seen after the data before it") {
  connected pair;
  auto r = make_reactor();
  source& s = *r->add(pair.near.get()).value();
  const task::key me = waiter(1);
  pair.send("last");
  pair.far.reset();
  (void)turn(*r);
  char buffer[16];
  CHECK(receive(s, buffer, &me) == 4);
  CHECK(receive(s, buffer, &me) == 0);
  r->remove(s);
}

TEST_CASE("a hang-up that the system call does not confirm does not spin") {
  // A socket that is not connected yet reports HUP at once.
  const unique_fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  auto r = make_reactor();
  source& s = *r->add(fd.get()).value();
  (void)turn(*r);
  CHECK((s.look(direction::read, ready::closed).bits == ready::closed));
  const task::key me = waiter(1);
  int calls = 0;
  CHECK(poll_transfer(s, direction::read, 0, &me, [&]() -> ssize_t {
          ++calls;
          return -EAGAIN;
        }) == -EAGAIN);
  CHECK(calls == 1);
  r->remove(s);
}

TEST_CASE("readers and writers of one descriptor are woken apart") {
  const connected pair;
  auto r = make_reactor();
  source& s = *r->add(pair.near.get()).value();
  CHECK_FALSE(s.poll_ready(direction::read, wanted_by(direction::read), waiter(1)));
  CHECK_FALSE(s.poll_ready(direction::write, wanted_by(direction::write), waiter(2)));
  CHECK(turn(*r) == std::vector{waiter(2)});
  pair.send("x");
  CHECK(turn(*r) == std::vector{waiter(1)});
  r->remove(s);
}

TEST_CASE("what is assumed at registration is ready without a turn") {
  const connected pair;
  auto r = make_reactor();
  source& s = *r->add(pair.near.get(), interest::both, ready::writable).value();
  CHECK(s.look(direction::write, ready::writable));
  CHECK_FALSE(s.look(direction::read, ready::readable));
  r->remove(s);
}

TEST_CASE("without a waiter a transfer is tried whatever was seen") {
  const connected pair;
  auto r = make_reactor();
  source& s = *r->add(pair.near.get()).value();
  char buffer[4];
  CHECK(receive(s, buffer, nullptr) == -EAGAIN);
  pair.send("hi");
  CHECK(receive(s, buffer, nullptr) == 2);
  r->remove(s);
}

TEST_CASE("an adopted descriptor stays ready until its user clears what was seen") {
  const connected pair;
  auto r = make_reactor();
  source& s = *r->add(pair.near.get(), interest::read).value();
  pair.send("x");
  (void)turn(*r);
  const readiness seen = s.poll_ready(direction::read, ready::readable, waiter(1));
  CHECK(seen.bits == ready::readable);
  CHECK(s.poll_ready(direction::read, ready::readable, waiter(1)));
  s.clear(direction::read, seen, ready::readable);
  CHECK_FALSE(s.poll_ready(direction::read, ready::readable, waiter(1)));
  r->remove(s);
}

TEST_CASE("wake ends the current wait, and the next one when nobody waits") {
  auto r = make_reactor();
  r->wake();
  CHECK(r->turn(never, [](task::key) {}).woken);
  CHECK_FALSE(r->turn(0, [](task::key) {}).woken);
  std::thread waker([&] { r->wake(); });
  CHECK(r->turn(never, [](task::key) {}).woken);
  waker.join();
}

TEST_CASE("a wake that another thread's turn swallows is passed on") {
  auto r = make_reactor();
  r->wake();
  CHECK(r->turn_for_owner([](task::key) {}).woken);
  CHECK(r->turn(never, [](task::key) {}).woken);
}

TEST_CASE("a wait never ends early when nothing happens, in nanoseconds and on kernels that count milliseconds") {
  for (const precision p : {precision::nanoseconds, precision::milliseconds}) {
    reactor r(epoll_backend::create(p).value());
    const instant_ns before = steady_clock().now();
    const turn_report report = r.turn(2'300 * microsecond, [](task::key) {});
    CHECK(steady_clock().now() - before >= 2'300 * microsecond);
    CHECK(report.events == 0);
    CHECK_FALSE(report.woken);
  }
}

TEST_CASE("a signal ends a wait without an error") {
  struct sigaction nothing{};
  nothing.sa_handler = [](int) {};  // without SA_RESTART
  REQUIRE(::sigaction(SIGUSR1, &nothing, nullptr) == 0);
  auto r = make_reactor();
  std::atomic<bool> done{false};
  std::thread waits([&] {
    const turn_report report = r->turn(never, [](task::key) {});
    CHECK(report.failed.code == 0);
    CHECK(report.events == 0);
    CHECK_FALSE(report.woken);
    done = true;
  });
  while (!done.load()) {  // until one arrives while it waits
    ::pthread_kill(waits.native_handle(), SIGUSR1);
    std::this_thread::yield();
  }
  waits.join();
}

TEST_CASE("an owner of two reactors sleeps on one of them") {
  const connected pair;
  auto mine = make_reactor();
  auto adopted = make_reactor();
  REQUIRE(mine->adopt(*adopted).has_value());
  source& s = *adopted->add(pair.near.get(), interest::read).value();
  CHECK_FALSE(s.poll_ready(direction::read, ready::readable, waiter(1)));
  CHECK_FALSE(mine->turn(0, [](task::key) {}).adopted);
  pair.send("x");
  CHECK(mine->turn(never, [](task::key) {}).adopted);
  CHECK(turn(*adopted) == std::vector{waiter(1)});
  mine->abandon(*adopted);
  adopted->wake();
  CHECK_FALSE(mine->turn(0, [](task::key) {}).adopted);
  adopted->remove(s);
}

TEST_CASE("what cannot be registered is an error value, and costs no slot") {
  auto r = make_reactor();
  const unique_fd file(::open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
  CHECK(r->add(file.get()).error().code == EPERM);
  CHECK(r->add(-1).error().code == EBADF);
  const connected pair;
  source& s = *r->add(pair.near.get()).value();
  CHECK(r->add(pair.near.get()).error().code == EEXIST);
  r->remove(s);
  CHECK(r->counts().registered == 1);
  CHECK(r->counts().live() == 0);
}

TEST_CASE("a descriptor that was closed first can still be removed") {
  connected pair;
  auto r = make_reactor();
  source& s = *r->add(pair.near.get()).value();
  pair.near.reset();
  r->remove(s);
  CHECK(r->counts().live() == 0);
}

TEST_CASE("when the process has no descriptors left, a reactor is refused with the cause") {
  rlimit old{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &old) == 0);
  for (const rlim_t spare : {rlim_t{0}, rlim_t{1}}) {
    const unique_fd lowest(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    const rlimit tight{static_cast<rlim_t>(lowest.get()) + 1 + spare, old.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &tight) == 0);
    const auto made = reactor::create();
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &old) == 0);
    REQUIRE_FALSE(made.has_value());
    CHECK(made.error().code == EMFILE);
  }
}

namespace {

// Delivers what the test says, to produce what a kernel does rarely.
class scripted_backend final : public backend {
 public:
  std::vector<token> added;
  std::vector<kernel_event> next;
  int fails_with = 0;

  result<void> add(int, interest, token about) override {
    if (fails_with != 0) return std::unexpected(error{fails_with, "epoll_ctl"});
    added.push_back(about);
    return {};
  }
  void remove(int) override {}
  result<waited> wait(std::span<kernel_event> into, duration_ns) override {
    if (fails_with != 0) return std::unexpected(error{fails_with, "epoll_wait"});
    std::copy(next.begin(), next.end(), into.begin());
    return waited{.events = std::exchange(next, {}).size()};
  }
  void wake() override {}
  int pollable() const override { return -1; }
  result<void> adopt(int) override { return {}; }
  void abandon(int) override {}
};

}  // namespace

TEST_CASE("an event of a source that is gone does not touch the slot's next tenant") {
  auto owned = std::make_unique<scripted_backend>();
  scripted_backend& kernel = *owned;
  reactor r(std::move(owned));
  source& old = *r.add(7).value();
  r.remove(old);
  source& fresh = *r.add(7).value();
  REQUIRE(&fresh == &old);
  CHECK_FALSE(fresh.poll_ready(direction::read, ready::readable, waiter(1)));
  kernel.next = {{kernel.added[0], ready::readable, ready::writable}};
  CHECK(turn(r).empty());
  CHECK(r.counts().stale_events == 1);
  CHECK(r.counts().ready_events == 0);
  kernel.next = {{kernel.added[1], ready::readable, ready::none}};
  CHECK(turn(r) == std::vector{waiter(1)});
  CHECK(r.counts().ready_events == 1);
}

TEST_CASE("events are counted by wait, of whoever waited, and a wait for nothing is none") {
  auto owned = std::make_unique<scripted_backend>();
  scripted_backend& kernel = *owned;
  reactor r(std::move(owned));
  (void)r.add(7).value();
  (void)turn(r);
  kernel.next.assign(5, {kernel.added[0], ready::readable, ready::none});
  (void)turn(r);
  kernel.next = {{kernel.added[0], ready::readable, ready::none}};
  (void)r.turn_for_owner([](task::key) {});
  metrics::octave_sum sum;
  r.add_events_per_wait(sum);
  const auto seen = sum.spread();
  CHECK(seen.total() == 2);
  CHECK(seen.sum == 6);
  CHECK(seen.counts[metrics::bucket_of(1)] == 1);
  CHECK(seen.counts[metrics::bucket_of(7)] == 1);
  CHECK(r.counts().turns == 3);
}

TEST_CASE("the watch limit of the user and a failing wait are reported") {
  auto owned = std::make_unique<scripted_backend>();
  scripted_backend& kernel = *owned;
  reactor r(std::move(owned));
  kernel.fails_with = ENOSPC;
  CHECK(r.add(7).error() == error{ENOSPC, "epoll_ctl"});
  kernel.fails_with = EBADF;
  CHECK(r.turn(0, [](task::key) {}).failed.code == EBADF);
  CHECK(r.counts().live() == 0);
}

TEST_CASE("many sources have slots of their own, and a free slot is used again") {
  auto owned = std::make_unique<scripted_backend>();
  scripted_backend& kernel = *owned;
  reactor r(std::move(owned));
  std::vector<source*> all;
  for (int fd = 0; fd < 1000; ++fd) all.push_back(r.add(fd).value());
  for (int fd = 0; fd < 1000; ++fd) {
    REQUIRE(all[static_cast<std::size_t>(fd)]->fd() == fd);
    REQUIRE(kernel.added[static_cast<std::size_t>(fd)].index == static_cast<std::uint32_t>(fd));
  }
  r.remove(*all[500]);
  CHECK(r.add(7777).value() == all[500]);
}

namespace {

// Descriptors registered with any epoll of this process, as the kernel counts them.
std::size_t watched_descriptors() {
  std::size_t n = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fdinfo")) {
    std::ifstream info(entry.path());
    for (std::string line; std::getline(info, line);) n += line.starts_with("tfd:") ? 1 : 0;
  }
  return n;
}

}  // namespace

TEST_CASE("two threads turn one reactor while sources come and go: every byte wakes its reader") {
  auto r = make_reactor();
  const std::size_t watched = watched_descriptors();
  std::atomic<bool> done{false};
  std::atomic<std::uint64_t> woken{0};
  const auto poller = [&] {
    while (!done.load()) (void)r->turn_for_owner([&](task::key k) { woken.store(k.generation); });
  };
  std::thread one(poller), two(poller);
  for (std::uint64_t round = 1; round <= 300; ++round) {
    const connected pair;
    source& s = *r->add(pair.near.get()).value();
    const task::key me = waiter(round);
    char buffer[4];
    CHECK(receive(s, buffer, &me) == -EAGAIN);
    pair.send("x");
    while (woken.load() != round) std::this_thread::yield();
    CHECK(receive(s, buffer, &me) == 1);
    r->remove(s);
  }
  done = true;
  one.join();
  two.join();
  CHECK(r->counts().live() == 0);
  CHECK(watched_descriptors() == watched);
}

TEST_CASE("[RB-07] a turn takes as many events as it was told to, and the next ones take the rest") {
  const connected pairs[3];
  auto made = reactor::create(1);
  REQUIRE(made.has_value());
  reactor& r = **made;
  std::vector<source*> sources;
  std::vector<task::key> told, expected;
  for (std::uintptr_t i = 0; i < std::size(pairs); ++i) {
    sources.push_back(r.add(pairs[i].near.get(), interest::read).value());
    CHECK_FALSE(sources.back()->poll_ready(direction::read, ready::readable, waiter(i + 1)));
    pairs[i].send("x");
    expected.push_back(waiter(i + 1));
  }
  for (std::size_t i = 0; i < std::size(pairs); ++i) {
    const auto report = r.turn(0, [&](task::key who) { told.push_back(who); });
    CHECK(report.events == 1);
  }
  CHECK(told == expected);
  CHECK(turn(r).empty());
  for (auto* one : sources) r.remove(*one);
}

TEST_CASE("a look shows what is registered, what is ready of it, and who waits") {
  const connected one, other;
  auto r = make_reactor();
  source& a = *r->add(one.near.get()).value();
  source& b = *r->add(other.near.get()).value();
  const task::key me = waiter(1);
  char buffer[16];
  CHECK(receive(a, buffer, &me) == -EAGAIN);
  (void)turn(*r);
  std::vector<source_view> seen;
  r->look(seen, 10);
  REQUIRE(seen.size() == 2);
  std::ranges::sort(seen, {}, &source_view::fd);
  const bool in_order = one.near.get() < other.near.get();
  const auto& of_a = seen[in_order ? 0 : 1];
  const auto& of_b = seen[in_order ? 1 : 0];
  CHECK(of_a.fd == one.near.get());
  CHECK(of_a.reader == me);
  CHECK_FALSE(of_a.writer);
  CHECK_FALSE(of_b.reader);
  one.send("hello");
  (void)turn(*r);
  r->remove(b);
  seen.clear();
  r->look(seen, 10);
  REQUIRE(seen.size() == 1);
  CHECK(any(seen[0].readable & ready::readable));
  CHECK_FALSE(seen[0].reader);
  seen.clear();
  r->look(seen, 0);
  CHECK(seen.empty());
  r->remove(a);
}
