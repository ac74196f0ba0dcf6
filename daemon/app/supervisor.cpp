#include "app/supervisor.hpp"

#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <ctime>
#include <utility>

#include "app/options.hpp"
#include "base/log.hpp"
#include "base/log_catalogue.hpp"
#include "host/signal_hub.hpp"

namespace tokiod::app {
namespace {

sigset_t our_signals() {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) ::sigaddset(&set, number);
  return set;
}

const char* name_of(unsigned number) { return number == SIGTERM ? "SIGTERM" : number == SIGINT ? "SIGINT" : "SIGHUP"; }

}  // namespace

supervisor::~supervisor() {
  for (os_thread* const t : {&starter_, &reloader_, &drainer_, &hurrier_})
    if (t->joinable()) t->detach();  // only where the drain was given up: run() has joined them otherwise
}

result<void> supervisor::block_signals() {
  const sigset_t set = our_signals();
  if (const int failed = ::pthread_sigmask(SIG_BLOCK, &set, nullptr); failed != 0)
    return std::unexpected(error{failed, "pthread_sigmask"});
  host::signal_hub::owned_by_program({SIGTERM, SIGINT, SIGHUP});
  host::signal_hub::refused_by_program({SIGBUS, SIGABRT, SIGTRAP, SIGSYS});
  // A shell may have started us with SIGINT ignored.
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) std::signal(number, SIG_DFL);
  // A client that goes away is an error value of write, not the end of the daemon.
  if (std::signal(SIGPIPE, SIG_IGN) == SIG_ERR) return std::unexpected(error::last("signal"));
  return {};
}

result<void> supervisor::open() {
  const sigset_t set = our_signals();
  signals_.reset(::signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
  if (!signals_) return std::unexpected(error::last("signalfd"));
  auto wake = make_eventfd();
  if (!wake) return std::unexpected(wake.error());
  wake_ = std::move(*wake);
  return for_the_drain_.keep();
}

void supervisor::request_stop(stop_order order) {
  {
    const std::lock_guard hold(mutex_);
    if (!stop_) stop_ = std::move(order);
  }
  wake();
}

void supervisor::request_reload(std::string reason) {
  {
    const std::lock_guard hold(mutex_);
    reload_ = std::move(reason);
  }
  wake();
}

supervisor::ending supervisor::run(const actions& act) {
  begin_start(act);
  while (!drained_or_given_up()) {
    tell_status(act);
    const instant_ns due = manager_.turn(act.healthy());
    wait_until(std::min({due, status_due_, give_up_at_}));
    take_signals();
    end_start(act);
    begin_reload(act);
    begin_drain(act);
    begin_hurry(act);
  }
  std::optional<bool> clean;
  int wanted = exit_ok;
  {
    const std::lock_guard hold(mutex_);
    clean = drained_;
    if (stop_) wanted = stop_->exit_code;
  }
  if (!clean) return {exit_abandoned, true};
  for (os_thread* const t : {&drainer_, &hurrier_, &reloader_, &starter_})
    if (t->joinable()) t->join();
  return {*clean ? wanted : exit_abandoned, false};
}

void supervisor::wake() {
  const std::uint64_t one = 1;
  // A full counter means that a wake is pending already.
  (void)write_some(wake_.get(), std::as_bytes(std::span(&one, 1)));
}

void supervisor::wait_until(instant_ns due) {
  pollfd fds[] = {{signals_.get(), POLLIN, 0}, {wake_.get(), POLLIN, 0}};
  const instant_ns now = time_.now();
  const duration_ns left = due > now ? due - now : 0;
  // Rounded up: waking a little late is fine, spinning for the rest of a millisecond is not.
  const int timeout = due == never ? -1 : static_cast<int>(std::min<duration_ns>(left / millisecond + 1, 60'000));
  if (::poll(fds, std::size(fds), timeout) < 0 && errno != EINTR) {
    log::error("daemon", "poll failed", {{"error", std::strerror(errno)}});
    const timespec pause{0, 100'000'000};  // ENOMEM: looking again at once would only spin
    ::nanosleep(&pause, nullptr);
  }
  std::uint64_t count = 0;
  (void)read_some(wake_.get(), std::as_writable_bytes(std::span(&count, 1)));  // EAGAIN: it was a signal
}

void supervisor::take_signals() {
  signalfd_siginfo taken{};
  while (::read(signals_.get(), &taken, sizeof taken) == static_cast<ssize_t>(sizeof taken)) {
    const char* const signal = name_of(taken.ssi_signo);
    log::info("daemon", "signal received",
              {log::known::as(log::known::signal_received), {"signal", signal}, {"from_pid", taken.ssi_pid}});
    host::signal_hub::deliver(static_cast<int>(taken.ssi_signo));  // plugins may listen, and change nothing
    if (taken.ssi_signo == SIGHUP) {
      request_reload(signal);
      continue;
    }
    count_stop(taken.ssi_signo);
    request_stop({true, {}, exit_ok, signal});
  }
}

void supervisor::count_stop(unsigned number) {
  const instant_ns now = time_.now();
  if (stop_signals_ == 0) {
    first_stop_signal_ = number;
    first_stop_at_ = now;
  } else if (number == first_stop_signal_ && now - first_stop_at_ < one_moment) {
    return;
  }
  ++stop_signals_;
}

void supervisor::begin_start(const actions& act) {
  const auto done = [this] {
    {
      const std::lock_guard hold(mutex_);
      started_ = true;
    }
    wake();
  };
  auto started = os_thread::start({.name = "tokiod-start"}, [done, start = act.start] {
    start();
    done();
  });
  if (started) {
    starter_ = std::move(*started);
    return;
  }
  request_stop({true, {}, exit_unavailable, "no thread for the start: " + started.error().text()});
}

void supervisor::end_start(const actions& act) {
  {
    const std::lock_guard hold(mutex_);
    if (!started_ || stop_ || state() != life::starting) return;
  }
  enter(life::running, act);
  manager_.ready();
}

void supervisor::begin_reload(const actions& act) {
  const std::lock_guard hold(mutex_);
  if (!reload_ || reloading_ || stop_ || state() != life::running) return;
  if (reloader_.joinable()) reloader_.join();
  std::string reason = *std::exchange(reload_, std::nullopt);
  auto started = os_thread::start({.name = "tokiod-reload"}, [this, reload = act.reload, reason] {
    reload(reason);
    {
      const std::lock_guard done(mutex_);
      reloading_ = false;
    }
    wake();
  });
  if (!started) {
    log::error("daemon", "no thread for a reload; the configuration stays as it is",
               {{"error", started.error().text()}});
    return;
  }
  reloading_ = true;
  reloader_ = std::move(*started);
}

void supervisor::begin_drain(const actions& act) {
  stop_order order;
  {
    const std::lock_guard hold(mutex_);
    if (!stop_ || state() == life::draining) return;
    order = *stop_;
  }
  log::info("daemon", order.drain ? "draining" : "stopping now",
            {log::known::as(log::known::daemon_draining), {"reason", order.reason}});
  manager_.stopping();
  enter(life::draining, act);
  const auto finish = [this](bool clean) {
    {
      const std::lock_guard hold(mutex_);
      drained_ = clean;
    }
    wake();
  };
  auto started =
      for_the_drain_.start({.name = "tokiod-drain"}, [finish, drain = act.drain, order] { finish(drain(order)); });
  if (started) {
    drainer_ = std::move(*started);
    return;
  }
  log::error("daemon", "no thread for the drain", {{"error", started.error().text()}});
  give_up_at_ = time_.now();
}

void supervisor::begin_hurry(const actions& act) {
  if (stop_signals_ < 2 || state() != life::draining || give_up_at_ != never) return;
  log::warn("daemon", "second signal: ending now");
  give_up_at_ = time_.now() + patience_after_second_signal;
  auto started = os_thread::start({.name = "tokiod-hurry"}, act.hurry);
  if (started)
    hurrier_ = std::move(*started);
  else  // then the patience is what is left
    log::error("daemon", "no thread to shorten the drain", {{"error", started.error().text()}});
}

void supervisor::enter(life next, const actions& act) {
  state_.store(next, std::memory_order_release);
  act.changed(next);
  status_due_ = 0;
}

void supervisor::tell_status(const actions& act) {
  const instant_ns now = time_.now();
  if (now < status_due_) return;
  manager_.status(act.status());
  if (state() == life::draining && got_on(act)) manager_.extend_timeout(extension);
  status_due_ = manager_.listened() || state() == life::draining ? now + status_interval : never;
}

// Only what was never so little counts: who makes as much as he ends does not get on. True when the drain begins.
bool supervisor::got_on(const actions& act) {
  const std::uint64_t left = act.remaining();
  if (left >= least_remaining_) return false;
  least_remaining_ = left;
  return true;
}

bool supervisor::drained_or_given_up() {
  const std::lock_guard hold(mutex_);
  return drained_.has_value() || time_.now() >= give_up_at_;
}

}  // namespace tokiod::app
