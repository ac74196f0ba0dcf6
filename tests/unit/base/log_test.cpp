#include "base/log.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <thread>

#include "base/fd.hpp"
#include "base/log_catalogue.hpp"
#include "base/log_change.hpp"
#include "base/log_rate.hpp"
#include "base/log_sink.hpp"

using namespace tokiod;

namespace {

log::record sample() {
  log::record r;
  r.wall_ns = 1'700'000'000'123'000'000;
  r.severity = log::level::warn;
  r.target = "plugin.echo";
  r.message = "closing";
  return r;
}

// Starts the log on a buffer for the length of a test.
struct captured {
  explicit captured(log::options how = {}) { log::start(std::move(how), std::make_unique<log::buffer_sink>(lines)); }
  ~captured() { log::stop(); }
  std::vector<std::string> take() const {
    log::flush();
    return lines->take();
  }
  std::shared_ptr<log::buffer_sink::store> lines = std::make_shared<log::buffer_sink::store>();
};

// Holds the writer inside write() until it is opened.
class gate_sink final : public log::sink {
 public:
  struct state {
    std::mutex mutex;
    std::condition_variable changed;
    bool entered = false, open = false;
    std::vector<std::string> lines;
  };
  explicit gate_sink(std::shared_ptr<state> s) : state_(std::move(s)) {}
  bool write(const log::record& r) override {
    std::unique_lock hold(state_->mutex);
    state_->entered = true;
    state_->changed.notify_all();
    state_->changed.wait(hold, [&] { return state_->open; });
    state_->lines.push_back(log::text_of(r));
    return true;
  }

 private:
  std::shared_ptr<state> state_;
};

std::string after_time(const std::string& line) { return line.substr(line.find(' ') + 1); }

void speak_from_one_place(int times) {
  for (int i = 0; i < times; ++i) log::info("chatty", "again");
}

}  // namespace

TEST_CASE("a record is one line: time, level, target, message, fields") {
  auto r = sample();
  r.fields.emplace_back("peer", "127.0.0.1:9");
  r.fields.emplace_back("tasks", 3);
  CHECK(log::text_of(r) == "2023-11-14T22:13:20.123Z warn plugin.echo: closing peer=127.0.0.1:9 tasks=3");
}

TEST_CASE("no value and no message can break the line or forge a field") {
  auto r = sample();
  r.message = "two\nlines";
  r.fields.emplace_back("name", "a b=\"c\"\nd\x01");
  r.fields.emplace_back("empty", "");
  CHECK(after_time(log::text_of(r)) == R"(warn plugin.echo: two\nlines name="a b=\"c\"\nd\x01" empty="")");
}

TEST_CASE("the longest matching target prefix decides the level") {
  log::levels speak{log::level::warn, {{"plugin", log::level::info}, {"plugin.echo", log::level::debug}}};
  CHECK(speak.of("host") == log::level::warn);
  CHECK(speak.of("plugin.redis") == log::level::info);
  CHECK(speak.of("plugin.echo") == log::level::debug);
  CHECK(speak.of("plugin.echo.conn") == log::level::debug);
  CHECK(speak.of("plugin.echoes") == log::level::info);
}

TEST_CASE("levels have names, and other words have none") {
  CHECK(log::level_named("trace") == log::level::trace);
  CHECK(log::level_named("off") == log::level::off);
  CHECK(!log::level_named("Warn"));
}

TEST_CASE("a record below its target's level is not written, and a level can change while running") {
  const captured log_of_test({.speak = {log::level::info, {{"loud", log::level::debug}}}});
  log::debug("quiet", "one");
  log::debug("loud", "two");
  log::set_levels({log::level::error, {}});
  log::info("loud", "three");
  log::error("quiet", "four");
  const auto lines = log_of_test.take();
  REQUIRE(lines.size() == 2);
  CHECK(after_time(lines[0]) == "debug loud: two");
  CHECK(after_time(lines[1]) == "error quiet: four");
  CHECK(log::enabled(log::level::error, "quiet"));
  CHECK(!log::enabled(log::level::warn, "quiet"));
}

TEST_CASE("a call site over its rate is silenced, and its next window says how much was suppressed") {
  manual_clock time;
  const captured log_of_test({.burst = 3, .burst_window = 10 * second, .time = &time});
  speak_from_one_place(10);
  log::info("other", "not affected");
  CHECK(log_of_test.take().size() == 4);
  time.advance(10 * second - 1);
  speak_from_one_place(1);
  CHECK(log_of_test.take().empty());
  time.advance(1);
  speak_from_one_place(1);
  const auto lines = log_of_test.take();
  REQUIRE(lines.size() == 1);
  CHECK(after_time(lines[0]) == "info chatty: again suppressed=8");
}

TEST_CASE("the rate of call sites changes while the log runs") {
  manual_clock time;
  const captured log_of_test({.burst = 1, .burst_window = 10 * second, .time = &time});
  speak_from_one_place(5);
  CHECK(log_of_test.take().size() == 1);
  log::set_burst(0);
  speak_from_one_place(5);
  CHECK(log_of_test.take().size() == 5);
  log::set_burst(1);
  speak_from_one_place(1);
  CHECK(log_of_test.take().empty());
}

TEST_CASE("records go elsewhere from a moment on, and none is lost on the way") {
  const captured log_of_test({.burst = 0});
  log::info("a", "before");
  CHECK(log_of_test.take().size() == 1);
  const auto other = std::make_shared<log::buffer_sink::store>();
  for (int i = 0; i < 50; ++i) log::info("a", "meanwhile");
  log::set_sink(std::make_unique<log::buffer_sink>(other));
  for (int i = 0; i < 50; ++i) log::info("a", "meanwhile");
  log::flush();
  const auto first = log_of_test.take();
  const auto then = other->take();
  CHECK(first.size() + then.size() == 100);
  CHECK(then.size() >= 50);
}

TEST_CASE("call sites that fall together in the table do not silence each other while there is room") {
  log::rate_limit rates;
  const std::size_t together = 127;  // rows of one place in the table
  const instant_ns begin = 10 * second;
  for (std::size_t site = 1; site <= 4; ++site) {
    CHECK(rates.ask(site * together, begin + site, 1, second).pass);
    CHECK(!rates.ask(site * together, begin + site, 1, second).pass);
  }
  CHECK(
      !rates.ask(5 * together, begin + 5, 1, second).pass);  // goes on with the row of the first, whose window is used
  CHECK(!rates.ask(3 * together, begin + 7, 1, second).pass);  // has its own still
  CHECK(rates.ask(3 * together, begin + 3 + second, 1, second).suppressed == 2);
  CHECK(rates.ask(6 * together, begin + 9 + second, 1, second).pass);  // the oldest window is over: its row is free
}

TEST_CASE("without a limit nothing is said to be suppressed") {
  log::rate_limit rates;
  for (int i = 0; i < 10; ++i) CHECK(rates.ask(1, 10 * second, 0, second).pass);
  CHECK(rates.ask(1, 11 * second, 0, second).suppressed == 0);
}

TEST_CASE("a sink that hangs blocks no caller: the ring fills, the rest is dropped, counted and reported") {
  const auto gate = std::make_shared<gate_sink::state>();
  const auto before = log::dropped();
  log::start({.burst = 0, .ring_records = 4}, std::make_unique<gate_sink>(gate));
  log::info("first", "held by the writer");
  {
    std::unique_lock hold(gate->mutex);
    gate->changed.wait(hold, [&] { return gate->entered; });
  }
  speak_from_one_place(10);
  CHECK(log::dropped() - before == 6);
  {
    const std::lock_guard hold(gate->mutex);
    gate->open = true;
    gate->changed.notify_all();
  }
  log::stop();
  CHECK(gate->lines.size() == 1 + 4 + 1);
  bool reported = false;
  for (const auto& line : gate->lines) reported |= line.find("dropped=6") != std::string::npos;
  CHECK(reported);
}

TEST_CASE("the last records are there for a handler wherever they are: handed over, in hand, or waiting; each once") {
  const auto state = std::make_shared<gate_sink::state>();
  log::start({}, std::make_unique<gate_sink>(state));
  const auto last = [](std::size_t most) {
    std::vector<std::string> seen;
    log::visit_last(
        most, [](void* to, const log::record& r) { static_cast<std::vector<std::string>*>(to)->push_back(r.message); },
        &seen);
    return seen;
  };
  const auto wait_for_entry = [&] {
    std::unique_lock hold(state->mutex);
    state->changed.wait(hold, [&] { return state->entered; });
  };
  log::info("test", "one");
  wait_for_entry();  // with it in hand
  log::info("test", "two");
  log::info("test", "three");
  CHECK(last(2) == std::vector<std::string>{"two", "three"});
  const auto more = last(1000);
  REQUIRE(more.size() >= 3);
  CHECK(std::vector(more.end() - 3, more.end()) == std::vector<std::string>{"one", "two", "three"});
  CHECK(std::ranges::count(more, "one") == 1);
  {
    const std::lock_guard hold(state->mutex);
    state->open = true;
    state->changed.notify_all();
  }
  log::stop();
  CHECK(last(3) == std::vector<std::string>{"one", "two", "three"});
  CHECK(last(0).empty());
}

// Lets the writer through one record at a time.
class turnstile_sink final : public log::sink {
 public:
  struct state {
    std::mutex mutex;
    std::condition_variable changed;
    std::size_t entered = 0, open_until = 0;

    void let_in(std::size_t upto) {
      std::unique_lock hold(mutex);
      open_until = upto;
      changed.notify_all();
      changed.wait(hold, [&] { return entered > upto; });
    }
    void open_for_good() {
      const std::lock_guard hold(mutex);
      open_until = SIZE_MAX;
      changed.notify_all();
    }
  };
  explicit turnstile_sink(std::shared_ptr<state> s) : state_(std::move(s)) {}
  bool write(const log::record&) override {
    std::unique_lock hold(state_->mutex);
    const auto turn = state_->entered++;
    state_->changed.notify_all();
    state_->changed.wait(hold, [&] { return turn < state_->open_until; });
    return true;
  }

 private:
  std::shared_ptr<state> state_;
};

TEST_CASE("the last records are complete while the writer has handed over a part of what it has in hand") {
  const auto state = std::make_shared<turnstile_sink::state>();
  log::start({.burst = 0}, std::make_unique<turnstile_sink>(state));
  const auto say = [](int number) { log::info("test", "n" + std::to_string(number)); };
  say(0);
  state->let_in(0);  // it has the first one in hand
  for (int i = 1; i <= 60; ++i) say(i);
  state->let_in(50);  // and now the others, of which it has handed over 49
  const auto last = [] {
    std::vector<std::string> seen;
    log::visit_last(
        64, [](void* to, const log::record& r) { static_cast<std::vector<std::string>*>(to)->push_back(r.message); },
        &seen);
    return seen;
  }();
  REQUIRE(last.size() >= 61);
  for (int i = 0; i <= 60; ++i) CHECK(last[last.size() - 61 + static_cast<std::size_t>(i)] == "n" + std::to_string(i));
  state->open_for_good();
  log::stop();
}

TEST_CASE("stop writes everything that was queued") {
  const auto lines = std::make_shared<log::buffer_sink::store>();
  log::start({.burst = 0}, std::make_unique<log::buffer_sink>(lines));
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) threads.emplace_back([] { speak_from_one_place(100); });
  for (auto& t : threads) t.join();
  log::stop();
  CHECK(lines->take().size() == 400);
}

TEST_CASE("a journal datagram has a line per field and the binary form for a value with a newline") {
  auto r = sample();
  r.file = "x.cpp";
  r.line = 7;
  r.fields.emplace_back("task-id", "t-9");
  r.fields.emplace_back("trace", "a\nb");
  const std::string text = log::journald_sink::datagram(r);
  CHECK(text.find("PRIORITY=4\n") == 0);
  CHECK(text.find("\nCODE_LINE=7\n") != std::string::npos);
  CHECK(text.find("\nTOKIOD_TASK_ID=t-9\n") != std::string::npos);
  CHECK(text.find(std::string("\nTOKIOD_TRACE\n\3\0\0\0\0\0\0\0a\nb\n", 26)) != std::string::npos);
}

TEST_CASE("the journald sink sends one datagram per record and refuses a socket that is not there") {
  const std::string path = "/tmp/tokiod-log-test." + std::to_string(::getpid());
  const unique_fd journal(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  REQUIRE(::bind(journal.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  auto sink = log::journald_sink::open(path);
  REQUIRE(sink);
  CHECK((*sink)->write(sample()));
  char got[4096];
  const auto n = ::recv(journal.get(), got, sizeof got, MSG_DONTWAIT);
  REQUIRE(n > 0);
  CHECK(std::string_view(got, static_cast<std::size_t>(n)) == log::journald_sink::datagram(sample()));
  ::unlink(path.c_str());
  CHECK(log::journald_sink::open(path).error().code == ENOENT);
}

TEST_CASE("the journal is told the message's id, the plugin, the task and the worker") {
  auto r = sample();
  r.message = "whatever the sentence is";
  r.fields.push_back(log::known::as(log::known::plugin_panicked));
  r.fields.emplace_back("task", "t-7");
  r.fields.emplace_back("worker", 3);
  const std::string text = log::journald_sink::datagram(r);
  CHECK(text.find("\nMESSAGE_ID=975bfd0b478d4e8085814018ff775ab2\n") != std::string::npos);
  CHECK(text.find("\nTOKIOD_PLUGIN=echo\n") != std::string::npos);
  CHECK(text.find("\nTOKIOD_TASK_ID=t-7\n") != std::string::npos);
  CHECK(text.find("\nTOKIOD_WORKER=3\n") != std::string::npos);
  CHECK(text.find("TOKIOD_MESSAGE_ID") == std::string::npos);
  CHECK(text.find("message_id") == std::string::npos);
  CHECK(log::text_of(r).find("975bfd") == std::string::npos);
  const std::string as_json = log::json_of(r);
  CHECK(as_json.find(R"("message_id":"975bfd0b478d4e8085814018ff775ab2")") < as_json.find(R"("fields")"));
  CHECK(as_json.find("975bfd") == as_json.rfind("975bfd"));
  r.target = "host";
  r.message = "a panic was caught";  // which says nothing: the id does
  std::erase_if(r.fields, [](const log::field& f) { return f.key == log::id_key; });
  const std::string other = log::journald_sink::datagram(r);
  CHECK(other.find("MESSAGE_ID") == std::string::npos);
  CHECK(other.find("TOKIOD_PLUGIN") == std::string::npos);
}

TEST_CASE("what no datagram can hold goes to the journal as a sealed memory file") {
  int ends[2];
  REQUIRE(::socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ends) == 0);
  const unique_fd journal(ends[1]);
  unique_fd ours(ends[0]);
  const int small = 4096;
  REQUIRE(::setsockopt(ours.get(), SOL_SOCKET, SO_SNDBUF, &small, sizeof small) == 0);
  log::journald_sink sink(std::move(ours));
  auto r = sample();
  r.message = std::string(200'000, 'x') + "\nend";
  REQUIRE(sink.write(r));

  char byte = 0;
  iovec into{&byte, 1};
  alignas(cmsghdr) char control[64];
  msghdr got{};
  got.msg_iov = &into;
  got.msg_iovlen = 1;
  got.msg_control = control;
  got.msg_controllen = sizeof control;
  REQUIRE(::recvmsg(journal.get(), &got, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) == 0);
  const cmsghdr* const head = CMSG_FIRSTHDR(&got);
  REQUIRE(head != nullptr);
  int fd = -1;
  std::memcpy(&fd, CMSG_DATA(head), sizeof fd);
  const unique_fd file(fd);
  CHECK(::fcntl(fd, F_GET_SEALS) == (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL));
  const auto text = log::journald_sink::datagram(r);
  std::string read(text.size() + 1, 0);
  REQUIRE(::pread(fd, read.data(), read.size(), 0) == static_cast<ssize_t>(text.size()));
  CHECK(read.substr(0, text.size()) == text);
}

TEST_CASE("standard error takes text, text with the journal's priority, or a JSON object a line") {
  using form = log::stderr_sink::form;
  auto r = sample();
  r.file = "x.cpp";
  r.line = 7;
  CHECK(log::stderr_sink::line_of(r, form::text) == log::text_of(r));
  CHECK(log::stderr_sink::line_of(r, form::journal) == "<4>warn plugin.echo: closing");
  CHECK(log::stderr_sink::line_of(r, form::json) ==
        R"({"ts":"2023-11-14T22:13:20.123Z","level":"warn","target":"plugin.echo","message":"closing","file":"x.cpp",)"
        R"("line":7,"fields":{}})");
}

TEST_CASE("a JSON line is one line of UTF-8 with every key once, whatever the record holds") {
  auto r = sample();
  r.message = "a \"b\" \\ \n \x01 \xff \xc3\xa4";
  r.fields.emplace_back("k", "first");
  r.fields.emplace_back("k", "second");
  r.fields.emplace_back("n", 3);
  const auto line = log::json_of(r);
  CHECK(line.find("\"message\":\"a \\\"b\\\" \\\\ \\u000a \\u0001 \xEF\xBF\xBD \xc3\xa4\"") != std::string::npos);
  CHECK(line.ends_with(R"("fields":{"k":"first","n":"3"}})"));
  CHECK(line.find('\n') == std::string::npos);
}

TEST_CASE("records are counted by target and level, and told to who listens while he does") {
  const auto before = log::counts();
  const captured log_of_test({.burst = 1});
  std::vector<std::string> heard;
  log::listen([&](const log::kept_record& r) { heard.push_back(r->message); });
  speak_from_one_place(3);
  log::flush();
  log::listen(nullptr);
  log::warn("chatty", "not heard");
  log::flush();
  CHECK(heard == std::vector<std::string>{"again"});
  const auto after = log::counts();
  const auto of = [](const log::record_counts& counts, log::level l) {
    const auto row = counts.by_target.find("chatty");
    return row == counts.by_target.end() ? 0 : row->second[static_cast<std::size_t>(l)];
  };
  CHECK(of(after, log::level::info) - of(before, log::level::info) == 1);
  CHECK(of(after, log::level::warn) - of(before, log::level::warn) == 1);
  CHECK(after.suppressed - before.suppressed == 2);
}

TEST_CASE("standard error counts as the journal only when device and inode agree") {
  CHECK(!log::stderr_is_journal(nullptr));
  CHECK(!log::stderr_is_journal("8:1"));
  CHECK(!log::stderr_is_journal("nonsense"));
}
