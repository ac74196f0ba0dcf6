// The topics of events, and their names as one text for the row of event.subscribe.
#pragma once
#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

#include "wire/topic.hpp"

namespace tokiod::wire::rows {

inline constexpr auto topics = std::to_array<topic>({
    {"async_ops", "what waits for resources, in pages of those that changed, every interval_ms"},
    {"config.applied", "a configuration is in force: {revision, changed, needs_restart, how}"},
    {"config.reload_failed", "a reload was refused and changed nothing: {message, path}"},
    {"config.reverted",
     "a change that nobody confirmed was taken back: {ok, revision, changed}, or not, as one whose "
     "time is over: {ok, message}"},
    {"console.state", "writing down of tasks was paused or goes on: {paused}"},
    {"control.audit",
     "somebody called a method that changes something, or was refused it: {method, outcome, client, uid, pid, comm, "
     "socket, reason?}",
     level::operate},
    {"control.client", "a client came or went: {client, event, uid, pid, comm, socket}", level::operate},
    {"daemon.maintenance", "somebody said that the daemon is not ready, or is again: {on, left_seconds?, reason?}"},
    {"daemon.state", "the daemon begins to run or to drain: {state}"},
    {"daemon.upgrade", "a successor was begun, took over, or failed: {stage, program, new_pid?, why?}"},
    {"lint",
     "something begins to look wrong, or does not any more: {id, lint, severity, subject, sentence, since, state}"},
    {"log", "a record of the log, as log.tail gives it; not kept for event.recent", level::operate},
    {"metrics", "metric families that match, every interval_ms"},
    {"operation.state", "an operation began or ended: {operation_id, method, about, state}"},
    {"plugin.fault",
     "tasks of an instance panicked, or it broke a rule of the ABI; looked for once a second: {plugin, instance, came, "
     "faults}"},
    {"plugin.state", "an image or an instance changed its state: {plugin, from, to, detail}"},
    {"resources", "locks, channels and timers, in pages of those that changed, every interval_ms"},
    {"runtime.paused", "the workers take no tasks, or go on: {on, left_seconds?, reason?}"},
    {"runtime.recovered",
     "a worker that was told of as stuck goes on: its poll ended, or another thread took it over: {worker, lasted_ms}"},
    {"runtime.resized", "the number of workers changed: {before, after, retiring}"},
    {"runtime.stuck", "a poll lasts for longer than runtime.stuck_after_ms; taken_over: its worker goes on without it"},
    {"task", "everything about one task, every interval_ms"},
    {"tasks", "tasks, in pages of those that changed, every interval_ms"},
});
static_assert(std::ranges::is_sorted(topics, {}, &topic::name), "find_topic() searches by halves");

inline constexpr std::string_view between_topics = ", ";

consteval std::size_t topic_list_size() {
  std::size_t size = 0;
  for (const auto& each : topics) size += each.name.size() + between_topics.size();
  return size - between_topics.size();
}

consteval auto joined_topics() {
  std::array<char, topic_list_size()> text{};
  auto to = text.begin();
  for (const auto& each : topics) {
    if (to != text.begin()) to = std::ranges::copy(between_topics, to).out;
    to = std::ranges::copy(each.name, to).out;
  }
  return text;
}
inline constexpr auto topic_letters = joined_topics();
inline constexpr std::string_view topic_list{topic_letters.data(), topic_letters.size()};

}  // namespace tokiod::wire::rows
