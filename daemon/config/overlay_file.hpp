// The file of the persisted layer, replaced as a whole: the new text is written beside it and synced, and only commit()
// puts it in its place. It is the daemon's own; files of the administrator are never written.
// Invariant: at every moment the path names the whole old text or the whole new one, also after a crash.
// Threads:   one owner at a time.
#pragma once
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "wire/json.hpp"

namespace tokiod::config {

class overlay_file {
 public:
  // Writes `path`.new, readable by its owner only, and syncs it. Fails: io_error; then nothing is left of it.
  [[nodiscard]] static outcome<overlay_file> stage(std::string path, std::string_view text);
  overlay_file(overlay_file&& other) noexcept;
  overlay_file& operator=(overlay_file&&) = delete;
  ~overlay_file();  // what was not committed is removed

  // Renames it over the old one and syncs the folder. Fails: io_error; then the old text is in its place. A folder that
  // cannot be synced is a line in the log.
  [[nodiscard]] outcome<void> commit();

 private:
  explicit overlay_file(std::string path) : path_(std::move(path)) {}
  [[nodiscard]] std::string beside() const { return path_ + ".new"; }

  std::string path_;  // empty: there is nothing to remove
};

// The layer as the text of its file, with a line for whoever finds it.
[[nodiscard]] std::string overlay_text(const wire::json& persisted);

}  // namespace tokiod::config
