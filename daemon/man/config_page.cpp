// tokiod.json(5).
#include <algorithm>

#include "config/load.hpp"
#include "config/setting.hpp"
#include "man/pages.hpp"
#include "man/roff.hpp"
#include "wire/parse.hpp"

namespace tokiod::man {
namespace {

// "/runtime/flavor" is written runtime.flavor.
std::string dotted(std::string_view pattern) {
  std::string name(pattern.substr(1));
  std::ranges::replace(name, '/', '.');
  return name;
}

std::string about(const config::setting& row, const wire::json& defaults) {
  std::string text = std::string(row.doc) + " It is " + config::expectation(row);
  if (row.unit == "ms" || row.unit == "bytes") text.append(" ").append(row.unit);
  const wire::json::json_pointer at{std::string(row.pattern)};
  if (defaults.contains(at)) text += "; the default is " + wire::dump(defaults[at]);
  text += row.when == config::apply::live ? ". A reload applies it." : ". It takes effect at the next start.";
  if (config::is_for_operators(row.pattern)) text += " Who may operate may set it.";
  return row.secret ? text + " Its value is hidden." : text;
}

}  // namespace

std::string tokiod_json_5(std::string_view date) {
  page all("tokiod.json", 5, "configuration of tokiod", date);
  all.heading("DESCRIPTION")
      .paragraph(
          "One JSON document, in which // and /* */ comments may stand. It is put together of layers, each over "
          "the one before: defaults, /usr/lib/tokiod/conf.d/*.json, /etc/tokiod/tokiod.json, "
          "/etc/tokiod/conf.d/*.json (a file there masks the one of the same name in /usr/lib), the environment, "
          "the command line. Objects merge, arrays replace, null takes back what a lower layer said.")
      .paragraph(
          "tokiod --check-config says every fault with its file and line, tokiod --print-config where each value "
          "in force came from, tokioctl config reload applies what has changed.");
  const auto defaults = config::default_document();
  std::string section;
  all.heading("SETTINGS");
  for (const auto& row : config::settings()) {
    const auto name = dotted(row.pattern);
    if (const auto first = name.substr(0, name.find('.')); first != section) all.subheading(section = first);
    all.item(name, about(row, defaults));
  }
  all.heading("EXAMPLES")
      .lines(
          "{\n"
          "  \"log\": {\"level\": \"debug\"},  // more than usual\n"
          "  \"plugins\": {\"instances\": {\"echo\": {\"plugin\": \"echo\", \"config\": {\"port\": 7007}}}}\n"
          "}");
  all.heading("SEE ALSO").paragraph("tokiod(8), tokioctl(1)");
  return all.text();
}

}  // namespace tokiod::man
