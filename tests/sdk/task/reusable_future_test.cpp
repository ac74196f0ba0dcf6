// reusable_future, row SN-15.
#include "tokio/task/reusable_future.hpp"

#include <doctest/doctest.h>

#include <array>
#include <stdexcept>
#include <string>
#include <vector>

#include "sdk/task/probe.hpp"

using sdk_test::gate;
using sdk_test::tracer;
using tokio::reusable_future;
using tokio::test::fake_host;
using tokio::test::hand_poll;

namespace {

// A future of a size that one chooses, which says where it is.
template <std::size_t Size>
class placed {
 public:
  using output = const void*;
  placed() = default;
  explicit placed(tracer trace) : trace_(std::move(trace)) {}
  tokio::poll<const void*> poll(tokio::context&) noexcept { return static_cast<const void*>(this); }

 private:
  std::optional<tracer> trace_;
  std::array<char, Size> room_{};
};
struct alignas(64) aligned : placed<64> {};
class waits_for {
 public:
  using output = const void*;
  explicit waits_for(gate& at) : wait_(at.wait()) {}
  tokio::poll<const void*> poll(tokio::context& cx) {
    if (wait_.poll(cx).is_pending()) return tokio::pending;
    return static_cast<const void*>(this);
  }

 private:
  gate::waiting wait_;
};
// Of the size of another future, and throws when it is moved for the second time.
class reluctant {
 public:
  using output = const void*;
  explicit reluctant(std::size_t moves_before = 0) : moves_(moves_before) {}
  reluctant(reluctant&& other) : moves_(other.moves_ + 1) {
    if (moves_ == 2) throw std::runtime_error("moved");
  }
  tokio::poll<const void*> poll(tokio::context&) noexcept { return static_cast<const void*>(this); }

 private:
  std::size_t moves_;
};

const void* place_of(reusable_future<const void*>& of) { return hand_poll(tokio::by_ref(of)).poll().value(); }

}  // namespace

TEST_CASE("[SN-15] the next future takes the memory of the one before when it fits, which is destroyed first") {
  fake_host host;
  std::vector<std::string> log;
  reusable_future<const void*> work{placed<32>(tracer(log, "first"))};
  const void* first = place_of(work);
  work.set(placed<32>(tracer(log, "second")));
  CHECK(log == std::vector<std::string>{"first"});
  CHECK(place_of(work) == first);
  CHECK_FALSE(work.try_set(placed<32>()));
  CHECK(log == std::vector<std::string>{"first", "second"});
  CHECK(place_of(work) == first);
}

TEST_CASE("[SN-15] one that does not fit gets memory of its own from set(), and comes back from try_set()") {
  fake_host host;
  std::vector<std::string> log;
  reusable_future<const void*> work{placed<32>(tracer(log, "first"))};
  const void* first = place_of(work);
  CHECK(work.try_set(placed<200>()));
  CHECK(log.empty());
  CHECK(place_of(work) == first);
  work.set(placed<200>());
  CHECK(log == std::vector<std::string>{"first"});
  const void* larger = place_of(work);
  CHECK_FALSE(work.try_set(placed<200>()));
  CHECK(place_of(work) == larger);
  work.set(aligned());
  CHECK(reinterpret_cast<std::uintptr_t>(place_of(work)) % 64 == 0);
}

TEST_CASE("[SN-15] it waits like its future, stays where it is when the box moves, and goes with it") {
  fake_host host;
  gate at;
  std::vector<std::string> log;
  {
    reusable_future<const void*> work{waits_for(at)};
    hand_poll waiting(tokio::by_ref(work));
    CHECK(waiting.poll().is_pending());
    auto moved = std::move(work);
    hand_poll again(tokio::by_ref(moved));
    at.open();
    CHECK(waiting.is_woken());
    CHECK(again.poll().is_ready());
    CHECK_THROWS_AS((void)waiting.poll(), tokio::panic_error);
    work = reusable_future<const void*>(placed<8>(tracer(log, "last")));
    CHECK(hand_poll(tokio::by_ref(work)).poll().is_ready());
  }
  CHECK(log == std::vector<std::string>{"last"});
}

TEST_CASE("[SN-15] a future whose move throws is never there: the box is empty, or as it was") {
  fake_host host;
  CHECK_THROWS_AS((void)reusable_future<const void*>{reluctant(1)}, std::runtime_error);
  class same_size {
   public:
    using output = const void*;
    tokio::poll<const void*> poll(tokio::context&) noexcept { return static_cast<const void*>(this); }

   private:
    std::size_t room_ = 0;
  };
  reusable_future<const void*> work{same_size()};
  CHECK_THROWS_AS(work.set(reluctant()), std::runtime_error);
  CHECK_THROWS_AS(place_of(work), tokio::panic_error);
  work.set(same_size());
  CHECK(place_of(work) != nullptr);
}

TEST_CASE("[SN-15] tasks of all kinds take each other's place") {
  fake_host host;
  reusable_future<int> work{sdk_test::give(1)};
  CHECK(hand_poll(tokio::by_ref(work)).poll().value() == 1);
  gate at;
  work.set(sdk_test::after(at));
  CHECK(hand_poll(tokio::by_ref(work)).poll().is_pending());
  work.set(sdk_test::give(3));  // the one that waits is destroyed
  CHECK(hand_poll(tokio::by_ref(work)).poll().value() == 3);
}
