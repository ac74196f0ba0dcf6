// Tasks that wake each other and are woken from outside, and a watch that notices when one wake of them is lost: each
// task has a mailbox that counts what it was sent, and says in its polls that it has seen it.
// Invariant: whoever sends counts first and wakes then, by nothing but relaxed additions, so that it is the wake that
//            lets the poll see the count. A box with more than its task has seen belongs to a task that is runnable, or
//            that has lost a wake. A count can be seen before its wake and orders nothing, so there is a flag for whose
//            a box is.
// Threads:   send [any]; take [the task]; the rest [the test].
#pragma once
#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/random.hpp"
#include "tasks.hpp"

namespace tokiod::test {

class mailbox {
 public:
  explicit mailbox(std::string name) : name_(std::move(name)) {}
  void belongs_to(task::key whose) {
    whose_ = whose;
    addressed_.store(true, std::memory_order_release);  // Partner: send.
  }

  // Returns its number.
  std::uint64_t send() {
    while (!addressed_.load(std::memory_order_acquire)) std::this_thread::yield();
    const std::uint64_t number = sent_.fetch_add(1, relaxed) + 1;
    const sched::host_entry call;
    runtime::wake(whose_);
    return number;
  }
  // How many have come since the last poll.
  std::uint64_t take() {
    const std::uint64_t before = seen_.load(relaxed), now = sent_.load(relaxed);
    seen_.store(now, relaxed);
    return now - before;
  }

  [[nodiscard]] std::uint64_t sent() const { return sent_.load(relaxed); }
  [[nodiscard]] std::uint64_t seen() const { return seen_.load(relaxed); }
  [[nodiscard]] task::key whose() const { return whose_; }
  [[nodiscard]] const std::string& name() const { return name_; }

 private:
  const std::string name_;
  task::key whose_;
  std::atomic<bool> addressed_{false};
  std::atomic<std::uint64_t> sent_{0}, seen_{0};
};

class post {
 public:
  post(bench_runtime& rt, runtime_owner& whose) : rt_(rt), whose_(whose) {}

  // Each of them waits for the one before, so one wake that is lost stops it.
  void add_ring(std::size_t tasks) {
    const group all = make("ring of " + std::to_string(tasks), tasks);
    for (std::size_t i = 0; i < tasks; ++i)
      spawn(*all[i], [&next = *all[(i + 1) % tasks]](std::uint64_t came) {
        if (came > 1) CHECK(came == 1);
        if (came != 0) next.send();
      });
    all[0]->send();
  }
  // Half as many wakes as there are tasks go from one of them to any other, so they meet and merge.
  void add_crowd(std::size_t tasks) {
    const group all = make("crowd of " + std::to_string(tasks), tasks);
    for (std::size_t i = 0; i < tasks; ++i)
      spawn(*all[i], [all, random = fast_random(i)](std::uint64_t came) mutable {
        for (; came > 0; --came) all[random.below(static_cast<std::uint32_t>(all.size()))]->send();
      });
    for (std::size_t i = 0; i < tasks / 2; ++i) all[i]->send();
  }
  // Woken by whoever has their boxes, and by nobody else.
  std::vector<mailbox*> add_quiet(std::size_t tasks) {
    group all = make("quiet ones", tasks);
    for (mailbox* const one : all) spawn(*one, [](std::uint64_t) {});
    return all;
  }

  // Which task does not see within `limit` what it has been sent by now; empty: each does.
  [[nodiscard]] std::string stands_still(duration_ns limit) const {
    for (const auto& one : boxes_) {
      const std::uint64_t sent = one->sent();
      for (const instant_ns until = steady_clock().now() + limit; one->seen() < sent; std::this_thread::yield())
        if (steady_clock().now() >= until)
          return one->name() + " was sent " + std::to_string(sent) + " wakes and has seen " +
                 std::to_string(one->seen());
    }
    return {};
  }
  [[nodiscard]] std::uint64_t wakes() const {
    std::uint64_t sum = 0;
    for (const auto& one : boxes_) sum += one->sent();
    return sum;
  }
  [[nodiscard]] const mailbox* box_of(const task::header* whose) const {
    const auto found = std::ranges::find(boxes_, whose, [](const auto& one) { return one->whose().task; });
    return found == boxes_.end() ? nullptr : found->get();
  }

  // Every task ends with its next wake, and gets one. Nobody else may send any more.
  void end() {
    over_ = true;
    for (const auto& one : boxes_) one->send();
    CHECK(eventually([&] { return rt_.all->live(whose_) == 0; }));
  }

 private:
  using group = std::vector<mailbox*>;

  group make(const std::string& what, std::size_t tasks) {
    group all;
    for (std::size_t i = 0; i < tasks; ++i) {
      boxes_.push_back(std::make_unique<mailbox>("task " + std::to_string(i) + " of the " + what));
      all.push_back(boxes_.back().get());
    }
    return all;
  }
  // Before anybody sends to it.
  template <class Take>
  void spawn(mailbox& box, Take take) {
    auto made = rt_.try_spawn_of(whose_, [this, &box, take](task::key, task::context&) mutable {
      const std::uint64_t came = box.take();
      if (over_) return task::poll_result::ready;
      take(came);
      return task::poll_result::pending;
    });
    REQUIRE(made);
    box.belongs_to(*made);
  }

  bench_runtime& rt_;
  runtime_owner& whose_;
  std::vector<std::unique_ptr<mailbox>> boxes_;
  std::atomic<bool> over_{false};
};

}  // namespace tokiod::test
