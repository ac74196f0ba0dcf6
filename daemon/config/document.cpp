#include "config/document.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cctype>

#include "base/fd.hpp"
#include "config/setting.hpp"
#include "wire/get.hpp"
#include "wire/method.hpp"

namespace tokiod::config {
namespace {

using wire::json;

struct place {
  std::size_t line = 1, column = 1;
};

// Follows the parser through the text: it reports values without saying where they stood. Every token but "," and ":"
// makes one event, so the next event's token is the next one that is neither white space, comment, comma nor colon.
class token_cursor {
 public:
  explicit token_cursor(std::string_view text) : text_(text) {}

  place next() {
    skip_to_token();
    const place at = here_;
    skip_token();
    return at;
  }
  [[nodiscard]] place at_offset(std::size_t offset) const {
    token_cursor walker(text_);
    while (walker.at_ < std::min(offset, text_.size())) walker.step();
    return walker.here_;
  }

 private:
  [[nodiscard]] char look(std::size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }
  [[nodiscard]] bool more() const { return at_ < text_.size(); }
  void step() {
    if (text_[at_++] == '\n') {
      ++here_.line;
      here_.column = 1;
    } else {
      ++here_.column;
    }
  }
  void skip_line_comment() {
    while (more() && look() != '\n') step();
  }
  void skip_block_comment() {
    step(), step();
    while (more() && !(look() == '*' && look(1) == '/')) step();
    for (int i = 0; i < 2 && more(); ++i) step();
  }
  void skip_to_token() {
    while (more()) {
      if (look() == '/' && look(1) == '/') {
        skip_line_comment();
      } else if (look() == '/' && look(1) == '*') {
        skip_block_comment();
      } else if (std::isspace(static_cast<unsigned char>(look())) || look() == ',' || look() == ':') {
        step();
      } else {
        return;
      }
    }
  }
  void skip_string() {
    step();
    while (more() && look() != '"') {
      if (look() == '\\') step();
      if (more()) step();
    }
    if (more()) step();
  }
  void skip_token() {
    if (!more()) return;
    if (look() == '"') return skip_string();
    if (std::string_view("{}[]").find(look()) != std::string_view::npos) return step();
    while (more() &&
           (std::isalnum(static_cast<unsigned char>(look())) || look() == '.' || look() == '-' || look() == '+'))
      step();
  }

  std::string_view text_;
  std::size_t at_ = 0;
  place here_;
};

// Builds the value from the parser's events. The parser only knows tokens; names, depth and places are kept here.
class builder {
 public:
  builder(document& into, std::string_view text, faults& found) : into_(into), cursor_(text), found_(found) {}

  bool null() { return add(nullptr); }
  bool boolean(bool value) { return add(value); }
  bool number_integer(json::number_integer_t value) { return add(value); }
  bool number_unsigned(json::number_unsigned_t value) { return add(value); }
  bool number_float(json::number_float_t value, const std::string&) { return add(value); }
  bool string(std::string& value) { return add(std::move(value)); }
  bool binary(json::binary_t&) { return false; }
  bool start_object(std::size_t) { return open(json::object()); }
  bool start_array(std::size_t) { return open(json::array()); }
  bool end_object() { return close(); }
  bool end_array() { return close(); }

  bool key(std::string& name) {
    name_at_ = cursor_.next();
    name_ = std::move(name);
    const std::string pointer = wire::pointer(open_.back().pointer, name_);
    if (!open_.back().value->contains(name_)) return true;
    report(kind::invalid_config, pointer, name_at_, "is given twice; first at " + into_.sources[pointer]);
    return true;
  }

  bool parse_error(std::size_t offset, const std::string& token, const json::exception& e) {
    std::string what = e.what();
    for (const char* const start : {"] ", "syntax error"})  // what comes before is the library's name and our place
      if (const auto at = what.find(start); at != std::string::npos) what = what.substr(at + (*start == ']' ? 2 : 0));
    if (token.size() > 60) what = "syntax error near '" + token.substr(token.size() - 60) + "'";
    report(kind::parse_error, "", cursor_.at_offset(offset == 0 ? 0 : offset - 1), what);
    return false;
  }

 private:
  struct level {
    json* value;
    std::string pointer;
  };

  void report(kind why, std::string path, place at, std::string fact) {
    std::string sentence = path.empty() ? std::move(fact) : path + " " + fact;
    found_.push_back({why, std::move(path), where(at), std::move(sentence), {}, {}, {}});
  }
  [[nodiscard]] std::string where(place at) const {
    return into_.name + ":" + std::to_string(at.line) + ":" + std::to_string(at.column);
  }

  json* insert(json value, std::string& pointer, place at) {
    if (open_.empty()) {
      into_.value = std::move(value);
      into_.sources[""] = where(at);
      return &into_.value;
    }
    json& parent = *open_.back().value;
    const bool object = parent.is_object();
    pointer = wire::pointer(open_.back().pointer, object ? name_ : std::to_string(parent.size()));
    into_.sources[pointer] = where(object ? name_at_ : at);
    if (object) return &(parent[name_] = std::move(value));
    parent.push_back(std::move(value));
    return &parent.back();
  }
  bool add(json value) {
    std::string pointer;
    const place at = cursor_.next();
    insert(std::move(value), pointer, at);
    return has_room_for(pointer, at);
  }
  bool has_room_for(const std::string& pointer, place at) {
    pointer_bytes_ += pointer.size();
    if (pointer_bytes_ <= pointers_limit_bytes) return true;
    // Without the pointer, which may be what is too long.
    report(kind::too_large, "", at,
           "the names of the values take more than " + std::to_string(pointers_limit_bytes) + " bytes");
    return false;
  }
  bool open(json value) {
    const place at = cursor_.next();
    std::string pointer;
    json* const opened = insert(std::move(value), pointer, at);
    if (open_.size() == depth_limit) {
      report(kind::too_deep, pointer, at, "nests deeper than " + std::to_string(depth_limit) + " levels");
      return false;
    }
    if (!has_room_for(pointer, at)) return false;
    open_.push_back({opened, std::move(pointer)});
    return true;
  }
  bool close() {
    cursor_.next();
    open_.pop_back();
    return true;
  }

  document& into_;
  token_cursor cursor_;
  faults& found_;
  std::vector<level> open_;
  std::size_t pointer_bytes_ = 0;
  std::string name_;
  place name_at_;
};

bool is_file_mode(std::string_view text) {
  return (text.size() == 3 || text.size() == 4) && text.find_first_not_of("01234567") == std::string_view::npos &&
         (text.size() == 3 || text[0] == '0');
}

bool is_choice(const setting& row, const std::string& text) {
  return text.find('|') == std::string::npos &&
         ("|" + std::string(row.choices) + "|").find("|" + text + "|") != std::string::npos;
}

// A file's text is UTF-8, or no JSON; one of the environment or the command line may be anything, and would be shown as
// another than it is.
bool is_utf8(const json& text) {
  const auto again = wire::parse(wire::dump(text));
  return again && *again == text;
}

bool text_fits(const setting& row, const json& value) {
  if (!value.is_string() || !is_utf8(value)) return false;
  const auto& text = value.get_ref<const std::string&>();
  return text.size() >= row.minimum && text.size() <= row.maximum && text.find('\0') == std::string::npos;
}

// What is wrong with a value, or nothing.
enum class verdict : std::uint8_t { fits, wrong_type, out_of_range };

verdict judge(const setting& row, const json& value) {
  const auto range_if = [](bool typed, bool fits) {
    return !typed ? verdict::wrong_type : fits ? verdict::fits : verdict::out_of_range;
  };
  switch (row.what) {
    case type::integer: {
      // A number that was not read from a text may be a signed one that is not negative.
      const bool natural = value.is_number_unsigned() || (value.is_number_integer() && value.get<std::int64_t>() >= 0);
      const bool fits =
          natural && value.get<std::uint64_t>() >= row.minimum && value.get<std::uint64_t>() <= row.maximum;
      return range_if(value.is_number_integer(), fits);
    }
    case type::boolean: return range_if(value.is_boolean(), true);
    case type::text: return range_if(value.is_string(), text_fits(row, value));
    case type::choice:
      return range_if(value.is_string(), value.is_string() && is_choice(row, value.get<std::string>()));
    case type::file_mode:
      return range_if(value.is_string(), value.is_string() && is_file_mode(value.get<std::string>()));
    case type::text_list:
      return range_if(value.is_array() && std::ranges::all_of(value, [](const json& v) { return v.is_string(); }),
                      std::ranges::all_of(value, [&](const json& v) { return text_fits(row, v); }));
    case type::any_object: return range_if(value.is_object(), true);
  }
  return verdict::wrong_type;
}

std::string shown(const json& value) {
  if (value.is_object()) return "an object";
  if (value.is_array()) return "an array";
  std::string text = wire::dump(value);
  if (text.size() > 80) text = text.substr(0, 77) + "...";
  return text;
}

class checker {
 public:
  checker(const document& d, faults& found) : document_(d), found_(found) {}

  void walk(const json& value, const std::string& pointer, const std::string& pattern) {
    if (value.is_null() && !pointer.empty()) return;  // null deletes what a lower layer said
    if (const setting* row = find_setting(pattern)) return value_of(*row, value, pointer);
    const section wanted = section_at(pattern);
    if (wanted == section::array) return items(value, pointer, pattern);
    if (!value.is_object()) return mismatch(value, pointer, "an object");
    for (const auto& [name, child] : value.items()) member(name, child, pointer, pattern);
  }

 private:
  void items(const json& value, const std::string& pointer, const std::string& pattern) {
    if (!value.is_array()) return mismatch(value, pointer, "an array");
    for (std::size_t i = 0; i < value.size(); ++i) {
      const std::string path = wire::pointer(pointer, std::to_string(i));
      if (value[i].is_null()) mismatch(value[i], path, "an object");  // an array replaces another, so nothing to delete
      walk(value[i], path, pattern + "/#");
    }
  }
  void member(const std::string& name, const json& child, const std::string& pointer, const std::string& pattern) {
    const std::string below = child_pattern(pattern, name);
    const std::string path = wire::pointer(pointer, name);
    if (!below.empty()) return walk(child, path, below);
    fault f{kind::unknown_param, path, document_.source_of(path), subject(path) + " is not a setting", {}, {}, {}};
    const auto known = names_below(pattern);
    const std::vector<std::string_view> views(known.begin(), known.end());
    if (const auto near = wire::nearest(name, views)) f.hint = "did you mean \"" + std::string(*near) + "\"?";
    found_.push_back(std::move(f));
  }
  void value_of(const setting& row, const json& value, const std::string& pointer) {
    switch (judge(row, value)) {
      case verdict::fits: return;
      case verdict::wrong_type: return mismatch(value, pointer, expectation(row));
      case verdict::out_of_range:
        return mismatch(value, pointer, expectation(row),
                        row.what == type::choice ? kind::bad_enum : kind::out_of_range);
    }
  }
  void mismatch(const json& value, const std::string& pointer, std::string expected, kind why = kind::wrong_type) {
    const setting* const row = find_setting(pattern_of(pointer));
    const bool hide = row && row->secret && !value.is_structured();
    const std::string got = hide ? std::string(wire::type_name(value)) : shown(value);
    std::string sentence = subject(pointer) + " must be " + expected + ", got " + got;
    found_.push_back({why, pointer, document_.source_of(pointer), std::move(sentence), std::move(expected), got, {}});
  }
  [[nodiscard]] std::string subject(const std::string& pointer) const {
    if (const auto named = document_.subjects.find(pointer); named != document_.subjects.end()) return named->second;
    return pointer.empty() ? "the document" : pointer;
  }

  const document& document_;
  faults& found_;
};

}  // namespace

std::string text_of(const fault& f) {
  std::string text = f.source.empty() ? f.sentence : f.source + ": " + f.sentence;
  if (!f.hint.empty()) text += "; " + f.hint;
  return text;
}

std::string document::source_of(const std::string& pointer) const {
  const auto found = sources.find(pointer);
  return found == sources.end() ? name : found->second;
}

document parse_text(std::string name, std::string_view text, faults& found) {
  document d;
  d.name = std::move(name);
  builder events(d, text, found);
  const bool whole = json::sax_parse(text, &events, json::input_format_t::json, true, true);
  if (whole && !d.value.is_object())
    found.push_back({kind::wrong_type, "", d.source_of(""), "the document must be an object", "an object", {}, {}});
  if (!d.value.is_object()) d.value = json::object();
  return d;
}

document read_document(const std::string& path, faults& found) {
  document nothing;
  nothing.name = path;
  const auto cannot = [&](std::string why) {
    found.push_back({kind::io_error, "", "", path + std::move(why), {}, {}, {}});
    return nothing;
  };
  // A pipe that nobody writes to would be waited for for ever, by whoever reads the configuration again.
  struct stat there{};
  if (::stat(path.c_str(), &there) == 0 && !S_ISREG(there.st_mode)) return cannot(" cannot be read: it is not a file");
  const auto text = read_file(path, file_limit_bytes);
  if (text) return parse_text(path, *text, found);
  return cannot(text.error().code == EFBIG ? " is larger than " + std::to_string(file_limit_bytes) + " bytes"
                                           : " cannot be read: " + text.error().text());
}

void check_document(const document& d, faults& found) { checker(d, found).walk(d.value, "", ""); }

}  // namespace tokiod::config
