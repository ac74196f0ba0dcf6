#include "base/thread_stack.hpp"

#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <unwind.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <mutex>
#include <span>
#include <string_view>
#include <utility>

#include "base/code_place.hpp"
#include "base/stack_request.hpp"

namespace tokiod {

// The question's word, and the memory that the answer is written into.
class stack_place {
 public:
  basic_stack_request<real_policy> request;

  // [the asked thread, in its signal handler]
  void write_down() {
    count_ = used_ = 0;
    past_handler_ = false;
    (void)_Unwind_Backtrace(visit, this);
  }
  // [the asker]
  [[nodiscard]] std::vector<stack_frame> read() const {
    std::vector<stack_frame> frames;
    for (const raw_frame& one : std::span(frames_).first(count_))
      frames.push_back({std::string(text(one.module)), one.offset, std::string(text(one.symbol))});
    return frames;
  }

 private:
  struct piece {
    std::uint16_t at = 0, size = 0;
  };
  struct raw_frame {
    const char* name;  // of the module, in the loader's memory; only compared
    piece module, symbol;
    std::uint64_t offset;
  };
  static constexpr std::size_t longest_name = 512;

  static _Unwind_Reason_Code visit(_Unwind_Context* frame, void* place) {
    auto& self = *static_cast<stack_place*>(place);
    int interrupted = 0;
    const std::uintptr_t at = _Unwind_GetIPInfo(frame, &interrupted);
    // What came so far is the handler's. Not seen under ThreadSanitizer, which calls handlers when it likes.
    if (interrupted != 0 && !std::exchange(self.past_handler_, true)) self.count_ = self.used_ = 0;
    if (at == 0 || self.count_ == max_stack_frames) return _URC_END_OF_STACK;
    self.add(at, interrupted != 0);
    return _URC_NO_REASON;
  }
  // A return address may be the first of the next function, so one before it is looked for.
  void add(std::uintptr_t at, bool exact) {
    const code_place found = locate(exact ? at : at - 1);
    raw_frame& next = frames_[count_];
    next = {.name = found.module,
            .module = module_named(found.module),
            .symbol = keep(found.symbol),
            .offset = found.offset};
    ++count_;
  }
  [[nodiscard]] piece module_named(const char* name) {
    if (name == nullptr) return keep("no file");
    for (const raw_frame& one : std::span(frames_).first(count_))
      if (one.name == name) return one.module;
    return keep(name);
  }
  // What does not fit is left out.
  [[nodiscard]] piece keep(std::string_view words) {
    words = words.substr(0, longest_name);
    if (words.empty() || words.size() > text_.size() - used_) return {};
    std::memcpy(text_.data() + used_, words.data(), words.size());
    const piece kept{static_cast<std::uint16_t>(used_), static_cast<std::uint16_t>(words.size())};
    used_ += words.size();
    return kept;
  }
  [[nodiscard]] std::string_view text(piece of) const { return {text_.data() + of.at, of.size}; }

  std::size_t count_ = 0, used_ = 0;
  bool past_handler_ = false;
  std::array<raw_frame, max_stack_frames> frames_;  // these two are not touched before the first answer
  std::array<char, 8192> text_;
};

namespace {

// Where this thread answers. Initial-exec: a signal handler must not be the first to ask for it.
[[gnu::tls_model("initial-exec")]] constinit thread_local stack_place* here = nullptr;

void answer_here(int, siginfo_t*, void*) {
  const int saved = errno;
  stack_place* const place = here;
  if (place != nullptr && place->request.begin()) {
    place->write_down();
    place->request.finish();
  }
  errno = saved;
}

// The highest that nobody handles: programs that want one begin with SIGRTMIN. Not the last, which valgrind keeps.
int choose_signal() {
  (void)_Unwind_Backtrace([](_Unwind_Context*, void*) { return _URC_NO_REASON; }, nullptr);  // prepares its tables
  struct sigaction ours{};
  ours.sa_sigaction = answer_here;
  ours.sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK;
  for (int number = SIGRTMAX - 1; number >= SIGRTMIN; --number) {
    struct sigaction now{};
    if (sigaction(number, nullptr, &now) != 0 || now.sa_handler != SIG_DFL) continue;
    if (sigaction(number, &ours, nullptr) == 0) return number;
  }
  return 0;
}

bool is_still_ours(int number) {
  struct sigaction now{};
  return sigaction(number, nullptr, &now) == 0 && (now.sa_flags & SA_SIGINFO) != 0 && now.sa_sigaction == answer_here;
}

void let_through(int number, bool open) {
  sigset_t only;
  sigemptyset(&only);
  sigaddset(&only, number);
  pthread_sigmask(open ? SIG_UNBLOCK : SIG_BLOCK, &only, nullptr);
}

// Of threads that have ended.
struct place_pool {
  std::mutex mutex;
  std::vector<stack_place*> free;
};
place_pool& places() {
  static place_pool& all = *new place_pool;  // for ever: the last threads may end after main has
  return all;
}

stack_place* take_place() {
  const std::lock_guard hold(places().mutex);
  if (places().free.empty()) return new stack_place;
  stack_place* const taken = places().free.back();
  places().free.pop_back();
  return taken;
}

}  // namespace

int stack_signal() {
  static const int chosen = choose_signal();
  return chosen;
}

stack_answers::stack_answers(bool wanted) {
  const int number = wanted ? stack_signal() : 0;
  if (number == 0) return;
  here = place_ = take_place();
  let_through(number, true);
}

stack_answers::~stack_answers() {
  if (place_ == nullptr) return;
  let_through(stack_signal(), false);
  here = nullptr;
  const std::lock_guard hold(places().mutex);
  places().free.push_back(place_);
}

stack_question::stack_question(stack_place* place, int os_thread) : place_(place) {
  if (place == nullptr) {
    refused_ = "the thread does not answer: no real-time signal is free";
  } else if (!is_still_ours(stack_signal())) {
    refused_ = "somebody else handles the signal that asks for it now";
  } else if (!place->request.ask()) {
    refused_ = "the thread has not answered an earlier question yet";
  } else if (::syscall(SYS_tgkill, ::getpid(), os_thread, stack_signal()) != 0) {
    refused_ = "the thread has ended";
    (void)place->request.withdraw();
  }
}

std::optional<thread_stack> stack_question::answer(bool last) {
  if (refused_ != nullptr) return thread_stack{{}, refused_};
  if (!place_->request.answered()) {
    if (!last) return std::nullopt;
    if (place_->request.withdraw()) return thread_stack{{}, "the thread has not answered in time"};
    if (!place_->request.answered()) return thread_stack{{}, "the thread has not answered in full"};
  }
  return thread_stack{place_->read(), {}};
}

}  // namespace tokiod
