#include "app/stuck_report.hpp"

#include <cxxabi.h>

#include <cstdlib>
#include <memory>
#include <sstream>

namespace tokiod::app {
namespace {

std::string file_name_of(const std::string& path) { return path.substr(path.rfind('/') + 1); }

}  // namespace

std::string demangled(const std::string& symbol) {
  int failed = 0;
  const std::unique_ptr<char, void (*)(void*)> text(abi::__cxa_demangle(symbol.c_str(), nullptr, nullptr, &failed),
                                                    std::free);
  return failed == 0 ? std::string(text.get()) : symbol;
}

std::string text_of(const stack_frame& frame, const std::string& file) {
  std::ostringstream text;
  text << (file.empty() ? "tokiod" : file_name_of(file)) << "+0x" << std::hex << frame.offset;
  if (!frame.symbol.empty()) text << ' ' << demangled(frame.symbol);
  return std::move(text).str();
}

stuck_report stuck_report_of(const sched::stuck_poll& found, const tokiod::runtime& rt, const host::registry& plugins) {
  stuck_report report{found, rt.owner_name(found.owner), {}, {}};
  task_view task;
  task.owner = found.owner;
  task.about = found.about;
  report.label = std::move(plugins.label({task}).front());
  for (const stack_frame& frame : found.stack.frames)
    report.stack.push_back(text_of(frame, frame.module.empty() ? "" : plugins.file_behind(frame.module)));
  return report;
}

std::string stuck_report::location() const {
  return label.file.empty() ? std::string() : label.file + ":" + std::to_string(label.line);
}

std::string stuck_report::stack_line() const {
  if (stack.empty()) return found.stack.missing;
  std::string line;
  for (const std::string& frame : stack) line += (line.empty() ? "" : " < ") + frame;
  return line;
}

host::trace::slow_entry stuck_report::entry() const {
  host::trace::slow_entry one;
  one.lasted = found.lasted;
  one.wall_ns = wall_clock_ns();
  one.what = label.name;
  one.instance = instance;
  one.location = location();
  one.stack = stack_line();
  one.task = found.task;
  one.worker = static_cast<std::int32_t>(found.worker);
  return one;
}

wire::json stuck_report::event() const {
  wire::json told = {{"worker", found.worker},
                     {"os_thread", found.os_thread},
                     {"task", "t-" + std::to_string(found.task)},
                     {"instance", instance},
                     {"lasted_ms", found.lasted / millisecond},
                     {"taken_over", found.taken_over}};
  if (!label.name.empty()) told["name"] = label.name;
  if (!label.file.empty()) told["location"] = location();
  if (!stack.empty()) told["stack"] = stack;
  if (!found.stack.missing.empty()) told["stack_missing"] = found.stack.missing;
  return told;
}

}  // namespace tokiod::app
