// Standard input, output and error, and other descriptors that only blocking calls suit: row IO-22.
#include "tokio/io/stdio.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <string>
#include <utility>

#include "sdk/net/on_host.hpp"
#include "tokio/io.hpp"
#include "tokio/task.hpp"
#include "tokio/test.hpp"

namespace {

using namespace tokio;
using test::hand_poll;

// Both ends of a pipe.
struct pipe_ends {
  explicit pipe_ends(int flags = 0) {
    int fds[2];
    REQUIRE(::pipe2(fds, O_CLOEXEC | flags) == 0);
    from = fds[0], to = fds[1];
  }
  ~pipe_ends() { ::close(from), close_writer(); }
  pipe_ends(const pipe_ends&) = delete;
  pipe_ends& operator=(const pipe_ends&) = delete;
  void close_writer() {
    if (to >= 0) ::close(std::exchange(to, -1));
  }
  void put(std::string_view text) const {
    REQUIRE(::write(to, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  }
  std::string get() const {
    std::array<char, 64> room;
    const auto n = ::read(from, room.data(), room.size());
    return n < 0 ? "error" : std::string(room.data(), static_cast<std::size_t>(n));
  }
  int from = -1;
  int to = -1;
};

// In place of a standard descriptor until the end of the scope.
class stand_in {
 public:
  stand_in(int standard, int fd) : standard_(standard), kept_(::fcntl(standard, F_DUPFD_CLOEXEC, 3)) {
    REQUIRE(kept_ >= 0);
    REQUIRE(::dup2(fd, standard) == standard);
  }
  ~stand_in() {
    ::dup2(kept_, standard_);
    ::close(kept_);
  }
  stand_in(const stand_in&) = delete;
  stand_in& operator=(const stand_in&) = delete;

 private:
  int standard_;
  int kept_;
};

// Until the end of the scope no descriptor can be made that is not below `limit`.
class descriptor_limit {
 public:
  explicit descriptor_limit(int limit) {
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &before_) == 0);
    const rlimit lowered{static_cast<rlim_t>(limit), before_.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &lowered) == 0);
  }
  ~descriptor_limit() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  descriptor_limit(const descriptor_limit&) = delete;
  descriptor_limit& operator=(const descriptor_limit&) = delete;

 private:
  rlimit before_{};
};

}  // namespace

TEST_CASE("[IO-22] a read is a blocking job, which brings no more than was asked for") {
  test::fake_host fake;
  const pipe_ends pipe;
  io::blocking_reader reader(pipe.from);
  pipe.put("hello");
  std::array<char, 3> room;
  hand_poll reading(reader.read(room));
  CHECK(reading.poll().is_pending());
  CHECK(fake.live_jobs == 1);
  fake.run_until_stalled();
  CHECK(reading.is_woken());
  CHECK(reading.poll().value().value() == 3);
  CHECK(pipe.get() == "lo");
  CHECK(reader.as_raw_fd() != pipe.from);  // a copy
}

TEST_CASE("[IO-22] a read without room starts no job, and the end of the descriptor is the end") {
  test::fake_host fake;
  pipe_ends pipe;
  io::blocking_reader reader(pipe.from);
  CHECK(test::block_on(reader.read(io::byte_span())).value() == 0);
  pipe.put("x");
  pipe.close_writer();
  std::string text;
  CHECK(test::block_on(reader.read_to_end(text)).value() == 1);
  CHECK(test::block_on(reader.read_to_end(text)).value() == 0);
}

TEST_CASE("[IO-22] what the job of a dropped read brings is the next read's, also for less room") {
  test::fake_host fake;
  const pipe_ends pipe;
  io::blocking_reader reader(pipe.from);
  fake.hold_jobs = true;
  std::array<char, 4> room;
  {
    hand_poll dropped(reader.read(room));
    CHECK(dropped.poll().is_pending());
  }
  pipe.put("abcdef");
  fake.hold_jobs = false;
  fake.run_until_stalled();
  std::array<char, 3> less;
  CHECK(test::block_on(reader.read(less)).value() == 3);
  CHECK(std::string(less.data(), 3) == "abc");
  CHECK(test::block_on(reader.read(less)).value() == 1);
  CHECK(test::block_on(reader.read(less)).value() == 2);
}

TEST_CASE("[IO-22] a write is taken at once, and written when it is flushed") {
  test::fake_host fake;
  pipe_ends pipe;
  io::blocking_writer writer(pipe.to);
  fake.hold_jobs = true;
  hand_poll writing(writer.write("one"));
  CHECK(writing.poll().value().value() == 3);
  hand_poll flushing(writer.flush());
  CHECK(flushing.poll().is_pending());
  hand_poll second(writer.write("two"));
  CHECK(second.poll().is_pending());
  fake.hold_jobs = false;
  fake.run_until_stalled();
  CHECK(second.poll().value().value() == 3);
  CHECK(test::block_on(writer.shutdown()).has_value());
  pipe.put("!");  // it is still open
  CHECK(pipe.get() == "onetwo!");
}

TEST_CASE("[IO-22] what was taken is written, also when the handle is gone before its job begins") {
  test::fake_host fake;
  const pipe_ends pipe;
  fake.hold_jobs = true;
  {
    io::blocking_writer writer(pipe.to);
    CHECK(test::block_on(writer.write("late")).value() == 4);
  }
  fake.hold_jobs = false;
  fake.run_until_idle();
  CHECK(pipe.get() == "late");
}

TEST_CASE("[IO-22] what was taken is written, also when the host stops before its job begins") {
  test::fake_host fake;
  const pipe_ends pipe(O_NONBLOCK);
  io::blocking_writer writer(pipe.to);
  fake.hold_jobs = true;
  CHECK(test::block_on(writer.write("last")).value() == 4);
  fake.shut_down();
  CHECK(pipe.get() == "last");
  CHECK(hand_poll(writer.flush()).poll().value().has_value());
}

TEST_CASE("[IO-22] an error of a write comes out of the next write or flush, once") {
  test::fake_host fake;
  const int unwritable = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  REQUIRE(unwritable >= 0);
  io::blocking_writer writer(unwritable);
  CHECK(test::block_on(writer.write("x")).value() == 1);
  CHECK(test::block_on(writer.write("y")).error().raw_os_error() == EBADF);
  CHECK(test::block_on(writer.write("z")).value() == 1);
  CHECK(test::block_on(writer.flush()).error().raw_os_error() == EBADF);
  CHECK(test::block_on(writer.flush()).has_value());
  io::blocking_reader reader(-1);
  std::array<char, 1> room;
  CHECK(test::block_on(reader.read(room)).error().raw_os_error() == EBADF);
  ::close(unwritable);
}

TEST_CASE("[IO-22] a handle that has no copy of its descriptor says why with each read and write") {
  test::fake_host fake;
  const pipe_ends pipe;
  const descriptor_limit full(pipe.from + 1);  // a pipe takes the lowest numbers, so those below are in use
  io::blocking_reader reader(pipe.from);
  io::blocking_writer writer(pipe.to);
  std::array<char, 1> room;
  CHECK(test::block_on(reader.read(room)).error().raw_os_error() == EMFILE);
  CHECK(test::block_on(writer.write("x")).error().raw_os_error() == EMFILE);
  CHECK(test::block_on(writer.write("x")).error().kind() == error_kind::resource_exhausted);
}

TEST_CASE("[IO-22] a host that is at its end refuses the job, or drops it, and both are errors") {
  test::fake_host fake;
  const pipe_ends pipe;
  io::blocking_reader reader(pipe.from);
  std::array<char, 1> room;
  fake.hold_jobs = true;
  hand_poll waiting(reader.read(room));
  CHECK(waiting.poll().is_pending());
  fake.shut_down();
  CHECK(waiting.poll().value().error().kind() == error_kind::shutdown);
  fake.closed = true;
  CHECK(hand_poll(reader.read(room)).poll().value().error().kind() == error_kind::shutdown);
  io::blocking_writer writer(pipe.to);
  CHECK(hand_poll(writer.write("x")).poll().value().error().kind() == error_kind::shutdown);
}

TEST_CASE("[IO-22] a descriptor that somebody has made non-blocking is waited for") {
  test::on_host on;
  const pipe_ends pipe(O_NONBLOCK);
  on.run([](const pipe_ends& between) -> task<int> {
    io::blocking_reader reader(between.from);
    io::blocking_writer writer(between.to);
    const std::string large(1 << 20, 'x');  // far more than a pipe holds
    std::string heard(large.size(), '-');
    auto [read, written] = co_await join(reader.read_exact(heard), writer.write_all(large));
    CHECK(read.value() == large.size());
    CHECK(written.has_value());
    CHECK((co_await writer.flush()).has_value());
    CHECK(heard == large);
    co_return 0;
  }(pipe));
}

TEST_CASE("[IO-22] standard input, output and error are the descriptors 0, 1 and 2") {
  pipe_ends in;
  pipe_ends out;
  pipe_ends problems;
  {
    const stand_in input(0, in.from);
    const stand_in output(1, out.to);
    const stand_in errors(2, problems.to);
    in.put("line 1\nline 2\n");
    in.close_writer();
    test::on_host on;
    on.run([]() -> task<int> {
      auto from = io::stdin();
      auto to = io::stdout();
      auto complaints = io::stderr();
      (void)co_await io::copy(from, to);
      (void)co_await complaints.write_all("no more");
      (void)co_await complaints.flush();
      co_return 0;
    }());
  }
  CHECK(out.get() == "line 1\nline 2\n");
  CHECK(problems.get() == "no more");
}
