// What is done by a path: whole files, names, folders, metadata.
#include <doctest/doctest.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "files.hpp"
#include "sdk/task/bound_host.hpp"
#include "support/temp_dir.hpp"

namespace fs = tokio::fs;
using sdk_test::begin;
using sdk_test::bound_host;
using sdk_test::contents;
using tokio::error_kind;
using tokio::task;
using tokiod::test::temp_dir;

namespace {

std::uint32_t mode_of(const std::string& path) {
  struct stat facts{};
  REQUIRE(::lstat(path.c_str(), &facts) == 0);
  return facts.st_mode & 07777;
}
bool is_there(const std::string& path) {
  struct stat facts{};
  return ::lstat(path.c_str(), &facts) == 0;
}

}  // namespace

TEST_CASE("[FS-13] whole files are written and read, as bytes and as text") {
  bound_host host;
  const temp_dir dir;
  host.run([&]() -> task<> {
    CHECK((co_await fs::write(dir / "a", "hello")));
    CHECK((co_await fs::write(dir / "a", "hi")));  // instead of what was in it
    CHECK(contents(dir / "a") == "hi");
    CHECK(co_await fs::read_to_string(dir / "a") == "hi");
    const auto bytes = co_await fs::read(dir / "a");
    REQUIRE(bytes);
    CHECK(tokio::io::byte_view(*bytes).text() == "hi");
    CHECK((co_await fs::write(dir / "empty", "")));
    CHECK(co_await fs::read_to_string(dir / "empty") == "");
    const std::string large(5'000'001, 'x');
    CHECK((co_await fs::write(dir / "large", large)));
    CHECK(co_await fs::read_to_string(dir / "large") == large);
    CHECK((co_await fs::write(dir / "bad", "\xff\xfe")));
    CHECK((co_await fs::read_to_string(dir / "bad")).error().kind() == error_kind::invalid_data);
    CHECK((co_await fs::read(dir / "bad"))->size() == 2);
    CHECK((co_await fs::read(dir / "none")).error().kind() == error_kind::not_found);
    CHECK((co_await fs::read(dir.path())).error().kind() == error_kind::is_a_directory);
    CHECK((co_await fs::write(dir.path(), "x")).error().kind() == error_kind::is_a_directory);
    CHECK((co_await fs::write("/dev/full", "x")).error().kind() == error_kind::storage_full);
  });
  host.end();
}

TEST_CASE("[FS-13] a file that does not say how long it is is read to its end") {
  bound_host host;
  host.run([&]() -> task<> {
    const auto maps = co_await fs::read_to_string("/proc/self/smaps");  // its length is said to be 0
    REQUIRE(maps);
    CHECK(maps->size() > 8192);  // it did not fit what was guessed
    CHECK(maps->ends_with('\n'));
  });
  host.end();
}

TEST_CASE("[FS-14] copy copies bytes and permissions, and says how many bytes") {
  bound_host host;
  const temp_dir dir;
  const std::string text(3'000'000, 'x');
  dir.write("a", text);
  REQUIRE(::chmod((dir / "a").c_str(), 0640) == 0);
  dir.write("b", std::string(4'000'000, 'y'));
  host.run([&]() -> task<> {
    CHECK(co_await fs::copy(dir / "a", dir / "b") == text.size());
    CHECK(contents(dir / "b") == text);
    CHECK(mode_of(dir / "b") == 0640);
    CHECK(co_await fs::copy(dir / "a", dir / "new") == text.size());
    CHECK(mode_of(dir / "new") == 0640);
    CHECK((co_await fs::copy(dir / "none", dir / "c")).error().kind() == error_kind::not_found);
    CHECK_FALSE(is_there(dir / "c"));
    CHECK((co_await fs::copy(dir.path(), dir / "c")).error().kind() == error_kind::invalid_input);
    CHECK((co_await fs::copy(dir / "a", dir / "a")).error().kind() == error_kind::invalid_input);
    CHECK(contents(dir / "a") == text);
    CHECK((co_await fs::copy("/proc/self/maps", dir / "maps")).value_or(0) >
          1000);  // by hand: the kernel does not copy that
    CHECK(co_await fs::copy(dir / "a", "/dev/null") == text.size());
    CHECK((co_await fs::copy(dir / "a", "/dev/full")).error().kind() == error_kind::storage_full);
  });
  host.end();
}

TEST_CASE("[FS-14] rename moves, and replaces what is there") {
  bound_host host;
  const temp_dir dir;
  dir.write("a", "A");
  dir.write("b", "B");
  host.run([&]() -> task<> {
    CHECK((co_await fs::rename(dir / "a", dir / "b")));
    CHECK(contents(dir / "b") == "A");
    CHECK_FALSE(is_there(dir / "a"));
    CHECK((co_await fs::rename(dir / "a", dir / "c")).error().kind() == error_kind::not_found);
    CHECK((co_await fs::create_dir(dir / "d")));
    CHECK((co_await fs::rename(dir / "b", dir / "d")).error().kind() == error_kind::is_a_directory);
  });
  host.end();
}

TEST_CASE("[FS-14] hard links, symbolic links, and where they lead") {
  bound_host host;
  const temp_dir dir;
  const auto path = dir.write("a", "text");
  host.run([&]() -> task<> {
    CHECK((co_await fs::hard_link(path, dir / "hard")));
    CHECK((co_await fs::metadata(path))->nlink() == 2);
    CHECK((co_await fs::metadata(path))->ino() == (co_await fs::metadata(dir / "hard"))->ino());
    CHECK((co_await fs::hard_link(dir / "none", dir / "x")).error().kind() == error_kind::not_found);
    CHECK((co_await fs::hard_link(path, dir / "hard")).error().kind() == error_kind::already_exists);
    CHECK((co_await fs::hard_link(dir.path(), dir / "x")).error().kind() == error_kind::permission_denied);
    CHECK((co_await fs::symlink("a", dir / "soft")));
    CHECK(co_await fs::read_link(dir / "soft") == "a");
    CHECK(co_await fs::read_to_string(dir / "soft") == "text");
    CHECK((co_await fs::symlink("b", dir / "soft")).error().kind() == error_kind::already_exists);
    CHECK((co_await fs::read_link(path)).error().kind() == error_kind::invalid_input);
    const auto real = std::filesystem::canonical(path).string();
    CHECK(co_await fs::canonicalize(dir / "../" + std::filesystem::path(dir.path()).filename().string() + "/soft") ==
          real);
    CHECK(co_await fs::canonicalize("/") == "/");
    CHECK(co_await fs::canonicalize("/../.") == "/");
    CHECK((co_await fs::canonicalize(dir / "none")).error().kind() == error_kind::not_found);
  });
  host.end();
}

TEST_CASE("[FS-12] a dir_builder makes one folder or all of them, with a mode") {
  bound_host host;
  const temp_dir dir;
  const auto umask_before = ::umask(022);
  host.run([&]() -> task<> {
    CHECK((co_await fs::dir_builder().create(dir / "a")));
    CHECK(mode_of(dir / "a") == 0755);
    CHECK((co_await fs::dir_builder().create(dir / "a")).error().kind() == error_kind::already_exists);
    CHECK((co_await fs::dir_builder().recursive(true).create(dir / "a")));
    CHECK((co_await fs::dir_builder().create(dir / "x/y")).error().kind() == error_kind::not_found);
    CHECK((co_await fs::dir_builder().mode(0700).create(dir / "b")));
    CHECK(mode_of(dir / "b") == 0700);
    CHECK((co_await fs::dir_builder().recursive(true).mode(0750).create(dir / "c/d/e")));
    CHECK(mode_of(dir / "c") == 0750);
    CHECK(mode_of(dir / "c/d/e") == 0750);
    CHECK((co_await fs::dir_builder().recursive(true).recursive(false).create(dir / "z/y")).error().kind() ==
          error_kind::not_found);
  });
  ::umask(umask_before);
  host.end();
}

TEST_CASE("[FS-15] folders are made with all above them, also when they are there, and whatever the path looks like") {
  bound_host host;
  const temp_dir dir;
  dir.write("file", "x");
  REQUIRE(::symlink((dir / "nowhere").c_str(), (dir / "broken").c_str()) == 0);
  host.run([&]() -> task<> {
    CHECK((co_await fs::create_dir_all(dir / "a//b/./c///")));
    CHECK(is_there(dir / "a/b/c"));
    CHECK((co_await fs::create_dir_all(dir / "a/b/c")));
    CHECK((co_await fs::create_dir_all(dir / "a/../d/e")));
    CHECK(is_there(dir / "d/e"));
    CHECK((co_await fs::create_dir_all("/")));
    CHECK((co_await fs::create_dir_all(dir / "file")).error().kind() == error_kind::already_exists);
    CHECK((co_await fs::create_dir_all(dir / "file/x/y")).error().kind() == error_kind::not_a_directory);
    CHECK((co_await fs::create_dir_all(dir / "broken")).error().kind() == error_kind::already_exists);
    CHECK((co_await fs::create_dir_all("/proc/no/such/folder")).error().raw_os_error() == ENOENT);
    CHECK((co_await fs::create_dir(dir / "d")).error().kind() == error_kind::already_exists);
    CHECK((co_await fs::create_dir(dir / "none/x")).error().kind() == error_kind::not_found);
  });
  host.end();
}

TEST_CASE("[FS-15] many who make the same folders all succeed") {
  bound_host host;
  const temp_dir dir;
  host.run([&]() -> task<> {
    for (int round = 0; round < 20; ++round) {
      const auto path = dir / ("r" + std::to_string(round) + "/a/b/c/d");
      std::vector<tokio::join_handle<bool>> all;
      for (int i = 0; i < 8; ++i)
        all.push_back(tokio::spawn(
            [](std::string which) -> task<bool> { co_return (co_await fs::create_dir_all(which)).has_value(); }, path));
      for (auto& one : all) CHECK(co_await one == true);
    }
  });
  host.end();
}

TEST_CASE("[FS-15] what is removed: a file, an empty folder, a folder with everything in it and nothing outside") {
  bound_host host;
  const temp_dir dir;
  dir.write("outside/keep", "x");
  dir.write("d/e/f", "x");
  dir.write("d/g", "x");
  REQUIRE(::symlink((dir / "outside").c_str(), (dir / "d/link").c_str()) == 0);
  REQUIRE(::symlink((dir / "outside").c_str(), (dir / "link").c_str()) == 0);
  host.run([&]() -> task<> {
    CHECK((co_await fs::remove_dir(dir / "d")).error().kind() == error_kind::directory_not_empty);
    CHECK((co_await fs::remove_file(dir / "d/g")));
    CHECK_FALSE(is_there(dir / "d/g"));
    CHECK((co_await fs::remove_file(dir / "d/g")).error().kind() == error_kind::not_found);
    CHECK((co_await fs::remove_file(dir / "d")).error().raw_os_error() == EISDIR);
    CHECK((co_await fs::remove_dir_all(dir / "d")));
    CHECK_FALSE(is_there(dir / "d"));
    CHECK((co_await fs::remove_dir_all(dir / "link")));  // the link itself
    CHECK_FALSE(is_there(dir / "link"));
    CHECK(contents(dir / "outside/keep") == "x");
    CHECK((co_await fs::remove_dir_all(dir / "d")).error().kind() == error_kind::not_found);
    CHECK((co_await fs::remove_dir_all(dir / "outside/keep")).error().kind() == error_kind::not_a_directory);
    CHECK((co_await fs::create_dir(dir / "d")));
    CHECK((co_await fs::remove_dir(dir / "d")));
    CHECK((co_await fs::remove_dir(dir / "outside/keep")).error().kind() == error_kind::not_a_directory);
  });
  host.end();
}

TEST_CASE("[FS-16] metadata follows links, symlink_metadata does not") {
  bound_host host;
  const temp_dir dir;
  const auto path = dir.write("a", "0123456789");
  REQUIRE(::symlink("a", (dir / "link").c_str()) == 0);
  REQUIRE(::mkfifo((dir / "fifo").c_str(), 0600) == 0);
  host.run([&]() -> task<> {
    const auto of = co_await fs::metadata(dir / "link");
    REQUIRE(of);
    struct stat facts{};
    REQUIRE(::stat(path.c_str(), &facts) == 0);
    CHECK(of->is_file());
    CHECK_FALSE(of->is_symlink());
    CHECK(of->len() == 10);
    CHECK(of->ino() == facts.st_ino);
    CHECK(of->dev() == facts.st_dev);
    CHECK(of->mode() == facts.st_mode);
    CHECK(of->uid() == facts.st_uid);
    CHECK(of->gid() == facts.st_gid);
    CHECK(of->nlink() == 1);
    CHECK(of->blksize() == static_cast<std::uint64_t>(facts.st_blksize));
    CHECK(of->blocks() == static_cast<std::uint64_t>(facts.st_blocks));
    CHECK(of->modified_ns() == facts.st_mtim.tv_sec * 1'000'000'000 + facts.st_mtim.tv_nsec);
    CHECK(of->accessed_ns() > 0);
    CHECK(of->changed_ns() == facts.st_ctim.tv_sec * 1'000'000'000 + facts.st_ctim.tv_nsec);
    if (const auto born = of->created_ns()) CHECK(*born <= of->changed_ns());
    const auto link = co_await fs::symlink_metadata(dir / "link");
    CHECK(link->is_symlink());
    CHECK(link->ino() != of->ino());
    CHECK((co_await fs::metadata(dir.path()))->is_dir());
    CHECK((co_await fs::metadata(dir / "fifo"))->file_type().is_fifo());
    const auto null = co_await fs::metadata("/dev/null");
    CHECK(null->file_type().is_char_device());
    CHECK(null->rdev() == gnu_dev_makedev(1, 3));
    CHECK((co_await fs::metadata(dir / "none")).error().kind() == error_kind::not_found);
  });
  host.end();
}

TEST_CASE("[FS-16] permissions are set, and a link that leads nowhere does not exist") {
  bound_host host;
  const temp_dir dir;
  const auto path = dir.write("a", "x");
  REQUIRE(::symlink("none", (dir / "broken").c_str()) == 0);
  dir.write("file", "x");
  host.run([&]() -> task<> {
    auto now = (co_await fs::metadata(path))->permissions();
    CHECK_FALSE(now.readonly());
    now.set_readonly(true);
    CHECK((co_await fs::set_permissions(path, now)));
    CHECK((mode_of(path) & 0222) == 0);
    CHECK((co_await fs::metadata(path))->permissions().readonly());
    CHECK((co_await fs::set_permissions(path, fs::permissions::from_mode(0604))));
    CHECK(mode_of(path) == 0604);
    CHECK((co_await fs::set_permissions(dir / "none", now)).error().kind() == error_kind::not_found);
    CHECK(co_await fs::try_exists(path) == true);
    CHECK(co_await fs::try_exists(dir / "none") == false);
    CHECK(co_await fs::try_exists(dir / "broken") == false);
    CHECK((co_await fs::try_exists(dir / "file/x")).error().kind() == error_kind::not_a_directory);
  });
  host.end();
}
