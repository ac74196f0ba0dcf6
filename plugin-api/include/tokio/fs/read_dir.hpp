// `read_dir`: the entries of a folder, in no order, without "." and "..".
//   auto entries = co_await fs::read_dir(path);
//   while (auto entry = (co_await entries->next_entry()).value()) use(entry->file_name());
// next_entry() is cancel safe. What changes in the folder meanwhile may be seen or not.
// Invariant: an entry keeps its folder open, so its metadata is of the entry that was read, wherever the folder is now.
// Threads: [task], one at a time.
#pragma once

#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "tokio/fs/call.hpp"
#include "tokio/fs/metadata.hpp"

namespace tokio::fs {

struct open_dir {
  file_handle handle;
  std::string path;
};

// Keeps the folder open until it is asked.
struct give_entry_metadata {
  std::shared_ptr<open_dir> in;
  result<file_metadata> operator()(operation& from, std::uint64_t count) const { return give_metadata()(from, count); }
};
using entry_metadata_future = call_future<give_entry_metadata>;

class [[nodiscard]] file_type_future {
 public:
  using output = result<file_type>;
  file_type_future(std::uint32_t known, entry_metadata_future ask) noexcept : known_(known), ask_(std::move(ask)) {}
  tokio::poll<output> poll(context& cx) {
    if (known_ != TOKIO_FT_UNKNOWN) return output(file_type(known_));
    auto got = ask_.poll(cx);
    if (got.is_pending()) return pending;
    if (!got.value()) return output(std::unexpect, got.value().error());
    return output(got.value()->file_type());
  }

 private:
  std::uint32_t known_;
  entry_metadata_future ask_;
};

class dir_entry {
 public:
  dir_entry(std::shared_ptr<open_dir> in, const tokio_dirent& raw, std::string_view name)
      : in_(std::move(in)), ino_(raw.ino), type_(raw.type), name_(name) {}
  // The folder's path as it was given to read_dir(), and the name.
  std::string path() const { return in_->path + (in_->path.ends_with('/') ? "" : "/") + name_; }
  const std::string& file_name() const noexcept { return name_; }
  std::uint64_t ino() const noexcept { return ino_; }
  // Of the entry itself: links are not followed.
  entry_metadata_future metadata() const {
    auto asked = request_of(TOKIO_FS_STAT, name_);
    asked.asked.file = in_->handle.get();
    asked.asked.oflags = TOKIO_O_NOFOLLOW;
    return {std::move(asked), {in_}};
  }
  // Most file systems have told it with the name; else it is asked for.
  file_type_future file_type() const { return {type_, metadata()}; }

 private:
  std::shared_ptr<open_dir> in_;
  std::uint64_t ino_;
  std::uint32_t type_;
  std::string name_;
};

// What read_dir() gives.
class dir_entries {
 public:
  using entry = result<std::optional<dir_entry>>;
  explicit dir_entries(std::shared_ptr<open_dir> of) noexcept : of_(std::move(of)) {}

  // Nothing at the end, and after an error of the folder. What the host refuses for now may be asked again.
  tokio::poll<entry> poll_next_entry(context& cx) {
    while (rest_.empty()) {
      if (ended_) return entry(std::nullopt);
      auto read = read_more(cx);
      if (read.is_pending()) return pending;
      if (!read.value()) return entry(std::unexpect, read.value().error());
    }
    return take_one();
  }
  auto next_entry() noexcept {
    return poll_fn([this](context& cx) { return poll_next_entry(cx); });
  }

 private:
  static constexpr std::uint64_t most_at_once = 32;

  tokio::poll<result<std::uint64_t>> read_more(context& cx) {
    if (!flying_) {
      tokio_fs_req asked{};
      asked.op = TOKIO_FS_READDIR;
      asked.file = of_->handle.get();
      asked.len = most_at_once;
      auto submitted = operation::submit(cx.instance(), asked);
      if (!submitted) return result<std::uint64_t>(std::unexpect, submitted.error());
      flying_ = std::move(*submitted);
    }
    auto got = flying_->poll(cx);
    if (got.is_pending()) return pending;
    return landed(got.value());
  }
  // A limit, of which the host says that no name was read.
  static bool is_for_now(const error& said) noexcept {
    return said.kind() == error_kind::resource_exhausted || said.kind() == error_kind::out_of_memory;
  }
  result<std::uint64_t> landed(result<std::uint64_t> got) {
    auto operation = std::exchange(flying_, std::nullopt);
    ended_ = got ? *got == 0 : !is_for_now(got.error());
    if (!got) return got;
    auto bytes = operation->take_lease();
    if (!bytes) return std::unexpected(bytes.error());
    records_ = std::move(*bytes);
    rest_ = records_.bytes();
    return got;
  }
  dir_entry take_one() {
    tokio_dirent head{};
    std::memcpy(&head, rest_.data(), sizeof head);
    const auto name = rest_.text().substr(sizeof head, head.name_len);
    rest_ = rest_.subspan(head.reclen);
    return dir_entry(of_, head, name);
  }

  std::shared_ptr<open_dir> of_;
  lease records_;
  io::byte_view rest_;  // of the records
  std::optional<operation> flying_;
  bool ended_ = false;
};

inline auto read_dir(std::string_view path) {
  auto asked = request_of(TOKIO_FS_OPEN, path);
  asked.asked.oflags = TOKIO_O_READ | TOKIO_O_DIRECTORY;
  return call_future(std::move(asked), [of = std::string(path)](operation& from, std::uint64_t) -> result<dir_entries> {
    auto opened = from.take_file();
    if (!opened) return std::unexpected(opened.error());
    return dir_entries(std::make_shared<open_dir>(std::move(*opened), of));
  });
}

}  // namespace tokio::fs
