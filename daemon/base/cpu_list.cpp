#include "base/cpu_list.hpp"

#include <cerrno>
#include <charconv>
#include <cstddef>

namespace tokiod {
namespace {

// A number at the beginning, which it is cut off from.
std::optional<std::size_t> take_number(std::string_view& text) {
  std::size_t number = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failed != std::errc() || number >= CPU_SETSIZE) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

bool take(std::string_view& text, char what) {
  if (!text.starts_with(what)) return false;
  text.remove_prefix(1);
  return true;
}

}  // namespace

std::string text_of(const cpu_list& cpus) {
  std::string text;
  for (std::size_t first = 0; first < CPU_SETSIZE; ++first) {
    if (!CPU_ISSET(first, &cpus.set)) continue;
    std::size_t last = first;
    while (last + 1 < CPU_SETSIZE && CPU_ISSET(last + 1, &cpus.set)) ++last;
    if (!text.empty()) text += ',';
    text += std::to_string(first);
    if (last != first) text += '-' + std::to_string(last);
    first = last;
  }
  return text;
}

std::optional<cpu_list> cpus_named(std::string_view text) {
  cpu_list cpus;
  do {
    const auto first = take_number(text);
    const auto last = first && take(text, '-') ? take_number(text) : first;
    if (!last || *last < *first) return std::nullopt;
    for (std::size_t cpu = *first; cpu <= *last; ++cpu) CPU_SET(cpu, &cpus.set);
  } while (take(text, ','));
  if (!text.empty()) return std::nullopt;
  return cpus;
}

result<cpu_list> cpus_of_thread(int os_thread) {
  cpu_list cpus;
  if (::sched_getaffinity(os_thread, sizeof cpus.set, &cpus.set) != 0)
    return std::unexpected(error{errno, "sched_getaffinity"});
  return cpus;
}

result<void> run_thread_on(int os_thread, const cpu_list& cpus) {
  if (::sched_setaffinity(os_thread, sizeof cpus.set, &cpus.set) != 0)
    return std::unexpected(error{errno, "sched_setaffinity"});
  return {};
}

}  // namespace tokiod
