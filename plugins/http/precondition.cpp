#include "precondition.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <system_error>

#include "date.hpp"

namespace http {
namespace {

std::string_view trimmed(std::string_view text) {
  const auto begin = std::min(text.find_first_not_of(" \t"), text.size());
  const auto end = text.find_last_not_of(" \t");
  return end == std::string_view::npos ? "" : text.substr(begin, end + 1 - begin);
}

// What has more bits than a size is behind the end of every file.
std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (end != text.data() + text.size() || fault == std::errc::invalid_argument) return std::nullopt;
  return fault == std::errc() ? value : UINT64_MAX;
}

// Weak comparison: "W/" says nothing.
bool names(std::string_view list, std::string_view etag) {
  if (trimmed(list) == "*") return true;
  while (!list.empty()) {
    const auto comma = std::min(list.find(','), list.size());  // ours have none
    auto one = trimmed(list.substr(0, comma));
    if (one.starts_with("W/")) one.remove_prefix(2);
    if (one == etag) return true;
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return false;
}

bool unchanged(const request& asked, const validators& file) {
  const auto is_list = [](const field& one) { return same_word(one.name, "If-None-Match"); };
  if (std::ranges::any_of(asked.fields, is_list))
    return std::ranges::any_of(asked.fields,
                               [&](const field& one) { return is_list(one) && names(one.value, file.etag); });
  const auto since = asked.find("If-Modified-Since");
  const auto date = since ? parse_date(*since) : std::nullopt;
  return date && file.modified <= *date;
}

// A client that has a part wants the rest of the same file, or else all of it.
bool still_the_same(const request& asked, const validators& file) {
  const auto condition = asked.find("If-Range");
  if (!condition || *condition == file.etag) return true;
  const auto date = parse_date(*condition);
  return date && file.modified == *date;
}

range part(std::uint64_t first, std::uint64_t last, std::uint64_t size) {
  return {range_kind::part, {first, std::min(last, size - 1) - first + 1}};
}

// Who asks for two different ranges in two fields gets what is always right: the whole.
std::optional<std::string_view> only_range(const request& asked) {
  const auto are = [](const field& one) { return same_word(one.name, "Range"); };
  return std::ranges::count_if(asked.fields, are) == 1 ? asked.find("Range") : std::nullopt;
}

}  // namespace

std::string etag_of(std::int64_t modified_ns, std::uint64_t size) {
  char text[40];
  char* at = text;
  *at++ = '"';
  at = std::to_chars(at, text + sizeof text, static_cast<std::uint64_t>(modified_ns), 16).ptr;
  *at++ = '-';
  at = std::to_chars(at, text + sizeof text, size, 16).ptr;
  *at++ = '"';
  return {text, at};
}

range parse_range(std::string_view text, std::uint64_t size) {
  constexpr std::string_view unit = "bytes=";
  if (text.size() < unit.size() || !same_word(text.substr(0, unit.size()), unit)) return {};
  const auto spec = trimmed(text.substr(unit.size()));
  const auto dash = spec.find('-');
  if (dash == std::string_view::npos) return {};
  const auto from = spec.substr(0, dash), to = spec.substr(dash + 1);
  const auto last = to.empty() ? std::optional(UINT64_MAX) : number(to);
  if (!last || (from.empty() && to.empty())) return {};
  if (from.empty()) {
    if (*last == 0 || size == 0) return {range_kind::none_of_it};
    return part(size - std::min(size, *last), size - 1, size);
  }
  const auto first = number(from);
  if (!first || *first > *last) return {};
  if (*first >= size) return {range_kind::none_of_it};
  return part(*first, *last, size);
}

verdict judge(const request& asked, const validators& file) {
  const span_of_bytes all{0, file.size};
  if (unchanged(asked, file)) return {304, {}};
  const auto wanted = only_range(asked);
  if (!wanted || asked.verb != method::get || !still_the_same(asked, file)) return {200, all};
  const auto found = parse_range(*wanted, file.size);
  if (found.kind == range_kind::part) return {206, found.bytes};
  return found.kind == range_kind::none_of_it ? verdict{416, {}} : verdict{200, all};
}

}  // namespace http
