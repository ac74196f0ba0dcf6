// A child from spawn to its end: rows PR-06 to PR-10.
#include "tokio/process/child.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <string>

#include "children.hpp"
#include "sdk/net/on_host.hpp"
#include "tokio/time.hpp"

namespace {

using namespace tokio;
using namespace tokio::process;
using std::string;
using std::chrono::milliseconds;
using test::shell;
using test::why;

}  // namespace

TEST_CASE("[PR-06] wait closes stdin first, gives the status, and gives it again") {
  test::on_host real;
  real.run([]() -> task<int> {
    auto cat = command("/bin/cat").stdin_(stdio::piped()).spawn();
    CHECK(cat->stdin_.has_value());
    auto status = co_await cat->wait();
    CHECK(why(status) == "ok");
    CHECK(status->success());
    CHECK_FALSE(cat->stdin_.has_value());
    CHECK(co_await cat->wait() == status);
    CHECK(test::no_children());
    co_return 0;
  }());
}

TEST_CASE("[PR-06] a status says what was returned, or which signal it was") {
  test::on_host real;
  real.run([]() -> task<int> {
    auto returned = co_await shell("exit 42").status();
    CHECK(returned->code() == 42);
    CHECK_FALSE(returned->signal());
    CHECK_FALSE(returned->success());
    CHECK(returned->into_raw() == 42 << 8);
    auto killed = co_await shell("kill -TERM $$").status();
    CHECK(killed->signal() == SIGTERM);
    CHECK_FALSE(killed->code());
    CHECK_FALSE(killed->core_dumped());
    CHECK(exit_status::from_raw(SIGSEGV | 0x80).core_dumped());
    co_return 0;
  }());
}

TEST_CASE("[PR-06] a wait that is dropped loses nothing: the next one gives the status") {
  test::on_host real;
  real.run([]() -> task<int> {
    auto cat = command("/bin/cat").stdin_(stdio::piped()).spawn();
    auto held = std::move(cat->stdin_);
    for (int i = 0; i < 3; ++i) CHECK_FALSE((co_await time::timeout(milliseconds(1), cat->wait())).has_value());
    held.reset();
    CHECK((co_await cat->wait())->success());
    co_return 0;
  }());
}

TEST_CASE("[PR-07] try_wait leaves stdin alone, and says again and again how it ended") {
  test::on_host real;
  real.run([]() -> task<int> {
    auto cat = command("/bin/cat").stdin_(stdio::piped()).spawn();
    for (int i = 0; i < 3; ++i) CHECK_FALSE(cat->try_wait()->has_value());
    CHECK(cat->stdin_.has_value());
    cat->stdin_.reset();
    tokiod::test::eventually("it ends", [&] { return cat->try_wait()->has_value(); });
    CHECK((*cat->try_wait())->success());
    CHECK(test::no_children());
    CHECK((co_await cat->wait())->success());
    co_return 0;
  }());
}

TEST_CASE("[PR-08] kill ends it and waits; after its end start_kill and kill are no errors") {
  test::on_host real;
  real.run([]() -> task<int> {
    auto sleeper = shell("exec sleep 1000").spawn();
    CHECK(why(co_await sleeper->kill()) == "ok");
    CHECK((*sleeper->try_wait())->signal() == SIGKILL);
    CHECK(why(sleeper->start_kill()) == "ok");
    CHECK(why(co_await sleeper->kill()) == "ok");
    CHECK((co_await sleeper->wait())->signal() == SIGKILL);
    auto asked = shell("exec sleep 1000").spawn();
    CHECK(asked->send_signal(0).error().kind() == error_kind::invalid_input);
    CHECK(why(asked->send_signal(SIGTERM)) == "ok");
    CHECK((co_await asked->wait())->signal() == SIGTERM);
    co_return 0;
  }());
}

TEST_CASE("[PR-08] a zombie that nobody has looked at can be killed without an error, and keeps its status") {
  test::on_host real;
  real.run([]() -> task<int> {
    auto done = shell("exit 9").spawn();
    siginfo_t seen{};
    CHECK(::waitid(P_PID, static_cast<id_t>(done->id().value()), &seen, WEXITED | WNOWAIT) == 0);  // is one now
    CHECK(why(done->start_kill()) == "ok");
    CHECK((co_await done->wait())->code() == 9);
    co_return 0;
  }());
}

TEST_CASE("[PR-09] wait_with_output reads both pipes at once, however much comes from each") {
  test::on_host real;
  real.run([]() -> task<int> {
    auto made = shell("head -c 3000000 /dev/zero >&2; head -c 3000000 /dev/zero; head -c 1000000 /dev/zero >&2")
                    .stdout_(stdio::piped())
                    .stderr_(stdio::piped())
                    .spawn();
    auto got = co_await std::move(*made).wait_with_output();
    CHECK(why(got) == "ok");
    CHECK(got->status.success());
    CHECK(got->stdout_.size() == 3'000'000);
    CHECK(got->stderr_.size() == 4'000'000);
    CHECK(std::ranges::count(got->stderr_, '\0') == 4'000'000);
    auto partly =
        shell("cat; echo err >&2").stdin_(stdio::piped()).stdout_(stdio::piped()).stderr_(stdio::null()).spawn();
    auto none = co_await std::move(*partly).wait_with_output();  // closes stdin
    CHECK(none->stdout_.empty());
    CHECK(none->stderr_.empty());
    co_return 0;
  }());
}

TEST_CASE("[PR-10] the id is there until the end was seen, and the streams where they are pipes") {
  test::on_host real;
  real.run([]() -> task<int> {
    auto made = shell("echo $$").stdout_(stdio::piped()).spawn();
    CHECK_FALSE(made->stdin_.has_value());
    CHECK(made->stdout_.has_value());
    CHECK_FALSE(made->stderr_.has_value());
    const auto id = made->id();
    string said;
    CHECK(why(co_await made->stdout_->read_to_string(said)) == "ok");
    CHECK(said == std::to_string(id.value()) + "\n");
    CHECK(made->id() == id);  // a zombie has it still
    CHECK((co_await made->wait())->success());
    CHECK_FALSE(made->id());
    co_return 0;
  }());
}

TEST_CASE("[PR-06] the child moves from one task to another, and is waited for there") {
  test::on_host real;
  real.run([]() -> task<int> {
    auto made = shell("exit 7").spawn();
    auto waiter =
        spawn([](child one) -> task<int> { co_return (co_await one.wait())->code().value_or(-1); }, *std::move(made));
    CHECK((co_await std::move(waiter)).value() == 7);
    co_return 0;
  }());
}

TEST_CASE("[PR-08] a kill that is dropped at any poll has killed, and may be called again") {
  test::on_host real;
  real.run([]() -> task<int> {
    auto never = shell("exec sleep 1000").spawn();
    (void)never->kill();  // not polled
    CHECK_FALSE(never->try_wait()->has_value());
    {
      auto dropped = never->kill();
      (void)co_await test::once(dropped);
    }
    CHECK(why(co_await never->kill()) == "ok");
    CHECK((co_await never->wait())->signal() == SIGKILL);
    co_return 0;
  }());
}
