// Internal to net/: what tcp_stream and unix_stream have in common, and their halves.
// Invariant: the halves of a split poll one direction each; a pair of owned halves shares one stream, and the write
// half
//            ends its direction when it goes.
// Threads: one task reads and one writes at a time; any number may wait for readiness, in async_io() or in peek().
#pragma once

#include <memory>
#include <utility>

#include "tokio/io/methods.hpp"
#include "tokio/net/readiness.hpp"

namespace tokio::net {

template <class Stream>
class read_half;
template <class Stream>
class write_half;
template <class Stream>
class owned_read_half;
template <class Stream>
class owned_write_half;

// What can be read from and waited for, for a type with raw_socket().
template <class Self>
class readable_socket : public io::reader_methods<Self> {
 public:
  tokio::poll<result<std::size_t>> poll_read(context& cx, io::byte_span into) noexcept {
    return at().read(cx.raw(), into);
  }
  auto read_vectored(std::span<const io::byte_span> into) noexcept {
    return socket_future([this, into](tokio_cx* cx) { return at().read_vectored(cx, into); });
  }
  // Waits until a read may succeed; it may still say would_block. Cancel safe.
  ready_future<void> readable() const noexcept { return {at(), interest::readable()}; }
  // Keeps the waker of the task that asked last.
  tokio::poll<result<>> poll_read_ready(context& cx) const noexcept {
    return poll_alone(at(), cx, interest::readable());
  }
  // At once: the error would_block when there is nothing.
  result<std::size_t> try_read(io::byte_span into) noexcept { return socket::tried(at().read(nullptr, into)); }
  result<std::size_t> try_read_vectored(std::span<const io::byte_span> into) noexcept {
    return socket::tried(at().read_vectored(nullptr, into));
  }

 protected:
  readable_socket() = default;

 private:
  const socket& at() const noexcept { return static_cast<const Self*>(this)->raw_socket(); }
};

// What can be written to, for a type with raw_socket().
template <class Self>
class writable_socket : public io::writer_methods<Self> {
 public:
  tokio::poll<result<std::size_t>> poll_write(context& cx, io::byte_view from) noexcept {
    return at().write(cx.raw(), from);
  }
  tokio::poll<result<std::size_t>> poll_write_vectored(context& cx, std::span<const io::byte_view> from) noexcept {
    return at().write_vectored(cx.raw(), from);
  }
  // Nothing is held back here.
  tokio::poll<result<>> poll_flush(context&) noexcept { return result<>(); }
  // The peer reads the end of the stream.
  tokio::poll<result<>> poll_shutdown(context& cx) noexcept { return at().shutdown(cx.raw(), TOKIO_SHUT_WR); }
  // Waits until a write may succeed; it may still say would_block. Cancel safe.
  ready_future<void> writable() const noexcept { return {at(), interest::writable()}; }
  // Keeps the waker of the task that asked last.
  tokio::poll<result<>> poll_write_ready(context& cx) const noexcept {
    return poll_alone(at(), cx, interest::writable());
  }
  // At once: the error would_block when there is no room.
  result<std::size_t> try_write(io::byte_view from) noexcept { return socket::tried(at().write(nullptr, from)); }
  result<std::size_t> try_write_vectored(std::span<const io::byte_view> from) noexcept {
    return socket::tried(at().write_vectored(nullptr, from));
  }

 protected:
  writable_socket() = default;

 private:
  const socket& at() const noexcept { return static_cast<const Self*>(this)->raw_socket(); }
};

inline auto peek_of(const socket& of, io::byte_span into) noexcept {
  return shared_future(of, interest::readable(),
                       [&of, into](tokio_cx* cx) { return of.receive(cx, into, true, nullptr); });
}

template <class Self, class Address>
class stream_socket : public readable_socket<Self>, public writable_socket<Self>, public ready_methods<Self> {
 public:
  using address_type = Address;

  // The next bytes, which stay where they are. Cancel safe.
  auto peek(io::byte_span into) const noexcept { return peek_of(socket_, into); }
  result<Address> local_addr() const noexcept { return socket_.template local<Address>(); }
  result<Address> peer_addr() const noexcept { return socket_.template peer<Address>(); }
  result<std::optional<error>> take_error() const noexcept { return socket_.take_error(); }

  // Halves that borrow the stream.
  std::pair<read_half<Self>, write_half<Self>> split() noexcept {
    return {read_half<Self>(self()), write_half<Self>(self())};
  }
  // Halves that own it together, for two tasks.
  std::pair<owned_read_half<Self>, owned_write_half<Self>> into_split() && {
    auto shared = std::make_shared<Self>(std::move(self()));
    return {owned_read_half<Self>(shared), owned_write_half<Self>(shared)};
  }
  const socket& raw_socket() const noexcept { return socket_; }
  int fd() const noexcept { return socket_.fd(); }  // borrowed
  // The descriptor as it is: non-blocking.
  result<owned_fd> into_fd() && noexcept { return std::move(socket_).into_fd(); }

 protected:
  explicit stream_socket(socket raw) noexcept : socket_(std::move(raw)) {}
  socket socket_;

 private:
  Self& self() noexcept { return static_cast<Self&>(*this); }
};

template <class Stream>
class read_half : public readable_socket<read_half<Stream>>, public ready_methods<read_half<Stream>> {
 public:
  explicit read_half(Stream& of) noexcept : of_(&of) {}
  auto peek(io::byte_span into) const noexcept { return peek_of(raw_socket(), into); }
  const socket& raw_socket() const noexcept { return of_->raw_socket(); }
  Stream& stream() const noexcept { return *of_; }

 private:
  Stream* of_;
};

template <class Stream>
class write_half : public writable_socket<write_half<Stream>>, public ready_methods<write_half<Stream>> {
 public:
  explicit write_half(Stream& of) noexcept : of_(&of) {}
  const socket& raw_socket() const noexcept { return of_->raw_socket(); }
  Stream& stream() const noexcept { return *of_; }

 private:
  Stream* of_;
};

// The halves that were put together are of two streams; both come back.
template <class Stream>
struct reunite_error {
  owned_read_half<Stream> reader;
  owned_write_half<Stream> writer;
};

template <class Stream>
class owned_read_half : public readable_socket<owned_read_half<Stream>>, public ready_methods<owned_read_half<Stream>> {
 public:
  explicit owned_read_half(std::shared_ptr<Stream> of) noexcept : of_(std::move(of)) {}
  auto peek(io::byte_span into) const noexcept { return peek_of(raw_socket(), into); }
  const socket& raw_socket() const noexcept { return of_->raw_socket(); }
  result<typename Stream::address_type> local_addr() const noexcept { return of_->local_addr(); }
  result<typename Stream::address_type> peer_addr() const noexcept { return of_->peer_addr(); }
  std::expected<Stream, reunite_error<Stream>> reunite(owned_write_half<Stream> writer) && {
    if (of_ != writer.of_) return std::unexpected(reunite_error<Stream>{std::move(*this), std::move(writer)});
    auto shared = std::move(of_);
    writer.of_.reset();
    return std::move(*shared);
  }

 private:
  std::shared_ptr<Stream> of_;
};

template <class Stream>
class owned_write_half : public writable_socket<owned_write_half<Stream>>,
                         public ready_methods<owned_write_half<Stream>> {
 public:
  explicit owned_write_half(std::shared_ptr<Stream> of) noexcept : of_(std::move(of)) {}
  owned_write_half(owned_write_half&&) noexcept = default;
  owned_write_half& operator=(owned_write_half&& other) noexcept {
    std::swap(of_, other.of_);
    return *this;
  }
  // The peer reads the end of the stream, as after shutdown().
  ~owned_write_half() {
    if (of_) (void)raw_socket().shutdown(nullptr, TOKIO_SHUT_WR);
  }
  // Keeps the direction open until the read half goes too.
  void forget() && noexcept { of_.reset(); }
  const socket& raw_socket() const noexcept { return of_->raw_socket(); }
  result<typename Stream::address_type> local_addr() const noexcept { return of_->local_addr(); }
  result<typename Stream::address_type> peer_addr() const noexcept { return of_->peer_addr(); }

 private:
  friend class owned_read_half<Stream>;
  std::shared_ptr<Stream> of_;
};

}  // namespace tokio::net
