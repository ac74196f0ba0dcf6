#include "control/prometheus.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <map>

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

std::string escape(std::string_view text, bool quotes) {
  std::string escaped;
  for (const char c : text) {
    if (c == '\\')
      escaped += "\\\\";
    else if (c == '\n')
      escaped += "\\n";
    else if (c == '"' && quotes)
      escaped += "\\\"";
    else
      escaped += c;
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

std::string print(const labels& with, std::string_view upto = {}) {
  std::string text;
  for (const auto& [name, value] : with)
    text.append(text.empty() ? "{" : ",")
        .append(clean_name(name))
        .append("=\"")
        .append(escape(value, true))
        .append("\"");
  if (!upto.empty()) text.append(text.empty() ? "{" : ",").append("le=\"").append(upto).append("\"");
  return text.empty() ? text : text + "}";
}

void print_spread(std::string& text, const std::string& name, const sample& each) {
  const auto line = [&](std::string_view suffix, const std::string& with, const std::string& value) {
    text.append(name).append(suffix).append(with).append(" ").append(value).append("\n");
  };
  for (const auto& [bound, count] : each.spread.upto)
    line("_bucket", print(each.with, number(bound)), std::to_string(count));
  line("_bucket", print(each.with, "+Inf"), std::to_string(each.spread.count));
  line("_sum", print(each.with), number(each.spread.sum));
  line("_count", print(each.with), std::to_string(each.spread.count));
}

std::string print_samples(const metric_family& family, const std::string& name) {
  std::string text;
  for (const auto& each : family.samples) {
    if (family.type == metric_type::histogram)
      print_spread(text, name, each);
    else
      text.append(name).append(print(each.with)).append(" ").append(number(each.value)).append("\n");
  }
  return text;
}

std::string header(const metric_family& family, const std::string& clean) {
  std::string text = "# HELP " + clean + " " + escape(family.help.empty() ? family.name : family.help, false) + "\n";
  return text.append("# TYPE ").append(clean).append(" ").append(name(family.type)).append("\n");
}

}  // namespace

std::string_view name(metric_type type) {
  switch (type) {
    case metric_type::counter: return "counter";
    case metric_type::gauge: return "gauge";
    case metric_type::histogram: return "histogram";
  }
  return "untyped";
}

std::string prometheus_text(const std::vector<metric_family>& families) {
  std::vector<std::string> texts;
  std::map<std::string, std::pair<std::size_t, metric_type>> first;  // where each name's text is
  for (const auto& family : families) {
    if (family.samples.empty()) continue;
    const auto clean = clean_name(family.name);
    const auto [at, added] = first.try_emplace(clean, texts.size(), family.type);
    if (added) texts.push_back(header(family, clean));
    // A second family of that name and another type would break the whole page: it is left out.
    if (at->second.second == family.type) texts[at->second.first] += print_samples(family, clean);
  }
  std::string page;
  for (const auto& text : texts) page += text;
  return page;
}

}  // namespace tokiod::control
