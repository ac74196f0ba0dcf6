// Every combination of how a task ends, when it is cancelled, and what happens to its join handle: the body is
// destroyed exactly once, the slot freed exactly once, and whoever waits is woken.
#include "support/hand_task.hpp"

#include <doctest/doctest.h>

#include <string>

#include "runtime/task/registry.hpp"

using namespace tokiod;
using namespace tokiod::task;

namespace {

enum class moment : std::uint8_t { never, before_poll, in_first_poll, idle, in_last_poll, after };
constexpr moment moments[] = {moment::never, moment::before_poll,  moment::in_first_poll,
                              moment::idle,  moment::in_last_poll, moment::after};
enum class handle : std::uint8_t { none, released, joined };

struct life {
  poll_result ends_with;
  moment cancelled;
  cancel_kind kind;
  bool graceful;
  handle with;
  moment released;  // when the handle is; for `joined` the moment the waiter registers

  [[nodiscard]] std::string text() const {
    return "ends " + std::to_string(int(ends_with)) + " cancelled " + std::to_string(int(cancelled)) + " kind " +
           std::to_string(int(kind)) + " graceful " + std::to_string(graceful) + " handle " +
           std::to_string(int(with)) + " at " + std::to_string(int(released));
  }
};

struct result_of_life {
  int polls = 0;
  bool joiner_polled_complete = false;
  end_kind end = end_kind::none;
  int drops = 0;
  int freed = 0;
};

class stage {
 public:
  explicit stage(const life& played) : life_(played) {}

  result_of_life play() {
    subject_ =
        shop_.make([this](header&, context&) { return poll(); },
                   {.with_join_handle = life_.with != handle::none, .home = 0, .kind = {.graceful = life_.graceful}});
    at(moment::before_poll);
    shop_.scheduler.schedule(*subject_.task);
    shop_.run_all();
    at(moment::idle);
    shop_.run_all();
    wake(subject_);
    shop_.run_all();
    at(moment::after);
    shop_.run_all();
    result_.drops = shop_.drops - joiners_;
    result_.freed = shop_.scheduler.freed - joiners_;
    return result_;
  }

 private:
  poll_result poll() {
    at(++result_.polls == 1 ? moment::in_first_poll : moment::in_last_poll);
    return result_.polls == 1 ? poll_result::pending : life_.ends_with;
  }

  void at(moment now) {
    if (life_.cancelled == now) cancel(subject_, life_.kind);
    if (life_.released != now) return;
    if (life_.with == handle::released) release_join(*subject_.task, shop_.scheduler);
    if (life_.with == handle::joined) start_joiner();
  }

  void start_joiner() {
    ++joiners_;
    shop_.spawn([this](header& t, context&) {
      const key me{&t, basic_state<real_policy>::generation_of(t.state.load())};
      if (poll_join(*subject_.task, me, shop_.scheduler) == join_poll::pending) return poll_result::pending;
      result_.joiner_polled_complete = true;
      result_.end = end_of(*subject_.task);
      release_join(*subject_.task, shop_.scheduler);
      return poll_result::ready;
    });
  }

  life life_;
  test::workshop shop_;
  key subject_;
  result_of_life result_;
  int joiners_ = 0;
};

// What the rules say, told without a state word.
end_kind expected_end(const life& l) {
  const bool stops = !l.graceful || l.kind == cancel_kind::force;
  const bool in_time =
      l.cancelled == moment::before_poll || l.cancelled == moment::in_first_poll || l.cancelled == moment::idle;
  if (in_time && stops) return end_kind::cancelled;
  return l.ends_with == poll_result::ready ? end_kind::completed : end_kind::panicked;
}

void check_life(const life& l) {
  INFO(l.text());
  const result_of_life got = stage(l).play();
  CHECK(got.drops == 1);
  CHECK(got.freed == 1);
  CHECK(got.joiner_polled_complete == (l.with == handle::joined));
  if (l.with == handle::joined) CHECK(got.end == expected_end(l));
}

}  // namespace

TEST_CASE("a task's body is destroyed once and its slot freed once, whatever happens when") {
  int lives = 0;
  for (const auto ends_with : {poll_result::ready, poll_result::panicked}) {
    for (const auto cancelled : moments) {
      for (const auto kind : {cancel_kind::ask, cancel_kind::force}) {
        for (const bool graceful : {false, true}) {
          check_life({ends_with, cancelled, kind, graceful, handle::none, moment::never});
          ++lives;
          for (const auto with : {handle::released, handle::joined}) {
            for (const auto released : moments) {
              if (released == moment::never) continue;
              // A handle that is to act inside a poll needs that poll to happen.
              const life l{ends_with, cancelled, kind, graceful, with, released};
              const bool ends_early = expected_end(l) == end_kind::cancelled;
              if (released == moment::in_last_poll && ends_early) continue;
              if (released == moment::in_first_poll && cancelled == moment::before_poll && ends_early) continue;
              check_life(l);
              ++lives;
            }
          }
        }
      }
    }
  }
  CHECK(lives > 400);
}
