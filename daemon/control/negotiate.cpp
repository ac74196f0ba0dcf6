// Which of the two forms the value of an Accept header asks for.
#include <algorithm>
#include <charconv>

#include "base/any_case.hpp"
#include "control/prometheus.hpp"

namespace tokiod::control {
namespace {

// What stands before the next `mark`; `rest` is left with what stands behind it.
std::string_view take(std::string_view& rest, char mark) {
  const auto end = std::min(rest.find(mark), rest.size());
  auto part = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  while (part.starts_with(' ') || part.starts_with('\t')) part.remove_prefix(1);
  while (part.ends_with(' ') || part.ends_with('\t')) part.remove_suffix(1);
  return part;
}

// One media range of the header.
struct range {
  std::string_view type, version;
  double quality = 1;
};

range read_range(std::string_view text) {
  range read;
  read.type = take(text, ';');
  while (!text.empty()) {
    auto value = take(text, ';');
    const auto key = take(value, '=');
    if (value.starts_with('"') && value.ends_with('"') && value.size() >= 2) value = value.substr(1, value.size() - 2);
    if (same_in_any_case(key, "version")) read.version = value;
    if (!same_in_any_case(key, "q")) continue;
    const auto [end, failed] = std::from_chars(value.data(), value.data() + value.size(), read.quality);
    if (failed != std::errc() || !(read.quality >= 0)) read.quality = 0;
  }
  return read;
}

}  // namespace

exposition negotiated(std::string_view accept) {
  double openmetrics = 0, text = 0;
  while (!accept.empty()) {
    const range one = read_range(take(accept, ','));
    const auto fits = [&](std::string_view version) { return one.version.empty() || one.version == version; };
    if (same_in_any_case(one.type, "application/openmetrics-text") && fits("1.0.0"))
      openmetrics = std::max(openmetrics, one.quality);
    if (same_in_any_case(one.type, "text/plain") && fits("0.0.4")) text = std::max(text, one.quality);
    if (same_in_any_case(one.type, "text/*")) text = std::max(text, one.quality);
  }
  return openmetrics > 0 && openmetrics >= text ? exposition::openmetrics : exposition::prometheus;
}

std::string_view content_type(exposition form) {
  return form == exposition::openmetrics ? openmetrics_content_type : prometheus_content_type;
}

}  // namespace tokiod::control
