// `file`: an open file, read and written as a stream, with one operation at a time in the host.
//   auto made = co_await fs::file::create("notes.txt");  co_await made->write_all("a line\n");  co_await made->flush();
// A write returns when its bytes are copied, before the system has them: what goes wrong is said by the next write, by
// flush() or by shutdown(), once. A file that is destroyed writes what it has taken, and closes after that.
// Cancel safe: read (what was read for it stays for the next one), write, flush, seek; sync_all and the others go on
// in the host.
// Invariant: while an operation is in flight it has the buffer. The system's position is ahead of the stream's by what
//            lies unread in the buffer, and by `ahead_`.
// Threads: [task], one at a time.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <expected>
#include <optional>
#include <string_view>
#include <utility>

#include "tokio/fs/call.hpp"
#include "tokio/fs/metadata.hpp"
#include "tokio/io/methods.hpp"
#include "tokio/io/seek.hpp"

namespace tokio::fs {

class open_options;
class open_future;
class into_fd_future;

// An operation beside the stream, after what is in flight.
template <class File, class Finish>
class [[nodiscard]] settled_call {
 public:
  using output = typename call_future<Finish>::output;
  settled_call(File& of, request asked, Finish finish) noexcept
      : of_(&of), call_(std::move(asked), std::move(finish)) {}
  tokio::poll<output> poll(context& cx) {
    if (of_) {
      if (of_->settle(cx).is_pending()) return pending;
      of_ = nullptr;
    }
    return call_.poll(cx);
  }

 private:
  File* of_;  // until it is settled
  call_future<Finish> call_;
};

class file : public io::reader_methods<file>, public io::writer_methods<file>, public io::seek_methods<file> {
 public:
  static constexpr std::size_t default_max_buf_size = 2 * 1024 * 1024;

  explicit file(file_handle opened) noexcept : handle_(std::move(opened)) {}

  static open_future open(std::string_view path);        // to read
  static open_future create(std::string_view path);      // to write; what was in it is gone
  static open_future create_new(std::string_view path);  // to read and write; an error when it is there
  static open_options options();
  // Takes a descriptor over; on an error it is still the caller's.
  static result<file> from_fd(int fd, call_site at = call_site::current()) {
    auto* const instance = current_instance("there is no runtime here: from_fd() needs a task", at);
    if (!host.fs) return std::unexpected(no_files());
    tokio_file* raw = nullptr;
    if (const auto status = host.fs->adopt(instance, fd, &raw); status < 0)
      return std::unexpected(error::from_status(status));
    return file(file_handle(raw));
  }
  int as_raw_fd() const noexcept { return host.fs->raw(handle_.get()); }
  // The descriptor, once what is in flight of the stream is over; it is the caller's to close. The file comes back when
  // a sync_all() or another one of those below was dropped and still goes on.
  into_fd_future into_fd() &&;
  // At once; the file comes back when an operation is in flight.
  std::expected<int, file> try_into_fd() && {
    int fd = -1;
    if (host.fs->release(handle_.get(), &fd) < 0) return std::unexpected(std::move(*this));
    (void)handle_.release();
    return fd;
  }

  // How many bytes one operation moves at most.
  void set_max_buf_size(std::size_t bytes) noexcept { max_buf_size_ = bytes; }
  std::size_t max_buf_size() const noexcept { return max_buf_size_; }

  tokio::poll<result<std::size_t>> poll_read(context& cx, io::byte_span into) {
    if (into.empty()) return result<std::size_t>(0);
    while (true) {
      if (!flying_) {
        if (begin_ != end_) return take_buffered(cx, into);
        if (auto begun = begin_read(cx, into.size()); !begun) return result<std::size_t>(std::unexpect, begun.error());
      }
      auto landed = land(cx);
      if (landed.is_pending()) return pending;
      if (landed.value().was != work::read) {
        note(landed.value());
        continue;
      }
      if (!landed.value().how) return result<std::size_t>(std::unexpect, landed.value().how.error());
      return copy_out(into);
    }
  }
  tokio::poll<result<std::size_t>> poll_write(context& cx, io::byte_view from) {
    if (write_error_) return result<std::size_t>(std::unexpect, *std::exchange(write_error_, {}));
    while (flying_) {
      auto landed = land(cx);
      if (landed.is_pending()) return pending;
      if (landed.value().was == work::write && !landed.value().how)
        return result<std::size_t>(std::unexpect, landed.value().how.error());
      note(landed.value());
    }
    if (from.empty()) return result<std::size_t>(0);
    return begin_write(cx, from);
  }
  tokio::poll<result<>> poll_flush(context& cx) {
    if (settle(cx).is_pending()) return pending;
    if (write_error_) return result<>(std::unexpect, *std::exchange(write_error_, {}));
    return result<>();
  }
  tokio::poll<result<>> poll_shutdown(context& cx) { return poll_flush(cx); }

  // Begins to move; poll_complete() says where to. An error while something else is in flight.
  result<> start_seek(io::seek_from to, call_site at = call_site::current()) {
    if (flying_)
      return std::unexpected(
          error(error_kind::other, "other file operation is pending, call poll_complete before start_seek"));
    return begin_seek(current_instance("there is no runtime here: start_seek() needs a task", at), to);
  }
  tokio::poll<result<std::uint64_t>> poll_complete(context& cx) {
    while (flying_) {
      auto landed = land(cx);
      if (landed.is_pending()) return pending;
      note(landed.value());
      if (landed.value().was == work::seek) return landed.value().how;
    }
    return result<std::uint64_t>(position_);
  }
  // Each of these first waits for what is in flight; an error of a write stays for the next write or flush.
  auto sync_all() noexcept { return settled(request_of(TOKIO_FS_SYNC), nothing_to_give()); }
  auto sync_data() noexcept {
    auto asked = request_of(TOKIO_FS_SYNC);
    asked.asked.arg = 1;
    return settled(std::move(asked), nothing_to_give());
  }
  auto metadata() noexcept { return settled(request_of(TOKIO_FS_STAT), give_metadata()); }
  auto set_permissions(permissions to) noexcept {
    auto asked = request_of(TOKIO_FS_CHMOD);
    asked.asked.mode = to.mode();
    return settled(std::move(asked), nothing_to_give());
  }
  // Another file with the same position.
  auto try_clone() noexcept {
    return settled(request_of(TOKIO_FS_CLONE), [most = max_buf_size_](operation& from, std::uint64_t) -> result<file> {
      auto opened = from.take_file();
      if (!opened) return std::unexpected(opened.error());
      file cloned(std::move(*opened));
      cloned.set_max_buf_size(most);
      return cloned;
    });
  }
  // Cuts it off, or fills it up with zeroes. The position stays.
  auto set_len(std::uint64_t bytes) noexcept {
    return poll_fn([this, bytes, begun = false](context& cx) mutable -> tokio::poll<result<>> {
      if (!begun) {
        if (settle(cx).is_pending()) return pending;
        if (auto started = begin_set_len(cx, bytes); !started) return started;
        begun = true;
      }
      if (settle(cx).is_pending()) return pending;
      return length_set_;
    });
  }

  // Waits for what is in flight, if something is.
  tokio::poll<void> settle(context& cx) noexcept {
    while (flying_) {
      auto landed = land(cx);
      if (landed.is_pending()) return pending;
      note(landed.value());
    }
    return ready();
  }

 private:
  enum class work : std::uint8_t { read, write, seek, set_len };
  struct landing {
    work was;
    result<std::uint64_t> how;
  };
  static constexpr std::size_t least_buffer = 4096;

  // The buffer comes back with what was read, or empty.
  tokio::poll<landing> land(context& cx) noexcept {
    auto got = flying_->poll(cx);
    if (got.is_pending()) return pending;
    if (doing_ == work::read || doing_ == work::write)
      if (auto back = flying_->take_lease()) buffer_ = std::move(*back);
    flying_.reset();
    if (doing_ == work::seek && !got.value()) return landing{doing_, got.value()};  // it has moved nothing
    ahead_ = 0;
    begin_ = 0;
    end_ = doing_ == work::read ? static_cast<std::size_t>(got.value().value_or(0)) : 0;
    return landing{doing_, got.value()};
  }
  // What who waits for something else finds.
  void note(const landing& landed) noexcept {
    if (landed.was == work::write && !landed.how) write_error_ = landed.how.error();
    if (landed.was == work::seek && landed.how) position_ = *landed.how;
    if (landed.was == work::set_len) length_set_ = landed.how ? result<>() : std::unexpected(landed.how.error());
  }

  result<std::size_t> copy_out(io::byte_span into) noexcept {
    const auto bytes = buffer_.bytes().subspan(begin_, std::min(into.size(), end_ - begin_));
    std::ranges::copy(bytes, into.begin());
    begin_ += bytes.size();
    return bytes.size();
  }
  tokio::poll<result<std::size_t>> take_buffered(context& cx, io::byte_span into) noexcept {
    if (!cx.proceed()) return pending;
    return copy_out(into);
  }

  std::uint64_t all_ahead() const noexcept { return ahead_ + (end_ - begin_); }
  // From here on what is unread counts as ahead.
  void give_up_unread() noexcept {
    ahead_ = all_ahead();
    begin_ = end_ = 0;
  }
  // Where the system is ahead it goes back first.
  result<> begin(tokio_plugin* instance, tokio_fs_req asked, work what, bool with_buffer) {
    asked.file = handle_.get();
    if (what != work::seek) asked.arg = ahead_;
    auto submitted = operation::submit(instance, asked, with_buffer ? &buffer_ : nullptr);
    if (!submitted) return std::unexpected(submitted.error());
    flying_ = std::move(*submitted);
    doing_ = what;
    return {};
  }
  result<> make_room(context& cx, std::size_t bytes) {
    if (buffer_.capacity() >= bytes) return {};
    auto made = lease::make(cx.instance(), std::bit_ceil(std::max(bytes, least_buffer)));
    if (!made) return std::unexpected(made.error());
    buffer_ = std::move(*made);
    return {};
  }
  result<> begin_read(context& cx, std::size_t wanted) {
    tokio_fs_req asked{};
    asked.op = TOKIO_FS_READ;
    asked.off = TOKIO_FS_HERE;
    asked.len = std::min(wanted, max_buf_size_);
    if (auto room = make_room(cx, asked.len); !room) return room;
    return begin(cx.instance(), asked, work::read, true);
  }
  result<std::size_t> begin_write(context& cx, io::byte_view from) {
    const auto taken = std::min(from.size(), max_buf_size_);
    tokio_fs_req asked{};
    asked.op = TOKIO_FS_WRITE;
    asked.off = TOKIO_FS_HERE;
    give_up_unread();
    if (auto room = make_room(cx, taken); !room) return std::unexpected(room.error());
    buffer_.fill(from.first(taken));
    if (auto begun = begin(cx.instance(), asked, work::write, true); !begun) return std::unexpected(begun.error());
    return taken;
  }
  // What lies unread is given up when it has moved, and not before.
  result<> begin_seek(tokio_plugin* instance, io::seek_from to) {
    tokio_fs_req asked{};
    asked.op = TOKIO_FS_SEEK;
    asked.arg = to.whence == io::seek_from::origin::start     ? TOKIO_FS_FROM_START
                : to.whence == io::seek_from::origin::current ? TOKIO_FS_FROM_HERE
                                                              : TOKIO_FS_FROM_END;
    auto offset = to.offset;
    const auto unread = static_cast<std::int64_t>(all_ahead());
    if (to.whence == io::seek_from::origin::current && __builtin_sub_overflow(offset, unread, &offset))
      return std::unexpected(error::from_status(TOKIO_EINVAL));
    asked.off = static_cast<std::uint64_t>(offset);
    return begin(instance, asked, work::seek, false);
  }
  result<> begin_set_len(context& cx, std::uint64_t bytes) {
    tokio_fs_req asked{};
    asked.op = TOKIO_FS_TRUNCATE;
    asked.off = bytes;
    give_up_unread();
    return begin(cx.instance(), asked, work::set_len, false);
  }
  template <class Finish>
  settled_call<file, Finish> settled(request asked, Finish finish) noexcept {
    asked.asked.file = handle_.get();
    return {*this, std::move(asked), std::move(finish)};
  }

  file_handle handle_;
  lease buffer_;
  std::size_t begin_ = 0, end_ = 0;  // what lies unread in the buffer
  std::uint64_t ahead_ = 0;
  std::optional<operation> flying_;
  work doing_ = work::read;
  std::optional<error> write_error_;
  std::uint64_t position_ = 0;  // after the last seek
  result<> length_set_;         // the last set_len that has ended
  std::size_t max_buf_size_ = default_max_buf_size;
};

class [[nodiscard]] into_fd_future {
 public:
  using output = std::expected<int, file>;
  explicit into_fd_future(file of) noexcept : of_(std::move(of)) {}
  tokio::poll<output> poll(context& cx) {
    if (of_.settle(cx).is_pending()) return pending;
    return std::move(of_).try_into_fd();
  }

 private:
  file of_;
};
inline into_fd_future file::into_fd() && { return into_fd_future(std::move(*this)); }

struct give_file {
  result<file> operator()(operation& from, std::uint64_t) const noexcept {
    auto opened = from.take_file();
    if (!opened) return std::unexpected(opened.error());
    return file(std::move(*opened));
  }
};

}  // namespace tokio::fs
