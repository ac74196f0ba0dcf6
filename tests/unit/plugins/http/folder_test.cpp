#include "folder.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <stdexcept>
#include <string>

#include "support/open_descriptors.hpp"
#include "support/temp_dir.hpp"

using namespace http;

namespace {

// A folder "site" with things in it, and a secret beside it.
struct bench {
  bench() {
    dir.write("secret", "secret");
    dir.write("site/a.txt", "0123456789");
    dir.write("site/sub/b.txt", "b");
    link(dir / "secret", "absolute");
    link("../secret", "above");
    link("sub/../../secret", "devious");
    link("../site/a.txt", "out_and_in");
    link("sub/b.txt", "within");
    link("loop", "loop");
    link("/proc/self/root/etc/passwd", "magic");
    REQUIRE(::mkfifo((dir / "site/pipe").c_str(), 0600) == 0);
  }
  void link(const std::string& to, const std::string& name) const {
    REQUIRE(::symlink(to.c_str(), (dir / ("site/" + name)).c_str()) == 0);
  }
  [[nodiscard]] std::string read(const std::string& path) const {
    const auto got = folder(dir / "site").open(path);
    if (!got) return got.error() == open_fault::is_folder ? "folder" : "none";
    return read_part(got->fd.get(), 0, 100);
  }
  tokiod::test::temp_dir dir;
};

}  // namespace

TEST_CASE("files below the folder are there, through a link below it too") {
  const bench b;
  CHECK(b.read("/a.txt") == "0123456789");
  CHECK(b.read("/sub/b.txt") == "b");
  CHECK(b.read("/within") == "b");
  const auto got = folder(b.dir / "site").open("/a.txt");
  REQUIRE(got);
  CHECK(got->size == 10);
  CHECK(got->modified_ns > 0);
}

TEST_CASE("nothing else is there: no name or link leads out, no pipe is waited for") {
  const bench b;
  for (const char* const path : {"/../secret", "/sub/../../secret", "/absolute", "/above", "/devious", "/out_and_in",
                                 "/loop", "/magic", "/pipe", "/missing", "/a.txt/", "/a.txt/b"})
    CHECK_MESSAGE(b.read(path) == "none", path);
  CHECK(b.read("//a.txt") == "none");  // an absolute name
  CHECK(b.read("/sub") == "folder");
  CHECK(b.read("/") == "folder");
}

TEST_CASE("no descriptor is left of what was refused") {
  const bench b;
  const auto before = tokiod::test::open_descriptors();
  for (const char* const path : {"/sub", "/pipe", "/absolute", "/a.txt"}) (void)b.read(path);
  CHECK(tokiod::test::open_descriptors() == before);
}

TEST_CASE("without a descriptor left nothing can be opened, which is no fault of the name") {
  const bench b;
  const folder root(b.dir / "site");
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  const rlimit none{0, before.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
  const auto got = root.open("/a.txt");
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
  REQUIRE_FALSE(got);
  CHECK(got.error() == open_fault::exhausted);
}

TEST_CASE("a file that somebody has a lease on is not waited for") {
  const bench b;
  const folder root(b.dir / "site");
  REQUIRE((std::signal(SIGIO, SIG_IGN) != SIG_ERR));  // the system tells the holder
  const descriptor holder(::open((b.dir / "site/a.txt").c_str(), O_RDWR | O_CLOEXEC));
  if (::fcntl(holder.get(), F_SETLEASE, F_WRLCK) != 0) {
    MESSAGE("left out: this file system has no leases");
    return;
  }
  const auto got = root.open("/a.txt");
  REQUIRE_FALSE(got);
  CHECK(got.error() == open_fault::exhausted);
}

TEST_CASE("a part is read from where it begins, and is shorter at the end of the file") {
  const bench b;
  const auto got = folder(b.dir / "site").open("/a.txt");
  REQUIRE(got);
  CHECK(read_part(got->fd.get(), 3, 4) == "3456");
  CHECK(read_part(got->fd.get(), 8, 4) == "89");
  CHECK(read_part(got->fd.get(), 20, 4).empty());
  CHECK(read_part(-1, 0, 4).empty());
}

TEST_CASE("a root that is no folder is refused with a sentence") {
  const bench b;
  CHECK_THROWS_WITH_AS(folder(b.dir / "none"),
                       ("cannot serve root \"" + (b.dir / "none") + "\": No such file or directory").c_str(),
                       std::runtime_error);
  CHECK_THROWS_AS(folder(b.dir / "secret"), std::runtime_error);
}
