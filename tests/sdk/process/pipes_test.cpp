// The pipes of a child: row PR-11.
#include "tokio/process/pipes.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "children.hpp"
#include "sdk/net/on_host.hpp"
#include "tokio/io.hpp"
#include "tokio/task.hpp"

namespace {

using namespace tokio;
using namespace tokio::process;
using std::string;
using std::string_view;
using test::shell;
using test::why;

// [sorted]
task<string> sorted(string_view text) {
  auto made = command("sort").stdin_(stdio::piped()).stdout_(stdio::piped()).kill_on_drop(true).spawn();
  if (!made) co_return "";  // no such program, no descriptor, no process can be made
  auto to = *std::exchange(made->stdin_, std::nullopt);
  auto writer = spawn([](child_stdin into, string bytes) -> task<> { (void)co_await into.write_all(bytes); },
                      std::move(to), string(text));
  auto got = co_await std::move(*made).wait_with_output();
  co_return got && got->status.success() ? got->stdout_ : "";
}
// [/sorted]

child cat() { return command("/bin/cat").stdin_(stdio::piped()).stdout_(stdio::piped()).spawn().value(); }

}  // namespace

TEST_CASE("[PR-11] megabytes go through a child while they are read back") {
  test::on_host real;
  real.run([]() -> task<int> {
    auto through = cat();
    string sent;
    for (int i = 0; i < 4'000'000; ++i) sent += static_cast<char>(i * 31 >> 3);
    auto writer = spawn(
        [](child_stdin to, const string& bytes) -> task<bool> {
          co_return (co_await to.write_all(bytes)).has_value() && (co_await to.shutdown()).has_value();
        },
        *std::exchange(through.stdin_, std::nullopt), std::cref(sent));
    string back;
    CHECK(why(co_await through.stdout_->read_to_end(back)) == "ok");
    CHECK((co_await std::move(writer)).value());
    CHECK(back == sent);
    CHECK((co_await through.wait())->success());
    co_return 0;
  }());
}

TEST_CASE("[PR-11] shutdown of a child_stdin only flushes; its end is the end of the object") {
  test::on_host real;
  real.run([]() -> task<int> {
    auto through = cat();
    CHECK(why(co_await through.stdin_->write_all("one ")) == "ok");
    CHECK(why(co_await through.stdin_->shutdown()) == "ok");
    const std::array<io::byte_view, 2> parts{io::byte_view("two "), io::byte_view("three")};
    CHECK((co_await through.stdin_->write_vectored(parts)).value() == 9);
    through.stdin_.reset();
    string back;
    CHECK(why(co_await through.stdout_->read_to_string(back)) == "ok");
    CHECK(back == "one two three");
    co_return 0;
  }());
}

TEST_CASE("[PR-11] writing to a child that has gone is an error, not the end of this process") {
  test::on_host real;
  real.run([]() -> task<int> {
    auto gone = command("/bin/true").stdin_(stdio::piped()).spawn().value();
    auto to = *std::exchange(gone.stdin_, std::nullopt);
    CHECK((co_await gone.wait())->success());
    CHECK((co_await to.write_all("x")).error().kind() == error_kind::broken_pipe);
    co_return 0;
  }());
}

TEST_CASE("[PR-11] a pipe can be taken out, in blocking mode, and taken in") {
  test::on_host real;
  real.run([]() -> task<int> {
    auto through = cat();
    auto out = *std::exchange(through.stdout_, std::nullopt);
    owned_fd fd = std::move(out).into_owned_fd().value();
    CHECK((::fcntl(fd.fd(), F_GETFL) & O_NONBLOCK) == 0);
    auto in_again = child_stdout::from_std(std::move(fd)).value();
    CHECK(why(co_await through.stdin_->write_all("x")) == "ok");
    CHECK((co_await in_again.read_u8()).value() == 'x');
    auto bad = child_stdin::from_std(owned_fd(-1));
    CHECK(bad.error().kind() == error_kind::invalid_input);
    co_return 0;
  }());
}

TEST_CASE("[PR-11] the stdout of one command becomes the stdin of the next") {
  test::on_host real;
  real.run([]() -> task<int> {
    auto first = shell("printf 'b\\na\\nb\\n'").stdout_(stdio::piped()).spawn().value();
    auto second = command("sort");
    second.stdin_((*std::exchange(first.stdout_, std::nullopt)).into_stdio().value());
    second.stdout_(stdio::piped());
    auto sorted = second.spawn().value();
    auto third = command("uniq");
    third.stdin_((*std::exchange(sorted.stdout_, std::nullopt)).into_stdio().value());
    CHECK((co_await third.output())->stdout_ == "a\nb\n");
    CHECK((co_await first.wait())->success());
    CHECK((co_await sorted.wait())->success());
    co_return 0;
  }());
}

TEST_CASE("[PR-09] the example of the README sorts, also more than a pipe holds") {
  test::on_host real;
  real.run([]() -> task<int> {
    CHECK(co_await sorted("b\na\n") == "a\nb\n");
    string many;
    for (int i = 0; i < 100'000; ++i) many += "line\n";
    CHECK(co_await sorted(many) == many);
    co_return 0;
  }());
}
