// tokio.fs/1: what a folder has and what is known of a file, and how files are opened where descriptors are few.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <set>
#include <string>
#include <string_view>

#include "fs_bench.hpp"
#include "support/descriptor_hog.hpp"
#include "support/eventually.hpp"
#include "support/pipe_ends.hpp"
#include "support/temp_dir.hpp"

using fs_test::bench;
using fs_test::host;
using tokiod::test::owned_fd;
using tokiod::test::temp_dir;

TEST_CASE("fs: without a descriptor left nothing is opened, made, or emptied") {
  bench b;
  const temp_dir dir;
  const auto there = dir.write("a", "text"), missing = dir / "b";
  CHECK(b.run(b.ask(TOKIO_FS_READ_FILE, there)) == 4);  // the pool has a thread now
  {
    tokiod::test::descriptor_hog hog(256);
    auto asked = b.ask(TOKIO_FS_OPEN, there);
    asked.oflags = TOKIO_O_WRITE | TOKIO_O_TRUNC;
    CHECK(b.run(asked) == TOKIO_EMFILE);
    asked = b.ask(TOKIO_FS_OPEN, missing);
    asked.oflags = TOKIO_O_WRITE | TOKIO_O_CREATE;
    CHECK(b.run(asked) == TOKIO_EMFILE);
    CHECK(b.run(b.ask(TOKIO_FS_READ_FILE, there)) == TOKIO_EMFILE);
    hog.give_back(8);  // fewer than the daemon keeps for itself
    CHECK(b.run(asked) == TOKIO_EMFILE);
    CHECK(::access(missing.c_str(), F_OK) != 0);
    CHECK(b.run(b.ask(TOKIO_FS_READ_FILE, there)) == TOKIO_EMFILE);
  }
  CHECK(b.run(b.ask(TOKIO_FS_READ_FILE, there)) == 4);
  CHECK(b.in.stop().clean());
}

TEST_CASE("fs: near the last descriptors nobody waits for an open that waits") {
  bench b;
  const temp_dir dir;
  const auto there = dir.write("a", "text"), fifo = dir / "fifo";
  REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
  CHECK(b.run(b.ask(TOKIO_FS_READ_FILE, there)) == 4);  // the pool has a thread now
  tokiod::test::descriptor_hog hog(256);
  CHECK(b.run(b.ask(TOKIO_FS_READ_FILE, there)) == TOKIO_EMFILE);  // that they are the last ones was seen
  hog.give_back_all();
  auto asked = b.ask(TOKIO_FS_OPEN, fifo);
  asked.oflags = TOKIO_O_READ;
  tokio_op* const waits = b.begin(asked);
  tokio_op* const other = b.begin(b.ask(TOKIO_FS_READ_FILE, there));
  const bool went_on = tokiod::test::becomes_true([&] { return b.ended(other); });
  owned_fd writer;
  CHECK(tokiod::test::becomes_true([&] {  // nobody reads yet: ENXIO
    writer.reset(::open(fifo.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC));
    return writer.get() >= 0;
  }));
  CHECK(went_on);
  CHECK(b.wait(waits) == 0);
  CHECK(b.wait(other) == 4);
  host->op_drop(waits);
  host->op_drop(other);
  CHECK(b.in.stop().clean());
}

TEST_CASE("fs: a time that no 64 bits of nanoseconds hold is the last one that they do") {
  bench b;
  const temp_dir dir;
  const auto path = dir.write("a", "x");
  constexpr std::int64_t last_second = INT64_MAX / 1'000'000'000;
  const auto modified_at = [&](std::int64_t seconds) {
    const timespec times[2] = {{0, UTIME_OMIT}, {seconds, 999'999'999}};
    REQUIRE(::utimensat(AT_FDCWD, path.c_str(), times, 0) == 0);
    struct stat facts{};
    REQUIRE(::stat(path.c_str(), &facts) == 0);
    REQUIRE(facts.st_mtim.tv_sec >= std::min(seconds, last_second));  // the file system keeps it, or a later one
    tokio_op* const op = b.begin(b.ask(TOKIO_FS_STAT, path));
    CHECK(b.wait(op) == 0);
    tokio_buf bytes{};
    REQUIRE(host->op_take(op, &bytes, nullptr) == TOKIO_OK);
    tokio_stat ours{};
    std::memcpy(&ours, bytes.ptr, sizeof ours);
    tokio_buf_release(&bytes);
    host->op_drop(op);
    return ours.mtime_ns;
  };
  CHECK(modified_at(last_second - 1) == (last_second - 1) * 1'000'000'000 + 999'999'999);
  CHECK(modified_at(last_second) == INT64_MAX);
  CHECK(modified_at(253'370'764'800) == INT64_MAX);  // in 9999
  CHECK(b.in.stop().clean());
}

TEST_CASE("fs: records of a folder's entries are whole, aligned, and counted") {
  bench b;
  const temp_dir dir;
  std::set<std::string> made;
  for (std::size_t i = 1; i <= 40; ++i) {
    made.insert(std::string(i, 'n'));
    dir.write(std::string(i, 'n'), "");
  }
  tokio_file* const folder = b.open(dir.path(), TOKIO_O_READ | TOKIO_O_DIRECTORY);
  std::set<std::string> seen;
  for (;;) {
    auto asked = b.ask(TOKIO_FS_READDIR, {}, folder);
    asked.len = 7;
    tokio_op* const op = b.begin(asked);
    const auto count = b.wait(op);
    tokio_buf records{};
    REQUIRE(host->op_take(op, &records, nullptr) == TOKIO_OK);
    tokio_res here = 0;
    for (std::size_t at = 0; at < records.len; ++here) {
      CHECK(at % alignof(tokio_dirent) == 0);
      tokio_dirent head;
      std::memcpy(&head, records.ptr + at, sizeof head);
      seen.emplace(reinterpret_cast<const char*>(records.ptr + at + sizeof head), head.name_len);
      CHECK(head.ino != 0);
      at += head.reclen;
      CHECK(at <= records.len);
    }
    CHECK(here == count);
    tokio_buf_release(&records);
    host->op_drop(op);
    if (count == 0) break;
    CHECK(count <= 7);
  }
  CHECK(seen == made);
  tokio_file* const file = b.open(dir.write("a", "x"));
  CHECK(b.run(b.ask(TOKIO_FS_READDIR, {}, file)) == -ENOTDIR);
  b.fs->close(file);
  b.fs->close(folder);
  CHECK(b.in.stop().clean());
}

TEST_CASE("fs: an error in the middle of a folder comes after the names before it, whatever is there by then") {
  bench b;
  const temp_dir dir;
  for (int i = 0; i < 200; ++i) dir.write(std::string(200, 'n') + std::to_string(i), "");  // more than libc reads ahead
  tokio_file* const folder = b.open(dir.path(), TOKIO_O_READ | TOKIO_O_DIRECTORY);
  const auto names = [&](std::uint64_t most) {
    auto asked = b.ask(TOKIO_FS_READDIR, {}, folder);
    asked.len = most;
    return b.run(asked);
  };
  const int fd = b.fs->raw(folder);
  owned_fd kept, other;
  kept.reset(::fcntl(fd, F_DUPFD_CLOEXEC, 0));
  other.reset(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  CHECK(names(1) == 1);
  REQUIRE(::dup3(other.get(), fd, O_CLOEXEC) == fd);
  const auto before = names(1024);
  CHECK(before > 0);
  CHECK(before < 199);
  REQUIRE(::dup3(kept.get(), fd, O_CLOEXEC) == fd);
  CHECK(names(1024) == -ENOTDIR);
  CHECK(names(1024) == 199 - before);  // told once
  b.fs->close(folder);
  CHECK(b.in.stop().clean());
}

TEST_CASE("fs: who may have no memory for the names of a folder loses none") {
  tokiod::test::host_options limited;
  limited.max_bytes = 64 * 1024;
  bench b(limited);
  const temp_dir dir;
  for (int i = 0; i < 20; ++i) dir.write(std::to_string(i), "");
  tokio_file* const folder = b.open(dir.path(), TOKIO_O_READ | TOKIO_O_DIRECTORY);
  tokio_buf most = b.buffer(60'000);
  auto asked = b.ask(TOKIO_FS_READDIR, {}, folder);
  asked.len = 32;
  CHECK(b.run(asked) == TOKIO_EQUOTA);
  tokio_buf_release(&most);
  CHECK(b.run(asked) == 20);
  b.fs->close(folder);
  CHECK(b.in.stop().clean());
}
