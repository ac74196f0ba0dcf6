// Tasks and jobs of a plugin while somebody listens, and after.
#include <doctest/doctest.h>

#include <atomic>
#include <string>
#include <thread>

#include "host/trace/listening.hpp"
#include "support/eventually.hpp"
#include "support/in_process_host.hpp"

using namespace tokiod;
using namespace tokiod::host::trace;
using tokiod::test::in_process_host;

namespace {

const tokio_host* const table = in_process_host::table();

struct script {
  tokio_poll (*poll)(script&, tokio_cx*) = nullptr;
  std::atomic<int> polls{0};
  std::atomic<bool> open{false};
  tokio_waker self{};
  tokio_timer* timer = nullptr;
  const tokio_time_ext* time = nullptr;
  std::uint64_t id = 0;
};

tokio_poll poll_script(void* body, tokio_cx* cx) noexcept {
  auto* s = *static_cast<script**>(body);
  s->self = cx->waker;
  s->id = table->task_id(cx->waker);
  const auto said = s->poll(*s, cx);
  s->polls.fetch_add(1);
  return said;
}
void destroy_script(void*) noexcept {}

constexpr tokio_task_vt kind = {sizeof(tokio_task_vt),  0,  poll_script, destroy_script, {"script", 6},
                                {"dir/script.cpp", 14}, 42, 0,           nullptr,        nullptr};

tokio_waker spawn(in_process_host& in, script& s, const tokio_task_vt& as = kind) {
  tokio_task* task = nullptr;
  REQUIRE(table->task_alloc(in.plugin(), sizeof(script*), alignof(script*), &task) == TOKIO_OK);
  *static_cast<script**>(tokio_task_body(table, task)) = &s;
  tokio_waker key{};
  REQUIRE(table->task_spawn(task, &as, 0, &key) == TOKIO_OK);
  return key;
}

// Until it was opened; then ready.
tokio_poll wait_for_opening(script& me, tokio_cx*) { return me.open.load() ? TOKIO_POLL_READY : TOKIO_POLL_PENDING; }
void open(script& s) {
  s.open.store(true);
  table->task_wake(s.self);
}

// Nobody listens before and after.
struct listener {
  task_book& book = listen(1024);
  listener() = default;
  listener(const listener&) = delete;
  ~listener() { ignore(); }
};

bool driven_until(in_process_host& in, const std::atomic<int>& polls, int count) {
  return in.run_until([&] { return polls.load() >= count; });
}

}  // namespace

TEST_CASE("[OB-01] [OB-06] a task that is spawned while somebody listens is known from its birth to its end") {
  in_process_host in({.workers = 0});
  const listener to;
  script s;
  s.poll = wait_for_opening;
  const tokio_waker key = spawn(in, s);
  const std::uint64_t id = table->task_id(key);
  REQUIRE(id != 0);
  auto seen = to.book.find(id);
  REQUIRE(seen);
  CHECK(seen->kind == task_kind::task);
  CHECK(seen->name.view() == "script");
  CHECK(seen->file.view() == "dir/script.cpp");
  CHECK(seen->line == 42);
  CHECK(seen->bytes >= sizeof(script*));
  CHECK(seen->bytes <= 64);                     // one block, not more than the next size
  CHECK(seen->least_bytes == sizeof(script*));  // as it was asked for
  CHECK(seen->seen_from_birth);
  CHECK(seen->polls == 0);
  CHECK(seen->first_poll == 0);
  REQUIRE(driven_until(in, s.polls, 1));
  CHECK(s.id == id);
  seen = to.book.find(id);
  CHECK(seen->polls == 1);
  CHECK(seen->created <= seen->first_poll);
  CHECK(seen->first_poll <= seen->last_poll_ended);
  CHECK(seen->busy == seen->last_poll_ended - seen->last_poll_started);
  CHECK(seen->poll_times.counted.total() == 1);
  CHECK(seen->scheduled_times.counted.total() == 1);
  CHECK(seen->dropped == 0);
  open(s);
  CHECK(in.wait_idle());
  seen = to.book.find(id);
  CHECK(seen->polls == 2);
  CHECK(seen->end == task_end::completed);
  CHECK(seen->dropped >= seen->last_poll_ended);
  CHECK(in.stop().clean());
}

TEST_CASE("[OB-02] [OB-07] who wakes a task, from inside and outside, and a timer of the host") {
  in_process_host in({.workers = 0, .virtual_time = true});
  const listener to;
  script s;
  s.time = in.extension<tokio_time_ext>(TOKIO_EXT_TIME);
  REQUIRE(s.time->timer_new(in.plugin(), table->now_ns(in.plugin()) + second, 0, &s.timer) == TOKIO_OK);
  s.poll = [](script& me, tokio_cx* cx) -> tokio_poll {
    switch (me.polls.load()) {
      case 0: table->task_wake(cx->waker); return TOKIO_POLL_PENDING;  // by itself
      case 1: return TOKIO_POLL_YIELD;                                 // and again
      case 2: return TOKIO_POLL_PENDING;                               // until the test wakes it
      default: return me.time->timer_poll(me.timer, cx) == TOKIO_PENDING ? TOKIO_POLL_PENDING : TOKIO_POLL_READY;
    }
  };
  const tokio_waker key = spawn(in, s);
  const std::uint64_t id = table->task_id(key);
  REQUIRE(driven_until(in, s.polls, 3));
  auto seen = to.book.find(id);
  CHECK(seen->wakes == 2);
  CHECK(seen->self_wakes == 2);
  const auto by_itself = seen->last_wake;
  table->task_wake(key);
  seen = to.book.find(id);
  CHECK(seen->wakes == 3);
  CHECK(seen->self_wakes == 2);
  CHECK(seen->last_wake >= by_itself);
  CHECK(in.wait_idle());
  seen = to.book.find(id);
  CHECK(seen->polls == 5);
  CHECK(seen->wakes == 4);
  CHECK(seen->self_wakes == 2);
  CHECK(seen->scheduled_times.counted.total() + seen->scheduled_times.longer == 5);
  CHECK(seen->busy + seen->scheduled + seen->idle(seen->dropped) == seen->total(seen->dropped));
  s.time->timer_free(s.timer);
  CHECK(in.stop().clean());
}

TEST_CASE("[OB-06] a task that was there before is met at its next poll, and left alone when nobody listens") {
  in_process_host in({.workers = 0});
  script s;
  s.poll = wait_for_opening;
  const tokio_waker key = spawn(in, s);
  const std::uint64_t id = table->task_id(key);
  REQUIRE(driven_until(in, s.polls, 1));
  {
    const listener to;
    CHECK_FALSE(to.book.find(id));
    table->task_wake(key);
    REQUIRE(driven_until(in, s.polls, 2));
    auto seen = to.book.find(id);
    REQUIRE(seen);
    CHECK_FALSE(seen->seen_from_birth);
    CHECK(seen->name.view() == "script");
    CHECK(seen->polls == 1);
    table->task_wake(key);
    REQUIRE(driven_until(in, s.polls, 3));
    seen = to.book.find(id);
    CHECK(seen->polls == 2);
    CHECK(seen->wakes == 1);
    CHECK(seen->scheduled_times.counted.total() == 1);  // the first one nobody had looked at the clock for
  }
  task_book& old = listen(1024);  // a new one, without entries
  CHECK_FALSE(old.find(id));
  table->task_wake(key);
  REQUIRE(driven_until(in, s.polls, 4));
  CHECK(old.find(id)->polls == 1);
  ignore();
  table->task_wake(key);
  REQUIRE(driven_until(in, s.polls, 5));
  CHECK(old.find(id)->polls == 1);
  CHECK(old.find(id)->wakes == 0);
  open(s);
  CHECK(in.wait_idle());
  CHECK(in.stop().clean());
}

TEST_CASE("[OB-06] what is made in a task's poll names that task as its parent, what is made elsewhere none") {
  in_process_host in({.workers = 0});
  const listener to;
  static std::uint64_t of_task, of_job;
  script child, parent;
  child.poll = [](script&, tokio_cx*) -> tokio_poll { return TOKIO_POLL_READY; };
  static script* made;
  made = &child;
  static in_process_host* host;
  host = &in;
  parent.poll = [](script&, tokio_cx* cx) -> tokio_poll {
    of_task = table->task_id(spawn(*host, *made));
    tokio_job_desc d{};
    d.size = sizeof d;
    d.run = [](void*) noexcept -> std::int64_t { return 0; };
    const auto* blocking = host->extension<tokio_blocking_ext>(TOKIO_EXT_BLOCKING);
    return blocking->spawn(cx->plugin, &d, nullptr) == TOKIO_OK ? TOKIO_POLL_READY : TOKIO_POLL_PANIC;
  };
  const std::uint64_t id = table->task_id(spawn(in, parent));
  CHECK(in.wait_idle());
  CHECK(to.book.find(id)->parent == 0);
  CHECK(to.book.find(of_task)->parent == id);
  for (const auto& one : to.book.changed_since(0))
    if (one.kind == task_kind::blocking) of_job = one.parent;
  CHECK(of_job == id);
  CHECK(in.stop().clean());
}

TEST_CASE(
    "[OB-01] [OB-06] a task that says where it was spawned is told of with that place, and its kind's otherwise") {
  in_process_host in({.workers = 0});
  const listener to;
  tokio_task_vt placed = kind;
  placed.spawned_at = [](const void* body, tokio_place* out) noexcept {
    const auto* s = *static_cast<script* const*>(body);
    if (!s->open.load()) *out = {{"serve", 5}, {"dir/serve.cpp", 13}, 30, 5};
  };
  for (const bool says_where : {true, false}) {
    script s;
    s.poll = wait_for_opening;
    s.open.store(!says_where);
    tokio_task* task = nullptr;
    REQUIRE(table->task_alloc(in.plugin(), sizeof(script*), alignof(script*), &task) == TOKIO_OK);
    *static_cast<script**>(tokio_task_body(table, task)) = &s;
    tokio_waker key{};
    REQUIRE(table->task_spawn(task, &placed, 0, &key) == TOKIO_OK);
    const auto seen = to.book.find(table->task_id(key));
    REQUIRE(seen);
    CHECK(seen->file.view() == (says_where ? "dir/serve.cpp" : "dir/script.cpp"));
    CHECK(seen->function.view() == (says_where ? "serve" : ""));
    CHECK(seen->line == (says_where ? 30 : 42));
    CHECK(seen->column == (says_where ? 5 : 0));
    REQUIRE(driven_until(in, s.polls, 1));
    if (says_where) open(s);
    CHECK(in.wait_idle());
  }
  CHECK(in.stop().clean());
}

TEST_CASE("[OB-01] [OB-06] a task that another one polls is told of by its own polls, not by those of its relay") {
  in_process_host in({.workers = 0});
  const listener to;
  const auto* const trace = in.extension<tokio_trace_ext>(TOKIO_EXT_TRACE);
  tokio_task_vt stands_for = kind;
  stands_for.flags = TOKIO_TF_RELAY;
  script relay, child, inner;
  for (script* const each : {&relay, &child, &inner}) each->poll = wait_for_opening;
  const tokio_waker key = spawn(in, relay, stands_for), nested = spawn(in, inner, stands_for);
  const std::uint64_t id = table->task_id(key);
  REQUIRE(driven_until(in, inner.polls, 1));
  auto seen = *to.book.find(id);
  CHECK(seen.kind == task_kind::local);
  CHECK(seen.bytes == 0);  // its relay's are no size of it
  CHECK(seen.polls == 0);
  CHECK(seen.scheduled_times.counted.total() == 0);

  const auto outside = trace->local_poll_begins(key);
  CHECK(to.book.find(id)->in_poll);
  table->task_wake(key);
  const auto outer = trace->local_poll_begins(nested);
  trace->local_poll_ends(nested, outer, 0);
  const std::uint64_t born = table->task_id(spawn(in, child));
  trace->local_poll_ends(key, outside, 0);
  CHECK(to.book.find(born)->parent == id);
  seen = *to.book.find(id);
  CHECK_FALSE(seen.in_poll);
  CHECK(seen.polls == 1);
  CHECK(seen.busy == seen.last_poll_ended - seen.last_poll_started);
  CHECK(seen.scheduled_times.counted.total() == 1);  // since its relay could be polled
  CHECK(seen.wakes == 1);
  CHECK(seen.self_wakes == 1);
  CHECK(to.book.find(table->task_id(nested))->polls == 1);

  (void)trace->local_poll_begins(key);
  trace->local_poll_ends(key, outside, 1);  // and once more, without a wake
  (void)trace->local_poll_begins(key);
  trace->local_poll_ends(key, outside, 0);
  seen = *to.book.find(id);
  CHECK(seen.polls == 3);
  CHECK(seen.wakes == 2);
  CHECK(seen.self_wakes == 2);
  script elsewhere;
  elsewhere.poll = wait_for_opening;
  CHECK(to.book.find(table->task_id(spawn(in, elsewhere)))->parent == 0);
  for (script* const each : {&relay, &child, &inner}) open(*each);
  REQUIRE(driven_until(in, elsewhere.polls, 1));
  open(elsewhere);
  CHECK(in.wait_idle());
  CHECK(to.book.find(id)->end == task_end::completed);
  CHECK(to.book.find(id)->polls == 3);
  trace->local_poll_ends(key, trace->local_poll_begins(key), 0);  // gone: nothing
  trace->local_poll_ends({}, trace->local_poll_begins({}), 0);
  CHECK(in.stop().clean());
}

TEST_CASE("[OB-07] a task that is cancelled, and one that panics, end as that") {
  in_process_host in({.workers = 0});
  const listener to;
  script cancelled, panicking;
  cancelled.poll = wait_for_opening;
  panicking.poll = [](script&, tokio_cx* cx) -> tokio_poll {
    table->panic(cx->plugin, cx, {"boom", 4}, {nullptr, 0});
    return TOKIO_POLL_PANIC;
  };
  const tokio_waker key = spawn(in, cancelled);
  const std::uint64_t id = table->task_id(key), other = table->task_id(spawn(in, panicking));
  REQUIRE(driven_until(in, cancelled.polls, 1));
  table->task_abort(key);
  CHECK(in.wait_idle());
  CHECK(to.book.find(id)->end == task_end::cancelled);
  CHECK(to.book.find(id)->polls == 1);
  CHECK(to.book.find(other)->end == task_end::panicked);
  in.stop();
}

TEST_CASE("[OB-01] a blocking job is written down as one, and one that never ran as cancelled") {
  in_process_host in({.blocking_threads = 1});
  const listener to;
  static std::atomic<bool> go;
  static std::atomic<int> ran;
  go.store(false);
  ran.store(0);
  const auto* blocking = in.extension<tokio_blocking_ext>(TOKIO_EXT_BLOCKING);
  const auto job = [&](const char* name, std::size_t size) {
    tokio_job_desc d{};
    d.size = sizeof d;
    d.name = {name, size};
    d.made_at = {{"serve", 5}, {"dir/jobs.cpp", 12}, 7, 9};
    d.run = [](void*) noexcept -> std::int64_t {
      ran.fetch_add(1);
      while (!go.load()) std::this_thread::yield();
      return 0;
    };
    tokio_job* handle = nullptr;
    REQUIRE(blocking->spawn(in.plugin(), &d, &handle) == TOKIO_OK);
    return handle;
  };
  const auto named = [&](std::string_view name) {
    for (const auto& one : to.book.changed_since(0))
      if (one.name.view() == name) return one;
    return task_record{};
  };
  tokio_job* const first = job("first", 5);
  test::eventually("the first job runs", [] { return ran.load() == 1; });
  CHECK(named("first").file.view() == "dir/jobs.cpp");
  CHECK(named("first").function.view() == "serve");
  CHECK(named("first").line == 7);
  CHECK(named("first").column == 9);
  tokio_job* const second_job = job("second", 6);
  CHECK(named("first").kind == task_kind::blocking);
  CHECK(named("first").in_poll);
  CHECK_FALSE(named("second").in_poll);
  blocking->cancel(second_job);
  CHECK(named("second").end == task_end::cancelled);  // although its handle is there
  blocking->free(second_job);
  CHECK(named("second").polls == 0);
  go.store(true);
  test::eventually("the first job ends", [&] { return named("first").end == task_end::completed; });
  CHECK(named("first").polls == 1);
  CHECK(named("first").busy > 0);
  CHECK(named("first").scheduled_times.counted.total() == 1);
  blocking->free(first);
  CHECK(in.stop().clean());
}

TEST_CASE("[OB-02] on several workers each wake and each poll is written down, or counted as not") {
  in_process_host in({.workers = 2});
  const listener to;
  constexpr int wakes = 500;
  script s;
  s.poll = wait_for_opening;
  const tokio_waker key = spawn(in, s);
  const std::uint64_t id = table->task_id(key);
  test::eventually("the first poll", [&] { return s.polls.load() >= 1; });
  std::vector<std::thread> wakers;
  for (int w = 0; w < 2; ++w)
    wakers.emplace_back([&] {
      for (int i = 0; i < wakes; ++i) table->task_wake(key);
    });
  for (auto& one : wakers) one.join();
  open(s);
  CHECK(in.wait_idle());
  test::eventually("its end", [&] { return to.book.find(id)->dropped != 0 || to.book.dropped() != 0; });
  const auto seen = *to.book.find(id);
  const auto polls = static_cast<std::uint64_t>(s.polls.load());
  CHECK(seen.wakes + to.book.dropped() >= 2 * wakes + 1);
  CHECK(seen.polls + to.book.dropped() >= polls);
  CHECK(seen.polls <= polls);
  CHECK(in.stop().clean());
}
