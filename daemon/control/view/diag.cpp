#include "control/view/diag.hpp"

#include <array>
#include <charconv>

namespace tokiod::control {
namespace {

void put_known(json& into, const char* member, const std::string& text) {
  if (!text.empty()) into[member] = text;
}

std::string hexadecimal(std::uint64_t number) {
  std::array<char, 20> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), number, 16).ptr;
  return "0x" + std::string(text.data(), end);
}

json view(const frame_info& frame) {
  json shown = {{"module", frame.module}, {"offset", hexadecimal(frame.offset)}};
  put_known(shown, "symbol", frame.symbol);
  put_known(shown, "build_id", frame.build_id);
  return shown;
}

}  // namespace

json view(const lint_info& found) {
  json shown = {{"id", found.id},
                {"lint", found.lint},
                {"severity", found.severity},
                {"subject", found.subject},
                {"sentence", found.sentence},
                {"hint", found.hint},
                {"since", found.since},
                {"evidence", {{"measured", found.measured}, {"unit", found.unit}}},
                {"threshold", found.threshold}};
  put_known(shown, "task", found.task);
  put_known(shown, "plugin", found.plugin);
  put_known(shown, "name", found.name);
  put_known(shown, "location", found.location);
  return shown;
}

json view(const stack_info& thread) {
  json shown = {{"tid", thread.tid}, {"thread", thread.thread}, {"frames", json::array()}};
  if (thread.worker >= 0) shown["worker"] = thread.worker;
  put_known(shown, "state", thread.state);
  put_known(shown, "task", thread.task);
  put_known(shown, "plugin", thread.plugin);
  put_known(shown, "missing", thread.missing);
  for (const auto& frame : thread.frames) shown["frames"].push_back(view(frame));
  return shown;
}

json view(const doctor_finding& found) {
  return {{"severity", found.severity},
          {"finding", found.finding},
          {"evidence", found.evidence},
          {"command", found.command}};
}

json view(const slow_info& one) {
  json shown = {{"seconds", one.seconds}, {"at_least", one.at_least}, {"time", one.at}, {"what", one.what}};
  put_known(shown, "plugin", one.plugin);
  put_known(shown, "location", one.location);
  put_known(shown, "task", one.task);
  put_known(shown, "stack", one.stack);
  if (one.worker >= 0) shown["worker"] = one.worker;
  return shown;
}

}  // namespace tokiod::control
