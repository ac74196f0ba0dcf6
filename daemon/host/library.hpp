// A private copy of a plugin's file: made, looked at, opened by dlopen, closed, and whether it really went away. The
// copy has a name of its own per load, because glibc answers a name (and an inode) that it knows with the old code.
// Invariant: what the gate inspected is what is mapped: nobody else can write the copy. Its file exists as long as the
//            image is mapped.
// Threads:   map and close run the plugin's constructors and destructors: call them on a thread of their own
//            (own_thread.hpp). The rest is [any].
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "host/plugin_file.hpp"

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
  // Copies the file. A runtime directory that forbids execution falls back to a memfd.
  [[nodiscard]] static outcome<std::unique_ptr<library>> copy(const plugin_file& file, const copy_place& place);
  library(const library&) = delete;
  library& operator=(const library&) = delete;
  ~library();  // the copy's file goes away; a mapping that is still there stays

  // Of the copy's bytes, until it is mapped.
  [[nodiscard]] outcome<std::string> digest() const;
  // What the gate says of the copy, under the name of its original.
  [[nodiscard]] outcome<inspection> inspect() const;
  outcome<void> map();  // runs the image's constructors

  [[nodiscard]] const tokio_plugin_desc* descriptor() const { return descriptor_; }  // null: no such symbol
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] result<std::vector<std::string>> mappings() const;  // lines of /proc/self/maps that show the copy

  // dlclose, once. True when the image has left the address space; an error when that cannot be seen.
  [[nodiscard]] result<bool> close();

 private:
  library() = default;
  outcome<void> make_file(const copy_place& place);
  outcome<void> make_memory(const copy_place& place);

  std::string path_;       // what dlopen is given
  std::string maps_name_;  // what /proc/self/maps shows of it
  plugin_file copy_;       // with the path of the original. A memfd stays open: its number is in the path.
  bool on_disk_ = false;
  void* handle_ = nullptr;
  const tokio_plugin_desc* descriptor_ = nullptr;
};

// Removes copies that a killed daemon left in its runtime directory; creates the directory (0700) if it is missing.
[[nodiscard]] outcome<void> prepare_runtime_dir(const std::string& dir);

}  // namespace tokiod::host
