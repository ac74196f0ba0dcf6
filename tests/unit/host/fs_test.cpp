// tokio.fs/1 as a plugin in C sees it: what is refused, what an operation gives back, what is charged, and what becomes
// of open files at an unload.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstring>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "fs_bench.hpp"
#include "host/plugin.hpp"
#include "support/eventually.hpp"
#include "support/in_child.hpp"
#include "support/in_process_host.hpp"
#include "support/open_descriptors.hpp"
#include "support/pipe_ends.hpp"
#include "support/temp_dir.hpp"

using fs_test::bench;
using fs_test::host;
using fs_test::last_error;
using tokiod::test::eventually;
using tokiod::test::pipe_ends;
using tokiod::test::temp_dir;

namespace {

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

TEST_CASE("[FS-19] an operation goes on when the thread that began it ends") {
  bench b;
  pipe_ends pipe;
  tokio_file* file = nullptr;
  REQUIRE(b.fs->adopt(b.in.plugin(), pipe.read.release(), &file) == TOKIO_OK);
  auto asked = b.ask(TOKIO_FS_READ, {}, file);
  asked.off = TOKIO_FS_HERE;
  asked.len = 1;
  asked.buf = b.buffer(1);
  tokio_op* op = nullptr;
  std::thread([&] { op = b.begin(asked); }).join();
  REQUIRE(::write(pipe.write.get(), "x", 1) == 1);
  CHECK(b.wait(op) == 1);
  host->op_drop(op);
  b.fs->close(file);
  CHECK(b.in.stop().clean());
}

TEST_CASE("[FS-19] what a dropped operation has opened is closed") {
  bench b;
  const temp_dir dir;
  const std::string path = dir / "a";
  b.fs->close(b.open(path, TOKIO_O_WRITE | TOKIO_O_CREATE));  // whatever is made with the first one is there now
  const auto before = tokiod::test::open_descriptors();
  auto asked = b.ask(TOKIO_FS_OPEN, path);
  asked.oflags = TOKIO_O_READ;
  for (int i = 0; i < 8; ++i) host->op_drop(b.begin(asked));
  eventually("they are closed", [&] { return b.usage().jobs == 0 && tokiod::test::open_descriptors() == before; });
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
