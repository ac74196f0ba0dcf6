// What a thread is doing: it writes down its own stack when a signal asks for it.
#include "base/thread_stack.hpp"

#include <dlfcn.h>
#include <doctest/doctest.h>
#include <link.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <sstream>
#include <thread>

#include "base/build_id.hpp"
#include "base/code_place.hpp"
#include "base/os_thread.hpp"

using namespace tokiod;

// Exported by this program (ENABLE_EXPORTS), so that it has a name at run time. It calls nothing, because the linker's
// stubs for calls have no unwinder's tables; under ThreadSanitizer it must, because only then a handler runs.
static std::atomic<bool> inside{false};
extern "C" [[gnu::noinline]] void a_function_that_waits_for(const std::atomic<bool>& over) {
  inside = true;
#ifdef TOKIOD_TSAN
  while (!over) (void)steady_clock().now();
#else
  while (!over) asm volatile("pause" : : : "memory");
#endif
}

namespace {

thread_stack wait_for_answer(stack_question& question) {
  for (const instant_ns until = steady_clock().now() + 30 * second; steady_clock().now() < until;)
    if (auto stack = question.answer(false)) return *stack;
  return *question.answer(true);
}

// The first thread of a test case that calls the function is in it.
void wait_until_inside() {
  while (!inside.exchange(false)) std::this_thread::yield();
}

std::string text_of(const thread_stack& stack) {
  std::ostringstream text;
  text << stack.missing;
  for (const stack_frame& one : stack.frames)
    text << one.module << "+0x" << std::hex << one.offset << " " << one.symbol << "; ";
  return std::move(text).str();
}

bool names(const thread_stack& stack, const std::string& symbol) {
  return std::ranges::any_of(stack.frames, [&](const stack_frame& one) { return one.symbol == symbol; });
}

// A thread that answers, runs `body`, and is over when the object goes.
class asked_thread {
 public:
  template <class Body>
  explicit asked_thread(Body body, bool wanted = true) {
    auto started = os_thread::start({.name = "answers"}, [this, body, wanted] {
      const stack_answers answers(wanted);
      place_ = answers.place();
      id_ = current_thread_id();
      body(over_);
    });
    REQUIRE(started);
    thread_ = std::move(*started);
    while (id_ == 0) std::this_thread::yield();
  }
  asked_thread(const asked_thread&) = delete;
  ~asked_thread() { end(); }
  void end() {
    over_ = true;
    if (thread_.joinable()) thread_.join();
  }
  // Its number may name it for a moment after the join.
  void wait_until_gone() const {
    while (::syscall(SYS_tgkill, ::getpid(), id_.load(), 0) == 0) std::this_thread::yield();
  }
  stack_question ask() { return {place_, id_}; }

 private:
  std::atomic<bool> over_{false};
  std::atomic<int> id_{0};
  stack_place* place_ = nullptr;
  os_thread thread_;
};

}  // namespace

TEST_CASE("an address is found in its file, with the function that the file exports there") {
  const auto known = locate(reinterpret_cast<std::uintptr_t>(&a_function_that_waits_for) + 1);
  REQUIRE(known.module != nullptr);
  CHECK(std::string(known.module).empty());
  CHECK(known.symbol == "a_function_that_waits_for");
  const auto libc = locate(reinterpret_cast<std::uintptr_t>(&std::strtol));
  REQUIRE(libc.module != nullptr);
#if !defined(TOKIOD_ASAN) && !defined(TOKIOD_TSAN)  // these have a strtol of their own
  CHECK(std::string(libc.module).find("libc.so") != std::string::npos);
  CHECK(libc.symbol == "strtol");
#endif
  int here = 0;
  CHECK(locate(reinterpret_cast<std::uintptr_t>(&here)).module == nullptr);
  CHECK(locate(1).offset == 1);
}

TEST_CASE("a thread that is busy in a function is found there, again and again") {
  asked_thread busy([](const std::atomic<bool>& over) { a_function_that_waits_for(over); });
  wait_until_inside();
  for (int i = 0; i < 100; ++i) {
    auto question = busy.ask();
    const auto stack = wait_for_answer(question);
    REQUIRE_MESSAGE(stack.missing.empty(), stack.missing);
    CHECK_MESSAGE(names(stack, "a_function_that_waits_for"), text_of(stack));
    CHECK(stack.frames.size() <= max_stack_frames);
#ifndef TOKIOD_TSAN  // which calls handlers itself
    CHECK(stack.frames.front().module.find("libgcc") == std::string::npos);
    CHECK_FALSE(names(stack, "_Unwind_Backtrace"));
#endif
  }
}

TEST_CASE("a thread inside malloc, or one that throws, answers and goes on") {
  asked_thread busy([](const std::atomic<bool>& over) {
    while (!over) {
      void* volatile block = std::malloc(100);
      std::free(block);
      try {
        throw 1;
      } catch (int) {
      }
    }
  });
  for (int i = 0; i < 300; ++i) {
    auto question = busy.ask();
    const auto stack = wait_for_answer(question);
    REQUIRE_MESSAGE(stack.missing.empty(), stack.missing);
    CHECK_FALSE(stack.frames.empty());
  }
}

TEST_CASE("a thread that lets no signal through does not answer, and is asked once until the question is taken back") {
  std::atomic<bool> open{false};
  std::atomic<bool> closed{false};
  asked_thread deaf([&](const std::atomic<bool>& over) {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, nullptr);
    closed = true;
    while (!open) (void)steady_clock().now();
    sigset_t only;
    sigemptyset(&only);
    sigaddset(&only, stack_signal());
    pthread_sigmask(SIG_UNBLOCK, &only, nullptr);
    a_function_that_waits_for(over);
  });
  while (!closed) std::this_thread::yield();
  auto first = deaf.ask();
  CHECK_FALSE(first.answer(false));
  CHECK(deaf.ask().answer(false)->missing == "the thread has not answered an earlier question yet");
  CHECK(first.answer(true)->missing == "the thread has not answered in time");
  open = true;
  wait_until_inside();
  auto next = deaf.ask();  // the signal of the first one came, and was nobody's question
  CHECK(names(wait_for_answer(next), "a_function_that_waits_for"));
}

TEST_CASE("who cannot be asked says why") {
  asked_thread silent([](const std::atomic<bool>& over) { a_function_that_waits_for(over); }, false);
  CHECK(silent.ask().answer(false)->missing == "the thread does not answer: no real-time signal is free");
  silent.end();

  asked_thread gone([](const std::atomic<bool>&) {});
  gone.end();
  gone.wait_until_gone();
  CHECK(gone.ask().answer(false)->missing == "the thread has ended");

  inside = false;
  asked_thread busy([](const std::atomic<bool>& over) { a_function_that_waits_for(over); });
  struct sigaction ours{};
  struct sigaction others{};
  others.sa_handler = SIG_IGN;
  REQUIRE(sigaction(stack_signal(), &others, &ours) == 0);
  CHECK(busy.ask().answer(false)->missing == "somebody else handles the signal that asks for it now");
  REQUIRE(sigaction(stack_signal(), &ours, nullptr) == 0);
  wait_until_inside();
  auto question = busy.ask();
  CHECK(names(wait_for_answer(question), "a_function_that_waits_for"));
}

TEST_CASE("the signal is one that nobody handled") {
  CHECK(stack_signal() >= SIGRTMIN);
  CHECK(stack_signal() < SIGRTMAX);
}

TEST_CASE("of several who ask one thread at a time one is heard, and the next one afterwards") {
  asked_thread busy([](const std::atomic<bool>& over) { a_function_that_waits_for(over); });
  wait_until_inside();
  std::atomic<int> heard{0}, held_up{0};
  const auto ask_often = [&] {
    for (int i = 0; i < 200; ++i) {
      auto question = busy.ask();
      held_up += question.is_held_up() ? 1 : 0;
      heard += wait_for_answer(question).missing.empty() ? 1 : 0;
    }
  };
  std::thread other(ask_often);
  ask_often();
  other.join();
  CHECK(heard + held_up == 400);
  CHECK(heard > 0);
  auto last = busy.ask();
  CHECK_FALSE(last.is_held_up());
  auto moved = std::move(last);
  CHECK(names(wait_for_answer(moved), "a_function_that_waits_for"));
}

TEST_CASE("threads that answer are known for as long as they do") {
  const auto answers = [](int id) {
    const auto all = answering_threads();
    return std::ranges::count(all, id, &answering_thread::os_thread);
  };
  std::atomic<int> id{0};
  std::atomic<bool> over{false};
  stack_answers::want_of_all();  // of the threads from here on
  auto thread = os_thread::start({.name = "anybody"}, [&] {
    const stack_answers once_more(true);  // one place is enough
    id = current_thread_id();
    a_function_that_waits_for(over);
  });
  REQUIRE(thread);
  wait_until_inside();
  CHECK(answers(id) == 1);
  over = true;
  thread->join();
  CHECK(answers(id) == 0);
}

TEST_CASE("files that are mapped have build ids") {
  const auto all = build_ids();
  const bool libc = std::ranges::any_of(all, [](const auto& one) {
    return one.first.find("libc.so") != std::string::npos && one.second.size() == 40 &&
           one.second.find_first_not_of("0123456789abcdef") == std::string::npos;
  });
  CHECK(libc);
  // The same is found from an address of code, without the loader's lock.
  CHECK(build_id_at(reinterpret_cast<std::uintptr_t>(&build_ids)).view() == all.at(""));
  dl_find_object in{};
  REQUIRE(_dl_find_object(reinterpret_cast<void*>(&::getpid), &in) == 0);
  CHECK(build_id_at(reinterpret_cast<std::uintptr_t>(&::getpid)).view() == all.at(in.dlfo_link_map->l_name));
  CHECK(build_id_at(16).view().empty());
}
