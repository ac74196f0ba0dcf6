// A file as a stream: read, written behind, flushed, sought, and its end.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <thread>

#include "files.hpp"
#include "sdk/task/bound_host.hpp"
#include "support/eventually.hpp"
#include "support/pipe_ends.hpp"
#include "support/temp_dir.hpp"

namespace fs = tokio::fs;
using sdk_test::begin;
using sdk_test::bound_host;
using sdk_test::contents;
using sdk_test::drop_a_read;
using sdk_test::next;
using sdk_test::open_both_ways;
using tokio::error_kind;
using tokio::task;
using tokio::io::byte_span;
using tokio::io::seek_from;
using tokiod::test::becomes_true;
using tokiod::test::eventually;
using tokiod::test::pipe_ends;
using tokiod::test::temp_dir;

static_assert(tokio::io::async_reader<fs::file> && tokio::io::async_writer<fs::file>);

TEST_CASE("[FS-03] a read gives some bytes, then the end; an empty one is 0 at once and no end") {
  bound_host host;
  const temp_dir dir;
  const auto path = dir.write("a", "hello world");
  host.run([&]() -> task<> {
    auto file = co_await open_both_ways(path);
    CHECK(co_await file.read(byte_span()) == 0u);
    CHECK(co_await next(file, 5) == "hello");
    CHECK(co_await file.read(byte_span()) == 0u);
    CHECK(co_await next(file, 100) == " world");
    CHECK(co_await next(file, 100) == "");
  });
  host.end();
}

TEST_CASE("[FS-03] what a dropped read has read stays for the next ones") {
  bound_host host;
  const temp_dir dir;
  const auto path = dir.write("a", "0123456789");
  host.run([&]() -> task<> {
    auto file = co_await open_both_ways(path);
    co_await drop_a_read(file);
    CHECK(co_await next(file, 3) == "012");
    CHECK(co_await next(file, 100) == "34567");  // the rest of the dropped one
    CHECK(co_await next(file, 100) == "89");
    CHECK(co_await next(file, 100) == "");
  });
  host.end();
}

TEST_CASE("[FS-03] an error of a read is an error of that read, and the file goes on") {
  bound_host host;
  const temp_dir dir;
  const auto path = dir.write("a", "abc");
  host.run([&]() -> task<> {
    auto file = (co_await fs::file::create(dir / "b")).value();
    char room[4];
    CHECK((co_await file.read(byte_span(room, 4))).error().raw_os_error() == EBADF);
    CHECK((co_await file.write_all("abc")));
    CHECK((co_await file.flush()));
    CHECK(contents(dir / "b") == "abc");
    auto folder = fs::file::from_fd(::open(dir.path().c_str(), O_RDONLY | O_CLOEXEC));
    CHECK((co_await folder->read(byte_span(room, 4))).error().kind() == error_kind::is_a_directory);
  });
  host.end();
}

TEST_CASE("[FS-04] a write returns before the system has the bytes; flush waits until it has") {
  bound_host host;
  pipe_ends pipe;
  const auto before = pipe.fill_up();
  host.run([&]() -> task<> {
    auto file = fs::file::from_fd(pipe.write.release()).value();
    CHECK(co_await file.write("behind") == 6u);  // there is no room in the pipe
    auto flushing = file.flush();
    CHECK(co_await tokio::poll_fn(
        [&](tokio::context& cx) -> tokio::poll<bool> { return flushing.poll(cx).is_pending(); }));
    std::thread reader([&] { CHECK(pipe.read_some(before).size() > 0); });
    CHECK((co_await flushing));
    reader.join();
    std::string rest = pipe.read_some(before + 6);
    while (!rest.ends_with("behind")) rest += pipe.read_some(before + 6);
    CHECK(rest.ends_with("behind"));
  });
  host.end();
}

TEST_CASE("[FS-04] [FS-05] an error behind a write comes with the next write or flush, once") {
  bound_host host;
  host.run([&]() -> task<> {
    auto file = (co_await fs::open_options().write(true).open("/dev/full")).value();
    CHECK(co_await file.write("a") == 1u);
    CHECK((co_await file.write("b")).error().kind() == error_kind::storage_full);
    CHECK((co_await file.flush()));  // it was told, and "b" was not taken
    CHECK(co_await file.write("c") == 1u);
    CHECK((co_await file.flush()).error().raw_os_error() == ENOSPC);
    CHECK((co_await file.flush()));
    CHECK(co_await file.write("d") == 1u);
    CHECK((co_await file.shutdown()).error().kind() == error_kind::storage_full);
    CHECK((co_await file.shutdown()));
  });
  host.end();
}

TEST_CASE("[FS-04] an error behind a write outlives what waits for it for another reason") {
  bound_host host;
  host.run([&]() -> task<> {
    auto file = (co_await fs::open_options().read(true).write(true).open("/dev/full")).value();
    CHECK(co_await file.write("a") == 1u);
    CHECK((co_await file.metadata()));
    char room[4];
    CHECK(co_await file.read(byte_span(room, 4)) == 4u);
    CHECK((co_await file.flush()).error().kind() == error_kind::storage_full);
    CHECK((co_await file.flush()));
  });
  host.end();
}

TEST_CASE("[FS-04] a write to a pipe that nobody reads any more is an error and no signal") {
  bound_host host;
  pipe_ends pipe;
  pipe.read.reset();
  host.run([&]() -> task<> {
    auto file = fs::file::from_fd(pipe.write.release()).value();
    CHECK(co_await file.write("a") == 1u);
    CHECK((co_await file.flush()).error().kind() == error_kind::broken_pipe);
  });
  host.end();
}

TEST_CASE("[FS-04] what was read ahead is given back before a write") {
  bound_host host;
  const temp_dir dir;
  const auto path = dir.write("a", "0123456789");
  host.run([&]() -> task<> {
    auto file = co_await open_both_ways(path);
    co_await drop_a_read(file);
    CHECK(co_await next(file, 2) == "01");  // six lie unread
    CHECK((co_await file.write_all("AB")));
    CHECK((co_await file.flush()));
    CHECK(contents(path) == "01AB456789");
    CHECK(co_await next(file, 2) == "45");
  });
  host.end();
}

TEST_CASE("[FS-05] a flush with nothing in flight is ready at once, and an empty write writes nothing") {
  bound_host host;
  const temp_dir dir;
  host.run([&]() -> task<> {
    auto file = (co_await fs::file::create(dir / "a")).value();
    auto flushing = file.flush();
    CHECK_FALSE(co_await begin(flushing));
    CHECK(co_await file.write("") == 0u);
    CHECK((co_await file.shutdown()));
    CHECK((co_await file.write_all("after")));  // a file has no direction that ends
    CHECK((co_await file.flush()));
    CHECK(contents(dir / "a") == "after");
  });
  host.end();
}

TEST_CASE("[FS-06] a file that goes writes what it has taken, and closes after that") {
  bound_host host;
  pipe_ends pipe;
  const auto before = pipe.fill_up();
  host.run([&]() -> task<> {
    auto file = fs::file::from_fd(pipe.write.release()).value();
    CHECK(co_await file.write("last words") == 10u);
  });                                // it is gone, and the write waits for room
  const auto all = pipe.read_all();  // ends when the descriptor is closed
  CHECK(all.size() == before + 10);
  CHECK(all.ends_with("last words"));
  host.end();
}

TEST_CASE("[FS-07] seek counts from the start, from here and from the end, and says where that is") {
  bound_host host;
  const temp_dir dir;
  const auto path = dir.write("a", "0123456789");
  host.run([&]() -> task<> {
    auto file = co_await open_both_ways(path);
    CHECK(co_await file.seek(seek_from::end(-2)) == 8u);
    CHECK(co_await next(file, 9) == "89");
    CHECK(co_await file.seek(seek_from::start(3)) == 3u);
    CHECK(co_await next(file, 2) == "34");
    CHECK(co_await file.seek(seek_from::current(-1)) == 4u);
    CHECK(co_await file.stream_position() == 4u);
    CHECK(co_await file.rewind());
    CHECK((co_await file.seek(seek_from::current(-1))).error().kind() == error_kind::invalid_input);
    CHECK((co_await file.seek(seek_from::start(UINT64_MAX))).error().kind() == error_kind::invalid_input);
    CHECK(co_await next(file, 3) == "012");  // a seek that failed has moved nothing
  });
  host.end();
}

TEST_CASE("[FS-07] what lies unread is no part of where one is") {
  bound_host host;
  const temp_dir dir;
  const auto path = dir.write("a", "0123456789");
  host.run([&]() -> task<> {
    auto file = co_await open_both_ways(path);
    const auto leave_unread = [&]() -> task<> {
      CHECK(co_await file.rewind());
      co_await drop_a_read(file);
    };
    co_await leave_unread();
    CHECK(co_await next(file, 3) == "012");
    CHECK(co_await file.stream_position() == 3u);
    CHECK(co_await next(file, 2) == "34");
    co_await leave_unread();
    CHECK(co_await next(file, 3) == "012");
    CHECK(co_await file.seek(seek_from::current(2)) == 5u);
    CHECK(co_await next(file, 2) == "56");
    co_await leave_unread();
    CHECK(co_await next(file, 3) == "012");
    CHECK((co_await file.seek(seek_from::current(INT64_MIN))).error().kind() == error_kind::invalid_input);
    CHECK(co_await next(file, 2) == "34");  // what it gave up is read again
  });
  host.end();
}

TEST_CASE("[FS-07] a seek that fails loses nothing of what lies unread") {
  bound_host host;
  pipe_ends pipe;
  const temp_dir dir;
  const auto path = dir.write("a", "0123456789");
  host.run([&]() -> task<> {
    auto file = co_await open_both_ways(path);
    co_await drop_a_read(file);
    CHECK(co_await next(file, 3) == "012");
    CHECK((co_await file.seek(seek_from::start(UINT64_MAX))).error().kind() == error_kind::invalid_input);
    CHECK(co_await next(file, 2) == "34");
    CHECK((co_await file.seek(seek_from::current(-6))).error().kind() == error_kind::invalid_input);
    CHECK(co_await file.stream_position() == 5u);
    CHECK(co_await next(file, 2) == "56");

    auto stream = fs::file::from_fd(pipe.read.release()).value();
    REQUIRE(::write(pipe.write.get(), "abcdef", 6) == 6);
    co_await drop_a_read(stream);
    CHECK(co_await next(stream, 2) == "ab");
    CHECK((co_await stream.rewind()).error().raw_os_error() == ESPIPE);
    CHECK(co_await next(stream, 9) == "cdef");
  });
  host.end();
}

TEST_CASE("[FS-07] start_seek is an error while something is in flight, and poll_complete ends it") {
  bound_host host;
  pipe_ends pipe;
  const temp_dir dir;
  const auto path = dir.write("a", "0123456789");
  host.run([&]() -> task<> {
    auto file = fs::file::from_fd(pipe.read.release()).value();
    char byte = 0;
    auto reading = file.read(byte_span(&byte, 1));
    CHECK(co_await begin(reading));
    const auto busy = file.start_seek(seek_from::start(0));
    REQUIRE_FALSE(busy);
    CHECK(busy.error().kind() == error_kind::other);
    CHECK(busy.error().message() == "other file operation is pending, call poll_complete before start_seek");
    REQUIRE(::write(pipe.write.get(), "x", 1) == 1);
    auto completing = tokio::poll_fn([&](tokio::context& cx) { return file.poll_complete(cx); });
    CHECK(co_await completing == 0u);  // waits for the read; nobody has sought yet
    CHECK(co_await file.read(byte_span(&byte, 1)) == 1u);

    auto regular = co_await open_both_ways(path);
    CHECK(regular.start_seek(seek_from::end(0)));
    CHECK_FALSE(regular.start_seek(seek_from::start(0)));
    CHECK(co_await tokio::poll_fn([&](tokio::context& cx) { return regular.poll_complete(cx); }) == 10u);
    CHECK(co_await tokio::poll_fn([&](tokio::context& cx) { return regular.poll_complete(cx); }) == 10u);
    CHECK((co_await file.seek(seek_from::start(0))).error().raw_os_error() == ESPIPE);
  });
  host.end();
}

TEST_CASE("[FS-09] one operation moves at most the largest buffer, 2 MiB when nobody says") {
  bound_host host;
  const temp_dir dir;
  const auto path = dir.write("a", "0123456789");
  host.run([&]() -> task<> {
    auto file = co_await open_both_ways(path);
    CHECK(file.max_buf_size() == 2u * 1024 * 1024);
    file.set_max_buf_size(4);
    CHECK(file.max_buf_size() == 4);
    CHECK(co_await next(file, 100) == "0123");
    CHECK(co_await file.write("ABCDEF") == 4u);
    CHECK((co_await file.flush()));
    CHECK(contents(path) == "0123ABCD89");
    file.set_max_buf_size(1);
    CHECK(co_await next(file, 100) == "8");
    auto large = (co_await fs::file::create(dir / "large")).value();
    const std::string three(3 * 1024 * 1024, 'x');
    CHECK(co_await large.write(three) == 2u * 1024 * 1024);
    CHECK((co_await large.flush()));
  });
  host.end();
}

TEST_CASE("[FS-03] [FS-04] a file of many buffers is copied byte by byte as it is") {
  bound_host host;
  const temp_dir dir;
  constexpr std::size_t size = 64u * 1024 * 1024 + 12345;
  {
    std::string pattern(size, '\0');
    std::uint32_t state = 12345;
    for (auto& byte : pattern) byte = static_cast<char>((state = state * 1664525 + 1013904223) >> 24);
    dir.write("from", pattern);
  }
  host.run([&]() -> task<> {
    auto from = (co_await fs::file::open(dir / "from")).value();
    auto to = (co_await fs::file::create(dir / "to")).value();
    std::string room(3 * 1024 * 1024 + 7, '\0');  // more than one operation moves
    for (;;) {
      auto got = co_await from.read(byte_span(room));
      REQUIRE(got);
      if (*got == 0) break;
      CHECK((co_await to.write_all(tokio::io::byte_view(room.data(), *got))));
    }
    CHECK((co_await to.flush()));
  });
  CHECK(contents(dir / "from") == contents(dir / "to"));
  host.end();
}

TEST_CASE("[FS-03] who reads on and on lets others have their turn") {
  bound_host host({.workers = 1});
  const temp_dir dir;
  const auto path = dir.write("a", std::string(4096, 'x'));
  std::atomic<bool> other = false;
  host.run([&]() -> task<> {
    auto file = co_await open_both_ways(path);
    {
      co_await drop_a_read(file, 2048);
    }
    CHECK(co_await next(file, 1) == "x");  // the others are in memory: no read waits any more
    tokio::spawn(
        [](std::atomic<bool>& ran) -> task<> {
          ran = true;
          co_return;
        },
        std::ref(other))
        .detach();
    int before = 0;
    for (; !other && before < 2000; ++before) CHECK(co_await next(file, 1) == "x");
    CHECK(before <= 256);  // a budget is 128
  });
  host.end();
}

TEST_CASE("[FS-04] [FS-07] a write, a flush and a seek that are dropped at their first poll lose nothing") {
  bound_host host;
  const temp_dir dir;
  const auto path = dir.write("a", "0123456789");
  host.run([&]() -> task<> {
    auto file = co_await open_both_ways(path);
    CHECK(co_await file.write("AB") == 2u);
    {
      auto writing = file.write("CD");  // waits for the one before
      if (!co_await begin(writing)) CHECK(co_await file.seek(seek_from::current(-2)) == 2u);  // it did not have to
    }
    {
      auto flushing = file.flush();
      (void)co_await begin(flushing);
    }
    CHECK(co_await file.write("EF") == 2u);
    {
      auto seeking = file.seek(seek_from::start(8));
      (void)co_await begin(seeking);
    }
    CHECK(co_await file.seek(seek_from::start(6)) == 6u);
    CHECK(co_await next(file, 2) == "67");
    CHECK((co_await file.flush()));
    CHECK(contents(path) == "ABEF456789");
  });
  host.end();
}
