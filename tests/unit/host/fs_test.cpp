// tokio.fs/1 as a plugin in C sees it: what is refused, what an operation gives back, what is charged, and what becomes
// of open files at an unload.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstring>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "host/plugin.hpp"
#include "support/descriptor_hog.hpp"
#include "support/eventually.hpp"
#include "support/in_child.hpp"
#include "support/in_process_host.hpp"
#include "support/pipe_ends.hpp"
#include "support/temp_dir.hpp"

using tokiod::test::eventually;
using tokiod::test::in_process_host;
using tokiod::test::owned_fd;
using tokiod::test::pipe_ends;
using tokiod::test::temp_dir;

namespace {

const tokio_host* const host = in_process_host::table();

tokio_str str(std::string_view text) { return {text.data(), text.size()}; }

std::string last_error() {
  const auto text = host->last_error();
  return {text.ptr, text.len};
}

// The host, and operations that are polled by hand: whoever waits for one looks again.
struct bench {
  explicit bench(tokiod::test::host_options options = {}) : in(std::move(options)) {}
  in_process_host in;
  const tokio_fs_ext* fs = in.extension<tokio_fs_ext>(TOKIO_EXT_FS);

  tokio_fs_req ask(std::uint32_t op, std::string_view path = {}, tokio_file* file = nullptr) const {
    tokio_fs_req asked{};
    asked.size = sizeof asked;
    asked.op = op;
    asked.path = str(path);
    asked.file = file;
    return asked;
  }
  tokio_buf buffer(std::size_t bytes, std::string_view text = {}) const {
    tokio_buf made{};
    REQUIRE(host->buf_alloc(in.plugin(), bytes, &made) == TOKIO_OK);
    if (!text.empty()) std::memcpy(made.ptr, text.data(), text.size());
    made.len = text.size();
    return made;
  }
  tokio_op* begin(const tokio_fs_req& asked) const {
    tokio_op* op = nullptr;
    REQUIRE_MESSAGE(fs->submit(in.plugin(), &asked, &op) == TOKIO_OK, last_error());
    return op;
  }
  tokio_res poll(tokio_op* op) const {
    std::int32_t budget = INT32_MAX;
    tokio_cx cx{sizeof cx, 0, &budget, {}, 0, host, in.plugin(), 0};
    return host->op_poll(op, &cx);
  }
  bool ended(tokio_op* op) const { return poll(op) != TOKIO_PENDING; }
  tokio_res wait(tokio_op* op) const {
    tokio_res got = TOKIO_PENDING;
    eventually("the operation ends", [&] { return (got = poll(op)) != TOKIO_PENDING; });
    return got;
  }
  tokio_res run(const tokio_fs_req& asked) const {
    tokio_op* const op = begin(asked);
    const auto got = wait(op);
    host->op_drop(op);
    return got;
  }
  tokio_file* open(const std::string& path, std::uint32_t flags = TOKIO_O_READ | TOKIO_O_WRITE) const {
    auto asked = ask(TOKIO_FS_OPEN, path);
    asked.oflags = flags;
    asked.mode = 0600;
    tokio_op* const op = begin(asked);
    REQUIRE(wait(op) == 0);
    tokio_file* file = nullptr;
    REQUIRE(host->op_take(op, nullptr, &file) == TOKIO_OK);
    host->op_drop(op);
    REQUIRE(file != nullptr);
    return file;
  }
  tokio_op* begin_write(tokio_file* file, std::string_view text) const {
    auto asked = ask(TOKIO_FS_WRITE, {}, file);
    asked.off = TOKIO_FS_HERE;
    asked.buf = buffer(text.size(), text);
    return begin(asked);
  }
  tokio_status refused(const tokio_fs_req& asked) const {
    tokio_op* op = nullptr;
    const auto status = fs->submit(in.plugin(), &asked, &op);
    CHECK(op == nullptr);
    return status;
  }
  tokio_usage usage() const {
    tokio_usage now{};
    now.size = sizeof now;
    REQUIRE(in.extension<tokio_account_ext>(TOKIO_EXT_ACCOUNT)->usage(in.plugin(), &now) == TOKIO_OK);
    return now;
  }
};

bool is_open(int fd) { return ::fcntl(fd, F_GETFD) >= 0; }

}  // namespace

TEST_CASE("fs: every operation of the contract is served, and no other") {
  const bench b;
  REQUIRE(b.fs != nullptr);
  for (std::uint32_t op = TOKIO_FS_OPEN; op <= TOKIO_FS_WRITE_FILE; ++op) CHECK(b.fs->supported(op) == 1);
  CHECK(b.fs->supported(0) == 0);
  CHECK(b.fs->supported(TOKIO_FS_WRITE_FILE + 1) == 0);
}

TEST_CASE("fs: buffers move in and come back, at a place of their own or at the file's position") {
  bench b;
  const temp_dir dir;
  tokio_file* const file = b.open(dir.write("a", "0123456789"));
  auto asked = b.ask(TOKIO_FS_WRITE, {}, file);
  asked.off = 4;
  asked.buf = b.buffer(16, "AB");
  const auto* const memory = asked.buf.ptr;
  tokio_op* op = b.begin(asked);
  CHECK(b.wait(op) == 2);
  tokio_buf back{};
  CHECK(host->op_take(op, &back, nullptr) == TOKIO_OK);
  CHECK(back.ptr == memory);
  tokio_buf none{};
  CHECK(host->op_take(op, &none, nullptr) == TOKIO_OK);  // once
  CHECK(none.vt == nullptr);
  host->op_drop(op);

  asked = b.ask(TOKIO_FS_READ, {}, file);
  asked.off = TOKIO_FS_HERE;
  asked.len = 100;  // no more than fits
  asked.buf = back;
  op = b.begin(asked);
  CHECK(b.wait(op) == 10);
  CHECK(host->op_take(op, &back, nullptr) == TOKIO_OK);
  CHECK(std::string_view(reinterpret_cast<char*>(back.ptr), back.len) == "0123AB6789");
  host->op_drop(op);

  asked.len = 3;
  asked.arg = 5;  // back to 5
  asked.buf = back;
  op = b.begin(asked);
  CHECK(b.wait(op) == 3);
  CHECK(host->op_take(op, &back, nullptr) == TOKIO_OK);
  CHECK(std::string_view(reinterpret_cast<char*>(back.ptr), back.len) == "B67");
  host->op_drop(op);
  tokio_buf_release(&back);
  b.fs->close(file);
  CHECK(b.in.stop().clean());
}

TEST_CASE("fs: a buffer comes back after an error, too") {
  bench b;
  tokio_file* const file = b.open("/dev/full", TOKIO_O_WRITE);
  tokio_op* const op = b.begin_write(file, "x");
  CHECK(b.wait(op) == -ENOSPC);
  tokio_buf back{};
  CHECK(host->op_take(op, &back, nullptr) == TOKIO_OK);
  CHECK(back.vt != nullptr);
  tokio_buf_release(&back);
  host->op_drop(op);
  b.fs->close(file);
  CHECK(b.in.stop().clean());
}

TEST_CASE("fs: what is refused says why, takes nothing and leaves the buffer with the caller") {
  bench b;
  const temp_dir dir;
  tokio_file* const file = b.open(dir.write("a", "x"));
  CHECK(b.refused(b.ask(99)) == TOKIO_ENOTSUP);
  CHECK(last_error() == "fs: there is no operation 99");
  CHECK(b.refused(b.ask(TOKIO_FS_SYNC)) == TOKIO_EINVAL);
  CHECK(last_error() == "fs: this operation takes a file");
  CHECK(b.refused(b.ask(TOKIO_FS_UNLINK, "x", file)) == TOKIO_EINVAL);
  CHECK(last_error() == "fs: this operation takes no file");
  CHECK(b.refused(b.ask(TOKIO_FS_SYNC, "x", file)) == TOKIO_EINVAL);
  CHECK(last_error() == "fs: this operation takes no path");
  CHECK(b.refused(b.ask(TOKIO_FS_CHMOD, "x", file)) == TOKIO_EINVAL);
  CHECK(b.refused(b.ask(TOKIO_FS_CHMOD)) == TOKIO_ENOENT);
  CHECK(b.refused(b.ask(TOKIO_FS_RENAME, "x")) == TOKIO_ENOENT);
  CHECK(last_error() == "fs: the second path is empty");
  CHECK(b.refused(b.ask(TOKIO_FS_UNLINK, std::string_view("a\0b", 3))) == TOKIO_EINVAL);
  CHECK(last_error() == "fs: the path contains a NUL");
  const std::string long_path(4096, 'x');
  CHECK(b.refused(b.ask(TOKIO_FS_UNLINK, long_path)) == -ENAMETOOLONG);
  CHECK(last_error() == "fs: a path of 4096 bytes; it may have 4095");
  auto asked = b.ask(TOKIO_FS_OPEN, "x");
  asked.oflags = 1u << 20;
  CHECK(b.refused(asked) == TOKIO_EINVAL);
  CHECK(last_error() == "fs: oflags has bits that this operation does not know: 1048576");
  CHECK(b.fs->submit(nullptr, &asked, nullptr) == TOKIO_EINVAL);
  asked = b.ask(TOKIO_FS_MKDIR, "x");
  asked.arg = 2;
  CHECK(b.refused(asked) == TOKIO_EINVAL);
  CHECK(last_error() == "fs: arg is 2; this operation knows it up to 1");
  struct {
    tokio_fs_req known;
    std::uint64_t future;
  } grown{b.ask(TOKIO_FS_UNLINK, "x"), 1};
  grown.known.size = sizeof grown;
  CHECK(b.refused(grown.known) == TOKIO_E2BIG);

  asked = b.ask(TOKIO_FS_READ, {}, file);
  CHECK(b.refused(asked) == TOKIO_EINVAL);
  CHECK(last_error() == "fs: the buffer is not a whole lease that buf_alloc() gave to instance test and nobody shares");
  asked.buf = b.buffer(10);
  tokio_buf shared{};
  REQUIRE(asked.buf.vt->share(&asked.buf, &shared) == TOKIO_OK);
  CHECK(b.refused(asked) == TOKIO_EINVAL);  // two would write into it
  tokio_buf_release(&shared);
  auto larger = asked;
  larger.buf.cap += 1;
  CHECK(b.refused(larger) == TOKIO_EINVAL);
  CHECK(b.run(asked) == 0);  // nothing is read of length 0, and the buffer was good all the time
  b.fs->close(file);
  CHECK(b.refused(b.ask(TOKIO_FS_SYNC, {}, file)) == TOKIO_EBADF);
  CHECK(b.fs->raw(file) == TOKIO_EBADF);
  CHECK(b.in.stop().clean());
}

TEST_CASE("fs: what another instance was given is refused, and stays with it") {
  bench mine, theirs;
  const temp_dir dir;
  const auto path = dir.write("a", "text");
  tokio_file* const file = theirs.open(path);
  tokio_file* const own = mine.open(path);
  CHECK(mine.refused(mine.ask(TOKIO_FS_SYNC, {}, file)) == TOKIO_EBADF);
  CHECK(last_error() == "fs: the file is not of instance test");
  auto asked = mine.ask(TOKIO_FS_READ, {}, own);
  asked.off = 0;
  asked.len = 4;
  asked.buf = theirs.buffer(4);
  CHECK(mine.refused(asked) == TOKIO_EINVAL);
  asked.file = file;
  CHECK(theirs.run(asked) == 4);
  theirs.fs->close(file);
  mine.fs->close(own);
  CHECK(mine.in.stop().clean());
  CHECK(theirs.in.stop().clean());
}

TEST_CASE("fs: open files, jobs and bytes are charged to the instance") {
  bench b;
  const temp_dir dir;
  pipe_ends pipe;
  tokio_file* const file = b.open(dir / "a", TOKIO_O_WRITE | TOKIO_O_CREATE);
  CHECK(b.usage().files == 1);
  host->op_drop(b.begin_write(file, "0123456789"));
  eventually("it is written", [&] { return b.usage().write_bytes == 10; });
  CHECK(b.run(b.ask(TOKIO_FS_READ_FILE, dir / "a")) == 10);
  CHECK(b.usage().read_bytes == 10);
  tokio_file* reader = nullptr;
  REQUIRE(b.fs->adopt(b.in.plugin(), pipe.read.get(), &reader) == TOKIO_OK);
  (void)pipe.read.release();
  CHECK(b.usage().files == 2);
  auto asked = b.ask(TOKIO_FS_READ, {}, reader);
  asked.off = TOKIO_FS_HERE;
  asked.len = 1;
  asked.buf = b.buffer(1);
  tokio_op* const op = b.begin(asked);
  eventually("one job, and no more", [&] { return b.usage().jobs == 1; });
  CHECK(b.usage().leases_out == 1);
  pipe.write.reset();
  CHECK(b.wait(op) == 0);
  host->op_drop(op);
  b.fs->close(reader);
  b.fs->close(file);
  eventually("nothing is held", [&] {
    const auto now = b.usage();
    return now.files == 0 && now.jobs == 0 && now.leases_out == 0 && now.mem_bytes == 0 && now.ops_inflight == 0;
  });
  CHECK(b.in.stop().clean());
}

TEST_CASE("fs: at the cap of blocking jobs an operation is refused; who waited for one finds its place free") {
  tokiod::test::host_options limited;
  limited.max_jobs = 1;
  bench b(limited);
  pipe_ends pipe;
  const temp_dir dir;
  tokio_file* file = nullptr;
  REQUIRE(b.fs->adopt(b.in.plugin(), pipe.read.release(), &file) == TOKIO_OK);
  auto asked = b.ask(TOKIO_FS_READ, {}, file);
  asked.off = TOKIO_FS_HERE;
  asked.len = 1;
  asked.buf = b.buffer(1);
  tokio_op* const op = b.begin(asked);
  CHECK(b.refused(b.ask(TOKIO_FS_UNLINK, dir / "a")) == TOKIO_EQUOTA);
  CHECK(last_error() == "instance test may have 1 blocking jobs, and has them");
  pipe.write.reset();
  CHECK(b.wait(op) == 0);
  for (int i = 0; i < 100; ++i) CHECK(b.run(b.ask(TOKIO_FS_UNLINK, dir / "a")) == TOKIO_ENOENT);
  host->op_drop(op);
  b.fs->close(file);
  CHECK(b.in.stop().clean());
}

TEST_CASE("fs: files that a plugin leaves open are closed at its end, and named") {
  bench b;
  const temp_dir dir;
  tokio_file* const file = b.open(dir.write("a", "x"));
  const int fd = b.fs->raw(file);
  tokio_file* const folder = b.open(dir.path(), TOKIO_O_READ | TOKIO_O_DIRECTORY);
  const int folder_fd = b.fs->raw(folder);
  const auto path = dir / "a";
  auto asked = b.ask(TOKIO_FS_OPEN, path);
  asked.oflags = TOKIO_O_READ;
  tokio_op* const not_taken = b.begin(asked);
  CHECK(b.wait(not_taken) == 0);
  CHECK(is_open(fd));
  const auto left = b.in.stop();
  CHECK(left.refused.empty());
  CHECK(left.leaked == std::vector<std::string>{"1 operations", "2 files"});
  CHECK_FALSE(is_open(fd));
  CHECK_FALSE(is_open(folder_fd));
}

TEST_CASE("fs: an unload waits for a write that was begun, and the write is whole") {
  bench b;
  pipe_ends pipe;
  const auto before = pipe.fill_up();
  tokio_file* file = nullptr;
  REQUIRE(b.fs->adopt(b.in.plugin(), pipe.write.release(), &file) == TOKIO_OK);
  const std::string text(100'000, 'w');
  host->op_drop(b.begin_write(file, text));
  b.fs->close(file);  // the descriptor stays with the write
  std::size_t read = 0;
  std::thread reader([&] { read = pipe.read_all().size(); });
  CHECK(b.in.stop(10'000).clean());
  reader.join();  // the end: the descriptor is closed
  CHECK(read == before + text.size());
}

TEST_CASE("fs: an unload does not wait for what has not begun, whose places others have") {
  struct busy_job final : tokiod::blocking::job {
    busy_job() : job(tokiod::blocking::at_stop::run) {}
    void run() noexcept override {
      go.wait(false);
      over = true;
    }
    void drop() noexcept override {}
    std::atomic<bool> go{false}, over{false};
  } others;
  tokiod::test::host_options one_thread;
  one_thread.blocking_threads = 1;
  bench b(one_thread);
  const temp_dir dir;
  tokio_file* const file = b.open(dir.write("a", "text"));
  REQUIRE(b.in.plugin()->rt.submit(others));
  tokio_op* const kept = b.begin(b.ask(TOKIO_FS_SYNC, {}, file));
  host->op_drop(b.begin(b.ask(TOKIO_FS_MKDIR, dir / "b")));
  const auto left = b.in.stop();
  CHECK(left.refused.empty());
  CHECK(left.leaked == std::vector<std::string>{"1 operations", "1 files"});
  CHECK_FALSE(others.over.load());
  CHECK(kept != nullptr);
  others.go = true;
  others.go.notify_one();
  eventually("the job of another one ends", [&] { return others.over.load(); });
  CHECK(::access((dir / "b").c_str(), F_OK) != 0);
}

TEST_CASE("fs: once an instance is stopped nothing new is begun, and its files can be closed") {
  bench b;
  const temp_dir dir;
  CHECK(b.in.stop().clean());
  CHECK(b.refused(b.ask(TOKIO_FS_MKDIR, dir / "a")) == TOKIO_EGONE);
  tokio_file* file = nullptr;
  CHECK(b.fs->adopt(b.in.plugin(), 0, &file) == TOKIO_EGONE);
  CHECK(::access((dir / "a").c_str(), F_OK) != 0);
}

TEST_CASE("fs: a descriptor goes in and out, but not while something works on it") {
  bench b;
  pipe_ends pipe;
  tokio_file* file = nullptr;
  CHECK(b.fs->adopt(b.in.plugin(), -1, &file) == TOKIO_EBADF);
  const int fd = pipe.read.get();
  REQUIRE(b.fs->adopt(b.in.plugin(), pipe.read.release(), &file) == TOKIO_OK);
  CHECK(b.fs->raw(file) == fd);
  auto asked = b.ask(TOKIO_FS_READ, {}, file);
  asked.off = TOKIO_FS_HERE;
  asked.len = 1;
  asked.buf = b.buffer(1);
  tokio_op* const op = b.begin(asked);
  int out = -1;
  CHECK(b.fs->release(file, &out) == TOKIO_EBUSY);
  CHECK(last_error() == "fs: an operation still works on the file");
  pipe.write.reset();
  CHECK(b.wait(op) == 0);
  host->op_drop(op);
  CHECK(b.fs->release(file, &out) == TOKIO_OK);  // at once: who waited for the operation finds the file free
  CHECK(out == fd);
  pipe.read.reset(out);
  CHECK(b.fs->release(file, &out) == TOKIO_EBADF);
  const temp_dir dir;
  tokio_file* const folder = b.open(dir.path(), TOKIO_O_READ | TOKIO_O_DIRECTORY);
  CHECK(b.fs->release(folder, &out) == TOKIO_EINVAL);
  CHECK(b.run(b.ask(TOKIO_FS_CLONE, {}, folder)) == TOKIO_EINVAL);
  b.fs->close(folder);
  CHECK(b.in.stop().clean());
}

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

// In a process of its own: the limit stays.
TEST_CASE("internal: a file may not grow past a limit" * doctest::skip()) {
  tokiod::test::child_begins();
  std::signal(SIGXFSZ, SIG_DFL);
  bench b;
  const temp_dir dir;
  tokio_file* const file = b.open(dir / "a", TOKIO_O_WRITE | TOKIO_O_CREATE);
  rlimit limit{};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &limit) == 0);
  limit.rlim_cur = 1 << 16;
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &limit) == 0);
  tokio_op* const op = b.begin_write(file, std::string(100'000, 'x'));
  CHECK(b.wait(op) == -EFBIG);
  host->op_drop(op);
  struct stat facts{};
  REQUIRE(::stat((dir / "a").c_str(), &facts) == 0);
  CHECK(facts.st_size == 1 << 16);  // as far as it went
  CHECK(b.usage().write_bytes == 1 << 16);
  b.fs->close(file);
  CHECK(b.in.stop().clean());
}

TEST_CASE("fs: a file that may not grow is an error of the write, and no signal") {
  CHECK(tokiod::test::passes_in_child("internal: a file may not grow past a limit"));
}
