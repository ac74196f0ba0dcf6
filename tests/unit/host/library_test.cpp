#include <doctest/doctest.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>

#include "base/clock.hpp"
#include "host/library.hpp"
#include "host/own_thread.hpp"
#include "host/plugin_file.hpp"
#include "support/descriptor_hog.hpp"
#include "support/temp_dir.hpp"
#include "tokio/abi.h"

using namespace tokiod;
using namespace tokiod::host;

namespace {

plugin_file fixture(const std::string& name) {
  auto file = open_any(std::string(TOKIOD_FIXTURES) + "/" + name + ".so");
  REQUIRE(file);
  return std::move(*file);
}

outcome<std::unique_ptr<library>> opened(const plugin_file& file, const copy_place& place) {
  auto one = library::copy(file, place);
  if (!one) return one;
  if (const auto mapped = (*one)->map(); !mapped) return std::unexpected(mapped.error());
  return one;
}

bool is_mapped(const library& one) {
  const auto lines = one.mappings();
  REQUIRE(lines);
  return !lines->empty();
}

std::size_t files_in(const std::string& dir) {
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(dir)) count += entry.exists() ? 1 : 0;
  return count;
}

}  // namespace

TEST_CASE("a private copy is mapped, has its descriptor, and leaves memory and disk") {
  const test::temp_dir dir;
  for (const auto& place : {dir.path(), std::string()}) {  // a file, then a memfd
    auto one = opened(fixture("quiet"), {place, "quiet", 1});
    REQUIRE(one);
    REQUIRE((*one)->descriptor() != nullptr);
    CHECK(std::strcmp((*one)->descriptor()->id, "test.quiet") == 0);
    CHECK(is_mapped(**one));
    CHECK((*one)->close() == true);
    CHECK_FALSE(is_mapped(**one));
    one->reset();
    CHECK(files_in(dir.path()) == 0);
  }
}

TEST_CASE("two generations of one file are two images") {
  const test::temp_dir dir;
  for (const auto& place : {dir.path(), std::string()}) {
    const auto file = fixture("quiet");
    auto a = opened(file, {place, "quiet", 1});
    auto b = opened(file, {place, "quiet", 2});
    REQUIRE(a);
    REQUIRE(b);
    CHECK((*a)->descriptor() != (*b)->descriptor());
    CHECK((*a)->close() == true);
    CHECK(is_mapped(**b));
    CHECK((*b)->close() == true);
  }
}

TEST_CASE("an image that glibc keeps is reported as mapped after close") {
  const test::temp_dir dir;
  auto one = opened(fixture("gnu_unique"), {dir.path(), "gnu_unique", 1});
  REQUIRE(one);
  CHECK((*one)->close() == false);
  CHECK(is_mapped(**one));
}

TEST_CASE("an image that the linker refuses leaves no copy behind") {
  const test::temp_dir dir;
  const auto garbage = dir.write("elsewhere/garbage.so", std::string(1000, 'x'));
  const auto one = opened(*open_any(garbage), {dir.path(), "garbage", 1});
  REQUIRE_FALSE(one);
  CHECK(one.error().why == kind::bad_plugin);
  CHECK(files_in(dir.path()) == 1);  // the folder of the file itself
}

TEST_CASE("copies that a killed daemon left are removed, other files are not") {
  const test::temp_dir dir;
  dir.write("run/tokiod-plugin-redis-123-1.so", "old");
  dir.write("run/control.sock", "not ours");
  REQUIRE(prepare_runtime_dir(dir / "run"));
  CHECK(files_in(dir / "run") == 1);
  REQUIRE(prepare_runtime_dir(dir / "new/deep"));
  CHECK((std::filesystem::status(dir / "new/deep").permissions() & std::filesystem::perms::group_all) ==
        std::filesystem::perms::none);
}

TEST_CASE("when it cannot be seen whether an image has gone, that is an error and no success") {
  const test::temp_dir dir;
  auto one = opened(fixture("quiet"), {dir.path(), "quiet", 4});
  REQUIRE(one);
  {
    const test::descriptor_hog hog;
    const auto gone = (*one)->close();
    REQUIRE_FALSE(gone);
    CHECK(gone.error().code == EMFILE);
  }
  CHECK((*one)->close() == true);
}

TEST_CASE("a file that becomes shorter while it is copied is refused, and a hole is copied as it is") {
  const test::temp_dir dir;
  const auto path = dir.write("from/long.so", std::string(600'000, 'x'));
  REQUIRE(::truncate(path.c_str(), 2'000'000) == 0);
  auto file = *open_any(path);
  const auto copy = library::copy(file, {dir.path(), "long", 1});
  REQUIRE(copy);
  CHECK(std::filesystem::file_size((*copy)->path()) == 2'000'000);
  REQUIRE(::truncate(path.c_str(), 700'000) == 0);
  const auto cut = library::copy(file, {dir.path(), "long", 2});
  REQUIRE_FALSE(cut);
  CHECK(cut.error().sentence == path + ": became shorter, or cannot be read");
}
