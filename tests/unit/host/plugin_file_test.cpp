#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/plugin_file.hpp"
#include "support/temp_dir.hpp"

using namespace tokiod;
using namespace tokiod::host;

TEST_CASE("a plugin's name is its file's name without .so") {
  CHECK(name_of_file("/usr/lib/tokiod/plugins/redis.so") == "redis");
  CHECK(name_of_file("redis.so") == "redis");
  CHECK(name_of_file("redis") == "redis");
}

TEST_CASE("a file that everybody may write, or in a folder that everybody may write, is not trusted") {
  const test::temp_dir dir;
  const auto file = dir.write("sub/x.so", "bytes");
  CHECK(read_trusted(file));
  REQUIRE(::chmod(file.c_str(), 0666) == 0);
  CHECK(read_trusted(file).error().why == kind::not_trusted);
  REQUIRE(::chmod(file.c_str(), 0600) == 0);
  REQUIRE(::chmod((dir / "sub").c_str(), 0777) == 0);
  CHECK(read_trusted(file).error().why == kind::not_trusted);
  REQUIRE(::chmod((dir / "sub").c_str(), 01777) == 0);
  CHECK(read_trusted(file));
}

TEST_CASE("a file of another user is not trusted") {
  if (::geteuid() != 0) return;  // only root can give a file away
  const test::temp_dir dir;
  const auto file = dir.write("x.so", "bytes");
  REQUIRE(::chown(file.c_str(), 12345, 12345) == 0);
  const auto read = read_trusted(file);
  REQUIRE_FALSE(read);
  CHECK(read.error().why == kind::not_trusted);
  CHECK(read.error().sentence.find("12345") != std::string::npos);
  CHECK(read_any(file));
}

TEST_CASE("what is not a regular file is refused at once, a FIFO too") {
  const test::temp_dir dir;
  REQUIRE(::mkfifo((dir / "pipe.so").c_str(), 0600) == 0);
  CHECK(read_trusted(dir / "pipe.so").error().why == kind::bad_plugin);
  CHECK(read_trusted(dir.path()).error().why == kind::bad_plugin);
  CHECK(read_trusted(dir / "missing.so").error().why == kind::not_found);
}

TEST_CASE("a name is looked up in the directories in their order, and never leaves them") {
  const test::temp_dir dir;
  dir.write("b/x.so", "");
  dir.write("a/x.so", "");
  dir.write("a/.hidden.so", "");
  dir.write("a/readme.txt", "");
  CHECK(find_by_name({dir / "a", dir / "b"}, "x") == dir / "a/x.so");
  CHECK(find_by_name({dir / "missing", dir / "b"}, "x") == dir / "b/x.so");
  CHECK(find_by_name({dir / "a"}, "y").error().why == kind::not_found);
  CHECK(find_by_name({dir / "a"}, "../b/x").error().why == kind::invalid_params);
  CHECK(plugin_files_in(dir / "a") == std::vector<std::string>{dir / "a/x.so"});
  CHECK(plugin_files_in(dir / "missing").empty());
}
