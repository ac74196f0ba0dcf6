// Pipes on a real host: rows NX-08 to NX-10.
#include "tokio/net/pipe.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <linux/limits.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <array>
#include <string>

#include "descriptors.hpp"
#include "on_host.hpp"
#include "support/temp_dir.hpp"
#include "tokio/io.hpp"
#include "tokio/time.hpp"

namespace {

using namespace tokio;
using namespace tokio::net;
using std::string;
using test::once;

string make_fifo(const tokiod::test::temp_dir& dir) {
  const string path = dir / "fifo";
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  return path;
}

}  // namespace

TEST_CASE("[NX-08] what goes into a pipe comes out of it, and its end is the end of its senders") {
  test::on_host real;
  real.run([]() -> task<int> {
    auto both = pipe::pipe().value();
    CHECK((status_flags(both.first.fd()).value() & O_NONBLOCK) != 0);
    CHECK((status_flags(both.second.fd()).value() & O_NONBLOCK) != 0);
    CHECK((::fcntl(both.first.fd(), F_GETFD) & FD_CLOEXEC) != 0);
    auto reading = spawn(
        [](pipe::receiver from) -> task<string> {
          string all;
          (void)co_await from.read_to_string(all);
          co_return all;
        },
        std::move(both.second));
    const string large(300'000, 'p');  // more than a pipe holds
    auto sent = co_await both.first.write_all(large);
    CHECK(sent.has_value());
    auto ended = co_await both.first.shutdown();  // does nothing: the sender's end does
    CHECK(ended.has_value());
    {
      const auto gone = std::move(both.first);
    }
    auto all = co_await reading;
    CHECK(all.value() == large);
    co_return 0;
  }());
}

TEST_CASE("[NX-08] a child process writes into a pipe") {
  test::on_host real;
  real.run([]() -> task<int> {
    auto both = pipe::pipe().value();
    auto end = std::move(both.first).into_blocking_fd().value();
    CHECK((status_flags(end.fd()).value() & O_NONBLOCK) == 0);
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, end.fd(), 1);
    string command = "echo", word = "hello";
    std::array<char*, 3> arguments{command.data(), word.data(), nullptr};
    pid_t child = 0;
    REQUIRE(::posix_spawnp(&child, "echo", &actions, nullptr, arguments.data(), nullptr) == 0);
    ::posix_spawn_file_actions_destroy(&actions);
    {
      const auto ours = std::move(end);
    }
    string said;
    auto read = co_await both.second.read_to_string(said);
    CHECK(read.has_value());
    CHECK(said == "hello\n");
    int status = -1;
    CHECK(::waitpid(child, &status, 0) == child);
    CHECK(status == 0);
    co_return 0;
  }());
}

TEST_CASE("[NX-09] a sender needs a receiver; the other way round the receiver waits") {
  tokiod::test::temp_dir dir;
  test::on_host real;
  real.run([](string path) -> task<int> {
    auto nobody = pipe::open_options().open_sender(path);
    CHECK(nobody.error().raw_os_error() == ENXIO);
    auto hears = pipe::open_options().open_receiver(path).value();
    auto sends = pipe::open_options().open_sender(path).value();
    auto sent = co_await sends.write_all("x");
    CHECK(sent.has_value());
    {
      const auto gone = std::move(sends);
    }
    string all;
    auto read = co_await hears.read_to_string(all);
    CHECK(read.value() == 1);
    co_return 0;
  }(make_fifo(dir)));
}

TEST_CASE("[NX-09] opened for both, a receiver outlives its senders and a sender needs no receiver") {
  tokiod::test::temp_dir dir;
  test::on_host real;
  real.run([](string path) -> task<int> {
    auto hears = pipe::open_options().read_write(true).open_receiver(path).value();
    std::array<char, 8> room;
    for (const string word : {"one", "two", "six"}) {
      {
        auto sends = pipe::open_options().open_sender(path).value();
        auto sent = co_await sends.write_all(word);
        CHECK(sent.has_value());
      }
      auto got = co_await hears.read(room);
      CHECK(string(room.data(), got.value()) == word);
    }
    auto end = hears.read(io::byte_span(room));
    CHECK_FALSE((co_await once(end)).has_value());
    co_return 0;
  }(make_fifo(dir)));
  tokiod::test::temp_dir other;
  real.run([](string path) -> task<int> {
    auto sends = pipe::open_options().read_write(true).open_sender(path);
    CHECK(sends.has_value());
    co_return 0;
  }(make_fifo(other)));
}

TEST_CASE("[NX-09] what is no FIFO, or is not there, is refused") {
  tokiod::test::temp_dir dir;
  const string file = dir.write("f", "regular");
  test::on_host real;
  real.run([](string path) -> task<int> {
    CHECK(pipe::open_options().open_receiver(path).error().kind() == error_kind::invalid_input);
    CHECK(pipe::open_options().open_sender(path).error().message() == "not a pipe");
    CHECK(pipe::open_options().open_receiver(path + "none").error().kind() == error_kind::not_found);
    // Not looked at by us, it is refused by epoll.
    CHECK(pipe::open_options().unchecked(true).open_receiver(path).error().raw_os_error() == EPERM);
    co_return 0;
  }(file));
}

TEST_CASE("[NX-10] a descriptor is taken as the end that it is, and becomes non-blocking") {
  test::on_host real;
  real.run([]() -> task<int> {
    int fds[2];
    REQUIRE(::pipe2(fds, O_CLOEXEC) == 0);
    owned_fd reads(fds[0]), writes(fds[1]);
    CHECK(pipe::sender::from_fd(reads.try_clone().value()).error().message() == "the pipe is not open for writing");
    CHECK(pipe::receiver::from_fd(writes.try_clone().value()).error().message() == "the pipe is not open for reading");
    auto pair = test::socket_pair();
    CHECK(pipe::sender::from_fd(std::move(pair.first)).error().message() == "not a pipe");
    CHECK(pipe::sender::from_fd_unchecked(std::move(pair.second)).has_value());
    CHECK(pipe::receiver::from_fd(owned_fd()).error().raw_os_error() == EBADF);

    auto sends = pipe::sender::from_fd(std::move(writes)).value();
    auto hears = pipe::receiver::from_fd(std::move(reads)).value();
    CHECK((status_flags(hears.fd()).value() & O_NONBLOCK) != 0);
    auto sent = co_await sends.write_all("through");
    CHECK(sent.has_value());
    auto back = std::move(hears).into_nonblocking_fd().value();
    CHECK((status_flags(back.fd()).value() & O_NONBLOCK) != 0);
    CHECK(test::take(back.fd()) == "through");
    auto blocking = std::move(sends).into_blocking_fd().value();
    CHECK((status_flags(blocking.fd()).value() & O_NONBLOCK) == 0);
    co_return 0;
  }());
}

TEST_CASE("[NX-10] the try forms, vectored too, and operations of one's own on both ends") {
  test::on_host real;
  real.run([]() -> task<int> {
    auto both = pipe::pipe().value();
    std::array<char, 8> room;
    CHECK(both.second.try_read(room).error().kind() == error_kind::would_block);
    CHECK(both.second.try_io(interest::readable(), [] { return result<int>(1); }).error().kind() ==
          error_kind::would_block);
    auto writable = co_await both.first.writable();
    CHECK(writable.has_value());
    const std::array<io::byte_view, 2> out{"ab", "cde"};
    CHECK(both.first.try_write_vectored(out).value() == 5);
    CHECK(both.first
              .try_io(interest::writable(),
                      [&] {
                        const auto n = ::write(both.first.fd(), "f", 1);
                        return n == 1 ? result<int>(1) : result<int>(std::unexpect, last_os_error());
                      })
              .value() == 1);
    auto readable = co_await both.second.ready(interest::readable());
    CHECK(readable->is_readable());
    const std::array<io::byte_span, 2> in{io::byte_span(room.data(), 2), io::byte_span(room.data() + 2, 6)};
    CHECK(both.second.try_read_vectored(in).value() == 6);
    CHECK(string(room.data(), 6) == "abcdef");
    auto taken = co_await both.first.async_io(interest::writable(), [] { return result<int>(7); });
    CHECK(taken.value() == 7);
    co_return 0;
  }());
}

TEST_CASE("[NX-10] a small write is whole or not at all, and goes on when there is room") {
  test::on_host real;
  real.run([]() -> task<int> {
    auto both = pipe::pipe().value();
    const string page(PIPE_BUF, 'p');
    std::size_t filled = 0;
    while (auto n = both.first.try_write(page)) {
      CHECK(*n == page.size());
      filled += *n;
    }
    CHECK(filled > 0);
    auto waits = both.first.write(page);
    CHECK_FALSE((co_await once(waits)).has_value());
    string room(filled, '\0');
    auto drained = co_await both.second.read_exact(room);
    CHECK(drained.has_value());
    CHECK((co_await waits).value() == page.size());
    co_return 0;
  }());
}

TEST_CASE("[NX-10] a sender hears that its receiver is gone, and a write is an error and no signal") {
  test::on_host real;
  real.run([]() -> task<int> {
    auto both = pipe::pipe().value();
    auto before = co_await both.first.ready(interest::writable());
    CHECK_FALSE(before->is_write_closed());
    {
      const auto gone = std::move(both.second);
    }
    auto now = co_await both.first.ready(interest::writable());
    while (!now->is_write_closed()) {
      co_await yield_now();
      now = co_await both.first.ready(interest::writable());
    }
    auto lost = co_await both.first.write("x");
    CHECK(lost.error().kind() == error_kind::broken_pipe);
    co_return 0;
  }());
}

TEST_CASE("[NX-10] outside of a task, too, a write that nobody reads is an error and no signal") {
  test::on_host real;
  auto both = pipe::pipe().value();
  {
    const auto gone = std::move(both.second);
  }
  CHECK(both.first.try_write("x").error().kind() == error_kind::broken_pipe);
  const std::array<io::byte_view, 2> parts{"ab", "cd"};
  CHECK(both.first.try_write_vectored(parts).error().kind() == error_kind::broken_pipe);
}
