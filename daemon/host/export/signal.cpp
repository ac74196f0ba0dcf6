// tokio.signal/1: listeners. What happens when a signal comes is signal_hub.cpp.
#include <cerrno>
#include <csignal>
#include <new>
#include <string>
#include <utility>

#include "host/export/common.hpp"
#include "host/export/io_handle.hpp"
#include "host/export/signal_handle.hpp"
#include "host/export/tables.hpp"
#include "host/signal_hub.hpp"

namespace tokiod::host {
namespace {

// The count is read before the descriptor is watched: what comes in between is a delivery since the open.
tokio_status watch(tokio_plugin& p, tokio_signal& listener, unique_fd event) {
  const sched::host_entry inside;
  listener.seen = signal_hub::count(listener.number);
  const auto source = p.rt.register_fd(event.get(), io::interest::read);
  if (!source) return source.error().code == ESHUTDOWN ? runtime_gone() : fail(source.error());
  if (const auto done = signal_hub::handle(listener.number); !done) {
    p.rt.deregister_fd(**source);
    return fail(done.error());
  }
  listener.source = *source;
  listener.event = std::move(event);
  p.count(entry::signals, 1);
  return TOKIO_OK;
}

tokio_status open_checked(tokio_plugin& p, int number, tokio_signal** out) {
  auto event = signal_hub::listen(number);
  if (!event) return no_descriptor(p, event.error().what, -event.error().code);
  const int kept = p.descriptors.keep(event->release());
  if (kept < 0) return no_descriptor(p, "fcntl", kept);
  event->reset(kept);
  auto* const listener = handle_pool<tokio_signal>::take(&p);
  if (listener == nullptr) return fail(TOKIO_ENOMEM, "no memory for a listener");
  listener->number = number;
  const auto status = watch(p, *listener, *std::move(event));
  if (status == TOKIO_OK)
    *out = listener;
  else
    handle_pool<tokio_signal>::give(*listener);
  return status;
}

tokio_status signal_open(tokio_plugin* p, int32_t signo, tokio_signal** out) noexcept try {
  if (p == nullptr || out == nullptr) return fail(TOKIO_EINVAL, "signal: a null pointer");
  if (const auto status = refused_new_io(*p); status != TOKIO_OK) return status;
  if (const auto why = signal_hub::why_not(signo); !why.empty()) return fail(TOKIO_EINVAL, why);
  return open_checked(*p, signo, out);
} catch (const std::bad_alloc&) {
  return fail(TOKIO_ENOMEM, "no memory for a listener");
}

tokio_res signal_poll(tokio_signal* listener, tokio_cx* cx) noexcept {
  if (listener == nullptr || listener->owner.load(relaxed) == nullptr)
    return fail(TOKIO_EBADF, "poll: the listener was closed before");
  if (cx != nullptr && !tokio_coop(cx)) return TOKIO_PENDING;
  const auto look = [&]() -> ssize_t {
    const auto now = signal_hub::count(listener->number);
    return std::exchange(listener->seen, now) != now ? 1 : -EAGAIN;
  };
  const auto waiter = cx != nullptr ? key_of(cx->waker) : task::key{};
  const auto came =
      cx != nullptr ? io::poll_transfer(*listener->source, io::direction::read, 0, &waiter, look) : look();
  if (came == 1) return TOKIO_OK;
  if (came == io::reactor_gone) return runtime_gone();
  if (cx != nullptr) tokio_coop_restore(cx);
  return TOKIO_PENDING;
}

void signal_close(tokio_signal* listener) noexcept {
  if (listener == nullptr) return;
  auto* p = listener->owner.load(relaxed);
  if (p == nullptr) return (void)misuse(nullptr, "close: the listener was closed before");
  close_signal(*listener, *p);
}

}  // namespace

void close_signal(tokio_signal& listener, tokio_plugin& of) noexcept {
  {
    const sched::host_entry inside;
    of.rt.deregister_fd(*std::exchange(listener.source, nullptr));
    listener.event.reset();
    of.count(entry::signals, -1);
  }
  handle_pool<tokio_signal>::give(listener);
}

const tokio_signal_ext signal_table = {
    .size = sizeof(tokio_signal_ext),
    .flags = 0,
    .open = signal_open,
    .poll = signal_poll,
    .close = signal_close,
};

}  // namespace tokiod::host
