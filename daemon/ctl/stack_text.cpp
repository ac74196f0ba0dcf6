#include "ctl/stack_text.hpp"

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "ctl/print.hpp"
#include "wire/get.hpp"

namespace tokiod::ctl {
namespace {

constexpr std::int64_t most_indent = 20;

std::string file_name_of(const std::string& path) { return path.substr(path.rfind('/') + 1); }

void put(std::string& line, const std::string& before, const std::string& text) {
  if (!text.empty()) line.append(before).append(clean(text));
}

std::string frame_text(const json& frame) {
  std::string line = file_name_of(clean(wire::text_or(frame, "module")));
  put(line, "+", wire::text_or(frame, "offset"));
  put(line, " ", wire::text_or(frame, "symbol"));
  return line;
}

std::string head_of(const json& thread) {
  std::string line = "thread " + std::to_string(wire::integer_or(thread, "tid", 0));
  put(line, " ", wire::text_or(thread, "thread"));
  if (wire::find(thread, "worker")) line += ", worker " + std::to_string(wire::integer_or(thread, "worker", 0));
  put(line, " ", wire::text_or(thread, "state"));
  put(line, ", task ", wire::text_or(thread, "task"));
  put(line, ", in ", wire::text_or(thread, "plugin"));
  return line;
}

// A place is set in by how many wait for it.
std::string place_text(const json& place) {
  const auto depth = std::clamp<std::int64_t>(wire::integer_or(place, "depth", 0), 0, most_indent);
  std::string line(4 + 2 * static_cast<std::size_t>(depth), ' ');
  const auto function = clean(wire::text_or(place, "fn")), file = clean(wire::text_or(place, "file"));
  line += function.empty() ? "(no line of code)" : function;
  if (!file.empty()) line += " at " + file + ":" + std::to_string(wire::integer_or(place, "line", 0));
  return line;
}

std::string head_of_task(const json& task) {
  std::string line = "task " + clean(wire::text_or(task, "id"));
  put(line, " ", wire::text_or(task, "name"));
  put(line, " of ", wire::text_or(task, "plugin"));
  put(line, ", ", wire::text_or(task, "state"));
  put(line, ", spawned at ", wire::text_or(task, "location"));
  return line;
}

const json* list_in(const json& of, std::string_view member) {
  const json* const list = wire::find(of, member);
  return list != nullptr && list->is_array() ? list : nullptr;
}

}  // namespace

std::string traces_text(const json& result) {
  std::string text;
  const json* const tasks = list_in(result, "tasks");
  if (tasks == nullptr || tasks->empty()) return "none\n";
  for (const auto& task : *tasks) {
    text += head_of_task(task) + "\n";
    if (const json* const places = list_in(task, "trace"))
      for (const auto& place : *places) text += place_text(place) + "\n";
    if (wire::boolean_or(task, "cut", false)) text += "    ...\n";
    std::string why;
    put(why, "    ", wire::text_or(task, "unsupported"));
    if (!why.empty()) text += why + "\n";
  }
  return text;
}

std::string stacks_text(const json& result) {
  std::string text;
  const json* const threads = list_in(result, "threads");
  if (threads == nullptr) return "none\n";
  for (const auto& thread : *threads) {
    text += head_of(thread) + "\n";
    put(text, "    ", wire::text_or(thread, "missing"));
    if (wire::find(thread, "missing")) text += "\n";
    const json* const frames = list_in(thread, "frames");
    if (frames == nullptr) continue;
    for (std::size_t i = 0; i < frames->size(); ++i)
      text += "    #" + std::to_string(i) + " " + frame_text((*frames)[i]) + "\n";
  }
  return text.empty() ? "none\n" : text;
}

}  // namespace tokiod::ctl
