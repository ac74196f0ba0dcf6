// What a connection talks over: a socket, or what a test puts in its place. One virtual call for each system call keeps
// the connection out of headers.
// Threads: the connection's task.
#pragma once
#include <cstddef>
#include <utility>

#include "tokio/io.hpp"

namespace http {

class channel {
 public:
  channel() = default;
  channel(const channel&) = delete;
  channel& operator=(const channel&) = delete;
  virtual ~channel() = default;
  virtual tokio::poll<tokio::result<std::size_t>> poll_read(tokio::context& cx, tokio::io::byte_span into) = 0;
  virtual tokio::poll<tokio::result<std::size_t>> poll_write(tokio::context& cx, tokio::io::byte_view from) = 0;
  virtual tokio::poll<tokio::result<>> poll_flush(tokio::context& cx) = 0;
  virtual tokio::poll<tokio::result<>> poll_shutdown(tokio::context& cx) = 0;
};

template <class Stream>
class channel_over final : public channel {
 public:
  explicit channel_over(Stream stream) : stream_(std::move(stream)) {}
  tokio::poll<tokio::result<std::size_t>> poll_read(tokio::context& cx, tokio::io::byte_span into) override {
    return stream_.poll_read(cx, into);
  }
  tokio::poll<tokio::result<std::size_t>> poll_write(tokio::context& cx, tokio::io::byte_view from) override {
    return stream_.poll_write(cx, from);
  }
  tokio::poll<tokio::result<>> poll_flush(tokio::context& cx) override { return stream_.poll_flush(cx); }
  tokio::poll<tokio::result<>> poll_shutdown(tokio::context& cx) override { return stream_.poll_shutdown(cx); }

 private:
  Stream stream_;
};

}  // namespace http
