// One dlopen'ed private copy of a plugin's file: open, descriptor, close, and whether it really went away. The copy has
// a name of its own per load, because glibc answers a name (and an inode) that it knows with the old code.
// Invariant: the copy is a byte for byte what the gate inspected; its file exists as long as the image is mapped.
// Threads:   open and close run the plugin's constructors and destructors: call them on a thread of their own
//            (own_thread.hpp). The rest is [any].
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/fd.hpp"

struct tokio_plugin_desc;

namespace tokiod::host {

// Where and under which name a copy is made.
struct copy_place {
  std::string runtime_dir;  // empty: a memfd
  std::string name;
  std::uint64_t generation = 0;  // makes the copy's name unique in this process
};

class library {
 public:
  // Runs the image's constructors. A runtime directory that forbids execution falls back to a memfd.
  [[nodiscard]] static outcome<std::unique_ptr<library>> open(std::span<const std::byte> file, const copy_place& place);
  library(const library&) = delete;
  library& operator=(const library&) = delete;
  ~library();  // the copy's file goes away; a mapping that is still there stays

  [[nodiscard]] const tokio_plugin_desc* descriptor() const { return descriptor_; }  // null: no such symbol
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::vector<std::string> mappings() const;  // lines of /proc/self/maps that show the copy
  [[nodiscard]] bool mapped() const { return !mappings().empty(); }

  // dlclose, once. True when the image has left the address space.
  bool close();

 private:
  library() = default;
  outcome<void> copy_to_file(std::span<const std::byte> file, const copy_place& place);
  outcome<void> copy_to_memory(std::span<const std::byte> file, const copy_place& place);
  outcome<void> map();

  std::string path_;       // what dlopen was given
  std::string maps_name_;  // what /proc/self/maps shows of it
  unique_fd memory_;       // of a memfd copy: keeps the number, and so the path, from being used again
  bool on_disk_ = false;
  void* handle_ = nullptr;
  const tokio_plugin_desc* descriptor_ = nullptr;
};

// Removes copies that a killed daemon left in its runtime directory; creates the directory (0700) if it is missing.
[[nodiscard]] outcome<void> prepare_runtime_dir(const std::string& dir);

}  // namespace tokiod::host
