#include <doctest/doctest.h>

#include <cstring>
#include <filesystem>

#include "base/clock.hpp"
#include "host/library.hpp"
#include "host/own_thread.hpp"
#include "host/plugin_file.hpp"
#include "support/temp_dir.hpp"
#include "tokio/abi.h"

using namespace tokiod;
using namespace tokiod::host;

namespace {

plugin_file fixture(const std::string& name) {
  auto file = read_any(std::string(TOKIOD_FIXTURES) + "/" + name + ".so");
  REQUIRE(file);
  return std::move(*file);
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
    auto one = library::open(fixture("quiet").span(), {place, "quiet", 1});
    REQUIRE(one);
    REQUIRE((*one)->descriptor() != nullptr);
    CHECK(std::strcmp((*one)->descriptor()->id, "test.quiet") == 0);
    CHECK((*one)->mapped());
    CHECK((*one)->close());
    CHECK_FALSE((*one)->mapped());
    one->reset();
    CHECK(files_in(dir.path()) == 0);
  }
}

TEST_CASE("two generations of one file are two images") {
  const test::temp_dir dir;
  for (const auto& place : {dir.path(), std::string()}) {
    const auto file = fixture("quiet");
    auto a = library::open(file.span(), {place, "quiet", 1});
    auto b = library::open(file.span(), {place, "quiet", 2});
    REQUIRE(a);
    REQUIRE(b);
    CHECK((*a)->descriptor() != (*b)->descriptor());
    CHECK((*a)->close());
    CHECK((*b)->mapped());
    CHECK((*b)->close());
  }
}

TEST_CASE("an image that glibc keeps is reported as mapped after close") {
  const test::temp_dir dir;
  auto one = library::open(fixture("gnu_unique").span(), {dir.path(), "gnu_unique", 1});
  REQUIRE(one);
  CHECK_FALSE((*one)->close());
  CHECK((*one)->mapped());
}

TEST_CASE("an image that the linker refuses leaves no copy behind") {
  const test::temp_dir dir;
  const std::string garbage(1000, 'x');
  const auto one = library::open(std::as_bytes(std::span(garbage)), {dir.path(), "garbage", 1});
  REQUIRE_FALSE(one);
  CHECK(one.error().why == kind::bad_plugin);
  CHECK(files_in(dir.path()) == 0);
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
