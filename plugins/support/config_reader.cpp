#include "config_reader.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

namespace plugin_support {

using json = nlohmann::json;

struct config_reader::document {
  json root = json::object();

  // The value of a key, or null when it is not there.
  [[nodiscard]] const json* find(std::string_view key) const {
    const auto at = root.find(key);
    return at == root.end() ? nullptr : &*at;
  }
};

namespace {

// What stood there instead, short enough for a sentence. Never throws: bad UTF-8 is replaced.
std::string shown(const json& value) {
  auto text = value.dump(-1, ' ', false, json::error_handler_t::replace);
  if (text.size() > 40) text = text.substr(0, 37) + "...";
  return text;
}

bool is_string_within(const json& value, std::size_t longest) {
  return value.is_string() && value.get_ref<const std::string&>().size() <= longest;
}

bool is_integer_within(const json& value, std::int64_t least, std::int64_t most) {
  if (value.is_number_unsigned() && value.get<std::uint64_t>() > static_cast<std::uint64_t>(INT64_MAX)) return false;
  return value.is_number_integer() && value.get<std::int64_t>() >= least && value.get<std::int64_t>() <= most;
}

}  // namespace

config_reader::config_reader(std::string_view json_text) : document_(new document) {
  if (json_text.empty()) return;
  auto parsed = json::parse(json_text, nullptr, false);
  if (parsed.is_discarded()) {
    fail("the configuration is not JSON");
  } else if (!parsed.is_object()) {
    fail("the configuration must be an object, got " + shown(parsed));
  } else {
    document_->root = std::move(parsed);
  }
}

config_reader::~config_reader() { delete document_; }

void config_reader::fail(std::string sentence) {
  if (!fault_) fault_ = std::move(sentence);
}

std::int64_t config_reader::integer(std::string_view key, std::int64_t otherwise, std::int64_t least,
                                    std::int64_t most) {
  known_.emplace(key);
  const auto* value = document_->find(key);
  if (value == nullptr) return otherwise;
  if (is_integer_within(*value, least, most)) return value->get<std::int64_t>();
  fail(std::string(key) + " must be an integer in " + std::to_string(least) + ".." + std::to_string(most) + ", got " +
       shown(*value));
  return otherwise;
}

std::string config_reader::string(std::string_view key, std::string_view otherwise, std::size_t longest) {
  known_.emplace(key);
  const auto* value = document_->find(key);
  if (value == nullptr) return std::string(otherwise);
  if (is_string_within(*value, longest)) return value->get<std::string>();
  fail(std::string(key) + " must be a string of at most " + std::to_string(longest) + " bytes, got " + shown(*value));
  return std::string(otherwise);
}

bool config_reader::boolean(std::string_view key, bool otherwise) {
  known_.emplace(key);
  const auto* value = document_->find(key);
  if (value == nullptr) return otherwise;
  if (value->is_boolean()) return value->get<bool>();
  fail(std::string(key) + " must be true or false, got " + shown(*value));
  return otherwise;
}

std::vector<std::string> config_reader::strings(std::string_view key, std::size_t most, std::size_t longest) {
  known_.emplace(key);
  const auto* value = document_->find(key);
  if (value == nullptr) return {};
  const auto fits = [longest](const json& one) { return is_string_within(one, longest); };
  if (value->is_array() && value->size() <= most && std::ranges::all_of(*value, fits))
    return value->get<std::vector<std::string>>();
  fail(std::string(key) + " must be at most " + std::to_string(most) + " strings of at most " +
       std::to_string(longest) + " bytes, got " + shown(*value));
  return {};
}

std::optional<std::string> config_reader::fault() {
  for (const auto& [key, value] : document_->root.items()) {
    if (known_.contains(key)) continue;
    std::string known;
    for (const auto& name : known_) known += (known.empty() ? "" : ", ") + name;
    fail("unknown key \"" + key + "\"; known are: " + known);
  }
  return fault_;
}

}  // namespace plugin_support
