// The book of tasks that are listened to, written by hand: what it keeps, and what it does without when it is full.
#include "host/trace/task_book.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

using namespace tokiod;
using namespace tokiod::host::trace;

namespace {

birth some_task(task::task_id id) { return {.id = id, .instance = "echo", .name = "accept", .file = "echo.cpp"}; }

}  // namespace

TEST_CASE("[OB-06] a record says what a task is, and of a long path the end") {
  task_book book(8);
  const std::string path = std::string(200, 'x') + "/echo.cpp";
  book.begin({.id = 7, .instance = "echo", .name = "accept", .file = path, .line = 12, .bytes = 448}, 1'000);
  const auto seen = book.find(7);
  REQUIRE(seen);
  CHECK(seen->kind == task_kind::task);
  CHECK(seen->instance.view() == "echo");
  CHECK(seen->name.view() == "accept");
  CHECK(seen->file.view().size() == 120);
  CHECK(seen->file.view().ends_with("xx/echo.cpp"));
  CHECK(seen->line == 12);
  CHECK(seen->bytes == 448);
  CHECK(seen->seen_from_birth);
  CHECK(seen->created == 1'000);
  CHECK_FALSE(book.find(8));
  CHECK_FALSE(book.find(0));
}

TEST_CASE("[OB-07] polls, busy, scheduled and idle time, the first and the last poll") {
  task_book book(8);
  book.begin(some_task(1), 1'000);
  CHECK(book.poll_begins(1, 1'300, run_up{300, false}));
  auto seen = *book.find(1);
  CHECK(seen.in_poll);
  CHECK(seen.busy_until(1'400) == 100);
  CHECK(seen.wakes == 0);  // a spawn is no wake
  book.poll_ends(1, 1'300, 1'500);
  book.woken(1, false, 2'000);
  CHECK(book.poll_begins(1, 2'050, run_up{50, false}));
  book.poll_ends(1, 2'050, 2'150);
  book.ends(1, task_end::completed, 2'150);
  seen = *book.find(1);
  CHECK(seen.polls == 2);
  CHECK(seen.first_poll == 1'300);
  CHECK(seen.last_poll_started == 2'050);
  CHECK(seen.last_poll_ended == 2'150);
  CHECK(seen.busy == 300);
  CHECK(seen.scheduled == 350);
  CHECK(seen.dropped == 2'150);
  CHECK(seen.end == task_end::completed);
  CHECK(seen.total(9'999) == 1'150);  // until its end, not until now
  CHECK(seen.idle(9'999) == 500);
  CHECK_FALSE(seen.in_poll);
}

TEST_CASE("[OB-02] wakes: by others, by itself while it is polled, and those that only the host knows of") {
  task_book book(8);
  book.begin(some_task(1), 1);
  CHECK(book.poll_begins(1, 10, run_up{9, false}));
  book.woken(1, true, 12);
  book.poll_ends(1, 10, 20);
  CHECK(book.poll_begins(1, 30, run_up{10, true}));  // of that wake: not counted again
  book.poll_ends(1, 30, 31);
  auto seen = *book.find(1);
  CHECK(seen.wakes == 1);
  CHECK(seen.self_wakes == 1);
  CHECK(seen.last_wake == 12);
  CHECK(book.poll_begins(1, 50, run_up{5, false}));  // a timer, say: nobody told of that wake
  book.poll_ends(1, 50, 51);
  CHECK(book.poll_begins(1, 60, run_up{9, true}));  // merged into the poll, by anybody
  book.poll_ends(1, 60, 61, true);
  CHECK(book.poll_begins(1, 70, run_up{9, true}));  // a yield
  seen = *book.find(1);
  CHECK(seen.wakes == 4);
  CHECK(seen.self_wakes == 2);
  CHECK(seen.last_wake == 61);
}

TEST_CASE("[OB-08] times by bucket, those of more than a second apart, with the longest of them") {
  task_book book(8);
  book.begin(some_task(1), 1);
  const auto poll = [&](duration_ns waited, duration_ns lasts) {
    CHECK(book.poll_begins(1, 1'000, run_up{waited, false}));
    book.poll_ends(1, 1'000, 1'000 + lasts);
  };
  poll(100, 50'000);
  poll(2 * second, 50'001);
  poll(100, second);
  poll(3 * second, 5 * second);
  const auto seen = *book.find(1);
  CHECK(seen.poll_times.counted.total() == 3);
  CHECK(seen.poll_times.counted.counts[metrics::bucket_of(50'000)] == 2);
  CHECK(seen.poll_times.counted.sum == 100'001 + second);
  CHECK(seen.poll_times.longer == 1);
  CHECK(seen.poll_times.longest == 5 * second);
  CHECK(seen.scheduled_times.counted.total() == 2);
  CHECK(seen.scheduled_times.longer == 2);
  CHECK(seen.scheduled_times.longest == 3 * second);
}

TEST_CASE("[OB-08] a wait whose beginning was heard is told as it was, however long") {
  task_book book(8);
  book.begin(some_task(1), 1'000);
  book.runnable(1, 2'000);
  book.runnable(1, 3'000);  // it was that already
  constexpr duration_ns wraps = duration_ns{1} << 36;
  CHECK(book.poll_begins(1, 2'000 + 100 * second, run_up{100 * second % wraps, false}));
  book.poll_ends(1, 2'000 + 100 * second, 3'000 + 100 * second);
  auto seen = *book.find(1);
  CHECK(seen.scheduled == 100 * second);
  CHECK(seen.scheduled_times.longest == 100 * second);
  CHECK(book.poll_begins(1, 4'000 + 100 * second, run_up{500, false}));  // that one was not heard
  CHECK(book.find(1)->scheduled == 100 * second + 500);
  CHECK(book.find(1)->last_wake == 3'500 + 100 * second);
}

TEST_CASE("[OB-07] [OB-10] a full book takes no task that it would have to forget a live one for, and counts that") {
  task_book book(8);
  REQUIRE(book.capacity() == 8);
  for (task::task_id id = 1; id <= 9; ++id) book.begin(some_task(id), id);
  CHECK(book.dropped() == 1);
  CHECK_FALSE(book.find(9));
  CHECK_FALSE(book.poll_begins(9, 20, std::nullopt));

  // Of those that ended the first makes room, unless it is watched.
  book.ends(3, task_end::cancelled, 30);
  book.ends(5, task_end::completed, 31);
  book.watch(3, true);
  book.begin(some_task(10), 40);
  CHECK(book.find(3));
  CHECK_FALSE(book.find(5));
  CHECK(book.find(10)->created == 40);
  book.watch(3, false);
  book.watch(3, false);        // once too often: harmless
  CHECK(book.dropped() == 2);  // what gave way may not have been told
  book.begin(some_task(11), 41);
  CHECK_FALSE(book.find(3));
  CHECK(book.dropped() == 3);
  book.begin(some_task(11), 99);  // it is there already
  CHECK(book.find(11)->created == 41);
}

TEST_CASE("[OB-07] what ended long ago is forgotten, what is watched is not") {
  task_book book(64);
  for (task::task_id id = 1; id <= 4; ++id) book.begin(some_task(id), 1);
  book.ends(1, task_end::completed, 100);
  book.ends(2, task_end::completed, 200);
  book.ends(3, task_end::completed, 100);
  book.watch(3, true);
  book.forget_ended_before(200);
  CHECK_FALSE(book.find(1));
  CHECK(book.find(2));
  CHECK(book.find(3));
  CHECK(book.find(4));
  book.watch(9, true);  // before it is begun
  book.begin(some_task(9), 1);
  book.ends(9, task_end::completed, 2);
  book.forget_ended_before(200);
  CHECK(book.find(9));
  book.forget(4);
  CHECK_FALSE(book.find(4));
  book.clear();
  CHECK_FALSE(book.find(2));
  CHECK(book.changed_since(0).empty());
}

TEST_CASE("what changed since a moment, in the order of the ids") {
  task_book book(64);
  for (task::task_id id = 20; id >= 1; --id) book.begin(some_task(id), 5);
  CHECK(book.changed_since(0).size() == 20);
  const instant_ns since = steady_clock().now() + 1;
  while (steady_clock().now() < since) continue;
  CHECK(book.changed_since(since).empty());
  book.woken(7, false, 8);  // its own idea of the time does not count
  book.woken(3, false, 9);
  auto seen = book.changed_since(since);
  REQUIRE(seen.size() == 2);
  CHECK(seen[0].id == 3);
  CHECK(seen[1].id == 7);
  CHECK(book.poll_begins(5, 10, std::nullopt));
  seen = book.changed_since(never);
  REQUIRE(seen.size() == 1);  // a poll that lasts changes with the time
  CHECK(seen[0].id == 5);
}

TEST_CASE("writers and a reader at once: what is not written is counted, and nobody waits") {
  constexpr int each = 20'000;
  task_book book(8);
  book.begin(some_task(1), 1);
  std::atomic<bool> over{false};
  std::thread reader([&] {
    while (!over.load()) {
      const auto seen = book.find(1);
      CHECK(seen);
      if (seen) CHECK(seen->self_wakes <= seen->wakes);
    }
  });
  std::vector<std::thread> writers;
  for (int w = 0; w < 2; ++w)
    writers.emplace_back([&] {
      for (int i = 0; i < each; ++i) book.woken(1, i % 2 == 0, 2);
    });
  for (auto& one : writers) one.join();
  over.store(true);
  reader.join();
  CHECK(book.find(1)->wakes + book.dropped() == 2 * each);
}
