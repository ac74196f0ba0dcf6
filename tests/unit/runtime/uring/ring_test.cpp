// The kernel's ring: what is submitted is completed once, what may be ended is ended, and a ring that cannot be had is
// no ring.
#include "runtime/uring/ring.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "runtime/io/reactor.hpp"
#include "runtime/uring/slot.hpp"
#include "support/deny_call.hpp"
#include "support/eventually.hpp"
#include "support/in_child.hpp"
#include "support/pipe_ends.hpp"

namespace {

using namespace tokiod;
using tokiod::test::eventually;
using tokiod::test::pipe_ends;
using uring::at_stop;

// Reads from a descriptor, and keeps what was said.
struct reading final : uring::operation {
  explicit reading(int from) : fd(from) {}
  void prepare(io_uring_sqe& entry) noexcept override { io_uring_prep_read(&entry, fd, room, sizeof room, UINT64_MAX); }
  void complete(int result) noexcept override {
    CHECK(!over);
    over = true;
    got = result;
    if (then) then();
  }
  [[nodiscard]] bool cancelled() const { return got == -ECANCELED || got == -EINTR; }

  int fd;
  char room[16]{};
  bool over = false;
  int got = 0;
  std::function<void()> then;
};

// Null where the kernel has none for us, as in many a sandbox: then there is nothing to see.
std::unique_ptr<uring::ring> make_ring() {
  auto made = uring::ring::create();
  if (made) return std::move(*made);
  MESSAGE("no ring here: ", made.error().text());
  CHECK((made.error().code == EPERM || made.error().code == ENOSYS));
  return nullptr;
}

void write_to(const pipe_ends& pipe, const std::string& text) {
  REQUIRE(::write(pipe.write.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
}

bool readable(const uring::ring& ring) {
  pollfd asked{ring.pollable(), POLLIN, 0};
  return ::poll(&asked, 1, 0) == 1;
}

void reap_until(uring::ring& ring, const std::function<bool()>& done) {
  eventually("it is answered", [&] {
    (void)ring.reap();
    return done();
  });
}

const int me = 0, other = 0;  // whose they are: two addresses

}  // namespace

TEST_CASE("uring: an operation is completed once, by whoever reaps it") {
  const auto ring = make_ring();
  if (!ring) return;
  CHECK(ring->supports(IORING_OP_READ));
  const pipe_ends pipe;
  reading one(pipe.read.get());
  REQUIRE(ring->submit(one, &me, at_stop::cancel));
  CHECK(ring->in_flight() == 1);
  CHECK(ring->reap() == 0);
  CHECK(!readable(*ring));
  write_to(pipe, "abc");
  eventually("the ring says so", [&] { return readable(*ring); });
  CHECK(ring->reap() == 1);
  CHECK(!readable(*ring));
  CHECK(one.got == 3);
  CHECK(std::string(one.room, 3) == "abc");
  CHECK(ring->in_flight() == 0);
  CHECK(ring->submitted() == 1);
}

TEST_CASE("uring: a completion may submit again, and counts until it has returned") {
  const auto ring = make_ring();
  if (!ring) return;
  const pipe_ends pipe;
  reading first(pipe.read.get()), next(pipe.read.get());
  first.then = [&] {
    CHECK(ring->in_flight() == 1);  // its own
    REQUIRE(ring->submit(next, &me, at_stop::cancel));
  };
  REQUIRE(ring->submit(first, &me, at_stop::cancel));
  write_to(pipe, "a");
  reap_until(*ring, [&] { return first.over; });
  CHECK(ring->in_flight() == 1);
  write_to(pipe, "b");
  reap_until(*ring, [&] { return next.over; });
  CHECK(next.room[0] == 'b');
}

TEST_CASE("uring: what is somebody's is ended, unless it was dear") {
  const auto ring = make_ring();
  if (!ring) return;
  const pipe_ends pipe, kept;
  reading mine(pipe.read.get()), dear(kept.read.get()), others(pipe.read.get());
  REQUIRE(ring->submit(mine, &me, at_stop::cancel));
  REQUIRE(ring->submit(dear, &me, at_stop::keep));
  REQUIRE(ring->submit(others, &other, at_stop::cancel));
  ring->cancel_of(&me);
  ring->cancel_of(&me);  // once is enough
  reap_until(*ring, [&] { return mine.over; });
  CHECK(mine.cancelled());
  CHECK(!dear.over);
  CHECK(!others.over);
  CHECK(!ring->try_stop(0));  // the promised one is still to come
  reap_until(*ring, [&] { return others.over; });
  CHECK(others.cancelled());
  reading late(pipe.read.get());
  const auto refused = ring->submit(late, &me, at_stop::cancel);
  REQUIRE(!refused);
  CHECK(refused.error().code == ECANCELED);
  write_to(kept, "x");
  CHECK(ring->try_stop(steady_clock().now() + 30 * second));
  CHECK(dear.got == 1);
}

TEST_CASE("uring: no more is in flight than can be answered, and there is room again afterwards") {
  const auto ring = make_ring();
  if (!ring) return;
  const pipe_ends pipe;
  std::vector<std::unique_ptr<reading>> all;
  for (std::uint32_t i = 0; i < uring::ring::most_in_flight; ++i) {
    all.push_back(std::make_unique<reading>(pipe.read.get()));
    REQUIRE(ring->submit(*all.back(), &me, at_stop::cancel));
  }
  reading more(pipe.read.get());
  const auto refused = ring->submit(more, &me, at_stop::cancel);
  REQUIRE(!refused);
  CHECK(refused.error().code == EBUSY);
  ring->cancel_of(&me);
  reap_until(*ring, [&] { return ring->in_flight() == 0; });
  for (const auto& one : all) CHECK(one->cancelled());
  CHECK(!more.over);
  REQUIRE(ring->submit(more, &me, at_stop::cancel));
  write_to(pipe, "x");
  reap_until(*ring, [&] { return more.over; });
  CHECK(more.got == 1);
}

// ---- where there is none. Each in a process of its own: limits and filters stay.

TEST_CASE("internal: no ring without descriptors" * doctest::skip()) {
  tokiod::test::child_begins();
  if (!make_ring()) return;
  auto reactor = io::reactor::create();
  REQUIRE(reactor);
  uring::slot slot(true);
  rlimit files{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &files) == 0);
  const rlimit none{0, files.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
  CHECK(slot.get(**reactor) == nullptr);
  REQUIRE(slot.why_not());
  CHECK(slot.why_not()->code == EMFILE);
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &files) == 0);
  CHECK(slot.get(**reactor) != nullptr);  // descriptors come back, so it is asked again
  CHECK(!slot.why_not());
}
TEST_CASE("uring: without a descriptor for it there is no ring, until there is one") {
  CHECK(tokiod::test::passes_in_child("internal: no ring without descriptors"));
}

TEST_CASE("internal: no ring for us" * doctest::skip()) {
  tokiod::test::child_begins();
  auto reactor = io::reactor::create();
  REQUIRE(reactor);
  tokiod::test::deny_ring();
  uring::slot slot(true);
  CHECK(slot.get(**reactor) == nullptr);
  CHECK(slot.peek() == nullptr);
  REQUIRE(slot.why_not());
  CHECK(slot.why_not()->code == EPERM);
}
TEST_CASE("[RB-06] uring: a kernel that refuses one is believed") {
  CHECK(tokiod::test::passes_in_child("internal: no ring for us"));
}

TEST_CASE("uring: one is made for who wants one, and only once") {
  if (!make_ring()) return;
  auto reactor = io::reactor::create();
  REQUIRE(reactor);
  uring::slot unwanted(false), wanted(true);
  CHECK(unwanted.get(**reactor) == nullptr);
  CHECK(wanted.peek() == nullptr);  // not before the first operation
  uring::ring* const made = wanted.get(**reactor);
  REQUIRE(made != nullptr);
  CHECK(wanted.get(**reactor) == made);
  CHECK(wanted.peek() == made);

  const pipe_ends pipe;
  reading one(pipe.read.get());
  REQUIRE(made->submit(one, &me, at_stop::cancel));
  write_to(pipe, "x");
  eventually("whoever turns the reactor is told", [&] { return (*reactor)->turn(0, [](task::key) {}).adopted; });
  CHECK(made->reap() == 1);
  CHECK(!(*reactor)->turn(0, [](task::key) {}).adopted);
}
