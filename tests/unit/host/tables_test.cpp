#include <doctest/doctest.h>

#include <atomic>
#include <cstring>
#include <string>
#include <thread>
#include <utility>

#include "support/in_process_host.hpp"

using tokiod::test::host_options;
using tokiod::test::in_process_host;

namespace {

const tokio_host* const host = in_process_host::table();

// A task made of a function that is polled, for tests: the body is a pointer to the test's own object.
struct script {
  tokio_poll (*poll)(script&, tokio_cx*) = nullptr;
  std::atomic<int> polls{0};
  std::atomic<int> destroyed{0};
  std::atomic<int> flag{0};
  tokio_waker self{};
  void* user = nullptr;
};

tokio_poll poll_script(void* body, tokio_cx* cx) noexcept {
  auto* s = *static_cast<script**>(body);
  s->polls.fetch_add(1);
  return s->poll(*s, cx);
}
void destroy_script(void* body) noexcept { (*static_cast<script**>(body))->destroyed.fetch_add(1); }

constexpr tokio_task_vt script_task = {sizeof(tokio_task_vt), 0, poll_script, destroy_script, {"script", 6},
                                       {nullptr, 0},          0, 0,           nullptr,        nullptr};
constexpr tokio_task_vt graceful_task = {sizeof(tokio_task_vt),
                                         TOKIO_TF_GRACEFUL,
                                         poll_script,
                                         destroy_script,
                                         {"graceful", 8},
                                         {nullptr, 0},
                                         0,
                                         0,
                                         nullptr,
                                         nullptr};

tokio_status spawn(in_process_host& in, script& s, tokio_waker* key = nullptr, std::uint32_t flags = 0,
                   const tokio_task_vt* vt = &script_task) {
  tokio_task* task = nullptr;
  if (const auto status = host->task_alloc(in.plugin(), sizeof(script*), alignof(script*), &task); status != TOKIO_OK)
    return status;
  *static_cast<script**>(tokio_task_body(host, task)) = &s;
  return host->task_spawn(task, vt, flags, key);
}

std::string last_error() {
  const auto text = host->last_error();
  return {text.ptr, text.len};
}

}  // namespace

TEST_CASE("a task is polled, woken, and destroyed once when it is ready") {
  in_process_host in;
  script s;
  s.poll = [](script& me, tokio_cx* cx) -> tokio_poll {
    if (me.polls.load() == 3) return TOKIO_POLL_READY;
    host->task_wake(cx->waker);
    return TOKIO_POLL_PENDING;
  };
  REQUIRE(spawn(in, s) == TOKIO_OK);
  CHECK(in.wait_idle());
  CHECK(s.polls.load() == 3);
  CHECK(s.destroyed.load() == 1);
  CHECK(in.stop().clean());
}

TEST_CASE("a poll is given its worker, its budget, its instance and the host's table") {
  in_process_host in({.workers = 1});
  script s;
  static tokio_cx seen;
  static std::int32_t budget;
  s.poll = [](script&, tokio_cx* cx) -> tokio_poll {
    seen = *cx;
    budget = *cx->budget;
    return host->thread_kind() == TOKIO_THREAD_WORKER ? TOKIO_POLL_READY : TOKIO_POLL_PANIC;
  };
  REQUIRE(spawn(in, s) == TOKIO_OK);
  CHECK(in.wait_idle());
  CHECK(seen.worker == 0);
  CHECK(seen.plugin == in.plugin());
  CHECK(seen.host == host);
  CHECK(budget == 128);
  CHECK(seen.now_ns > 0);
  CHECK(in.stop().panics == 0);
}

TEST_CASE("a joiner hears how a task ended, with a panic's message") {
  in_process_host in;
  script good, bad, joiner;
  good.poll = [](script&, tokio_cx*) -> tokio_poll { return TOKIO_POLL_READY; };
  bad.poll = [](script&, tokio_cx* cx) -> tokio_poll {
    host->panic(cx->plugin, cx, {"boom", 4}, {"here", 4});
    return TOKIO_POLL_PANIC;
  };
  static tokio_waker keys[2];
  static tokio_join ends[2];
  static std::string message;
  REQUIRE(spawn(in, good, &keys[0], TOKIO_SPAWN_JOIN) == TOKIO_OK);
  REQUIRE(spawn(in, bad, &keys[1], TOKIO_SPAWN_JOIN) == TOKIO_OK);
  joiner.poll = [](script& me, tokio_cx* cx) -> tokio_poll {
    for (; me.flag.load() < 2; me.flag.fetch_add(1)) {
      auto& end = ends[me.flag.load()];
      end.size = sizeof end;
      if (host->task_poll_join(keys[me.flag.load()], cx, &end) == TOKIO_PENDING) return TOKIO_POLL_PENDING;
    }
    message.assign(ends[1].message.ptr, ends[1].message.len);
    for (const auto& key : keys) host->task_release_join(key);
    return TOKIO_POLL_READY;
  };
  REQUIRE(spawn(in, joiner) == TOKIO_OK);
  CHECK(in.wait_idle());
  CHECK(ends[0].outcome == TOKIO_JOIN_COMPLETED);
  CHECK(ends[1].outcome == TOKIO_JOIN_PANICKED);
  CHECK(message == "boom");
  CHECK(good.destroyed.load() == 1);
  CHECK(bad.destroyed.load() == 1);
  const auto left = in.stop();
  CHECK(left.clean());
  CHECK(left.panics == 1);
}

TEST_CASE("an aborted task is destroyed without another poll; a graceful one is told") {
  in_process_host in;
  script plain, gentle;
  plain.poll = [](script&, tokio_cx*) -> tokio_poll { return TOKIO_POLL_PENDING; };
  gentle.poll = [](script& me, tokio_cx* cx) -> tokio_poll {
    if ((cx->flags & TOKIO_CX_CANCELLED) == 0) return TOKIO_POLL_PENDING;
    me.flag.store(1);
    return TOKIO_POLL_READY;
  };
  tokio_waker plain_key, gentle_key;
  REQUIRE(spawn(in, plain, &plain_key) == TOKIO_OK);
  REQUIRE(spawn(in, gentle, &gentle_key, 0, &graceful_task) == TOKIO_OK);
  REQUIRE(in.run_until([&] { return plain.polls.load() == 1 && gentle.polls.load() == 1; }));
  host->task_abort(plain_key);
  host->task_abort(gentle_key);
  CHECK(in.wait_idle());
  CHECK(plain.polls.load() == 1);
  CHECK(plain.destroyed.load() == 1);
  CHECK(gentle.flag.load() == 1);
  CHECK(host->task_is_finished(plain_key) == 1);
  host->task_wake(plain_key);  // a waker outlives its task
  CHECK(in.stop().clean());
}

TEST_CASE("timers fire in virtual time, never early, and the instance leaves nothing") {
  in_process_host in({.workers = 0, .virtual_time = true});
  const auto* time = in.extension<tokio_time_ext>(TOKIO_EXT_TIME);
  REQUIRE(time != nullptr);
  static const tokio_time_ext* timers;
  timers = time;
  script s;
  static std::uint64_t deadline, fired;
  tokio_timer* timer = nullptr;
  deadline = host->now_ns(in.plugin()) + 3'600'000'000'000;
  REQUIRE(time->timer_new(in.plugin(), deadline, 0, &timer) == TOKIO_OK);
  s.user = timer;
  s.poll = [](script& me, tokio_cx* cx) -> tokio_poll {
    auto* mine = static_cast<tokio_timer*>(me.user);
    if (timers->timer_poll(mine, cx) == TOKIO_PENDING) return TOKIO_POLL_PENDING;
    fired = host->now_ns(cx->plugin);
    timers->timer_free(mine);
    return TOKIO_POLL_READY;
  };
  REQUIRE(spawn(in, s) == TOKIO_OK);
  CHECK(in.wait_idle());
  CHECK(fired >= deadline);
  CHECK(fired < deadline + 1'000'000);
  CHECK(in.stop().clean());
}

TEST_CASE("what a plugin leaves open is taken back, closed and named") {
  in_process_host in;
  const auto* time = in.extension<tokio_time_ext>(TOKIO_EXT_TIME);
  const auto* net = in.extension<tokio_net_ext>(TOKIO_EXT_NET);
  tokio_timer* timer = nullptr;
  tokio_io *a = nullptr, *b = nullptr;
  tokio_buf lease;
  REQUIRE(time->timer_new(in.plugin(), 1, 0, &timer) == TOKIO_OK);
  REQUIRE(net->pair(in.plugin(), TOKIO_SOCK_STREAM, &a, &b) == TOKIO_OK);
  REQUIRE(host->buf_alloc(in.plugin(), 100, &lease) == TOKIO_OK);
  const auto left = in.stop();
  CHECK(left.refused.empty());
  CHECK(left.leaked == std::vector<std::string>{"2 sockets", "1 timers", "1 leases"});
}

TEST_CASE("what is refused says why in one sentence") {
  in_process_host in;
  tokio_task* task = nullptr;
  CHECK(host->task_alloc(in.plugin(), 8, 128, &task) == TOKIO_EINVAL);
  CHECK(last_error() == "a body's alignment is a power of two up to 64, got 128");
  const auto* net = in.extension<tokio_net_ext>(TOKIO_EXT_NET);
  tokio_io* io = nullptr;
  tokio_sock_params params{};
  params.size = sizeof params;
  params.type = TOKIO_SOCK_STREAM;
  params.flags = 1u << 30;
  CHECK(net->listen(in.plugin(), &params, &io) == TOKIO_EINVAL);
  CHECK(last_error() == "tokio_sock_params.flags has unknown bits: 1073741824");
  struct {
    tokio_sock_params known;
    std::uint64_t future;
  } grown{};
  grown.known.size = sizeof grown;
  grown.known.type = TOKIO_SOCK_STREAM;
  grown.future = 1;
  CHECK(net->listen(in.plugin(), &grown.known, &io) == TOKIO_E2BIG);
  CHECK(in.extension<void>("tokio.service/1") == nullptr);
  CHECK(in.extension<void>("com.example.none/1") == nullptr);
}

namespace {

// A blocking job that waits for a gate and counts how it ended.
struct gated_job {
  std::atomic<bool> open{false};
  std::atomic<int> runs{0}, drops{0};

  tokio_status spawn(in_process_host& in, tokio_job** out = nullptr) {
    const tokio_job_desc d = {sizeof d, 0, this, run, drop, {"gated", 5}, {}};
    return in.extension<tokio_blocking_ext>(TOKIO_EXT_BLOCKING)->spawn(in.plugin(), &d, out);
  }
  static std::int64_t run(void* user) noexcept {
    auto& it = *static_cast<gated_job*>(user);
    while (!it.open.load()) std::this_thread::yield();
    return it.runs.fetch_add(1) + 1;
  }
  static void drop(void* user) noexcept { static_cast<gated_job*>(user)->drops.fetch_add(1); }
};

}  // namespace

TEST_CASE("at the cap of blocking jobs the next one is refused and dropped; one that ended makes room") {
  host_options limited;
  limited.max_jobs = 2;
  in_process_host in(limited);
  gated_job job;
  CHECK(job.spawn(in) == TOKIO_OK);
  CHECK(job.spawn(in) == TOKIO_OK);
  CHECK(job.drops == 0);
  CHECK(job.spawn(in) == TOKIO_EQUOTA);
  CHECK(last_error() == "instance test may have 2 blocking jobs, and has them");
  CHECK(job.drops == 1);
  CHECK(job.runs == 0);
  job.open = true;
  CHECK(in.run_until([&] { return job.drops == 3; }));
  bool again = false;
  CHECK(in.run_until([&] { return again = again || job.spawn(in) == TOKIO_OK; }));
  CHECK(in.run_until([&] { return job.runs == 3; }));  // a stop drops what has not begun
  CHECK(in.stop().clean());
}

TEST_CASE("who waited for a job finds its place free") {
  host_options limited;
  limited.max_jobs = 1;
  in_process_host in(limited);
  const auto* blocking = in.extension<tokio_blocking_ext>(TOKIO_EXT_BLOCKING);
  gated_job job;
  job.open = true;
  struct waiter {
    in_process_host& in;
    const tokio_blocking_ext* blocking;
    gated_job& job;
    tokio_job* handle = nullptr;
    int refused = 0, done = 0;
  } w{in, blocking, job};
  script s;
  s.user = &w;
  s.poll = [](script& self, tokio_cx* cx) -> tokio_poll {
    auto& it = *static_cast<waiter*>(self.user);
    while (it.done < 300) {
      if (it.handle == nullptr && it.job.spawn(it.in, &it.handle) != TOKIO_OK) {
        ++it.refused;
        return TOKIO_POLL_READY;
      }
      std::int64_t ran = 0;
      if (it.blocking->poll(it.handle, cx, &ran) == TOKIO_PENDING) return TOKIO_POLL_PENDING;
      it.blocking->free(std::exchange(it.handle, nullptr));
      ++it.done;
    }
    return TOKIO_POLL_READY;
  };
  REQUIRE(spawn(in, s) == TOKIO_OK);
  CHECK(in.wait_idle());
  CHECK(w.refused == 0);
  CHECK(w.done == 300);
  CHECK(in.stop().clean());
}

TEST_CASE("after the end every call is answered EGONE") {
  in_process_host in;
  const auto* time = in.extension<tokio_time_ext>(TOKIO_EXT_TIME);
  const auto* net = in.extension<tokio_net_ext>(TOKIO_EXT_NET);
  CHECK(in.stop().clean());
  script s;
  tokio_timer* timer = nullptr;
  tokio_io *a = nullptr, *b = nullptr;
  tokio_buf lease;
  CHECK(spawn(in, s) == TOKIO_EGONE);
  CHECK(time->timer_new(in.plugin(), 1, 0, &timer) == TOKIO_EGONE);
  CHECK(net->pair(in.plugin(), TOKIO_SOCK_STREAM, &a, &b) == TOKIO_EGONE);
  CHECK(host->buf_alloc(in.plugin(), 1, &lease) == TOKIO_EGONE);
  CHECK(host->mem_alloc(in.plugin(), 1, 1) == nullptr);
}

TEST_CASE("memory of absurd sizes is refused, whatever rounding up would make of them, and is not charged") {
  in_process_host in({.max_bytes = 1 << 20});
  for (const std::size_t size : {SIZE_MAX, SIZE_MAX - 7, SIZE_MAX - 4095, SIZE_MAX / 2 + 1})
    for (const std::size_t align : {1u, 16u, 4096u}) CHECK(host->mem_alloc(in.plugin(), size, align) == nullptr);
  tokio_buf lease;
  CHECK(host->buf_alloc(in.plugin(), SIZE_MAX, &lease) == TOKIO_EQUOTA);
  CHECK(host->mem_alloc(in.plugin(), 100, SIZE_MAX / 2 + 1) == nullptr);
  const auto charged = [&] {
    tokio_usage usage{};
    usage.size = sizeof usage;
    REQUIRE(in.extension<tokio_account_ext>(TOKIO_EXT_ACCOUNT)->usage(in.plugin(), &usage) == TOKIO_OK);
    return usage.mem_bytes;
  };
  CHECK(charged() == 0);
  void* all = host->mem_alloc(in.plugin(), 1 << 20, 16);
  REQUIRE(all != nullptr);
  CHECK(charged() == 1 << 20);
  CHECK(host->mem_alloc(in.plugin(), 1, 1) == nullptr);
  host->mem_free(in.plugin(), all, 1 << 20, 16);
  CHECK(charged() == 0);
  CHECK(in.stop().clean());
}

TEST_CASE("without a limit of its own an instance is still refused what does not exist") {
  in_process_host in;
  CHECK(host->mem_alloc(in.plugin(), SIZE_MAX - 7, 16) == nullptr);
  CHECK(last_error() == "no memory for 18446744073709551608 bytes");
  CHECK(in.stop().clean());
}
