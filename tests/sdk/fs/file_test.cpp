// What is done to a whole open file, and what every call on files does.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

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
using tokiod::test::eventually;
using tokiod::test::pipe_ends;
using tokiod::test::temp_dir;

TEST_CASE("[FS-08] sync, length, metadata and permissions wait for what is in flight") {
  bound_host host;
  const temp_dir dir;
  host.run([&]() -> task<> {
    auto file = (co_await fs::file::create(dir / "a")).value();
    CHECK((co_await file.write_all("0123456789")));
    const auto known = co_await file.metadata();
    REQUIRE(known);
    CHECK(known->len() == 10);
    CHECK(known->is_file());
    CHECK((co_await file.write_all("ab")));
    CHECK((co_await file.sync_all()));
    CHECK(contents(dir / "a") == "0123456789ab");
    CHECK((co_await file.write_all("cd")));
    CHECK((co_await file.sync_data()));
    CHECK(contents(dir / "a") == "0123456789abcd");
    CHECK((co_await file.write_all("ef")));
    CHECK((co_await file.set_len(5)));
    CHECK(contents(dir / "a") == "01234");
    CHECK((co_await file.write_all("gh")));
    CHECK((co_await file.set_permissions(fs::permissions::from_mode(0600))));
    CHECK((co_await file.metadata())->permissions().mode() == 0600);
    CHECK(contents(dir / "a").size() == 18);  // the position had stayed behind the new end
    auto reader = (co_await fs::file::open(dir / "a")).value();
    CHECK((co_await reader.set_len(1)).error().kind() == error_kind::invalid_input);
  });
  host.end();
}

TEST_CASE("[FS-08] set_len stretches with zeroes, and gives back what was read ahead") {
  bound_host host;
  const temp_dir dir;
  const auto path = dir.write("a", "0123456789");
  host.run([&]() -> task<> {
    auto file = co_await open_both_ways(path);
    co_await drop_a_read(file);
    CHECK(co_await next(file, 2) == "01");
    CHECK((co_await file.set_len(12)));
    CHECK(co_await file.stream_position() == 2u);
    std::string rest;
    CHECK(co_await file.read_to_string(rest) == 10u);
    CHECK(rest == std::string("23456789\0\0", 10));
    {
      auto dropped = file.set_len(3);
      CHECK(co_await begin(dropped));
    }  // it goes on
    CHECK((co_await file.metadata())->len() == 3);
    auto cut = file.set_len(1);
    CHECK(co_await begin(cut));
    CHECK(co_await file.stream_position() == 12u);  // waits for the other one, and tells it
    CHECK((co_await cut));
  });
  host.end();
}

TEST_CASE("[FS-08] a clone has the same position and the same largest buffer, and sees what was flushed") {
  bound_host host;
  const temp_dir dir;
  const auto path = dir.write("a", "0123456789");
  host.run([&]() -> task<> {
    auto file = co_await open_both_ways(path);
    file.set_max_buf_size(3);
    CHECK((co_await file.write_all("AB")));
    auto clone = (co_await file.try_clone()).value();  // the write is done by then
    CHECK(clone.max_buf_size() == 3);
    CHECK(clone.as_raw_fd() != file.as_raw_fd());
    std::string text(10, '\0');
    CHECK(co_await clone.read(byte_span(text)) == 3u);
    CHECK(text.starts_with("234"));
    CHECK(co_await file.read(byte_span(text)) == 3u);
    CHECK(text.starts_with("567"));
    CHECK((co_await clone.write_all("!")));
    CHECK((co_await clone.flush()));
    CHECK(contents(path) == "AB234567!9");
  });
  host.end();
}

TEST_CASE("[FS-01] an operation whose future is dropped goes on") {
  bound_host host;
  const temp_dir dir;
  const auto path = dir.write("a", "0123456789");
  host.run([&]() -> task<> {
    {
      auto dropped = fs::create_dir(dir / "made");
      CHECK(co_await begin(dropped));
      auto never = fs::create_dir(dir / "never polled");
      auto opened = fs::file::open(path);  // what nobody takes is closed
      CHECK(co_await begin(opened));
    }
    eventually("the folder is made", [&] { return ::access((dir / "made").c_str(), F_OK) == 0; });
    CHECK(co_await fs::try_exists(dir / "never polled") == false);
  });
  host.end();
}

TEST_CASE("[FS-01] paths are copied when a call is made") {
  bound_host host;
  const temp_dir dir;
  host.run([&]() -> task<> {
    std::string path = dir / "made";
    auto making = fs::create_dir(path);
    path.assign(path.size(), '?');
    CHECK((co_await making));
    CHECK(co_await fs::try_exists(dir / "made") == true);
  });
  host.end();
}

TEST_CASE("[FS-01] where no job is given, the error is of the call and the file goes on") {
  bound_host host({.workers = 2, .max_jobs = 1});
  pipe_ends pipe;
  const temp_dir dir;
  const auto path = dir.write("a", "0123456789");
  host.run([&]() -> task<> {
    auto file = co_await open_both_ways(path);
    co_await drop_a_read(file);
    CHECK(co_await next(file, 2) == "01");
    auto waits = fs::file::from_fd(pipe.read.release()).value();
    char byte = 0;
    auto reading = waits.read(byte_span(&byte, 1));
    CHECK(co_await begin(reading));  // it has the one place
    for (int i = 0; i < 2; ++i) {
      CHECK((co_await file.write("AB")).error().kind() == error_kind::resource_exhausted);
      CHECK((co_await file.set_len(3)).error().kind() == error_kind::resource_exhausted);
      CHECK((co_await fs::read(path)).error().kind() == error_kind::resource_exhausted);
    }
    REQUIRE(::write(pipe.write.get(), "x", 1) == 1);
    CHECK(co_await reading == 1u);
    CHECK((co_await file.write_all("AB")));  // at where it was
    CHECK((co_await file.flush()));
    CHECK(contents(path) == "01AB456789");
  });
  host.end();
}

TEST_CASE("[FS-01] where no memory is given, the error is of the call and the file goes on") {
  bound_host host({.workers = 2, .max_bytes = 1 << 20});
  const temp_dir dir;
  const auto path = dir.write("a", std::string(2 << 20, 'x'));
  host.run([&]() -> task<> {
    CHECK((co_await fs::read(path)).error().kind() == error_kind::resource_exhausted);
    auto file = co_await open_both_ways(path);
    const std::string large(2 << 20, 'y');
    CHECK((co_await file.write(large)).error().kind() == error_kind::resource_exhausted);
    file.set_max_buf_size(1 << 16);
    CHECK(co_await file.write(large) == std::size_t{1} << 16);
    CHECK((co_await file.flush()));
  });
  host.end();
}

TEST_CASE("[FS-06] [FS-10] no descriptor is left behind") {
  const auto open_now = [] {
    int count = 0;
    for (int fd = 0; fd < 1024; ++fd) count += ::fcntl(fd, F_GETFD) >= 0;
    return count;
  };
  bound_host host;
  const temp_dir dir;
  const auto path = dir.write("a", "0123456789");
  host.run([&]() -> task<> { CHECK((co_await fs::read(path))); });  // threads of the pool have none of their own
  const int before = open_now();
  host.run([&]() -> task<> {
    for (int i = 0; i < 20; ++i) {
      auto file = co_await open_both_ways(path);
      auto clone = co_await file.try_clone();
      CHECK((co_await file.write_all("x")));
      auto dropped = fs::file::open(path);
      CHECK(co_await begin(dropped));
      auto listing = co_await fs::read_dir(dir.path());
      CHECK((co_await listing->next_entry()));
      CHECK((co_await fs::copy(path, dir / "b")) == 10u);
      CHECK((co_await fs::write(dir / "c", "x")));
    }
  });
  eventually("all are closed", [&] { return open_now() == before; });
  host.end();
}
