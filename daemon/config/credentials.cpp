#include "config/credentials.hpp"

#include <utility>

#include "base/fd.hpp"
#include "config/secrets.hpp"
#include "wire/get.hpp"

namespace tokiod::config {
namespace {

using wire::json;

constexpr const char* mark = "$credential";

bool is_file_name(const std::string& name) {
  return !name.empty() && name.size() <= 255 && name != "." && name != ".." && name.find('/') == std::string::npos &&
         name.find('\0') == std::string::npos;
}

// Printing replaces bytes that are not UTF-8, so what comes back then is something else.
bool is_text(const std::string& bytes) {
  const auto back = wire::parse(wire::dump(bytes));
  return bytes.find('\0') == std::string::npos && back && *back == bytes;
}

class reader {
 public:
  reader(const std::string& directory, const std::map<std::string, std::string>& origins, faults& found,
         std::set<std::string>& texts)
      : directory_(directory), origins_(origins), found_(found), texts_(texts) {}

  // NOLINTNEXTLINE(misc-no-recursion): as deep as the document, which its parser bounds
  void walk(json& value, const std::string& pointer) {
    if (value.is_object() && value.contains(mark)) return replace(value, pointer);
    if (value.is_object())
      for (auto& [name, member] : value.items()) walk(member, wire::pointer(pointer, name));
    if (value.is_array())
      for (std::size_t i = 0; i < value.size(); ++i) walk(value[i], pointer + "/" + std::to_string(i));
  }

 private:
  void replace(json& value, const std::string& pointer) {
    if (value.size() != 1 || !value[mark].is_string() || !is_file_name(value[mark].get<std::string>()))
      return report(kind::invalid_config, pointer,
                    "must be {\"$credential\": \"NAME\"}, with the name of a file alone");
    const std::string name = value[mark].get<std::string>();
    if (directory_.empty())
      return report(kind::io_error, pointer,
                    "names the credential " + name +
                        ", but there is no $CREDENTIALS_DIRECTORY: LoadCredential= in "
                        "the unit makes one");
    auto text = read_file(directory_ + "/" + name, credential_limit_bytes);
    if (!text && text.error().code == EFBIG)
      return report(kind::too_large, pointer,
                    "names the credential " + name + ", which is larger than " +
                        std::to_string(credential_limit_bytes) + " bytes");
    if (!text) return report(kind::io_error, pointer, "names the credential " + name + ": " + text.error().text());
    if (text->ends_with('\n')) text->pop_back();
    if (!is_text(*text))
      return report(kind::wrong_type, pointer, "names the credential " + name + ", which is no text");
    if (!text->empty()) texts_.insert(*text);
    value = std::move(*text);
  }
  void report(kind why, const std::string& path, const std::string& fact) {
    // The origin of a member is known where its file is; below what was applied at run time, that of the whole is.
    const auto origin = origins_.find(path);
    found_.push_back({why, path, origin == origins_.end() ? "" : origin->second, path + " " + fact, {}, {}, {}});
  }

  const std::string& directory_;
  const std::map<std::string, std::string>& origins_;
  faults& found_;
  std::set<std::string>& texts_;
};

}  // namespace

json with_credentials(json effective, const std::string& directory, const std::map<std::string, std::string>& origins,
                      faults& found, std::set<std::string>& texts) {
  const json::json_pointer instances("/plugins/instances");
  if (!effective.contains(instances) || !effective[instances].is_object()) return effective;
  reader all(directory, origins, found, texts);
  for (auto& [name, instance] : effective[instances].items())
    if (instance.is_object() && instance.contains("config"))
      all.walk(instance["config"], wire::pointer("/plugins/instances", name) + "/config");
  return effective;
}

// NOLINTNEXTLINE(misc-no-recursion): as deep as the document
void hide_credentials(json& value, const std::set<std::string>& texts) {
  if (value.is_string() && texts.contains(value.get_ref<const std::string&>())) value = hidden;
  if (value.is_structured())
    for (auto& each : value) hide_credentials(each, texts);
}

}  // namespace tokiod::config
