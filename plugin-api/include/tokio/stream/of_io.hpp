// Lines, segments and listeners as streams. Answers to tokio_stream::wrappers.
//   auto requests = stream::of(io::lines(reader)).timeout(1s);
//   auto connections = stream::of(std::move(listener));
// Invariant: dropping next() loses nothing.
// Threads: one at a time.
#pragma once

#include "tokio/io/lines.hpp"
#include "tokio/net/tcp_listener.hpp"
#include "tokio/net/unix_listener.hpp"
#include "tokio/stream/stream.hpp"

namespace tokio::stream {

// Of io::lines or io::segments: each a result; an error does not end it.
template <class L>
class [[nodiscard]] lines_stream : public methods<lines_stream<L>> {
 public:
  using item = result<std::string>;
  explicit lines_stream(L of) : of_(std::move(of)) {}

  next_poll<item> poll_next(context& cx) {
    auto polled = of_.poll_next(cx);
    if (polled.is_pending()) return pending;
    auto& next = polled.value();
    if (!next) return std::optional<item>(item(std::unexpect, next.error()));
    if (!*next) return std::optional<item>();
    return std::optional<item>(item(std::in_place, **std::move(next)));
  }
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

}  // namespace tokio::stream
