// How files are opened and made, and descriptors that become files and back.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "files.hpp"
#include "sdk/task/bound_host.hpp"
#include "support/eventually.hpp"
#include "support/pipe_ends.hpp"
#include "support/temp_dir.hpp"

namespace fs = tokio::fs;
using sdk_test::begin;
using sdk_test::bound_host;
using sdk_test::contents;
using tokio::error_kind;
using tokio::task;
using tokiod::test::pipe_ends;
using tokiod::test::temp_dir;

TEST_CASE("[FS-02] open reads what is there, create empties it, create_new does not touch it") {
  bound_host host;
  const temp_dir dir;
  const auto path = dir.write("a", "old text");
  host.run([&]() -> task<> {
    auto opened = co_await fs::file::open(path);
    REQUIRE(opened);
    std::string text;
    CHECK(co_await opened->read_to_string(text) == 8u);
    CHECK(text == "old text");
    CHECK((co_await fs::file::create_new(path)).error().kind() == error_kind::already_exists);
    CHECK(contents(path) == "old text");
    auto created = co_await fs::file::create(path);
    REQUIRE(created);
    CHECK(contents(path).empty());
    CHECK((co_await fs::file::open(dir / "none")).error().kind() == error_kind::not_found);
    auto fresh = co_await fs::file::create_new(dir / "b");
    REQUIRE(fresh);
    CHECK((co_await fresh->write_all("ab")));
    CHECK(co_await fresh->rewind());
    CHECK(co_await fresh->read_u8() == std::uint8_t{'a'});  // create_new reads, too
    auto options = fs::file::options();
    CHECK((co_await options.read(true).open(path)));
  });
  host.end();
}

TEST_CASE("[FS-02] of many who make one new file, one does") {
  bound_host host;
  const temp_dir dir;
  std::atomic<int> made = 0, refused = 0;
  host.run([&]() -> task<> {
    std::vector<tokio::join_handle<void>> all;
    for (int i = 0; i < 16; ++i)
      all.push_back(tokio::spawn(
          [](std::string path, std::atomic<int>& yes, std::atomic<int>& no) -> task<> {
            auto opened = co_await fs::file::create_new(path);
            ++(opened ? yes : no);
          },
          dir / "one", std::ref(made), std::ref(refused)));
    for (auto& one : all) CHECK((co_await one));
  });
  CHECK(made == 1);
  CHECK(refused == 15);
  host.end();
}

TEST_CASE("[FS-11] what is opened is what the options say") {
  bound_host host;
  const temp_dir dir;
  const auto path = dir.write("a", "0123456789");
  host.run([&]() -> task<> {
    auto both = co_await fs::open_options().read(true).write(true).open(path);
    REQUIRE(both);
    CHECK((co_await both->write_all("AB")));
    CHECK((co_await both->flush()));
    CHECK(contents(path) == "AB23456789");
    auto end = co_await fs::open_options().append(true).open(path);
    REQUIRE(end);
    CHECK((co_await end->write_all("+")));
    CHECK((co_await end->flush()));
    CHECK(contents(path) == "AB23456789+");
    auto cut = co_await fs::open_options().write(true).truncate(true).open(path);
    REQUIRE(cut);
    CHECK(contents(path).empty());
    CHECK((co_await fs::open_options().write(true).open(dir / "none")).error().kind() == error_kind::not_found);
    // truncate says nothing beside create_new, also for who appends
    CHECK((co_await fs::open_options().append(true).truncate(true).create_new(true).open(dir / "new")));
    auto reader = co_await fs::file::open(path);
    CHECK((co_await reader->write_all("x")));
    CHECK((co_await reader->flush()).error().raw_os_error() == EBADF);
  });
  host.end();
}

TEST_CASE("[FS-11] combinations that mean nothing are invalid input, and nothing is opened") {
  bound_host host;
  const temp_dir dir;
  host.run([&]() -> task<> {
    const auto refused = [&](const fs::open_options& options) -> task<bool> {
      auto opened = co_await options.open(dir / "never");
      co_return !opened && opened.error().kind() == error_kind::invalid_input &&
          opened.error().raw_os_error() == EINVAL;
    };
    CHECK(co_await refused(fs::open_options()));
    CHECK(co_await refused(fs::open_options().create(true)));
    CHECK(co_await refused(fs::open_options().read(true).create(true)));
    CHECK(co_await refused(fs::open_options().read(true).create_new(true)));
    CHECK(co_await refused(fs::open_options().read(true).truncate(true)));
    CHECK(co_await refused(fs::open_options().append(true).truncate(true)));
    CHECK(co_await refused(fs::open_options().append(true).create(true).truncate(true)));
    CHECK(co_await refused(fs::open_options().write(true).create(true).write(false)));
  });
  CHECK(::access((dir / "never").c_str(), F_OK) != 0);
  host.end();
}

TEST_CASE("[FS-11] a new file has the mode of its options, 0666 when they say none, less the umask") {
  bound_host host;
  const temp_dir dir;
  const auto umask_before = ::umask(022);
  host.run([&]() -> task<> {
    CHECK((co_await fs::open_options().write(true).create(true).mode(0640).open(dir / "a")));
    CHECK((co_await fs::open_options().write(true).create(true).open(dir / "b")));
  });
  ::umask(umask_before);
  struct stat facts{};
  REQUIRE(::stat((dir / "a").c_str(), &facts) == 0);
  CHECK((facts.st_mode & 0777) == 0640);
  REQUIRE(::stat((dir / "b").c_str(), &facts) == 0);
  CHECK((facts.st_mode & 0777) == 0644);
  host.end();
}

TEST_CASE("[FS-11] custom flags reach open(2), the last call counts, and they change no access") {
  bound_host host;
  const temp_dir dir;
  const auto path = dir.write("a", "x");
  REQUIRE(::symlink(path.c_str(), (dir / "link").c_str()) == 0);
  host.run([&]() -> task<> {
    CHECK((co_await fs::open_options().read(true).custom_flags(O_NOFOLLOW).open(dir / "link")).error().raw_os_error() ==
          ELOOP);
    auto last =
        co_await fs::open_options().read(true).custom_flags(O_NOFOLLOW).custom_flags(O_NOATIME).open(dir / "link");
    REQUIRE(last);
    CHECK((::fcntl(last->as_raw_fd(), F_GETFL) & O_NOATIME) != 0);
    auto unnamed = co_await fs::open_options().read(true).write(true).custom_flags(O_TMPFILE).open(dir.path());
    if (unnamed) CHECK((co_await unnamed->write_all("x")));  // not every file system has such files
    auto still = co_await fs::open_options().read(true).custom_flags(O_WRONLY).open(path);
    REQUIRE(still);
    CHECK((::fcntl(still->as_raw_fd(), F_GETFL) & O_ACCMODE) == O_RDONLY);
  });
  host.end();
}

TEST_CASE("[FS-01] a path with a NUL, without a letter or of more than 4095 bytes is an error, not another path") {
  bound_host host;
  const temp_dir dir;
  host.run([&]() -> task<> {
    using namespace std::string_literals;
    CHECK((co_await fs::file::create(dir / "a\0b"s)).error().kind() == error_kind::invalid_input);
    CHECK((co_await fs::remove_file("")).error().kind() == error_kind::not_found);
    CHECK((co_await fs::create_dir(std::string(4096, 'x'))).error().kind() == error_kind::invalid_filename);
    CHECK((co_await fs::create_dir(dir / std::string(256, 'x'))).error().kind() == error_kind::invalid_filename);
  });
  CHECK(::access((dir / "a").c_str(), F_OK) != 0);
  host.end();
}

TEST_CASE("[FS-10] a descriptor becomes a file, and a file a descriptor, and nobody else closes it") {
  bound_host host;
  const temp_dir dir;
  const auto path = dir.write("a", "0123456789");
  int back = -1;
  host.run([&]() -> task<> {
    const int fd = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
    REQUIRE(fd >= 0);
    auto made = fs::file::from_fd(fd);
    REQUIRE(made);
    CHECK(made->as_raw_fd() == fd);
    CHECK((co_await made->write_all("ABC")));
    auto given = co_await std::move(*made).into_fd();  // waits for the write
    REQUIRE(given);
    CHECK(*given == fd);
    back = *given;
    CHECK(contents(path) == "ABC3456789");
    CHECK(fs::file::from_fd(-1).error().raw_os_error() == EBADF);
  });
  host.end();
  CHECK(::lseek(back, 0, SEEK_CUR) == 3);  // still open
  CHECK(::close(back) == 0);
}

TEST_CASE("[FS-10] at once only when nothing is in flight: else the file comes back") {
  bound_host host;
  pipe_ends pipe;
  const int fd = pipe.read.get();
  host.run([&]() -> task<> {
    auto made = fs::file::from_fd(pipe.read.release());
    REQUIRE(made);
    char byte = 0;
    auto reading = made->read(tokio::io::byte_span(&byte, 1));
    CHECK(co_await begin(reading));
    auto busy = std::move(*made).try_into_fd();
    REQUIRE_FALSE(busy);
    auto again = std::move(busy.error());
    REQUIRE(::write(pipe.write.get(), "x", 1) == 1);
    CHECK(co_await again.read(tokio::io::byte_span(&byte, 1)) == 1u);
    CHECK(byte == 'x');
    auto idle = std::move(again).try_into_fd();
    CHECK(idle == fd);
    if (idle) ::close(*idle);
  });
  host.end();
}

TEST_CASE("[FS-10] into_fd gives the file back when something beside the stream still works on it") {
  bound_host host;
  const temp_dir dir;
  const auto path = dir.write("a", "0123456789");
  const auto* const real = tokio::host.fs;
  auto busy = *real;  // as it is while a sync_all() that was dropped goes on
  busy.release = [](tokio_file*, std::int32_t*) noexcept -> tokio_status { return TOKIO_EBUSY; };
  host.run([&]() -> task<> {
    auto file = (co_await fs::file::open(path)).value();
    tokio::host.fs = &busy;
    auto kept = co_await std::move(file).into_fd();
    tokio::host.fs = real;
    REQUIRE_FALSE(kept);
    CHECK(co_await sdk_test::next(kept.error(), 4) == "0123");
    auto given = co_await std::move(kept.error()).into_fd();
    REQUIRE(given);
    CHECK(::close(*given) == 0);
  });
  host.end();
}
