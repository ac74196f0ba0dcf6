#include "app/options.hpp"

#include <CLI/CLI.hpp>
#include <optional>
#include <utility>

#include "wire/daemon_place.hpp"
#include "wire/instance_name.hpp"
#include "wire/parse.hpp"

namespace tokiod::app {
namespace {

// What the command line said, before it is known whether it makes sense.
struct words {
  std::optional<std::string> instance, config_file, conf_dir, socket, observe_socket, workers, config_json;
  std::vector<std::string> plugin_dirs;
  bool check = false, print = false;
  std::string plugin;
};

void describe(CLI::App& app, CLI::App& run, words& said) {
  app.set_version_flag("--version", "tokiod " TOKIOD_VERSION);
  app.add_option("--instance", said.instance,
                 "One of several daemons of this machine: it reads /etc/tokiod/instances/NAME/tokiod.json and the "
                 "drop-ins beside it, and has its sockets in /run/tokiod/instances/NAME")
      ->type_name("NAME");
  app.add_option("--config", said.config_file, "Read this file instead of /etc/tokiod/tokiod.json and its drop-ins")
      ->type_name("FILE");
  app.add_option("--conf-dir", said.conf_dir, "Read the drop-ins of this folder instead of /etc/tokiod/conf.d")
      ->type_name("DIR");
  app.add_option("--plugin-dir", said.plugin_dirs, "Look for plugins here; may be given several times")
      ->type_name("DIR")
      ->take_all()
      ->allow_extra_args(false);  // one value each: the next word is the plugin that is to run
  app.add_option("--socket", said.socket, "Path of the control socket")->type_name("PATH");
  app.add_option("--observe-socket", said.observe_socket, "Path of the read-only control socket")->type_name("PATH");
  app.add_option("--workers", said.workers, "Worker threads, 1..1024; beats TOKIO_WORKER_THREADS and every file")
      ->type_name("N");
  app.add_flag("--check-config", said.check, "Check the configuration, say every fault, and exit");
  app.add_flag("--print-config", said.print, "Print the effective configuration with the origin of each value");
  run.add_option("PLUGIN", said.plugin, "A plugin's .so file, or its name in a plugin directory")->required();
  run.add_option("--config-json", said.config_json, "The plugin's configuration")->type_name("TEXT");
}

void give(std::vector<config::given>& to, const char* pointer, const std::optional<std::string>& text,
          const char* option) {
  if (text) to.push_back({pointer, {*text}, option});
}

std::string value_in(const char* const* environment, std::string_view name) {
  for (; *environment; ++environment) {
    const std::string_view entry(*environment);
    if (entry.starts_with(name) && entry.substr(name.size()).starts_with('='))
      return std::string(entry.substr(name.size() + 1));
  }
  return {};
}

config::sources sources_of(const words& said, bool run, const char* const* environment) {
  config::sources from;
  if (said.instance) {
    from.file = wire::config_dir_of(*said.instance) + "/tokiod.json";
    from.conf_dir = wire::config_dir_of(*said.instance) + "/conf.d";
    from.command_line.push_back({"/control/socket", {wire::control_socket_of(*said.instance)}, "--instance"});
    from.command_line.push_back({"/control/observe_socket", {wire::observe_socket_of(*said.instance)}, "--instance"});
  }
  if (said.config_file || run) {
    from.vendor_dir = from.conf_dir = "";
    from.file = said.config_file.value_or("");
    from.file_must_exist = said.config_file.has_value();
  }
  if (said.conf_dir) {
    from.vendor_dir = "";
    from.conf_dir = *said.conf_dir;
    from.conf_dir_must_exist = true;
  }
  from.environment = config::from_environment(environment);
  from.credentials_dir = value_in(environment, "CREDENTIALS_DIRECTORY");
  // A plugin that runs alone is configured on the command line, whatever was changed of a daemon.
  if (const std::string state = value_in(environment, "STATE_DIRECTORY"); !state.empty() && !run)
    from.overlay_file = state.substr(0, state.find(':')) + "/runtime.json";
  give(from.command_line, "/runtime/worker_threads", said.workers, "--workers");
  give(from.command_line, "/control/socket", said.socket, "--socket");
  give(from.command_line, "/control/observe_socket", said.observe_socket, "--observe-socket");
  if (!said.plugin_dirs.empty()) from.command_line.push_back({"/plugins/dirs", said.plugin_dirs, "--plugin-dir"});
  return from;
}

std::string misuse_of(const words& said, bool run) {
  if (said.check && said.print) return "--check-config and --print-config exclude each other";
  if (said.instance && !wire::is_instance_name(*said.instance))
    return "--instance must be named with " + std::string(wire::instance_name_rule) + ", got \"" + *said.instance + '"';
  if (!run) return {};
  if (said.instance) return "run is no daemon: --instance has no meaning with it";
  if (said.check || said.print) return "--check-config and --print-config have no meaning with run";
  if (said.socket || said.observe_socket) return "run opens no control socket: --socket has no meaning with it";
  if (!said.config_json) return {};
  const auto document = wire::parse(*said.config_json);
  if (!document) return "--config-json is not JSON: " + document.error().sentence;
  return document->is_object() ? "" : "--config-json must be a JSON object, got " + *said.config_json;
}

early_exit usage(const std::string& sentence) { return {exit_usage, "tokiod: " + sentence + "\n"}; }

}  // namespace

std::vector<option_row> option_rows() {
  words said;
  CLI::App app;
  CLI::App& run = *app.add_subcommand("run", "");
  describe(app, run, said);
  std::vector<option_row> rows;
  for (const CLI::App* const at : {static_cast<const CLI::App*>(&app), static_cast<const CLI::App*>(&run)})
    for (const auto* const each : at->get_options()) {
      if (each->get_positional() || each == at->get_help_ptr()) continue;
      const bool takes_value = each->get_items_expected_max() > 0;
      rows.push_back({each->get_name() + (takes_value ? " " + each->get_type_name() : ""), each->get_description()});
    }
  return rows;
}

std::expected<options, early_exit> parse_options(int argc, const char* const* argv, const char* const* environment) {
  words said;
  CLI::App app("tokiod: an asynchronous runtime as a daemon, with plugins that spawn tasks on it", "tokiod");
  app.fallthrough();
  CLI::App& run =
      *app.add_subcommand("run", "Run one plugin in the foreground until it finishes; exit with its status");
  describe(app, run, said);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForVersion&) {
    return std::unexpected(early_exit{exit_ok, "tokiod " TOKIOD_VERSION "\n"});
  } catch (const CLI::Success&) {
    return std::unexpected(early_exit{exit_ok, app.help()});
  } catch (const CLI::ParseError& e) {
    return std::unexpected(usage(std::string(e.what()) + "; see tokiod --help"));
  }
  const bool running = run.parsed();
  if (const std::string misuse = misuse_of(said, running); !misuse.empty()) return std::unexpected(usage(misuse));
  options o;
  o.what = running      ? command::run_plugin
           : said.check ? command::check_config
           : said.print ? command::print_config
                        : command::serve;
  o.sources = sources_of(said, running, environment);
  o.plugin = said.plugin;
  o.plugin_config = said.config_json.value_or("{}");
  return o;
}

}  // namespace tokiod::app
