// Requests out of choices, made by the rows of the method table: most parameters fit, some are those of the row's
// example, some are at the edge of what fits, just beyond it, of a wrong type, missing, or unknown.
// Threads: one owner.
#pragma once
#include <algorithm>
#include <cstdint>
#include <iterator>
#include <limits>
#include <string>
#include <string_view>

#include "fuzz/choices.hpp"
#include "wire/get.hpp"
#include "wire/json.hpp"
#include "wire/method.hpp"
#include "wire/parse.hpp"
#include "wire/topic.hpp"

namespace tokiod::fuzz {

using wire::json;

class request_maker {
 public:
  explicit request_maker(choices& from) : from_(from) {}

  // By the names: a method that is added later takes a few of the numbers, and leaves the others what they were.
  [[nodiscard]] const wire::method& row() {
    const std::uint32_t high = from_.byte(), number = 256 * high + from_.byte();
    const auto all = wire::methods();
    return *std::ranges::max_element(all, {}, [&](const wire::method& each) { return drawn(each.name, number); });
  }

  [[nodiscard]] json params(const wire::method& row) {
    json made = json::object();
    const auto example = *wire::parse(row.example);
    for (const auto& rule : row.params) {
      if (from_.below(rule.required ? 16 : 3) == 0) continue;
      const auto* usual = wire::find(example, rule.name);
      switch (from_.below(6)) {
        case 0: made[std::string(rule.name)] = unfit(rule); break;
        case 1:
        case 2: made[std::string(rule.name)] = usual ? *usual : fit(rule); break;
        default: made[std::string(rule.name)] = fit(rule);
      }
    }
    if (from_.below(16) == 1) made[text(8)] = any(2);
    return made;
  }

  json any(int depth) {
    static constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
    switch (from_.below(depth > 0 ? 9 : 7)) {
      case 0: return nullptr;
      case 1: return from_.below(2) == 0;
      case 2: return from_.byte();
      case 3: return from_.below(2) == 0 ? json(std::numeric_limits<std::int64_t>::min()) : json(most);
      case 4: return from_.below(2) == 0 ? 1e300 : -0.5;
      case 5: return text(40);
      case 6: return std::string(8192, 'x');
      case 7: return json::array({any(depth - 1), any(depth - 1)});
      default: return {{text(8), any(depth - 1)}};
    }
  }

  // A name that a result gave, for the requests that follow.
  void learn(const json& result) {
    for (const auto* const name : {"operation_id", "sub", "mark"})
      if (auto text = wire::text_or(result, name); !text.empty()) learned_ = std::move(text);
  }

 private:
  static std::uint32_t drawn(std::string_view name, std::uint32_t number) {
    std::uint32_t hash = 2'166'136'261 ^ number;  // FNV-1a
    for (const char each : name) hash = (hash ^ static_cast<unsigned char>(each)) * 16'777'619;
    return hash ^ hash >> 15;
  }

  // Of seven bits: what a schema counts in characters, the daemon counts in bytes.
  std::string text(std::size_t most) {
    std::string made(from_.text(most));
    for (auto& each : made) each = static_cast<char>(each & 0x7f);
    return made;
  }

  // Names that mean something to the fake daemon, so that more than refusals is reached.
  std::string word() {
    static constexpr std::string_view words[] = {"echo",
                                                 "t-1",
                                                 "r-1",
                                                 "op-1",
                                                 "s-1",
                                                 "c-1",
                                                 "/runtime",
                                                 "plugin.list",
                                                 "stats",
                                                 "tokiod_*",
                                                 "op-99999999999999999999",
                                                 "t-",
                                                 "r-5",
                                                 "c-2"};
    const auto at = from_.below(std::size(words) + 4);
    if (at < std::size(words)) return std::string(words[at]);
    return at % 2 == 0 && !learned_.empty() ? learned_ : text(40);
  }

  json fit(const wire::param& rule) {
    switch (rule.type) {
      case wire::param_type::text: break;
      case wire::param_type::integer: return static_cast<std::int64_t>(number_of(rule));
      case wire::param_type::number: return number_of(rule);
      case wire::param_type::boolean: return from_.below(2) == 0;
      case wire::param_type::object: return json{{text(8), any(2)}};
      case wire::param_type::texts: return list_of(rule);
      case wire::param_type::any: return any(3);
    }
    if (!rule.choices.empty()) return rule.choices[from_.below(rule.choices.size())];
    return word();
  }

  double number_of(const wire::param& rule) {
    switch (from_.below(4)) {
      case 0: return rule.min;
      case 1: return rule.max;
      default: return rule.min + from_.byte();
    }
  }

  json list_of(const wire::param& rule) {
    json list = json::array();
    for (auto left = static_cast<std::size_t>(rule.min) + from_.below(3); left > 0; --left)
      list.push_back(from_.below(4) == 0 ? word()
                                         : std::string(wire::topics()[from_.below(wire::topics().size())].name));
    return list;
  }

  json unfit(const wire::param& rule) {
    switch (from_.below(4)) {
      case 0: return rule.min - 1;
      case 1: return static_cast<std::int64_t>(rule.max) + 1;
      case 2: return std::string(static_cast<std::size_t>(std::min(rule.max, 8192.0)) + 1, 'y');
      default: return any(3);
    }
  }

  choices& from_;
  std::string learned_;
};

}  // namespace tokiod::fuzz
