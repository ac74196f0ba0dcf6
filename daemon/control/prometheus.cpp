#include "control/prometheus.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <map>
#include <set>

#include "base/utf8.hpp"

namespace tokiod::control {
namespace {

bool fits_name(char c, bool first) {
  if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_') return true;
  return !first && c >= '0' && c <= '9';
}

// Plugins choose names too; what the format does not take becomes an underscore.
std::string clean_name(std::string_view name) {
  std::string clean;
  for (const char c : name) {
    if (clean.empty() && c >= '0' && c <= '9') clean += '_';
    clean += fits_name(c, clean.empty()) ? c : '_';
  }
  return clean.empty() ? "_" : clean;
}

// A scraper drops a page with bytes that are no UTF-8.
std::string escape(std::string_view text, bool quotes) {
  std::string escaped;
  while (!text.empty()) {
    const auto length = utf8_length(text);
    if (length == 0)
      escaped += utf8_replacement;
    else if (text[0] == '\\')
      escaped += "\\\\";
    else if (text[0] == '\n')
      escaped += "\\n";
    else if (text[0] == '"' && quotes)
      escaped += "\\\"";
    else
      escaped += text.substr(0, length);
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return escaped;
}

std::string number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  std::array<char, 32> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  return {text.data(), end};
}

// OpenMetrics has one spelling for a bucket's bound: 1.0, 0.0001, 1e-05.
std::string bound_text(double value, exposition form) {
  if (form == exposition::prometheus || !std::isfinite(value)) return number(value);
  const double size = std::abs(value);
  if (size != 0 && (size < 1e-4 || size >= 1e15)) return number(value);
  std::array<char, 64> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed).ptr;
  std::string plain(text.data(), end);
  return plain.find('.') == std::string::npos ? plain + ".0" : plain;
}

// The families' names after cleaning, and what OpenMetrics calls the family: without the suffix of its samples.
struct spelling {
  std::string base;    // of HELP and TYPE
  std::string sample;  // of the samples, but for a histogram's suffixes
};

spelling spelling_of(const metric_family& family, exposition form) {
  std::string clean = clean_name(family.name);
  const std::string_view suffix = family.type == metric_type::counter ? "_total"
                                  : family.type == metric_type::info  ? "_info"
                                                                      : "";
  if (form == exposition::prometheus || suffix.empty()) return {clean, clean};
  if (clean.ends_with(suffix)) clean.resize(clean.size() - suffix.size());
  return {clean, clean + std::string(suffix)};
}

// `name="value"` for each label; of two whose names are the same now the first one stays.
std::vector<std::string> pairs_of(const labels& with) {
  std::vector<std::string> pairs;
  std::set<std::string> names;
  for (const auto& [name, value] : with) {
    const auto clean = clean_name(name);
    if (names.insert(clean).second) pairs.push_back(clean + "=\"" + escape(value, true) + "\"");
  }
  return pairs;
}

std::string braces(const std::vector<std::string>& pairs, std::string_view upto = {}) {
  std::string text;
  for (const auto& pair : pairs) text.append(text.empty() ? "{" : ",").append(pair);
  if (!upto.empty()) text.append(text.empty() ? "{" : ",").append("le=\"").append(upto).append("\"");
  return text.empty() ? text : text + "}";
}

// The text of one family, and which samples it has already.
class paragraph {
 public:
  paragraph(const metric_family& family, exposition form) : names_(spelling_of(family, form)), form_(form) {
    const auto line = [&](std::string_view what, std::string_view rest) {
      text_.append("# ").append(what).append(" ").append(names_.base).append(" ").append(rest).append("\n");
    };
    const bool plain_info = family.type == metric_type::info && form == exposition::prometheus;
    line("HELP", escape(family.help.empty() ? family.name : family.help, form == exposition::openmetrics));
    line("TYPE", name(plain_info ? metric_type::gauge : family.type));
    if (form == exposition::openmetrics && !family.unit.empty() && names_.base.ends_with("_" + family.unit))
      line("UNIT", family.unit);
  }

  void add(const metric_family& family) {
    for (const auto& each : family.samples) {
      auto pairs = pairs_of(each.with);
      if (family.type == metric_type::histogram) std::erase_if(pairs, [](auto& p) { return p.starts_with("le="); });
      auto sorted = pairs;
      std::ranges::sort(sorted);
      if (!seen_.insert(braces(sorted)).second) continue;
      if (family.type == metric_type::histogram)
        add_spread(pairs, each.spread);
      else
        line("", braces(pairs), number(each.value));
    }
  }

  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  void line(std::string_view suffix, std::string_view with, std::string_view value) {
    text_.append(names_.sample).append(suffix).append(with).append(" ").append(value).append("\n");
  }
  void add_spread(const std::vector<std::string>& pairs, const buckets& spread) {
    for (const auto& [bound, count] : spread.upto)
      if (std::isfinite(bound)) line("_bucket", braces(pairs, bound_text(bound, form_)), std::to_string(count));
    line("_bucket", braces(pairs, "+Inf"), std::to_string(spread.count));
    line("_sum", braces(pairs), number(spread.sum));
    line("_count", braces(pairs), std::to_string(spread.count));
  }

  spelling names_;
  exposition form_;
  std::string text_;
  std::set<std::string> seen_;
};

}  // namespace

std::string_view name(metric_type type) {
  switch (type) {
    case metric_type::counter: return "counter";
    case metric_type::gauge: return "gauge";
    case metric_type::histogram: return "histogram";
    case metric_type::info: return "info";
  }
  return "untyped";
}

std::string metrics_page(const std::vector<metric_family>& families, exposition form) {
  std::vector<paragraph> all;
  std::map<std::string, std::pair<std::size_t, metric_type>> first;  // where each name's text is
  for (const auto& family : families) {
    if (family.samples.empty()) continue;
    const auto [at, added] = first.try_emplace(spelling_of(family, form).base, all.size(), family.type);
    if (added) all.emplace_back(family, form);
    // A second family of that name and another type would break the whole page: it is left out.
    if (at->second.second == family.type) all[at->second.first].add(family);
  }
  std::string page;
  for (const auto& each : all) page += each.text();
  return form == exposition::openmetrics ? page + "# EOF\n" : page;
}

std::string prometheus_text(const std::vector<metric_family>& families) {
  return metrics_page(families, exposition::prometheus);
}

}  // namespace tokiod::control
