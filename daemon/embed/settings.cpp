#include "embed/settings.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <span>
#include <string_view>

#include "base/usable_cpus.hpp"

namespace tokiod::embed {
namespace {

constexpr std::uint64_t known_flags = TOKIO_RT_NO_LIFO_SLOT | TOKIO_RT_START_PAUSED | TOKIO_RT_PANIC_ENDS |
                                      TOKIO_RT_SEEDED | TOKIO_RT_NO_IO | TOKIO_RT_NO_TIME | TOKIO_RT_POLL_TIMES |
                                      TOKIO_RT_TRACK_WAITS | TOKIO_RT_WAIT_TIMES | TOKIO_RT_FILE_RING;
constexpr std::uint64_t one_thread_flags = TOKIO_RT_START_PAUSED | TOKIO_RT_PANIC_ENDS;

std::string text_of(tokio_str s) { return s.ptr == nullptr ? std::string() : std::string(s.ptr, s.len); }

outcome<void> check_bounds(const char* of, const std::uint64_t* bounds, std::uint64_t count) {
  if (count != 0 && bounds == nullptr)
    return refuse(kind::missing_param, "there are ", count, " bounds of ", of, ", and no place of them");
  if (!std::ranges::is_sorted(std::span(bounds, count)))
    return refuse(kind::out_of_range, "the bounds of ", of, " must rise");
  return {};
}

outcome<void> check(const tokio_runtime_options& given) {
  if (given.flavor > TOKIO_RT_CURRENT_THREAD)
    return refuse(kind::bad_enum, "a runtime's flavor is 0 (multi_thread) or 1 (current_thread), got ", given.flavor);
  if ((given.flags & ~known_flags) != 0)
    return refuse(kind::out_of_range, "a runtime knows the flags up to ", known_flags, ", got ", given.flags);
  if (given.reserved != 0)
    return refuse(kind::out_of_range, "tokio_runtime_options.reserved must be 0, got ", given.reserved);
  if (given.flavor == TOKIO_RT_MULTI_THREAD && (given.flags & one_thread_flags) != 0)
    return refuse(kind::unsupported, "a paused clock, and an end by a panic, need the current_thread flavor");
  if (auto fit = check_bounds("poll times", given.poll_bounds_ns, given.poll_bounds); !fit) return fit;
  return check_bounds("waits", given.wait_bounds_ns, given.wait_bounds);
}

outcome<void> choose_workers(const tokio_runtime_options& given, sched::options& with) {
  if (given.flavor == TOKIO_RT_CURRENT_THREAD) return {};
  if (given.worker_threads != 0) {
    with.worker_threads = given.worker_threads;  // the runtime knows the limit
    return {};
  }
  const auto found = default_workers(std::getenv("TOKIO_WORKER_THREADS"));
  if (!found) return std::unexpected(found.error());
  with.worker_threads = *found;
  return {};
}

void choose_names(const settings& of, sched::options& with) {
  const tokio_runtime_hooks& hooks = of.hooks->all;
  with.name_of_thread = [fixed = with.thread_name] { return fixed; };
  if (hooks.thread_name == nullptr) return;
  with.name_of_thread = [all = of.hooks] {
    char text[64];
    return std::string(text, std::min(all->all.thread_name(all->all.user, text, sizeof text), sizeof text));
  };
}

}  // namespace

outcome<std::uint32_t> default_workers(const char* variable) {
  if (variable == nullptr)
    return static_cast<std::uint32_t>(std::min<std::uint64_t>(usable_cpus().count, sched::max_workers));
  const std::string_view text(variable);
  std::uint32_t count = 0;
  const auto [end, failed] = std::from_chars(text.begin(), text.end(), count);
  if (failed == std::errc() && end == text.end() && count != 0 && count <= sched::max_workers) return count;
  return refuse(kind::out_of_range, "TOKIO_WORKER_THREADS must be a number from 1 to ", sched::max_workers, ", got '",
                text, "'");
}

outcome<settings> settings_of(const tokio_runtime_options& given, std::shared_ptr<const hook_set> hooks) {
  if (auto fits = check(given); !fits) return std::unexpected(fits.error());
  settings made;
  sched::options& with = made.runtime;
  made.hooks = std::move(hooks);
  made.name = text_of(given.name);
  made.flags = given.flags;
  made.seed = given.seed;
  made.poll_bounds.assign(given.poll_bounds_ns, given.poll_bounds_ns + given.poll_bounds);
  made.wait_bounds.assign(given.wait_bounds_ns, given.wait_bounds_ns + given.wait_bounds);
  with.track_waits = made.has(TOKIO_RT_TRACK_WAITS | TOKIO_RT_WAIT_TIMES);
  with.kind = given.flavor == TOKIO_RT_CURRENT_THREAD ? sched::flavor::current_thread : sched::flavor::multi_thread;
  if (auto chosen = choose_workers(given, with); !chosen) return std::unexpected(chosen.error());
  if (given.max_blocking_threads != 0) with.max_blocking_threads = given.max_blocking_threads;
  if (given.keep_alive_ns != 0) with.thread_keep_alive = given.keep_alive_ns;
  if (given.stack_bytes != 0) with.thread_stack_size = given.stack_bytes;
  if (given.event_interval != 0) with.event_interval = given.event_interval;
  with.global_queue_interval = given.global_queue_interval;
  if (given.io_events_per_turn != 0) with.io_events_per_turn = given.io_events_per_turn;
  with.thread_name = given.thread_name.len != 0 ? text_of(given.thread_name) : "tokio-rt-worker";
  with.file_ring = made.has(TOKIO_RT_FILE_RING);
  with.lifo_slot = !made.has(TOKIO_RT_NO_LIFO_SLOT);
  if (made.has(TOKIO_RT_SEEDED)) with.seed = given.seed != 0 ? given.seed : 1;
  with.stuck_stacks = false;  // the program's signals are its own
  with.counts_wakers = true;
  choose_names(made, with);
  return made;
}

}  // namespace tokiod::embed
