#include "base/thread_stack.hpp"

#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <unwind.h>

#include <array>
#include <atomic>
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

  // One asker at a time. Acquire and release: who asks next has the answer to himself.
  [[nodiscard]] bool claim() { return !claimed_.exchange(true, acquire); }
  void let_go() { claimed_.store(false, release); }

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

  // No model: a flag between askers, who are ordinary threads.
  std::atomic<bool> claimed_{false};
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

// Of threads that have ended, and of those that answer.
struct place_pool {
  std::mutex mutex;
  std::vector<stack_place*> free;
  std::vector<answering_thread> taken;
};
place_pool& places() {
  static place_pool& all = *new place_pool;  // for ever: the last threads may end after main has
  return all;
}

stack_place* take_place() {
  place_pool& all = places();
  const std::lock_guard hold(all.mutex);
  if (all.free.empty()) all.free.push_back(new stack_place);
  stack_place* const taken = all.free.back();
  all.free.pop_back();
  all.taken.push_back({::gettid(), taken});
  return taken;
}

void give_back(stack_place* place) {
  place_pool& all = places();
  const std::lock_guard hold(all.mutex);
  std::erase_if(all.taken, [=](const answering_thread& one) { return one.place == place; });
  all.free.push_back(place);
}

// No model: rises once, before those who read it are made.
constinit std::atomic<bool> stacks_wanted_by_all{false};

}  // namespace

int stack_signal() {
  static const int chosen = choose_signal();
  return chosen;
}

void stack_answers::want_of_all() { stacks_wanted_by_all.store(true, relaxed); }
bool stack_answers::wanted_of_all() { return stacks_wanted_by_all.load(relaxed); }

stack_answers::stack_answers(bool wanted) {
  const int number = wanted ? stack_signal() : 0;
  if (number == 0) return;
  ours_ = here == nullptr;
  if (ours_) here = take_place();
  place_ = here;
  let_through(number, true);
}

stack_answers::~stack_answers() {
  if (!ours_) return;
  let_through(stack_signal(), false);
  here = nullptr;
  give_back(place_);
}

std::vector<answering_thread> answering_threads() {
  const std::lock_guard hold(places().mutex);
  return places().taken;
}

stack_question::stack_question(stack_place* place, int os_thread) : place_(place) {
  if (place == nullptr) {
    refused_ = "the thread does not answer: no real-time signal is free";
    return;
  }
  claimed_ = place->claim();
  if (!is_still_ours(stack_signal())) {
    refused_ = "somebody else handles the signal that asks for it now";
  } else if (!claimed_ || !place->request.ask()) {
    refused_ = "the thread has not answered an earlier question yet";
    held_up_ = true;
  } else if (::syscall(SYS_tgkill, ::getpid(), os_thread, stack_signal()) != 0) {
    refused_ = "the thread has ended";
    (void)place->request.withdraw();
  }
  if (refused_ != nullptr) let_go();
}

stack_question::stack_question(stack_question&& other) noexcept
    : place_(other.place_),
      claimed_(std::exchange(other.claimed_, false)),
      held_up_(other.held_up_),
      refused_(other.refused_) {}

stack_question& stack_question::operator=(stack_question&& other) noexcept {
  if (this == &other) return *this;
  if (claimed_) (void)answer(true);
  place_ = other.place_;
  claimed_ = std::exchange(other.claimed_, false);
  held_up_ = other.held_up_;
  refused_ = other.refused_;
  return *this;
}

stack_question::~stack_question() {
  if (claimed_) (void)answer(true);
}

void stack_question::let_go() {
  if (std::exchange(claimed_, false)) place_->let_go();
}

std::optional<thread_stack> stack_question::answer(bool last) {
  if (refused_ != nullptr) return thread_stack{{}, refused_};
  thread_stack said;
  if (!place_->request.answered()) {
    if (!last) return std::nullopt;
    if (place_->request.withdraw()) {
      said.missing = "the thread has not answered in time";
    } else if (!place_->request.answered()) {
      said.missing = "the thread has not answered in full";
    }
  }
  if (said.missing.empty()) said.frames = place_->read();
  let_go();
  return said;
}

}  // namespace tokiod
