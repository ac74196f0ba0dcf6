#include "wire/parse.hpp"

#include <algorithm>
#include <optional>
#include <unordered_set>
#include <utility>
#include <vector>

namespace tokiod::wire {
namespace {

constexpr std::size_t shown_bytes = 40;  // of a client's own text that an error repeats

std::string shorten(std::string_view text) {
  if (text.size() <= shown_bytes) return std::string(text);
  return std::string(text.substr(0, shown_bytes)) + "...";
}

// An object or list that is being filled. `keys` appears once an object is too wide to compare names one by one.
struct open_container {
  json* value;
  std::string key;
  std::unordered_set<std::string> keys;
};

// Receives the parser's events, refuses at the first broken rule, and builds the document.
class strict_builder {
 public:
  explicit strict_builder(const parse_limits& limits) : limits_(limits) {}

  bool null() { return add(json(nullptr)); }
  bool boolean(bool value) { return add(json(value)); }
  bool number_integer(json::number_integer_t value) { return add(json(value)); }
  bool number_unsigned(json::number_unsigned_t value) { return add(json(value)); }
  bool number_float(json::number_float_t value, const std::string& text) {
    // The parser turns an integer that does not fit into a double; that would change it silently.
    if (text.find_first_of(".eE") == std::string::npos)
      return fail(kind::parse_error, "the integer ", shorten(text), " does not fit 64 bits");
    return add(json(value));
  }
  bool string(std::string& value) { return add(json(std::move(value))); }
  bool binary(json::binary_t&) { return fail(kind::parse_error, "binary values are not JSON"); }

  bool start_object(std::size_t) { return open(json::object()); }
  bool start_array(std::size_t) { return open(json::array()); }
  bool end_object() { return close(); }
  bool end_array() { return close(); }

  bool key(std::string& name) {
    if (!count()) return false;
    auto& top = open_.back();
    if (seen(top, name)) return fail(kind::parse_error, "the key \"", shorten(name), "\" appears twice in one object");
    top.key = std::move(name);
    return true;
  }

  bool parse_error(std::size_t position, const std::string& token, const json::exception&) {
    return fail(kind::parse_error, "not valid JSON at byte ", position, ", near '", shorten(token), "'");
  }

  [[nodiscard]] outcome<json> take() {
    if (failure_) return std::unexpected(std::move(*failure_));
    return std::move(root_);
  }

 private:
  template <class... Parts>
  bool fail(kind why, const Parts&... parts) {
    if (!failure_) failure_ = refuse(why, parts...).error();
    return false;
  }

  bool count() {
    if (++values_ <= limits_.values) return true;
    return fail(kind::too_large, "the document has more than ", limits_.values, " values");
  }

  static bool seen(open_container& top, const std::string& name) {
    constexpr std::size_t narrow = 16;  // comparing that many names is cheaper than hashing them
    auto& members = top.value->get_ref<json::object_t&>();
    if (members.size() < narrow)
      return std::any_of(members.begin(), members.end(), [&](const auto& member) { return member.first == name; });
    if (top.keys.empty())
      for (const auto& member : members) top.keys.insert(member.first);
    return !top.keys.insert(name).second;
  }

  json* place(json&& value) {
    if (open_.empty()) {
      root_ = std::move(value);
      return &root_;
    }
    auto& top = open_.back();
    if (top.value->is_array()) {
      auto& items = top.value->get_ref<json::array_t&>();
      items.push_back(std::move(value));
      return &items.back();
    }
    // Appended as to a vector: key() has refused duplicates, and the map's own emplace would search every name again.
    auto& members = top.value->get_ref<json::object_t&>();
    members.emplace_back(std::move(top.key), std::move(value));
    return &members.back().second;
  }

  bool add(json&& value) {
    if (!count()) return false;
    place(std::move(value));
    return true;
  }

  bool open(json&& value) {
    if (!count()) return false;
    if (open_.size() >= limits_.depth) return fail(kind::too_deep, "the document nests deeper than ", limits_.depth);
    json* placed = place(std::move(value));
    open_.push_back({placed, {}, {}});
    return true;
  }

  bool close() {
    open_.pop_back();
    return true;
  }

  parse_limits limits_;
  std::size_t values_ = 0;
  json root_;
  std::vector<open_container> open_;
  std::optional<refusal> failure_;
};

std::string print(const json& value, int indent) {
  return value.dump(indent, ' ', false, json::error_handler_t::replace);
}

}  // namespace

outcome<json> parse(std::string_view text, const parse_limits& limits) {
  // The parser would skip a byte order mark without a word.
  if (text.starts_with("\xEF\xBB\xBF")) return refuse(kind::parse_error, "the text begins with a byte order mark");
  strict_builder builder(limits);
  json::sax_parse(text.begin(), text.end(), &builder, json::input_format_t::json, true, limits.comments);
  return builder.take();
}

std::string dump(const json& value) { return print(value, -1); }
std::string dump_indented(const json& value) { return print(value, 2); }

}  // namespace tokiod::wire
