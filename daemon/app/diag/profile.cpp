#include "app/diag/profile.hpp"

#include <algorithm>
#include <utility>

#include "app/diag/stacks.hpp"
#include "app/diag/trace.hpp"

namespace tokiod::app {
namespace {

constexpr duration_ns most_patience = 100 * millisecond;  // with a thread that gets no processor

std::string text_of_name(const stack_frame& frame, const host::registry& plugins) {
  const auto info = frame_info_of(frame, frame.module.empty() ? std::string() : plugins.file_behind(frame.module), {});
  if (!info.symbol.empty()) return info.symbol;
  const std::string file = info.module.substr(info.module.rfind('/') + 1);
  constexpr char digits[] = "0123456789abcdef";
  std::string offset;
  for (std::uint64_t left = info.offset; left != 0 || offset.empty(); left /= 16)
    offset.insert(0, 1, digits[left % 16]);
  return file + "+0x" + offset;
}

struct polled {
  answering_thread who;
  std::string plugin;
};

std::vector<polled> busy_workers(const runtime_view& view, const host::registry& plugins) {
  std::vector<polled> busy;
  const auto answering = answering_threads();
  for (const auto& w : view.workers) {
    if (w.task == 0 || w.os_thread == 0) continue;
    const auto at = std::ranges::find(answering, w.os_thread, &answering_thread::os_thread);
    if (at != answering.end()) busy.push_back({*at, plugins.instance_of(w.owner)});
  }
  return busy;
}

}  // namespace

void stack_fold::add(const std::vector<std::string>& names) {
  std::string line;
  for (const auto& one : names) {
    if (!line.empty()) line += ';';
    const std::size_t from = line.size();
    line += one;
    std::replace(line.begin() + static_cast<std::ptrdiff_t>(from), line.end(), ';', ':');
    std::replace(line.begin() + static_cast<std::ptrdiff_t>(from), line.end(), '\n', ' ');
  }
  const auto known = counts_.find(line);
  if (known != counts_.end()) {
    ++known->second;
  } else if (counts_.size() == most_lines || bytes_ + line.size() > most_bytes) {
    ++other_;
  } else {
    bytes_ += line.size();
    counts_.emplace(std::move(line), 1);
  }
}

std::string stack_fold::text() const {
  std::string all;
  for (const auto& [line, count] : counts_) all += line + " " + std::to_string(count) + "\n";
  if (other_ != 0) all += "[other] " + std::to_string(other_) + "\n";
  return all;
}

control::profile_report profile_workers(const tokiod::runtime& rt, const host::registry& plugins, duration_ns length,
                                        std::uint32_t hz, const std::function<bool()>& given_up) {
  control::profile_report report;
  stack_fold fold;
  const duration_ns period = second / hz;
  const instant_ns end = steady_clock().now() + length;
  for (instant_ns next = steady_clock().now(); next < end && !(given_up && given_up());
       next = std::max(next + period, steady_clock().now())) {
    sleep_until(next, given_up);
    ++report.samples;
    const auto view = rt.snapshot();
    const auto busy = busy_workers(view, plugins);
    report.idle += view.active_workers > busy.size() ? view.active_workers - busy.size() : 0;
    std::vector<answering_thread> who;
    for (const auto& one : busy) who.push_back(one.who);
    const auto said = ask_all(who, std::min(period, most_patience));
    for (std::size_t i = 0; i < said.size(); ++i) {
      if (!said[i].missing.empty()) {
        ++report.missing;
        continue;
      }
      std::vector<std::string> names = {busy[i].plugin.empty() ? "tokiod" : busy[i].plugin};
      for (auto frame = said[i].frames.rbegin(); frame != said[i].frames.rend(); ++frame)
        names.push_back(text_of_name(*frame, plugins));
      fold.add(names);
      ++report.stacks;
    }
  }
  report.folded = fold.text();
  return report;
}

}  // namespace tokiod::app
