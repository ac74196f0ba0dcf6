// Reads the JSON configuration of one of our plugins, strictly: a wrong type, a value out of bounds and a key that
// nobody asked for each become one sentence that names the key, what it must be and what it was.
//   config_reader in(text);  auto port = in.integer("port", 7007, 1, 65535);  if (auto fault = in.fault()) ...
// Invariant: after the first fault the readers return their defaults; the fault stays.
// Threads:   a local of init.
#pragma once
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace plugin_support {

class config_reader {
 public:
  explicit config_reader(std::string_view json_text);  // empty text counts as {}
  ~config_reader();
  config_reader(const config_reader&) = delete;
  config_reader& operator=(const config_reader&) = delete;

  [[nodiscard]] std::int64_t integer(std::string_view key, std::int64_t otherwise, std::int64_t least,
                                     std::int64_t most);
  [[nodiscard]] std::string string(std::string_view key, std::string_view otherwise, std::size_t longest = 256);
  [[nodiscard]] bool boolean(std::string_view key, bool otherwise);
  // Empty when the key is not there.
  [[nodiscard]] std::vector<std::string> strings(std::string_view key, std::size_t most, std::size_t longest = 256);

  // The first fault, once every key was read: what is left over is a fault too.
  [[nodiscard]] std::optional<std::string> fault();

 private:
  struct document;  // keeps the JSON package out of the plugins' headers
  void fail(std::string sentence);

  document* document_;
  std::set<std::string, std::less<>> known_;
  std::optional<std::string> fault_;
};

}  // namespace plugin_support
