// Lines, segments, listeners, folders and signals as streams. Answers to tokio_stream::wrappers.
//   auto requests = stream::of(io::lines(reader)).timeout(1s);
//   auto connections = stream::of(std::move(listener));
//   auto hangups = stream::of(*signal::signal(signal_kind::hangup()));
// Invariant: dropping next() loses nothing.
// Threads: one at a time.
#pragma once

#include "tokio/fs/read_dir.hpp"
#include "tokio/io/lines.hpp"
#include "tokio/net/tcp_listener.hpp"
#include "tokio/net/unix_listener.hpp"
#include "tokio/signal/listener.hpp"
#include "tokio/stream/stream.hpp"

namespace tokio::stream {

// internal: what a source gives that may fail, as an item.
template <class T>
next_poll<result<T>> as_item(tokio::poll<result<std::optional<T>>>&& polled) {
  using item = result<T>;
  if (polled.is_pending()) return pending;
  auto& next = polled.value();
  if (!next) return std::optional<item>(item(std::unexpect, next.error()));
  if (!*next) return std::optional<item>();
  return std::optional<item>(item(std::in_place, **std::move(next)));
}

// Of io::lines or io::segments: each a result; an error does not end it.
template <class L>
class [[nodiscard]] lines_stream : public methods<lines_stream<L>> {
 public:
  using item = result<std::string>;
  explicit lines_stream(L of) : of_(std::move(of)) {}

  next_poll<item> poll_next(context& cx) { return as_item(of_.poll_next(cx)); }
  L& get() noexcept { return of_; }
  L into_inner() && { return std::move(of_); }

 private:
  L of_;
};
template <class R>
lines_stream<io::lines<R>> of(io::lines<R> from) {
  return lines_stream<io::lines<R>>(std::move(from));
}
template <class R>
lines_stream<io::segments<R>> of(io::segments<R> from) {
  return lines_stream<io::segments<R>>(std::move(from));
}

// Connections, without the address of who connects; never ends, and an error does not end it either.
template <class Listener, class Stream>
class [[nodiscard]] accept_stream : public methods<accept_stream<Listener, Stream>> {
 public:
  using item = result<Stream>;
  explicit accept_stream(Listener of) : of_(std::move(of)) {}

  next_poll<item> poll_next(context& cx) {
    auto polled = of_.poll_accept(cx);
    if (polled.is_pending()) return pending;
    auto& next = polled.value();
    if (!next) return std::optional<item>(item(std::unexpect, next.error()));
    return std::optional<item>(item(std::in_place, std::move(next->first)));
  }
  Listener& get() noexcept { return of_; }
  Listener into_inner() && { return std::move(of_); }

 private:
  Listener of_;
};
inline accept_stream<net::tcp_listener, net::tcp_stream> of(net::tcp_listener from) {
  return accept_stream<net::tcp_listener, net::tcp_stream>(std::move(from));
}
inline accept_stream<net::unix_listener, net::unix_stream> of(net::unix_listener from) {
  return accept_stream<net::unix_listener, net::unix_stream>(std::move(from));
}

// The entries of a folder: each a result, and the end after an error of the folder.
class [[nodiscard]] dir_stream : public methods<dir_stream> {
 public:
  using item = result<fs::dir_entry>;
  explicit dir_stream(fs::dir_entries of) noexcept : of_(std::move(of)) {}

  next_poll<item> poll_next(context& cx) { return as_item(of_.poll_next_entry(cx)); }
  fs::dir_entries& get() noexcept { return of_; }
  fs::dir_entries into_inner() && { return std::move(of_); }

 private:
  fs::dir_entries of_;
};
inline dir_stream of(fs::dir_entries from) noexcept { return dir_stream(std::move(from)); }

// An item for each recv() of a listener to a signal; never ends.
class [[nodiscard]] signal_stream : public methods<signal_stream> {
 public:
  using item = unit;
  explicit signal_stream(signal::listener of) noexcept : of_(std::move(of)) {}

  next_poll<item> poll_next(context& cx) {
    if (of_.poll_recv(cx).is_pending()) return pending;
    return std::optional<item>(item());
  }
  signal::listener& get() noexcept { return of_; }
  signal::listener into_inner() && { return std::move(of_); }

 private:
  signal::listener of_;
};
inline signal_stream of(signal::listener from) noexcept { return signal_stream(std::move(from)); }

}  // namespace tokio::stream
