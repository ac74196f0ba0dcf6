#include "base/log.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <ctime>
#include <deque>
#include <mutex>

#include "base/log_rate.hpp"
#include "base/log_sink.hpp"
#include "base/os_thread.hpp"
#include "base/policy.hpp"

namespace tokiod::log {

constinit std::uint32_t lowest_level = static_cast<std::uint32_t>(level::info);

namespace {

constexpr std::array<std::string_view, 6> names = {"trace", "debug", "info", "warn", "error", "off"};

// The one logger of the process. Everything below `mutex` is protected by it; the sink is used outside of it, by the
// writer alone (or, before start and after stop, by callers one at a time through `direct`).
struct logger {
  std::mutex mutex;
  std::condition_variable queued, handed_over;
  options how;
  rate_limit rates;
  std::deque<record> ring;
  std::uint64_t accepted = 0, written = 0, reported_drops = 0;
  bool running = false, stopping = false;
  std::unique_ptr<sink> where;
  os_thread writer;

  std::mutex direct;
  // No model: a count, and below a hint that is looked at again under the lock.
  std::atomic<std::uint64_t> drops{0};  // relaxed: a count, it publishes nothing
};

logger& the_logger() {
  static logger* const only = new logger;  // never destroyed: records may come until the last thread has ended
  return *only;
}

// Relaxed: a hint, nothing else is published with it; a record that passes it is looked at under the lock.
void publish_lowest(const levels& speak) {
  level lowest = speak.base;
  for (const auto& [target, l] : speak.targets) lowest = std::min(lowest, l);
  std::atomic_ref(lowest_level).store(static_cast<std::uint32_t>(lowest), relaxed);
}

// The test that costs one load.
bool below_every_target(level severity) {
  return static_cast<std::uint32_t>(severity) < std::atomic_ref(lowest_level).load(relaxed);
}

record drop_notice(std::uint64_t lost) {
  record r;
  r.wall_ns = wall_clock_ns();
  r.severity = level::warn;
  r.target = "log";
  r.message = "records were dropped because the log could not keep up";
  r.fields.emplace_back("dropped", lost);
  r.file = __FILE__;
  r.line = __LINE__;
  return r;
}

void hand_over(logger& l, const record& r) {
  if (!l.where->write(r)) l.drops.fetch_add(1, relaxed);
}

void report_drops(logger& l) {
  const std::uint64_t lost = l.drops.load(relaxed);
  if (lost == l.reported_drops) return;
  if (l.where->write(drop_notice(lost - l.reported_drops))) l.reported_drops = lost;
}

void write_until_stopped(logger& l) {
  std::unique_lock hold(l.mutex);
  for (;;) {
    l.queued.wait(hold, [&] { return !l.ring.empty() || l.stopping; });
    if (l.ring.empty()) return;
    std::deque<record> batch = std::exchange(l.ring, {});
    hold.unlock();
    for (const record& r : batch) hand_over(l, r);
    report_drops(l);
    hold.lock();
    l.written += batch.size();
    l.handed_over.notify_all();
  }
}

void append_escaped(std::string& to, std::string_view text) {
  for (const char c : text) {
    if (c == '\n') {
      to += "\\n";
    } else if (c == '"' || c == '\\') {
      to.push_back('\\');
      to.push_back(c);
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      char code[5];
      std::snprintf(code, sizeof code, "\\x%02x", static_cast<unsigned>(static_cast<unsigned char>(c)));
      to += code;
    } else {
      to.push_back(c);
    }
  }
}

bool needs_quotes(std::string_view value) {
  return value.empty() || std::any_of(value.begin(), value.end(), [](char c) {
           return static_cast<unsigned char>(c) <= 0x20 || c == '"' || c == '\\' || c == '=' || c == 0x7f;
         });
}

// A message is not quoted, so only what would break the line is escaped in it.
void append_message(std::string& to, std::string_view text) {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      append_escaped(to, {&c, 1});
    } else {
      to.push_back(c);
    }
  }
}

std::size_t site_of(const std::source_location& at, std::string_view target) {
  return std::hash<const void*>{}(at.file_name()) ^ (std::size_t{at.line()} << 20) ^
         std::hash<std::string_view>{}(target);
}

}  // namespace

std::string_view name(level l) { return names[static_cast<std::size_t>(l)]; }

std::optional<level> level_named(std::string_view text) {
  for (std::size_t i = 0; i < names.size(); ++i)
    if (names[i] == text) return static_cast<level>(i);
  return std::nullopt;
}

level levels::of(std::string_view target) const {
  for (std::string_view prefix = target;;) {
    if (const auto found = targets.find(prefix); found != targets.end()) return found->second;
    const auto dot = prefix.rfind('.');
    if (dot == std::string_view::npos) return base;
    prefix = prefix.substr(0, dot);
  }
}

std::string text_of(const record& r) {
  const std::time_t seconds = static_cast<std::time_t>(r.wall_ns / static_cast<std::int64_t>(second));
  const auto millis = static_cast<int>(r.wall_ns % static_cast<std::int64_t>(second) / static_cast<int>(millisecond));
  std::tm utc{};
  ::gmtime_r(&seconds, &utc);
  char stamp[64];
  const std::size_t used = std::strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%S", &utc);
  std::snprintf(stamp + used, sizeof stamp - used, ".%03dZ ", millis);
  std::string line = stamp;
  line.append(name(r.severity)).append(" ").append(r.target).append(": ");
  append_message(line, r.message);
  for (const field& f : r.fields) {
    line.append(" ").append(f.key).append("=");
    if (!needs_quotes(f.value)) {
      line += f.value;
      continue;
    }
    line.push_back('"');
    append_escaped(line, f.value);
    line.push_back('"');
  }
  return line;
}

void start(options how, std::unique_ptr<sink> where) {
  logger& l = the_logger();
  const std::lock_guard hold(l.mutex);
  l.how = std::move(how);
  l.where = std::move(where);
  l.rates = {};
  publish_lowest(l.how.speak);
  l.stopping = false;
  auto writer = os_thread::start({.name = "tokiod-log"}, [&l] { write_until_stopped(l); });
  l.running = writer.has_value();  // without a thread records are written by their callers, to standard error
  if (writer) l.writer = std::move(*writer);
}

void stop() {
  logger& l = the_logger();
  {
    const std::lock_guard hold(l.mutex);
    l.how.time = &system_clock();  // records may still come, and the clock that was given may go
    if (!l.running) return;
    l.running = false;
    l.stopping = true;
    l.queued.notify_one();
  }
  l.writer.join();
}

void flush() {
  logger& l = the_logger();
  std::unique_lock hold(l.mutex);
  const std::uint64_t upto = l.accepted;
  l.handed_over.wait(hold, [&] { return l.written >= upto || !l.running; });
}

bool enabled(level severity, std::string_view target) {
  logger& l = the_logger();
  if (below_every_target(severity)) return false;
  const std::lock_guard hold(l.mutex);
  return severity >= l.how.speak.of(target);
}

void set_levels(levels speak) {
  logger& l = the_logger();
  const std::lock_guard hold(l.mutex);
  l.how.speak = std::move(speak);
  publish_lowest(l.how.speak);
}

levels current_levels() {
  logger& l = the_logger();
  const std::lock_guard hold(l.mutex);
  return l.how.speak;
}

std::uint64_t dropped() { return the_logger().drops.load(relaxed); }

void write(level severity, std::string_view target, std::string_view message, std::vector<field> fields,
           std::source_location at) {
  logger& l = the_logger();
  if (severity == level::off || below_every_target(severity)) return;
  record r{wall_clock_ns(), severity, std::string(target), std::string(message), std::move(fields),
           at.file_name(),  at.line()};
  {
    const std::lock_guard hold(l.mutex);
    if (severity < l.how.speak.of(target)) return;
    const auto [pass, suppressed] =
        l.rates.ask(site_of(at, target), l.how.time->now(), l.how.burst, l.how.burst_window);
    if (!pass) return;
    if (suppressed > 0) r.fields.emplace_back("suppressed", suppressed);
    if (l.running) {
      if (l.ring.size() >= l.how.ring_records) {
        l.drops.fetch_add(1, relaxed);
        return;
      }
      l.ring.push_back(std::move(r));
      ++l.accepted;
      l.queued.notify_one();
      return;
    }
  }
  const std::lock_guard one_at_a_time(l.direct);
  stderr_sink(false).write(r);
}

}  // namespace tokiod::log
