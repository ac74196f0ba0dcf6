// `sync_io_bridge(stream)`: a stream for code that blocks, such as a library that reads by itself. Each call waits on
// this thread until it is done.
//   tokio::spawn_blocking([from = io::sync_io_bridge(std::move(socket))]() mutable { decompress(from); });
// Invariant: only where a thread may block (spawn_blocking, a thread of one's own; with a runtime of one's own also
//            block_in_place); in a task it panics. Not on the fake host, whose jobs share their thread with the tasks.
//            The runtime is that of where it was made, or a handle's. Given an lvalue it borrows the stream.
// Threads: one at a time.
#pragma once

#include <cstdint>
#include <exception>
#include <span>
#include <string>
#include <type_traits>
#include <utility>

#include "tokio/core/slot.hpp"
#include "tokio/io/lines.hpp"
#include "tokio/io/seek.hpp"
#include "tokio/io/wrapped.hpp"
#include "tokio/runtime/handle.hpp"
#include "tokio/sync/oneshot.hpp"

namespace tokio::io {

template <class S>
class sync_io_bridge : public wrapped_stream<S> {
  using inner = std::remove_reference_t<S>;
  static constexpr bool reads = async_reader<inner>;
  static constexpr bool writes = async_writer<inner>;

 public:
  // Panics where there is no runtime.
  explicit sync_io_bridge(S&& stream, call_site at = call_site::current())
      : sync_io_bridge(std::forward<S>(stream), runtime::handle::current(at)) {}
  sync_io_bridge(S&& stream, runtime::handle of)
      : wrapped_stream<S>(std::forward<S>(stream)), runtime_(std::move(of)) {}

  result<std::size_t> read(byte_span into, call_site at = call_site::current())
    requires reads
  {
    return wait(io::read(this->get(), into), at);
  }
  result<std::size_t> read_exact(byte_span into, call_site at = call_site::current())
    requires reads
  {
    return wait(io::read_exact(this->get(), into), at);
  }
  template <byte_buffer B>
    requires reads
  result<std::size_t> read_to_end(B& into, call_site at = call_site::current()) {
    return wait(io::read_to_end(this->get(), into), at);
  }
  result<std::size_t> read_to_string(std::string& into, call_site at = call_site::current())
    requires reads
  {
    return wait(io::read_to_string(this->get(), into), at);
  }
  result<std::size_t> read_line(std::string& into, call_site at = call_site::current())
    requires async_buf_reader<inner>
  {
    return wait(read_line_future<inner>(this->get(), into), at);
  }

  result<std::size_t> write(byte_view from, call_site at = call_site::current())
    requires writes
  {
    return wait(io::write(this->get(), from), at);
  }
  result<std::size_t> write_vectored(std::span<const byte_view> from, call_site at = call_site::current())
    requires writes
  {
    return wait(io::write_vectored(this->get(), from), at);
  }
  static constexpr bool is_write_vectored() noexcept { return vectored_writer<inner>; }
  result<> write_all(byte_view from, call_site at = call_site::current())
    requires writes
  {
    return wait(io::write_all(this->get(), from), at);
  }
  result<> flush(call_site at = call_site::current())
    requires writes
  {
    return wait(io::flush(this->get()), at);
  }
  // Ends the writing direction, which dropping the bridge does not.
  result<> shutdown(call_site at = call_site::current())
    requires writes
  {
    return wait(io::shutdown(this->get()), at);
  }
  result<std::uint64_t> seek(seek_from to, call_site at = call_site::current())
    requires async_seeker<inner>
  {
    return wait(io::seek(this->get(), to), at);
  }

 private:
  // A plugin's host offers no block_on: a task makes the call there, while this thread waits for it.
  template <class F>
  output_of<F> wait(F call, call_site at) {
    if (host.runtime) return runtime_.block_on(call, at);
    if (this_thread.cx || in_async_context())
      panic("sync_io_bridge: this thread polls a task or calls a hook, and may not block for another one", at);
    using output = output_of<F>;
    auto [to, from] = sync::oneshot::channel<slot<output>>();
    runtime_.spawn(made_by_task<F>(call, std::move(to))).detach();
    auto end = std::move(from).blocking_recv(at);
    if (!end) return output(std::unexpect, error_kind::shutdown, "the call was dropped: the instance is stopping");
    return end->take();
  }
  // What the call throws goes to who made it.
  template <class F>
  static task<> made_by_task(F& call, sync::oneshot::sender<slot<output_of<F>>> to) {
    slot<output_of<F>> end;
    try {
      end.emplace(co_await by_ref(call));
    } catch (...) {
      end.set_exception(std::current_exception());
    }
    (void)std::move(to).send(std::move(end));
  }

  runtime::handle runtime_;
};
template <class S>
sync_io_bridge(S&&) -> sync_io_bridge<S>;
template <class S>
sync_io_bridge(S&&, runtime::handle) -> sync_io_bridge<S>;

}  // namespace tokio::io
