#include "base/os_thread.hpp"

#include <unistd.h>

#include <climits>
#include <csignal>
#include <ctime>
#include <memory>
#include <utility>

#include "base/alternate_stack.hpp"
#include "base/assert.hpp"
#include "base/thread_stack.hpp"

namespace tokiod {
namespace {

struct start_block {
  std::string name;
  std::function<void()> body;
};

void* run(void* argument) {
  const std::unique_ptr<start_block> block(static_cast<start_block*>(argument));
  if (!block->name.empty()) pthread_setname_np(pthread_self(), block->name.substr(0, 15).c_str());
  const alternate_stack of_handlers;
  const stack_answers answers(stack_answers::wanted_of_all());
  block->body();
  return nullptr;
}

class attributes {
 public:
  attributes() { pthread_attr_init(&value_); }
  attributes(const attributes&) = delete;
  ~attributes() { pthread_attr_destroy(&value_); }
  [[nodiscard]] pthread_attr_t* get() { return &value_; }

  [[nodiscard]] int set_stack(std::size_t bytes) {
    if (bytes == 0) return 0;
    const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    const auto least = static_cast<std::size_t>(PTHREAD_STACK_MIN);
    const std::size_t wanted = bytes < least ? least : bytes;
    return pthread_attr_setstacksize(&value_, (wanted + page - 1) / page * page);
  }

 private:
  pthread_attr_t value_;
};

// A thread inherits its creator's mask, so the mask is set around the creation: there is no moment without it.
class signals_blocked {
 public:
  signals_blocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  signals_blocked(const signals_blocked&) = delete;
  ~signals_blocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_;
};

// Whether the thread was joined. ThreadSanitizer does not know pthread_clockjoin_np and would miss that we come after
// everything the thread did; it knows the one without a clock.
bool join_before(pthread_t id, instant_ns deadline) {
#ifdef TOKIOD_TSAN
  while (pthread_tryjoin_np(id, nullptr) != 0) {
    if (steady_clock().now() >= deadline) return false;
    usleep(200);
  }
  return true;
#else
  const timespec when{static_cast<time_t>(deadline / second), static_cast<long>(deadline % second)};
  return pthread_clockjoin_np(id, nullptr, CLOCK_MONOTONIC, &when) == 0;
#endif
}

}  // namespace

os_thread::os_thread(os_thread&& other) noexcept : id_(other.id_), joinable_(std::exchange(other.joinable_, false)) {}

os_thread& os_thread::operator=(os_thread&& other) noexcept {
  TOKIOD_ASSERT(!joinable_);
  id_ = other.id_;
  joinable_ = std::exchange(other.joinable_, false);
  return *this;
}

os_thread::~os_thread() { TOKIOD_ASSERT(!joinable_); }

result<os_thread> os_thread::start(const thread_options& options, std::function<void()> body) {
  attributes with;
  if (const int code = with.set_stack(options.stack_bytes); code != 0)
    return std::unexpected(error{code, "pthread_attr_setstacksize"});
  auto block = std::make_unique<start_block>(options.name, std::move(body));
  const signals_blocked quiet;
  os_thread started;
  if (const int code = pthread_create(&started.id_, with.get(), run, block.get()); code != 0)
    return std::unexpected(error{code, "pthread_create"});
  (void)block.release();  // the new thread owns it
  started.joinable_ = true;
  return started;
}

void os_thread::join() {
  TOKIOD_ASSERT(joinable_);
  const int code = pthread_join(id_, nullptr);
  TOKIOD_ASSERT(code == 0);
  joinable_ = false;
}

bool os_thread::join_until(instant_ns deadline) {
  TOKIOD_ASSERT(joinable_);
  if (deadline == never) {
    join();
    return true;
  }
  if (!join_before(id_, deadline)) return false;
  joinable_ = false;
  return true;
}

void os_thread::detach() {
  TOKIOD_ASSERT(joinable_);
  pthread_detach(id_);
  joinable_ = false;
}

int current_thread_id() { return gettid(); }

}  // namespace tokiod
