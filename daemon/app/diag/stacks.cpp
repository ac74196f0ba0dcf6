#include "app/diag/stacks.hpp"

#include <dirent.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <memory>
#include <optional>
#include <thread>
#include <utility>

#include "app/show.hpp"
#include "app/stuck_report.hpp"
#include "base/build_id.hpp"
#include "base/fd.hpp"
#include "control/view/task.hpp"

namespace tokiod::app {
namespace {

using control::stack_info;

// The kernel's list: also threads that are nobody's of ours.
std::vector<int> thread_ids() {
  std::vector<int> ids;
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir("/proc/self/task"), ::closedir);
  if (folder == nullptr) return ids;
  while (const dirent* const entry = ::readdir(folder.get())) {
    const std::string_view name = entry->d_name;
    int id = 0;
    if (std::from_chars(name.data(), name.data() + name.size(), id).ptr == name.data() + name.size() && !name.empty())
      ids.push_back(id);
  }
  std::ranges::sort(ids);
  return ids;
}

std::string name_of_thread(int id) {
  auto text = read_file("/proc/self/task/" + std::to_string(id) + "/comm", 64);
  if (!text) return {};
  while (text->ends_with('\n')) text->pop_back();
  return *text;
}

// What runs on it, as the runtime shows it.
void describe(stack_info& one, const runtime_view& view, const std::vector<thread_view>& threads,
              const host::registry& plugins) {
  for (const auto& t : threads)
    if (t.os_thread == one.tid && t.inside.owner != sched::no_owner) one.plugin = plugins.instance_of(t.inside.owner);
  for (const auto& w : view.workers) {
    if (w.os_thread != one.tid) continue;
    one.worker = static_cast<std::int32_t>(w.index);
    one.state = state_name(w.state);
    if (w.task != 0) one.task = control::task_id_text(w.task);
  }
}

bool is_asked_for(const stack_info& one, const std::vector<thread_view>& threads, const control::stack_query& query) {
  if (query.worker) return one.worker == static_cast<std::int32_t>(*query.worker);
  if (query.all_threads) return true;
  return std::ranges::any_of(
      threads, [&](const thread_view& t) { return t.os_thread == one.tid && t.kind == sched::thread_kind::worker; });
}

}  // namespace

control::frame_info frame_info_of(const stack_frame& frame, const std::string& file,
                                  const std::map<std::string, std::string>& build_ids) {
  const auto id = build_ids.find(frame.module);
  return {.module = file.empty() ? "tokiod" : file,
          .offset = frame.offset,
          .symbol = frame.symbol.empty() ? std::string() : demangled(frame.symbol),
          .build_id = id == build_ids.end() ? std::string() : id->second};
}

std::vector<thread_stack> ask_all(const std::vector<answering_thread>& who, duration_ns within) {
  const instant_ns until = steady_clock().now() + within;
  std::vector<std::optional<stack_question>> asked(who.size());
  std::vector<std::optional<thread_stack>> said(who.size());
  for (bool last = false;; last = steady_clock().now() >= until) {
    bool complete = true;
    for (std::size_t i = 0; i < who.size(); ++i) {
      if (said[i]) continue;
      // Somebody else's question, as the monitor's, is over soon.
      if (!asked[i] || asked[i]->is_held_up()) asked[i].emplace(who[i].place, who[i].os_thread);
      if (asked[i]->is_held_up() && !last) {
        complete = false;
        continue;
      }
      said[i] = asked[i]->answer(last);
      complete = complete && said[i];
    }
    if (complete) break;
    std::this_thread::sleep_for(std::chrono::microseconds(200));
  }
  std::vector<thread_stack> all;
  for (auto& one : said) all.push_back(std::move(*one));
  return all;
}

control::stack_report stacks_of(const tokiod::runtime& rt, const host::registry& plugins,
                                const control::stack_query& query) {
  const auto view = rt.snapshot();
  const auto threads = rt.threads();
  const auto answering = answering_threads();
  control::stack_report report;
  std::vector<answering_thread> who;
  for (const int id : thread_ids()) {
    stack_info one;
    one.tid = id;
    one.thread = name_of_thread(id);
    describe(one, view, threads, plugins);
    const bool asks_itself = id == current_thread_id();
    if (asks_itself || !is_asked_for(one, threads, query)) continue;
    const auto place = std::ranges::find(answering, id, &answering_thread::os_thread);
    who.push_back({id, place == answering.end() ? nullptr : place->place});
    report.threads.push_back(std::move(one));
  }
  const auto said = ask_all(who, query.within);
  const auto ids = build_ids();
  for (std::size_t i = 0; i < said.size(); ++i) {
    auto& one = report.threads[i];
    one.missing = said[i].missing;
    report.partial = report.partial || !one.missing.empty();
    for (const auto& frame : said[i].frames)
      one.frames.push_back(
          frame_info_of(frame, frame.module.empty() ? std::string() : plugins.file_behind(frame.module), ids));
  }
  return report;
}

}  // namespace tokiod::app
