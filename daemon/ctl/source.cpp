#include "ctl/source.hpp"

#include <algorithm>
#include <utility>

#include "base/glob.hpp"
#include "ctl/top/tab.hpp"
#include "ctl/verb.hpp"
#include "wire/get.hpp"
#include "wire/method.hpp"
#include "wire/topic.hpp"

namespace tokiod::ctl {
namespace {

using wire::text_or;

suggestions fixed(std::initializer_list<const char*> words) {
  suggestions all;
  for (const auto* const word : words) all.words.push_back({word, ""});
  return all;
}

// ---- what is known without a daemon
suggestions any_file(const place&, const asker&) { return {{}, true}; }
suggestions shells(const place&, const asker&) { return fixed({"bash", "zsh", "fish"}); }
suggestions outputs(const place&, const asker&) { return fixed({"table", "plain", "json", "jsonl"}); }

suggestions method_names(const place&, const asker&) {
  suggestions all;
  for (const auto& row : wire::methods()) all.words.push_back({std::string(row.name), std::string(row.summary)});
  return all;
}

suggestions topic_names(const place&, const asker&) {
  suggestions all;
  for (const auto& row : wire::topics()) all.words.push_back({std::string(row.name), std::string(row.doc)});
  return all;
}

suggestions tab_names(const place&, const asker&) {
  suggestions all;
  for (const auto& each : tabs()) all.words.push_back({std::string(each.title), ""});
  return all;
}

// ---- what the daemon has
void add_rows(suggestions& all, const json* rows, std::string_view word, std::string_view about) {
  if (!rows) return;
  for (const auto& row : *rows) all.words.push_back({text_or(row, word), text_or(row, about)});
}

suggestions rows_of(const asker& ask, std::string_view method, std::string_view list, std::string_view word,
                    std::string_view about) {
  suggestions all;
  const auto answer = ask(method, json::object());
  add_rows(all, wire::find(answer, list), word, about);
  return all;
}

suggestions loaded_plugins(const place&, const asker& ask) {
  return rows_of(ask, "plugin.list", "plugins", "name", "state");
}
suggestions plugin_files(const place&, const asker& ask) {
  auto all = rows_of(ask, "plugin.scan", "found", "name", "path");
  all.files = true;
  return all;
}
suggestions instances(const place&, const asker& ask) {
  suggestions all;
  const auto answer = ask("plugin.list", json::object());
  if (const json* plugins = wire::find(answer, "plugins"))
    for (const auto& plugin : *plugins) add_rows(all, wire::find(plugin, "instances"), "instance", "state");
  return all;
}
suggestions tasks(const place&, const asker& ask) { return rows_of(ask, "task.list", "tasks", "id", "name"); }
suggestions resources(const place&, const asker& ask) {
  return rows_of(ask, "resource.list", "resources", "id", "type");
}
suggestions operations(const place&, const asker& ask) {
  return rows_of(ask, "operation.list", "operations", "id", "method");
}
suggestions clients(const place&, const asker& ask) { return rows_of(ask, "control.clients", "clients", "id", "comm"); }
suggestions metric_names(const place&, const asker& ask) {
  return rows_of(ask, "metrics.get", "families", "name", "help");
}

// The methods that the instance offers which stands before.
suggestions methods_of_instance(const place& at, const asker& ask) {
  suggestions all;
  if (at.given.empty()) return all;
  const auto list = ask("plugin.list", json::object());
  const json* plugins = wire::find(list, "plugins");
  if (!plugins) return all;
  for (const auto& plugin : *plugins) {
    const auto info = ask("plugin.info", {{"plugin", text_or(plugin, "name")}});
    const json* offered = wire::find(info, "methods");
    if (offered) add_rows(all, wire::find(*offered, at.given.front()), "name", "summary");
  }
  return all;
}

void add_settings(suggestions& all, const json& schema, const std::string& path) {
  const json* properties = wire::find(schema, "properties");
  if (!properties) {
    if (!path.empty()) all.words.push_back({path, text_or(schema, "description")});
    return;
  }
  for (const auto& [name, each] : properties->items()) add_settings(all, each, path.empty() ? name : path + "." + name);
}

suggestions settings(const place&, const asker& ask) {
  suggestions all;
  add_settings(all, ask("config.schema", json::object()), "");
  return all;
}

// What the setting that stands before can be.
suggestions setting_values(const place& at, const asker& ask) {
  suggestions all;
  if (at.given.empty()) return all;
  const auto schema = ask("config.schema", {{"path", at.given.front()}});
  if (text_or(schema, "type") == "boolean") return fixed({"true", "false"});
  if (const json* words = wire::find(schema, "enum"))
    for (const auto& each : *words) all.words.push_back({each.is_string() ? each.get<std::string>() : each.dump(), ""});
  return all;
}

struct source {
  std::string_view command, name;  // patterns
  suggestions (*from)(const place&, const asker&);
};

// The first that matches.
constexpr source sources[] = {
    {"*", "--socket", any_file},
    {"*", "--output", outputs},
    {"batch", "file", any_file},
    {"completion", "shell", shells},
    {"top", "--tab", tab_names},
    {"plugin call", "method", methods_of_instance},
    {"*", "method", method_names},
    {"event*", "topic", topic_names},
    {"plugin load", "plugin", plugin_files},
    {"plugin inspect", "path", plugin_files},
    {"plugin start", "--plugin", loaded_plugins},
    {"plugin *", "plugin", loaded_plugins},
    {"*", "--plugin", instances},
    {"*", "instance", instances},
    {"*", "--path", any_file},
    {"config *", "path", settings},
    {"config set", "value", setting_values},
    {"config *", "document", any_file},
    {"task *", "id", tasks},
    {"resource *", "id", resources},
    {"operation *", "id", operations},
    {"client *", "id", clients},
    {"metrics*", "match", metric_names},
};

// The choices that the method table gives a parameter.
suggestions choices_of(const place& at) {
  suggestions all;
  const auto* const shown = find_verb(at.of.words);
  if (!shown) return all;
  for (const auto& rule : wire::find_method(shown->method)->params)
    if (rule.name == at.name || option_name(rule) == at.name)
      for (const auto choice : rule.choices) all.words.push_back({std::string(choice), ""});
  return all;
}

}  // namespace

suggestions words_for(const place& at, const asker& ask) {
  auto all = choices_of(at);
  if (!all.words.empty()) return all;
  for (const auto& each : sources)
    if (matches(each.command, at.of.words) && matches(each.name, at.name)) return each.from(at, ask);
  return all;
}

}  // namespace tokiod::ctl
