// A large file, copied by the system and by a loop of reads and writes, and compared byte by byte. Its bytes are
// random, so that no file system stores less of them than there are. 64 MiB; 1 GiB with TOKIOD_COPY_MIB=1024.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "sdk/net/on_host.hpp"
#include "support/temp_dir.hpp"
#include "tokio/fs.hpp"
#include "tokio/io.hpp"

namespace {

using namespace tokio;

constexpr std::uint64_t mib = 1024 * 1024;
constexpr std::uint64_t limit_ms = 300'000;  // a slow disk of a machine that others use, too
using chunk = std::array<std::uint64_t, mib / sizeof(std::uint64_t)>;

std::uint64_t wanted_mib() {
  const char* const said = std::getenv("TOKIOD_COPY_MIB");
#if defined(TOKIOD_ASAN) || defined(TOKIOD_TSAN)
  constexpr std::uint64_t usual = 32;
#else
  constexpr std::uint64_t usual = 64;
#endif
  return said ? std::strtoull(said, nullptr, 10) : usual;
}

// The n-th chunk of the file, which can be made again, so that nobody keeps a copy. The constants are splitmix64's.
void fill(chunk& into, std::uint64_t n) {
  std::uint64_t state = n << 32;
  for (auto& word : into) {
    state += 0x9e3779b97f4a7c15;
    word = (state ^ (state >> 30)) * 0xbf58476d1ce4e5b9;
    word ^= word >> 27;
  }
}

void write_file(const std::string& path, std::uint64_t chunks) {
  std::ofstream file(path, std::ios::binary);
  const auto bytes = std::make_unique<chunk>();
  for (std::uint64_t n = 0; n < chunks; ++n) {
    fill(*bytes, n);
    file.write(reinterpret_cast<const char*>(bytes->data()), mib);
  }
  REQUIRE(file.flush());
}

// The number of the first chunk that differs from what was written, or of those that there are.
std::uint64_t same_chunks(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const auto found = std::make_unique<chunk>(), wanted = std::make_unique<chunk>();
  for (std::uint64_t n = 0;; ++n) {
    if (!file.read(reinterpret_cast<char*>(found->data()), mib)) return file.gcount() == 0 ? n : UINT64_MAX;
    fill(*wanted, n);
    if (*found != *wanted) return n;
  }
}

task<std::uint64_t> copy_by_hand(std::string from, std::string to) {
  auto source = (co_await fs::file::open(from)).value();
  auto target = (co_await fs::file::create(to)).value();
  const auto copied = (co_await io::copy(source, target)).value();
  CHECK(co_await target.flush());
  co_return copied;
}

}  // namespace

TEST_CASE("[FS-14] a file that is larger than any buffer is copied whole, by fs::copy and by io::copy") {
  const tokiod::test::temp_dir dir;
  const auto free_mib = std::filesystem::space(dir.path()).available / mib;
  const auto chunks = std::min(wanted_mib(), free_mib / 4);
  if (chunks < wanted_mib()) MESSAGE("only ", chunks, " MiB: in ", dir.path(), " there are ", free_mib, " MiB free");
  REQUIRE(chunks >= 8);
  const auto from = dir / "from", by_system = dir / "by_system", by_hand = dir / "by_hand";
  write_file(from, chunks);
  test::on_host real;
  CHECK(
      real.run([](std::string a, std::string b) -> task<std::uint64_t> { co_return (co_await fs::copy(a, b)).value(); }(
                                                    from, by_system),
               limit_ms) == chunks * mib);
  CHECK(same_chunks(by_system) == chunks);
  std::filesystem::remove(by_system);
  CHECK(real.run(copy_by_hand(from, by_hand), limit_ms) == chunks * mib);
  CHECK(same_chunks(by_hand) == chunks);
}
