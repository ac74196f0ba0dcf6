// Requests that are wrong, of every kind that there is, from a seed; none of them changes anything in a daemon. A few
// of the damaged ones are right after all: they only look, and metrics.mark keeps what it saw. Threads: one owner.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "support/damage.hpp"
#include "wire/get.hpp"
#include "wire/method.hpp"
#include "wire/parse.hpp"
#include "wire/rpc.hpp"

namespace tokiod::test {

using wire::json;

// What one client sends on one connection, and how many mistakes that are.
struct visit {
  std::string text;
  std::size_t mistakes = 0;
};

class mistakes {
 public:
  explicit mistakes(unsigned seed) : hurt_(seed) {}

  // `admin`: through the socket that lets one do things. There every mistake is one that cannot be understood.
  visit next(bool admin) {
    switch (hurt_.pick(8)) {
      case 0:
        return {pick_of({"GET /nothing HTTP/1.1\r\n\r\n", "POST /metrics HTTP/1.1\r\n\r\n", "HELO there\r\n",
                         "GET /metrics HTTP/1.1\r\nHost: half"}),
                1};
      case 1: return {pick_of({R"({"jsonrpc":"2.0","id":1,)", "", "\n\n"}), 1};
      case 2:
        if (!admin) return {hurt_(right(observed())) + "\n", 1};
        [[fallthrough]];
      default: return lines();
    }
  }

 private:
  std::string pick_of(const std::vector<std::string>& all) { return all[hurt_.pick(all.size())]; }

  const wire::method& any_row() { return wire::methods()[hurt_.pick(wire::methods().size())]; }
  // Not what keeps its connection: right after all, a subscription would wait for events.
  const wire::method& observed() {
    for (;;)
      if (const auto& row = any_row(); row.needs == wire::level::observe && row.name != "event.subscribe") return row;
  }
  static std::string right(const wire::method& row) {
    return wire::print_request(1, row.name, *wire::parse(row.example));
  }

  visit lines() {
    visit made;
    constexpr int strikes_that_end_it = 3;
    for (int strikes = 0; made.mistakes < 12 && strikes < strikes_that_end_it; ++made.mistakes)
      if (hurt_.pick(4) == 0) {
        made.text += unreadable() + "\n";
        ++strikes;
      } else {
        made.text += misunderstood() + "\n";
      }
    return made;
  }

  // No JSON, or not within the limits.
  std::string unreadable() {
    const auto zeros = [](std::size_t count) {
      std::string list = "[0";
      for (; count > 1; --count) list += ",0";
      return list + "]";
    };
    switch (hurt_.pick(8)) {
      case 0: return "{nonsense";
      case 1: return std::string(hurt_.pick(200) + 100, '[');
      case 2: return zeros(400 + hurt_.pick(200));
      case 3: return R"({"id":1,"id":2})";
      case 4: return "\xEF\xBB\xBF{}";
      case 5: return "{\"a\":\"\xc3\x28\"}";
      case 6: return "[18446744073709551616]";
      default: return std::string(5000 + hurt_.pick(3000), 'x');
    }
  }

  // JSON, but no request, or no right one.
  std::string misunderstood() {
    switch (hurt_.pick(9)) {
      case 0: return pick_of({"{}", "7", "[]", "null", R"({"jsonrpc":"1.0","id":1,"method":"control.ping"})"});
      case 1:
        return pick_of({R"({"jsonrpc":"2.0","id":{},"method":"control.ping"})", R"({"jsonrpc":"2.0","id":1})",
                        R"({"jsonrpc":"2.0","id":1,"method":5})",
                        R"({"jsonrpc":"2.0","id":1,"method":"control.ping","parms":{}})"});
      case 2: return wire::print_request(1, "no.such." + std::to_string(hurt_.pick(1'000'000)), json::object());
      case 3: return with_param("no_such_" + std::to_string(hurt_.pick(1000)), 1);
      case 4: return with_wrong_type();
      case 5: return without_required();
      case 6: return not_there();
      case 7: return batch();
      default: return R"({"jsonrpc":"2.0","id":1,"method":"control.ping","params":[1]})";
    }
  }

  std::string with_param(const std::string& name, json value) {
    const auto& row = any_row();
    auto params = *wire::parse(row.example);
    params[name] = std::move(value);
    return wire::print_request(1, row.name, params);
  }

  std::string with_wrong_type() {
    for (;;) {
      const auto& row = any_row();
      if (row.params.empty()) continue;
      const auto& rule = row.params[hurt_.pick(row.params.size())];
      if (rule.type == wire::param_type::any) continue;
      auto params = *wire::parse(row.example);
      params[std::string(rule.name)] = nullptr;
      return wire::print_request(1, row.name, params);
    }
  }

  std::string without_required() {
    for (;;) {
      const auto& row = any_row();
      for (const auto& rule : row.params) {
        if (!rule.required) continue;
        auto params = *wire::parse(row.example);
        params.erase(std::string(rule.name));
        return wire::print_request(1, row.name, params);
      }
    }
  }

  std::string not_there() {
    const auto number = std::to_string(1'000'000 + hurt_.pick(1'000'000));
    switch (hurt_.pick(5)) {
      case 0: return wire::print_request(1, "task.get", {{"id", "t-" + number}});
      case 1: return wire::print_request(1, "operation.get", {{"id", "op-" + number}});
      case 2: return wire::print_request(1, "plugin.info", {{"plugin", "p" + number}});
      case 3: return wire::print_request(1, "event.unsubscribe", {{"sub", "s-" + number}});
      default: return wire::print_request(1, "event.subscribe", {{"topics", {"no" + number}}});
    }
  }

  std::string batch() {
    std::string text = "[7";
    for (auto members = hurt_.pick(80); members > 0; --members) text += R"(,{"jsonrpc":"2.0","id":3})";
    return text + "]";
  }

  damage hurt_;
};

}  // namespace tokiod::test
