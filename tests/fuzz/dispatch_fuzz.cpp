// Every method with every kind of parameters, by every kind of caller, in every state: each request is answered once,
// with valid JSON of the form that is published; what its published schema allows is not refused for its parameters,
// and what it does not allow is; and an error is one that the method's row announces, or one that every method may
// give.
#include "control/dispatch.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "fuzz/plane.hpp"
#include "fuzz/request_maker.hpp"
#include "support/method_result.hpp"
#include "wire/get.hpp"

using namespace tokiod;
using fuzz::must;
using wire::json;

namespace {

// ---- what rpc.discover promises, read as JSON Schema by somebody who knows nothing of the table

bool has_type(const json& value, std::string_view type) {
  if (type == "string") return value.is_string();
  if (type == "integer") return value.is_number_integer();
  if (type == "number") return value.is_number();
  if (type == "boolean") return value.is_boolean();
  if (type == "object") return value.is_object();
  return type != "array" || value.is_array();
}

bool within(const json& schema, const char* low, const char* high, double is) {
  return is >= wire::number_or(schema, low, is) && is <= wire::number_or(schema, high, is);
}

// Exactly: next to the largest that a number may be, two integers are one fraction.
bool between(const json& schema, const json& integer) {
  return (!schema.contains("minimum") || integer >= schema["minimum"]) &&
         (!schema.contains("maximum") || integer <= schema["maximum"]);
}

bool fits(const json& schema, const json& value) {
  if (schema.contains("type") && !has_type(value, schema["type"].get<std::string>())) return false;
  if (schema.contains("enum") && std::ranges::find(schema["enum"], value) == schema["enum"].end()) return false;
  if (value.is_string() &&
      !within(schema, "minLength", "maxLength", static_cast<double>(value.get<std::string>().size())))
    return false;
  if (value.is_number_integer() ? !between(schema, value)
                                : value.is_number() && !within(schema, "minimum", "maximum", value.get<double>()))
    return false;
  if (!value.is_array() || !schema.contains("items")) return true;
  return within(schema, "minItems", "maxItems", static_cast<double>(value.size())) &&
         std::ranges::all_of(value, [&](const json& each) { return fits(schema["items"], each); });
}

const json& promised(std::string_view method) {
  static const json all = wire::openrpc_document("9.9.9")["methods"];
  return *std::ranges::find_if(all, [&](const json& each) { return each["name"] == method; });
}

bool allowed(const json& row, const json& params) {
  std::size_t known = 0;
  for (const auto& rule : row["params"]) {
    const json* value = wire::find(params, rule["name"].get<std::string>());
    known += value ? 1 : 0;
    if (value ? !fits(rule["schema"], *value) : rule["required"] == true) return false;
  }
  return known == params.size();
}

// A NUL byte is refused in every text, which no schema can say.
bool has_nul(const json& params) {
  return std::ranges::any_of(params, [](const json& value) {
    return value.is_string() && value.get_ref<const std::string&>().find('\0') != std::string::npos;
  });
}

// ---- one request

bool about_params(int code) { return code == rpc_code(kind::invalid_params); }

void check_error(const wire::method& row, const wire::rpc_error& why) {
  must(!why.message.empty() && !wire::text_or(why.data, "kind").empty(), "an error says its kind", row.name);
  must(test::faults_of_error(row.name, {{"code", why.code}, {"data", why.data}}).empty(), row.name, why.message);
}

struct told {
  std::optional<wire::answer> what;
  int times = 0;
};

class caller {
 public:
  explicit caller(test::plane_bench& bench, fuzz::choices& from) : bench_(bench), subs_(bench.shared, [] {}) {
    who_.uid = 1000;
    rights_.ceiling = static_cast<wire::level>(from.below(4));
    rights_.has = std::min(rights_.ceiling, static_cast<wire::level>(from.below(4)));
    if (from.below(4) == 0) rights_.allow = {"plugin.*", "config.re?oad"};
    if (from.below(4) == 0) rights_.deny = {"*.list"};
    if (from.below(2) == 0) rights_.has = rights_.ceiling = wire::level::admin;  // which reaches the most
  }

  wire::answer call(const wire::method& row, const json& params) {
    const control::call_site site{bench_.shared, who_, rights_, "control", subs_, 7, name_};
    const auto heard = std::make_shared<told>();
    static_cast<void>(control::dispatch(
        site, {json(1), std::string(row.name), params},
        [heard](wire::answer what) {
          heard->what = std::move(what);
          ++heard->times;
        },
        [](const std::string&) {}));
    bench_.run_until([&] { return heard->what.has_value(); });
    bench_.io.poll();
    must(heard->times == 1, "a request is answered once", row.name);
    fuzz::must_be_lines(wire::print_reply(1, *heard->what) + "\n");
    while (const auto event = subs_.pop()) fuzz::must_be_lines(*event);
    return std::move(*heard->what);
  }

  [[nodiscard]] bool may(const wire::method& row) const { return rights_.may(row); }

 private:
  test::plane_bench& bench_;
  control::peer who_;
  control::grant rights_;
  std::string name_;
  control::subscriptions subs_;
};

void one_call(test::plane_bench& bench, caller& who, fuzz::request_maker& make, fuzz::choices& from) {
  const auto& row = make.row();
  const auto params = make.params(row);
  const auto now = static_cast<control::daemon_state>(from.below(8) == 0 ? from.below(3) : 1);
  bench.backend.be(now);
  if (from.below(4) == 0) bench.backend.answer_calls(std::string(from.text(32)));
  const bool passes = who.may(row) && (row.when & wire::bit(now)) != 0;
  const bool right = allowed(promised(row.name), params);
  const auto what = who.call(row, params);
  if (!what) check_error(row, what.error());
  if (what) must(test::faults_of_result(row.name, *what).empty(), test::faults_of_result(row.name, *what));
  if (what) make.learn(*what);
  if (!passes) {
    must(!what && !about_params(what.error().code), "who may not, or not now, hears that", row.name);
  } else if (!right) {
    must(!what && about_params(what.error().code), "what the schema does not allow is refused", row.name);
    must(!wire::text_or(what.error().data, "path").empty(), "and told which", row.name);
  } else if (!what && !has_nul(params)) {
    const auto checked = wire::check_params(row, params);
    must(checked.has_value(), "what the schema allows is taken", checked ? "" : checked.error().sentence);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static test::plane_bench bench;
  fuzz::settle(bench);
  fuzz::choices from(data, size);
  {
    caller who(bench, from);
    fuzz::request_maker make(from);
    for (int calls = 0; calls < 4 && !from.empty(); ++calls) one_call(bench, who, make, from);
  }
  fuzz::settle(bench);
  return 0;
}
