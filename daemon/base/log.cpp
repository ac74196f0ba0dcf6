#include "base/log.hpp"
#include "base/log_catalogue.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <utility>

#include "base/log_change.hpp"
#include "base/log_rate.hpp"
#include "base/log_sink.hpp"
#include "base/os_thread.hpp"
#include "base/policy.hpp"

namespace tokiod::log {

constinit std::uint32_t lowest_level = static_cast<std::uint32_t>(level::info);

namespace {

constexpr std::size_t most_counted_targets = 256;
constexpr duration_ns farewell = 2 * second;  // for what is queued when the log stops
constexpr duration_ns shortest_wait = 10 * millisecond, longest_wait = 3600 * second;

// The one logger of the process. Everything below `mutex` is protected by it; the sink is used outside of it, by the
// writer alone (or, before start and after stop, by callers one at a time through `direct`).
struct logger {
  std::mutex mutex;
  std::condition_variable queued, handed_over;
  options how;
  level_rules rules;
  rate_limit rates;
  std::deque<kept_record> ring;
  std::deque<kept_record> in_hand;  // what the writer hands over; it, and there is one, reads that without the lock
  record_counts counted;            // but `dropped`
  std::uint64_t accepted = 0, written = 0, reported_drops = 0;
  bool running = false, stopping = false;
  bool left_behind = false;  // the writer hangs in its sink
  std::unique_ptr<sink> where;
  std::unique_ptr<sink> next;  // takes its place before the next batch
  os_thread writer;

  recent_records recent;
  std::mutex telling;  // for the listener; held while it is called
  std::function<void(const kept_record&)> listener;
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
  std::atomic_ref(lowest_level).store(static_cast<std::uint32_t>(speak.lowest()), relaxed);
}

// The test that costs one load.
bool below_every_target(level severity) {
  return static_cast<std::uint32_t>(severity) < std::atomic_ref(lowest_level).load(relaxed);
}

record notice(level severity, std::string_view message, std::vector<field> fields,
              std::source_location at = std::source_location::current()) {
  return {wall_clock_ns(), severity, "log", std::string(message), std::move(fields), at.file_name(), at.line(), 0};
}

void count(record_counts& to, const record& r) {
  auto row = to.by_target.find(r.target);
  if (row == to.by_target.end())
    row = to.by_target.try_emplace(to.by_target.size() < most_counted_targets ? r.target : "other").first;
  ++row->second[static_cast<std::size_t>(r.severity)];
}

// Under the lock. False: the ring is full.
bool queue(logger& l, record r) {
  if (l.ring.size() >= l.how.ring_records) {
    l.drops.fetch_add(1, relaxed);
    return false;
  }
  r.number = ++l.accepted;
  count(l.counted, r);
  l.ring.push_back(std::make_shared<const record>(std::move(r)));
  l.queued.notify_one();
  return true;
}

// Under the lock.
void end_levels(logger& l) {
  const auto over = l.rules.expire(l.how.time->now());
  if (over.empty()) return;
  publish_lowest(l.rules.now());
  for (const auto& each : over)
    if (l.running) {
      const auto speaks = each.target == every_target ? l.rules.now().base : l.rules.now().of(each.target);
      (void)queue(l, notice(level::info, "the level is what it was again",
                            {known::as(known::level_is_over),
                             {"target", each.target},
                             {"was", name(each.speaks)},
                             {"is", name(speaks)}}));
    }
}

void tell(logger& l, const kept_record& r) {
  const std::lock_guard hold(l.telling);
  if (l.listener) l.listener(r);
}

void hand_over(logger& l, const kept_record& r) {
  l.recent.add(r);
  tell(l, r);
  if (!l.where->write(*r)) l.drops.fetch_add(1, relaxed);
}

void report_drops(logger& l) {
  const std::uint64_t lost = l.drops.load(relaxed);
  if (lost == l.reported_drops) return;
  const auto said = notice(level::warn, "records were dropped because the log could not keep up",
                           {known::as(known::records_dropped), {"dropped", lost - l.reported_drops}});
  if (l.where->write(said)) l.reported_drops = lost;
}

// Until something is queued, or a level's time is over. A clock that is moved by hand says nothing of how long that is:
// whoever moves it asks for a look.
void wait_for_work(logger& l, std::unique_lock<std::mutex>& hold) {
  const instant_ns end = l.rules.next_end();
  if (end == never) return l.queued.wait(hold);
  const instant_ns now = l.how.time->now();
  const duration_ns left = std::clamp(end > now ? end - now : 0, shortest_wait, longest_wait);
  l.queued.wait_for(hold, std::chrono::nanoseconds(left));
}

void write_until_stopped(logger& l) {
  std::unique_lock hold(l.mutex);
  for (;;) {
    end_levels(l);
    if (l.next) l.where = std::exchange(l.next, nullptr);
    if (l.ring.empty() && l.stopping) return;
    if (l.ring.empty()) {
      wait_for_work(l, hold);
      continue;
    }
    l.in_hand = std::exchange(l.ring, {});
    hold.unlock();
    for (const auto& r : l.in_hand) hand_over(l, r);
    report_drops(l);
    hold.lock();
    l.written += l.in_hand.size();
    l.in_hand.clear();
    l.handed_over.notify_all();
  }
}

std::size_t site_of(const std::source_location& at, std::string_view target) {
  return std::hash<const void*>{}(at.file_name()) ^ (std::size_t{at.line()} << 20) ^
         std::hash<std::string_view>{}(target);
}

}  // namespace

void start(options how, std::unique_ptr<sink> where) {
  logger& l = the_logger();
  const std::lock_guard hold(l.mutex);
  l.how = std::move(how);
  l.where = std::move(where);
  l.next = nullptr;
  l.rates = {};
  l.rules = {};
  l.rules.reset(l.how.speak);
  publish_lowest(l.rules.now());
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
  // A pipe that nobody reads may hold the writer for ever: the process ends without it, and says nothing more there.
  if (l.writer.join_until(steady_clock().now() + farewell)) return;
  l.writer.detach();
  const std::lock_guard hold(l.mutex);
  l.left_behind = true;
}

void flush() {
  logger& l = the_logger();
  std::unique_lock hold(l.mutex);
  const std::uint64_t upto = l.accepted;
  l.handed_over.wait(hold, [&] { return l.written >= upto || !l.running; });
}

void flush_within(duration_ns at_most) {
  logger& l = the_logger();
  std::unique_lock hold(l.mutex);
  const std::uint64_t upto = l.accepted;
  (void)l.handed_over.wait_for(hold, std::chrono::nanoseconds(at_most),
                               [&] { return l.written >= upto || !l.running; });
}

bool enabled(level severity, std::string_view target) {
  logger& l = the_logger();
  if (below_every_target(severity)) return false;
  const std::lock_guard hold(l.mutex);
  return severity >= l.rules.now().of(target);
}

void set_levels(levels speak) {
  logger& l = the_logger();
  const std::lock_guard hold(l.mutex);
  l.rules.reset(std::move(speak));
  publish_lowest(l.rules.now());
}

void set_burst(std::uint32_t records) {
  logger& l = the_logger();
  const std::lock_guard hold(l.mutex);
  l.how.burst = records;
}

void set_sink(std::unique_ptr<sink> where) {
  logger& l = the_logger();
  const std::lock_guard hold(l.mutex);
  l.next = std::move(where);
  l.queued.notify_one();
}

bool change_levels(const target_levels& changes, std::optional<duration_ns> lasting) {
  logger& l = the_logger();
  const std::lock_guard hold(l.mutex);
  if (l.rules.size() + changes.size() > max_target_levels) return false;
  if (lasting)
    l.rules.set_until(changes, l.how.time->now() + *lasting);
  else
    l.rules.set(changes);
  publish_lowest(l.rules.now());
  l.queued.notify_one();  // the writer may be waiting for a later end
  return true;
}

level_report current_levels() {
  logger& l = the_logger();
  const std::lock_guard hold(l.mutex);
  end_levels(l);
  level_report report{l.rules.now(), {}};
  for (const auto& each : l.rules.for_a_time())
    report.for_a_time.push_back({each.target, each.speaks, each.until - l.how.time->now()});
  return report;
}

void look_at_clock() {
  logger& l = the_logger();
  const std::lock_guard hold(l.mutex);
  end_levels(l);
}

record_counts counts() {
  logger& l = the_logger();
  const std::lock_guard hold(l.mutex);
  auto copy = l.counted;
  copy.dropped = l.drops.load(relaxed);
  return copy;
}

std::uint64_t dropped() { return the_logger().drops.load(relaxed); }

std::vector<kept_record> recent(const record_filter& wanted, std::size_t most) {
  return the_logger().recent.newest(wanted, most);
}

// What waits for the writer is newer than what he has in hand, and that newer than the rest, among which is already
// what of it he has handed over.
void visit_last(std::size_t most, record_visitor visit, void* of) {
  logger& l = the_logger();
  const auto hold = lock_soon(l.mutex);
  const std::size_t newer = hold ? l.in_hand.size() + l.ring.size() : 0;
  const auto at = [&](std::size_t i) -> const record& {
    return i < l.in_hand.size() ? *l.in_hand[i] : *l.ring[i - l.in_hand.size()];
  };
  const std::uint64_t before = newer != 0 ? at(0).number : UINT64_MAX;
  l.recent.visit_newest(most - std::min(most, newer), before, [=](const record& r) { visit(of, r); });
  for (std::size_t i = newer - std::min(most, newer); i < newer; ++i) visit(of, at(i));
}

void listen(std::function<void(const kept_record&)> listener) {
  logger& l = the_logger();
  const std::lock_guard hold(l.telling);
  l.listener = std::move(listener);
}

void write(level severity, std::string_view target, std::string_view message, std::vector<field> fields,
           std::source_location at) {
  logger& l = the_logger();
  if (severity == level::off || below_every_target(severity)) return;
  record r{wall_clock_ns(),   severity,       std::string(target), std::string(message),
           std::move(fields), at.file_name(), at.line(),           0};
  {
    const std::lock_guard hold(l.mutex);
    if (severity < l.rules.now().of(target)) return;
    const auto [pass, suppressed] =
        l.rates.ask(site_of(at, target), l.how.time->now(), l.how.burst, l.how.burst_window);
    if (!pass) {
      ++l.counted.suppressed;
      return;
    }
    if (suppressed > 0) r.fields.emplace_back("suppressed", suppressed);
    if (l.running) return (void)queue(l, std::move(r));
    if (l.left_behind) return (void)l.drops.fetch_add(1, relaxed);
  }
  const std::lock_guard one_at_a_time(l.direct);
  stderr_sink(stderr_sink::form::text).write(r);
}

}  // namespace tokiod::log
