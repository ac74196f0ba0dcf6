// Files that are in the page cache: what one operation costs on its way to the kernel and back.
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <utility>

#include "measure.hpp"
#include "tokio/fs.hpp"
#include "tokio/io.hpp"
#include "workloads.hpp"

namespace bench {
namespace {

using tokio::task;

constexpr std::size_t chunk = 4096;
constexpr std::uint64_t chunks = 256;  // of the file, from whose end one goes back to its beginning

// A file of our own, gone with the workload.
class scratch {
 public:
  explicit scratch(std::uint64_t bytes)
      : path_((std::filesystem::temp_directory_path() / ("tokiod-bench-file." + std::to_string(::getpid()))).string()) {
    std::ofstream file(path_, std::ios::binary);
    file << std::string(bytes, 'x');
    if (!file.flush()) throw std::runtime_error("cannot write " + path_);
  }
  scratch(const scratch&) = delete;
  scratch& operator=(const scratch&) = delete;
  ~scratch() {
    std::error_code gone_already;
    std::filesystem::remove(path_, gone_already);
  }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

template <class T>
T must(tokio::result<T> got) {
  if (!got) throw std::runtime_error("an operation on a file failed: " + std::string(got.error().message()));
  if constexpr (!std::is_void_v<T>) return std::move(*got);
}

task<std::uint64_t> read_chunks(load asked) {
  const scratch file(chunk * chunks);
  auto opened = must(co_await tokio::fs::file::open(file.path()));
  std::array<char, chunk> room;
  const stopwatch watch;
  for (std::uint64_t i = 0; i < asked.count; ++i) {
    if (i % chunks == 0) must(co_await opened.seek(tokio::io::seek_from::start(0)));
    auto got = co_await opened.read(tokio::io::byte_span(room.data(), room.size()));
    if (must(std::move(got)) != chunk) throw std::runtime_error("a read was short");
  }
  co_return watch.ns();
}

task<std::uint64_t> write_chunks(load asked) {
  const scratch file(chunk * chunks);
  auto opened = must(co_await tokio::fs::open_options().write(true).open(file.path()));
  const std::string text(chunk, 'y');
  const stopwatch watch;
  for (std::uint64_t i = 0; i < asked.count; ++i) {
    if (i % chunks == 0) must(co_await opened.seek(tokio::io::seek_from::start(0)));
    must(co_await opened.write_all(text));
    must(co_await opened.flush());
  }
  co_return watch.ns();
}

task<std::uint64_t> read_whole(load asked) {
  const scratch file(chunk);
  const stopwatch watch;
  for (std::uint64_t i = 0; i < asked.count; ++i) {
    auto got = co_await tokio::fs::read(file.path());
    opaque(got);
    must(std::move(got));
  }
  co_return watch.ns();
}

task<std::uint64_t> ask_facts(load asked) {
  const scratch file(chunk);
  const stopwatch watch;
  for (std::uint64_t i = 0; i < asked.count; ++i) must(co_await tokio::fs::metadata(file.path()));
  co_return watch.ns();
}

constexpr auto list = std::to_array<workload>({
    {"file_read", chunks, read_chunks},
    {"file_write", chunks, write_chunks},
    {"file_whole", 1, read_whole},
    {"file_stat", 1, ask_facts},
});

}  // namespace

workload_list files() { return list; }

}  // namespace bench
