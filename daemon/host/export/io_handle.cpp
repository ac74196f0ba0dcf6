#include "host/export/io_handle.hpp"

#include <utility>

#include "host/export/common.hpp"
#include "host/listener_keeper.hpp"

namespace tokiod::host {

tokio_status new_io(tokio_plugin& p, int fd, io_shape shape, tokio_io** out) noexcept {
  auto* handle = handle_pool<tokio_io>::take(&p);
  if (handle == nullptr) return fail(TOKIO_ENOMEM, "no memory for a socket");
  const sched::host_entry inside;
  const auto source = p.rt.register_fd(fd, io::of_kind(shape.interest, shape.message));
  if (!source) {
    handle_pool<tokio_io>::give(*handle);
    return source.error().code == ESHUTDOWN ? runtime_gone() : fail(source.error());
  }
  handle->source = *source;
  handle->fd = fd;
  handle->socket = shape.socket;
  handle->message = shape.message;
  handle->listens = false;
  handle->seen[0] = handle->seen[1] = {};
  p.count(entry::sockets, 1);
  *out = handle;
  return TOKIO_OK;
}

tokio_status replace_io(tokio_io& handle, tokio_plugin& of, int fd) noexcept {
  const sched::host_entry inside;
  const auto source = of.rt.register_fd(fd, io::of_kind(io::interest::both, handle.message));
  if (!source) return source.error().code == ESHUTDOWN ? runtime_gone() : fail(source.error());
  of.rt.deregister_fd(*handle.source);
  unique_fd(std::exchange(handle.fd, fd)).reset();
  handle.source = *source;
  handle.seen[0] = handle.seen[1] = {};
  return TOKIO_OK;
}

int release_io(tokio_io& handle, tokio_plugin& of) noexcept {
  if (handle.listens) of.events.listeners()->leaves(of.instance, handle.fd);
  const sched::host_entry inside;
  // Closed from here on: those who wait in poll_wait are woken, and must not wait again. Relaxed: it names nothing.
  handle.owner.store(nullptr, relaxed);
  of.rt.deregister_fd(*handle.source);
  const int fd = std::exchange(handle.fd, -1);
  of.count(entry::sockets, -1);
  handle_pool<tokio_io>::give(handle);
  return fd;
}

void close_io(tokio_io& handle, tokio_plugin& of) noexcept { const unique_fd closed(release_io(handle, of)); }

void take_back_io(tokio_io& handle, tokio_plugin& of) noexcept {
  {
    const sched::host_entry inside;
    handle.owner.store(nullptr, relaxed);  // before they look again; relaxed: it names nothing
    of.rt.hang_up(*handle.source);
  }
  close_io(handle, of);
}

tokio_status no_descriptor(const tokio_plugin& p, const char* call, int failed) noexcept {
  if (failed != -EMFILE) return fail(error{-failed, call});
  const auto seen = p.descriptors.look();
  return fail(TOKIO_EMFILE, call, ": the process may have ", seen.limit, " descriptors, of which plugins get ",
              seen.line, ", and they are in use");
}

}  // namespace tokiod::host
