// libtokio.so by its C ABI alone: what it refuses, and a root that is polled by hand. The SDK's tests show the rest.
#include <doctest/doctest.h>

#include <atomic>
#include <string>
#include <thread>

#include "tokio/abi.h"

namespace {

std::atomic<int> dropped_hooks{0};

tokio_runtime_hooks hooks_that_count() {
  tokio_runtime_hooks hooks{};
  hooks.size = sizeof hooks;
  hooks.drop = [](void*) noexcept { ++dropped_hooks; };
  return hooks;
}

tokio_runtime_options options_of(std::uint32_t flavor, const tokio_runtime_hooks& hooks) {
  tokio_runtime_options options{};
  options.size = sizeof options;
  options.flavor = flavor;
  options.abi_major = TOKIO_ABI_MAJOR;
  options.abi_minor = TOKIO_ABI_MINOR;
  options.abi_fingerprint = TOKIO_ABI_FINGERPRINT;
  options.worker_threads = 1;
  options.hooks = &hooks;
  return options;
}

struct embedded {
  explicit embedded(std::uint32_t flavor) {
    const auto hooks = hooks_that_count();
    const auto options = options_of(flavor, hooks);
    made.size = sizeof made;
    REQUIRE(tokio_runtime_v0(&options, &made) == TOKIO_OK);
    table = static_cast<const tokio_runtime_ext*>(made.host->get_ext(made.instance, TOKIO_EXT_RUNTIME));
    REQUIRE(table != nullptr);
  }
  tokio_runtime_made made{};
  const tokio_runtime_ext* table = nullptr;
};

// The status, and the sentence that goes with it.
std::pair<tokio_status, std::string> refusal_of(const tokio_runtime_options& options) {
  tokio_runtime_made made{};
  made.size = sizeof made;
  const auto status = tokio_runtime_v0(&options, &made);
  REQUIRE(made.host != nullptr);
  CHECK(made.instance == nullptr);
  const tokio_str said = made.host->last_error();
  return {status, std::string(said.ptr, said.len)};
}

}  // namespace

TEST_CASE("options that make no sense are refused with a sentence, and the hooks are given back") {
  const auto hooks = hooks_that_count();
  const auto refused = [&](auto change, tokio_status expected, const char* sentence) {
    auto options = options_of(TOKIO_RT_MULTI_THREAD, hooks);
    change(options);
    const int before = dropped_hooks;
    const auto [status, said] = refusal_of(options);
    CHECK(status == expected);
    CHECK_MESSAGE(said.find(sentence) != std::string::npos, said);
    CHECK(dropped_hooks == before + 1);
  };
  refused([](auto& o) { o.flavor = 2; }, TOKIO_EINVAL, "flavor is 0 (multi_thread) or 1 (current_thread), got 2");
  refused([](auto& o) { o.flags = 1u << 30; }, TOKIO_EINVAL, "flags");
  refused([](auto& o) { o.flags = TOKIO_RT_START_PAUSED; }, TOKIO_ENOTSUP, "need the current_thread flavor");
  refused([](auto& o) { o.flags = TOKIO_RT_PANIC_ENDS; }, TOKIO_ENOTSUP, "need the current_thread flavor");
  refused([](auto& o) { o.worker_threads = 2000; }, TOKIO_EINVAL, "worker_threads must be 1..1024, got 2000");
  refused([](auto& o) { o.reserved = 1; }, TOKIO_EINVAL, "reserved must be 0, got 1");
  refused([](auto& o) { o.poll_bounds = 1; }, TOKIO_EINVAL, "no place of them");
  refused([](auto& o) { o.abi_fingerprint ^= 1; }, TOKIO_EVERSION, "built for another one");
  constexpr std::uint64_t falling[] = {2, 1};
  refused(
      [&](auto& o) {
        o.poll_bounds_ns = falling;
        o.poll_bounds = 2;
      },
      TOKIO_EINVAL, "bounds of poll times must rise");
  refused(
      [&](auto& o) {
        o.wait_bounds_ns = falling;
        o.wait_bounds = 2;
      },
      TOKIO_EINVAL, "bounds of waits must rise");
  CHECK(tokio_runtime_v0(nullptr, nullptr) == TOKIO_EINVAL);
}

TEST_CASE("hooks are given back also when they or the options have fields that this host does not know") {
  struct larger_hooks {
    tokio_runtime_hooks known;
    std::uint64_t unknown;
  } of_later{hooks_that_count(), 1};
  of_later.known.size = sizeof of_later;
  const auto expect = [](const tokio_runtime_options& options, tokio_status status, const char* sentence) {
    const int before = dropped_hooks;
    const auto [refused, said] = refusal_of(options);
    CHECK(refused == status);
    CHECK_MESSAGE(said.find(sentence) != std::string::npos, said);
    CHECK(dropped_hooks == before + 1);
  };
  expect(options_of(TOKIO_RT_CURRENT_THREAD, of_later.known), TOKIO_E2BIG, "tokio_runtime_hooks has a value at byte");

  const auto hooks = hooks_that_count();
  struct larger_options {
    tokio_runtime_options known;
    std::uint64_t unknown;
  } more{options_of(TOKIO_RT_CURRENT_THREAD, hooks), 1};
  more.known.size = sizeof more;
  expect(more.known, TOKIO_E2BIG, "tokio_runtime_options has a value at byte");

  auto none = hooks_that_count();
  none.drop = nullptr;
  CHECK(refusal_of(options_of(TOKIO_RT_CURRENT_THREAD, none)) ==
        std::pair<tokio_status, std::string>(TOKIO_EINVAL, "tokio_runtime_hooks.drop is a null pointer"));
}

TEST_CASE("block_on polls a root until it is ready, and sleeps until another thread wakes it") {
  for (const auto flavor : {TOKIO_RT_MULTI_THREAD, TOKIO_RT_CURRENT_THREAD}) {
    CAPTURE(flavor);
    embedded rt(flavor);
    struct state {
      const tokio_host* host;
      std::atomic<bool> sent{false};
      int polls = 0;
      std::thread sender;
    } all{.host = rt.made.host, .sent = false, .polls = 0, .sender = {}};
    tokio_root root{sizeof root, TOKIO_ROOT_DRIVES, &all, [](void* user, tokio_cx* cx) noexcept -> tokio_poll {
                      auto& own = *static_cast<state*>(user);
                      ++own.polls;
                      if (own.sent) return TOKIO_POLL_READY;
                      if (!own.sender.joinable())
                        own.sender = std::thread([&own, waker = cx->waker] {
                          own.sent = true;
                          own.host->task_wake(waker);
                        });
                      return own.polls % 2 == 0 ? TOKIO_POLL_YIELD : TOKIO_POLL_PENDING;
                    }};
    CHECK(rt.table->block_on(rt.made.instance, &root) == TOKIO_OK);
    CHECK(all.polls >= 1);
    all.sender.join();
    root.poll = nullptr;
    CHECK(rt.table->block_on(rt.made.instance, &root) == TOKIO_EINVAL);
    CHECK(rt.table->shutdown(rt.made.instance, UINT64_MAX) == TOKIO_OK);
    CHECK(rt.table->shutdown(rt.made.instance, UINT64_MAX) == TOKIO_OK);  // twice is harmless
    rt.table->release(rt.made.instance);
  }
}

TEST_CASE("whoever retained a runtime keeps its memory and its hooks, also after its end; the last one lets both go") {
  embedded rt(TOKIO_RT_MULTI_THREAD);
  const int before = dropped_hooks;
  rt.table->retain(rt.made.instance);
  CHECK(rt.table->shutdown(rt.made.instance, UINT64_MAX) == TOKIO_OK);
  rt.table->release(rt.made.instance);
  CHECK(dropped_hooks == before);
  tokio_task* task = nullptr;
  CHECK(rt.made.host->task_alloc(rt.made.instance, 8, 8, &task) == TOKIO_OK);  // it holds memory now
  rt.table->release(rt.made.instance);
  CHECK(dropped_hooks == before);  // the block is out
  rt.made.host->task_discard(task);
  embedded another(TOKIO_RT_CURRENT_THREAD);  // whoever makes one looks at those that wait
  CHECK(dropped_hooks == before + 1);
  CHECK(another.table->shutdown(another.made.instance, UINT64_MAX) == TOKIO_OK);
  another.table->release(another.made.instance);
  CHECK(dropped_hooks == before + 2);
}

TEST_CASE("a runtime whose last holder forgot to end it is ended, and let go of") {
  embedded rt(TOKIO_RT_MULTI_THREAD);
  const int before = dropped_hooks;
  rt.table->release(rt.made.instance);
  while (dropped_hooks == before) std::this_thread::yield();
}
