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
  CHECK(open_trusted(file));
  REQUIRE(::chmod(file.c_str(), 0666) == 0);
  CHECK(open_trusted(file).error().why == kind::not_trusted);
  REQUIRE(::chmod(file.c_str(), 0600) == 0);
  REQUIRE(::chmod((dir / "sub").c_str(), 0777) == 0);
  CHECK(open_trusted(file).error().why == kind::not_trusted);
  REQUIRE(::chmod((dir / "sub").c_str(), 01777) == 0);
  CHECK(open_trusted(file));
}

TEST_CASE("a file of another user is not trusted") {
  if (::geteuid() != 0) return;  // only root can give a file away
  const test::temp_dir dir;
  const auto file = dir.write("x.so", "bytes");
  REQUIRE(::chown(file.c_str(), 12345, 12345) == 0);
  const auto read = open_trusted(file);
  REQUIRE_FALSE(read);
  CHECK(read.error().why == kind::not_trusted);
  CHECK(read.error().sentence.find("12345") != std::string::npos);
  CHECK(open_any(file));
}

TEST_CASE("behind a link the file's own folder counts, and every link's on the way") {
  const test::temp_dir dir;
  dir.write("open/x.so", "bytes");
  dir.write("own/other", "");
  REQUIRE(::symlink("../open/x.so", (dir / "own/x.so").c_str()) == 0);
  REQUIRE(::symlink((dir / "own/x.so").c_str(), (dir / "x.so").c_str()) == 0);
  CHECK(open_trusted(dir / "x.so"));
  CHECK(open_trusted(dir / "own/x.so"));

  REQUIRE(::chmod((dir / "open").c_str(), 0777) == 0);  // of the file
  const auto refused = open_trusted(dir / "x.so");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().why == kind::not_trusted);
  CHECK(refused.error().sentence ==
        (dir / "own/../open/x.so") + ": everybody may replace it, because everybody may write its directory");
  REQUIRE(::chmod((dir / "open").c_str(), 0755) == 0);
  REQUIRE(::chmod((dir / "own").c_str(), 0777) == 0);  // of the link between
  CHECK(open_trusted(dir / "x.so").error().why == kind::not_trusted);
  REQUIRE(::chmod((dir / "own").c_str(), 01777) == 0);
  CHECK(open_trusted(dir / "x.so"));
}

TEST_CASE("a link of another user in a shared folder is not trusted, nor is a folder of another user behind a link") {
  if (::geteuid() != 0) return;  // only root can give something away
  const test::temp_dir dir;
  const auto file = dir.write("shared/real.so", "bytes");
  REQUIRE(::chmod((dir / "shared").c_str(), 01777) == 0);
  const auto link = dir / "shared/x.so";
  REQUIRE(::symlink(file.c_str(), link.c_str()) == 0);
  CHECK(open_trusted(link));
  REQUIRE(::lchown(link.c_str(), 12345, 12345) == 0);
  CHECK(open_trusted(link).error().sentence == link + ": is a link of user 12345, who may let it lead elsewhere");
  REQUIRE(::lchown(link.c_str(), 0, 0) == 0);
  REQUIRE(::chown((dir / "shared").c_str(), 12345, 12345) == 0);
  REQUIRE(::symlink(file.c_str(), (dir / "y.so").c_str()) == 0);
  CHECK(open_trusted(dir / "y.so").error().sentence ==
        file + ": its directory belongs to user 12345, who may replace it");
}

TEST_CASE("links in a circle are an error, not a search without end") {
  const test::temp_dir dir;
  REQUIRE(::symlink("b.so", (dir / "a.so").c_str()) == 0);
  REQUIRE(::symlink("a.so", (dir / "b.so").c_str()) == 0);
  CHECK(open_trusted(dir / "a.so").error().why == kind::io_error);
}

TEST_CASE("what is not a regular file is refused at once, a FIFO too") {
  const test::temp_dir dir;
  REQUIRE(::mkfifo((dir / "pipe.so").c_str(), 0600) == 0);
  CHECK(open_trusted(dir / "pipe.so").error().why == kind::bad_plugin);
  CHECK(open_trusted(dir.path()).error().why == kind::bad_plugin);
  CHECK(open_trusted(dir / "missing.so").error().why == kind::not_found);
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
