#include "ctl/commands.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>

#include "ctl/batch.hpp"
#include "ctl/command.hpp"
#include "ctl/unknown_word.hpp"
#include "ctl/value.hpp"
#include "wire/instance_name.hpp"
#include "wire/method.hpp"
#include "wire/parse.hpp"

namespace tokiod::ctl {
namespace {

using wire::param;
using wire::param_type;

// The parameter that --timeout becomes: a plugin that does not answer is the daemon's to give up, and to name.
constexpr std::string_view answer_time = "timeout_s";
constexpr duration_ns daemon_first = 2 * second;  // so its sentence arrives before ours
constexpr duration_ns shortest_interval = 100 * millisecond;
constexpr std::string_view form_names[] = {"table", "plain", "json", "jsonl"};

farewell mistake(std::string text) { return {"tokioctl: " + std::move(text) + "\n", exit_code::usage}; }

farewell mistake(const refusal& why) {
  auto said = mistake(why.sentence);
  if (why.why != kind::wrong_type) said.code = exit_code::bad_input;
  return said;
}

std::string help_of(const verb& each, const param& rule) {
  std::string text(rule.doc);
  if (rule.name.ends_with("_s")) text = "SECONDS: " + text;
  if (rule.type == param_type::object)
    text += each.method == "config.check" || each.method == "config.apply" ? " (FILE, @FILE, JSON text or -)"
                                                                           : " (JSON, @FILE or -)";
  for (const auto choice : rule.choices) text.append(choice == rule.choices.front() ? ": " : ", ").append(choice);
  if (!rule.fallback.empty() && rule.fallback != R"("")") text.append(" [").append(rule.fallback).append("]");
  return text;
}

outcome<std::vector<batch_request>> read_batch_file(const std::string& name, std::istream& input) {
  const auto text = read_text(name == "-" ? name : "@" + name, input);
  if (!text) return std::unexpected(text.error());
  return read_batch(*text);
}

// The parser and what its options stand for, until the words are read.
class reader {
 public:
  reader() : app_("Talks to a running tokiod.", "tokioctl") {
    app_.fallthrough();  // before any subcommand: they inherit it
    app_.require_subcommand(1);
    auto* socket = app_.add_option("-s,--socket", wanted_.daemon.socket,
                                   "control socket [$TOKIOD_SOCKET, else /run/tokiod/control.sock]");
    app_.add_option("--instance", wanted_.daemon.instance,
                    "the daemon that was started with this name, as tokiod@NAME is; before the command, where that has "
                    "an --instance of its own")
        ->excludes(socket);
    app_.add_option("-t,--timeout", timeout_, "give up after this long: 30, 500ms, 2m");
    app_.add_option("-o,--output", form_, "table, plain (tabulators, no titles), json, or jsonl (a line for each row)");
    app_.add_flag("--json", wanted_.json_output, "the same as --output json");
    app_.add_flag("-y,--yes", wanted_.yes, "do not ask whether it is meant");
    app_.add_flag("-q,--quiet", wanted_.quiet, "print nothing when all is well");
    app_.add_flag("--no-color", wanted_.no_color, "no colors [also: NO_COLOR]");
    app_.set_version_flag("--version", "tokioctl " TOKIOD_VERSION);
    for (const auto& each : verbs()) add(each);
    add_own();
  }

  // tokioctl and all its commands.
  [[nodiscard]] std::vector<command> described() const {
    std::vector<command> all;
    describe(app_, "", all);
    return all;
  }

  std::expected<order, farewell> read(const std::vector<std::string>& args, std::istream& input) {
    std::vector<std::string> reversed(args.rbegin(), args.rend());  // as CLI11 wants them
    try {
      app_.parse(reversed);
    } catch (const CLI::Success& done) {
      return std::unexpected(farewell{text_of(done), exit_code::ok});
    } catch (const CLI::ParseError& wrong) {
      if (const auto why = unknown_option(args)) return std::unexpected(mistake(*why));
      return std::unexpected(mistake(std::string(wrong.what()) + "; see tokioctl " + path_of_parsed() + "--help"));
    }
    if (auto wrong = read_form()) return std::unexpected(std::move(*wrong));
    if (const auto& name = wanted_.daemon.instance; !name.empty() && !wire::is_instance_name(name))
      return std::unexpected(
          mistake("--instance must be named with " + std::string(wire::instance_name_rule) + ", got " + name));
    if (!timeout_.empty()) {
      const auto time = duration_named(timeout_);
      if (!time) return std::unexpected(mistake("--timeout must be a time as 30, 500ms or 2m, got " + timeout_));
      wanted_.timeout = *time;
    }
    if (!interval_.empty()) {
      const auto time = duration_named(interval_);
      if (!time || *time < shortest_interval)
        return std::unexpected(mistake("--interval must be a time of at least 100ms as 1s or 500ms, got " + interval_));
      wanted_.top.interval = *time;
    }
    if (once_) {
      wanted_.top.batch = true;
      wanted_.top.count = 1;
    }
    if (wanted_.what == action::top && wanted_.json_output && !wanted_.top.batch)
      return std::unexpected(mistake("top --json prints text, so it needs --once or --batch"));
    return finish(input);
  }

 private:
  struct slot {
    const param* rule;
    CLI::Option* option;
  };

  static void describe(const CLI::App& at, const std::string& words, std::vector<command>& all) {
    const auto members = at.get_subcommands(std::function<bool(const CLI::App*)>());
    command seen;
    seen.words = words;
    seen.summary = at.get_description();
    seen.is_group = !members.empty();
    for (const auto* const each : at.get_options()) describe(*each, seen);
    all.push_back(std::move(seen));
    for (const auto* const each : members) describe(*each, words + (words.empty() ? "" : " ") + each->get_name(), all);
  }

  static void describe(const CLI::Option& each, command& of) {
    if (each.get_positional()) {
      const bool many = each.get_items_expected_max() > 1;
      of.arguments.push_back({each.get_name(), each.get_description(), each.get_required(), many});
      return;
    }
    option seen;
    for (const auto& name : each.get_lnames()) seen.names.push_back("--" + name);
    for (const auto& name : each.get_snames()) seen.names.push_back("-" + name);
    seen.doc = each.get_description();
    seen.takes_value = each.get_items_expected_max() > 0;
    seen.required = each.get_required();
    of.options.push_back(std::move(seen));
  }

  std::optional<farewell> read_form() {
    if (wanted_.json_output) wanted_.form = output_form::one_line;
    if (form_.empty()) return std::nullopt;
    const auto* const named = std::ranges::find(form_names, form_);
    if (named == std::end(form_names)) return mistake("--output must be table, plain, json or jsonl, got " + form_);
    wanted_.form = static_cast<output_form>(named - form_names);
    wanted_.json_output = wanted_.form == output_form::one_line || wanted_.form == output_form::line_for_each;
    return std::nullopt;
  }

  std::string text_of(const CLI::Success& done) {
    if (dynamic_cast<const CLI::CallForHelp*>(&done) || dynamic_cast<const CLI::CallForAllHelp*>(&done))
      return app_.help();
    return std::string(done.what()) + "\n";
  }

  std::string path_of_parsed() const {
    std::string path;
    for (const CLI::App* at = &app_; !at->get_subcommands().empty();) {
      at = at->get_subcommands().front();
      path += at->get_name() + " ";
    }
    return path;
  }

  CLI::App* place(std::string_view words, std::string_view summary) {
    const auto space = words.find(' ');
    const std::string first(words.substr(0, space));
    if (space == std::string_view::npos) return app_.add_subcommand(first, std::string(summary));
    auto& group = groups_[first];
    if (!group) group = app_.add_subcommand(first, "see tokioctl " + first + " --help")->require_subcommand(1);
    return group->add_subcommand(std::string(words.substr(space + 1)), std::string(summary));
  }

  void add(const verb& each) {
    const auto& row = *wire::find_method(each.method);
    auto* at = place(each.words, row.summary);
    auto& slots = slots_[at];
    for (const auto name : each.positional) {
      const auto rule = std::ranges::find(row.params, name, &param::name);
      auto* option = at->add_option(std::string(name))->description(help_of(each, *rule));
      option->required(rule->required);
      slots.push_back({&*rule, option});
    }
    for (const auto& rule : row.params)
      if (std::ranges::find(each.positional, rule.name) == each.positional.end() && rule.name != answer_time)
        slots.push_back({&rule, add_option(*at, each, rule)});
    if (each.method == "metrics.get") add_forms(*at);
    at->callback([this, &each, at] { chosen(each, at); });
  }

  static CLI::Option* add_option(CLI::App& at, const verb& each, const param& rule) {
    // The parameters of a plugin's method are words of their own: key=value.
    if (each.method == "plugin.call" && rule.name == "params")
      return at.add_option("params")->description("key=value ..., @FILE or -")->expected(0, -1)->allow_extra_args();
    const auto name = option_name(rule);
    if (rule.type == param_type::boolean)
      return at.add_flag(name + ",!--no" + name.substr(1))->description(help_of(each, rule));
    return at.add_option(name)->description(help_of(each, rule))->required(rule.required);
  }

  void add_forms(CLI::App& metrics) {
    metrics.add_flag("--prometheus", prometheus_, "the Prometheus text format");
    metrics.add_flag("--openmetrics", openmetrics_, "OpenMetrics")->excludes("--prometheus");
    metrics.add_flag("--watch", watch_, "and then, as they come, those that have changed")
        ->excludes("--prometheus")
        ->excludes("--openmetrics");
    metrics.add_option("--interval", interval_, "between looks of --watch: 1s, 500ms [1s]");
    metrics.add_option("-n,--count", wanted_.count, "end --watch after this many looks");
  }

  void add_own() {
    auto* call = app_.add_subcommand("call", "Calls any method: METHOD key=value ... | @FILE | -");
    call->add_option("method", wanted_.method, "as tokioctl methods lists them")->required();
    call->add_option("params", words_, "key=value ..., @FILE or -");
    call->callback([this] { wanted_.what = action::call; });
    auto* events = app_.add_subcommand("events", "Prints events as they happen");
    events->add_option("topic", words_, "as tokioctl event topics lists them [daemon.state plugin.state]");
    events->add_option("-n,--count", wanted_.count, "end after this many");
    events->add_option("--interval-ms", interval_ms_, "how often metrics and tasks are sent");
    events->add_option("--match", match_, "only metric families whose name matches");
    events->add_option("--mode", mode_, "of metrics: full, or delta for those that have changed [full]");
    events->add_option("--filter", filter_, "only events whose data matches: plugin=web*; several: all of them")
        ->allow_extra_args(false);
    events->add_option("--max-rate", max_rate_, "at most so many a second");
    events->add_flag("--jsonl", wanted_.json_output, "one JSON object a line, as --json");
    events->add_option("--since", since_, "first what came after the event of this number, as far as it is kept");
    events->callback([this] { wanted_.what = action::events; });
    add_top();
    add_edit();
    auto* batch =
        app_.add_subcommand("batch", "Calls one method after the other: a line METHOD key=value ... for each");
    batch->add_option("file", batch_file_, "FILE, or - for standard input")->required();
    batch->add_flag("-k,--keep-going", wanted_.keep_going, "go on after a refusal");
    batch->callback([this] {
      wanted_.what = action::batch;
      if (batch_file_ == "-") wanted_.yes = true;  // standard input has the lines, and no answers
    });
    auto* schema = app_.add_subcommand("schema", "The methods with their parameters and results, as OpenRPC");
    schema->add_option("method", wanted_.method, "only this one");
    schema->callback([this] { wanted_.what = action::schema; });
    app_.add_subcommand("methods", "Lists the methods of the control socket")->callback([this] {
      wanted_.what = action::methods;
    });
    app_.add_subcommand("version", "The versions of tokioctl and of the daemon")->callback([this] {
      wanted_.what = action::version;
      wanted_.method = "daemon.info";
    });
    auto* completion = app_.add_subcommand("completion", "Prints a completion script");
    completion->add_option("shell", wanted_.shell)->required()->check(CLI::IsMember({"bash", "zsh", "fish"}));
    completion->callback([this] { wanted_.what = action::completion; });
  }

  void add_edit() {
    auto* edit = place("config edit", "Opens the configuration in an editor and applies what was changed there");
    edit->add_flag("--persist", persist_, "it outlives the daemon's process");
    edit->add_option("--confirm-within", confirm_within_, "SECONDS: taken back after so long, unless it is confirmed");
    edit->add_option("--reason", reason_, "goes to the log");
    edit->callback([this] {
      wanted_.what = action::edit;
      wanted_.shown = find_verb("config apply");
      if (persist_) wanted_.params["persist"] = true;
      if (confirm_within_) wanted_.params["confirm_within_s"] = *confirm_within_;
      if (!reason_.empty()) wanted_.params["reason"] = reason_;
    });
  }

  void add_top() {
    auto& wanted = wanted_.top;
    auto* top = app_.add_subcommand(
        "top", "Shows tasks, workers, plugins, resources, timers, descriptors and events as they change");
    top->add_option("--tab", wanted.tab, "tasks, workers, plugins, resources, timers/io or events [tasks]");
    top->add_option("--sort", wanted.sort, "by this column");
    top->add_flag("--reverse", wanted.reverse, "the other way round");
    top->add_option("--filter", wanted.filter, "only rows of which all words hold: plugin:echo 'busy>1s' accept");
    top->add_option("--interval", interval_, "between samples: 1s, 500ms [1s]");
    top->add_flag("--batch", wanted.batch, "text at every interval, without a terminal");
    top->add_flag("--once", once_, "the same, one time");
    top->add_option("-n,--count", wanted.count, "end after so many samples, in a batch");
    top->callback([this] { wanted_.what = action::top; });
  }

  void chosen(const verb& each, CLI::App* at) {
    wanted_.what = action::request;
    wanted_.shown = &each;
    wanted_.method = each.method;
    filled_ = &slots_[at];
  }

  // `metrics` in another form is another method with fewer parameters.
  void choose_form() {
    const bool exposed = prometheus_ || openmetrics_;
    if (!exposed && !watch_) return;
    const auto match = wanted_.params.contains("match") ? wanted_.params["match"] : json("*");
    if (exposed) {
      wanted_.what = action::exposed;
      wanted_.method = "metrics.expose";
      wanted_.params = {{"format", openmetrics_ ? "openmetrics" : "prometheus"}, {"match", match}};
      return;
    }
    wanted_.what = action::watched;
    wanted_.method = "event.subscribe";
    wanted_.params = {{"topics", {"metrics"}}, {"match", match}, {"mode", "delta"}};
    wanted_.params["interval_ms"] = wanted_.top.interval / millisecond;
  }

  void give_plugin_the_timeout() {
    if (wanted_.method != "plugin.call" || wanted_.what != action::request || wanted_.timeout == 0) return;
    wanted_.params[std::string(answer_time)] = static_cast<double>(wanted_.timeout) / 1e9;
    wanted_.timeout += daemon_first;
  }

  std::expected<order, farewell> finish(std::istream& input) {
    give_plugin_the_timeout();
    if (wanted_.what == action::call) {
      auto params = pairs(words_, wire::find_method(wanted_.method), input);
      if (!params) return std::unexpected(mistake(params.error()));
      wanted_.params = std::move(*params);
    }
    if (wanted_.what == action::events)
      if (auto wrong = add_topics(input)) return std::unexpected(mistake(*wrong));
    if (wanted_.what == action::batch) {
      auto requests = read_batch_file(batch_file_, input);
      if (!requests) return std::unexpected(farewell{mistake(requests.error().sentence).text, exit_code::bad_input});
      wanted_.batch = std::move(*requests);
    }
    if (!filled_) return wanted_;
    for (const auto& [rule, option] : *filled_) {
      if (option->count() == 0) continue;
      const bool words = wanted_.method == "plugin.call" && rule->name == "params";
      auto value =
          words ? pairs(option->results(), nullptr, input) : value_of(*rule, meant_words(*rule, *option), input);
      if (!value) return std::unexpected(mistake(value.error()));
      wanted_.params[std::string(rule->name)] = std::move(*value);
    }
    choose_form();
    return wanted_;
  }

  // `config check FILE`: what is no JSON text is a file, so its name needs no @. And a file is named as seen from here;
  // the daemon stands in another folder.
  std::vector<std::string> meant_words(const param& rule, const CLI::Option& option) const {
    auto words = option.results();
    auto& first = words.front();
    const bool names_plugin = wanted_.method == "plugin.load" || wanted_.method == "plugin.inspect" ||
                              (wanted_.method == "plugin.reload" && rule.name == "path");
    if (takes_files(wanted_.method) && rule.type == param_type::object && first != "-" && !first.starts_with('@') &&
        !is_object_text(first))
      first.insert(0, "@");
    if (names_plugin && (rule.name == "path" || rule.name == "plugin") && first.find('/') != std::string::npos)
      first = absolute(first);
    return words;
  }

  static bool takes_files(std::string_view method) { return method == "config.check" || method == "config.apply"; }

  static bool is_object_text(const std::string& word) {
    const auto begin = word.find_first_not_of(" \t\r\n");
    return begin != std::string::npos && word[begin] == '{';
  }

  static std::string absolute(const std::string& path) {
    std::error_code failed;
    const auto whole = std::filesystem::absolute(path, failed);
    return failed ? path : whole.lexically_normal().string();
  }

  // Nothing: it went well.
  std::optional<refusal> add_topics(std::istream& input) {
    wanted_.method = "event.subscribe";
    if (words_.empty()) words_ = {"daemon.state", "plugin.state"};
    wanted_.params = {{"topics", words_}};
    if (interval_ms_) wanted_.params["interval_ms"] = *interval_ms_;
    if (!match_.empty()) wanted_.params["match"] = match_;
    if (since_) wanted_.params["since_seq"] = *since_;
    if (!mode_.empty()) wanted_.params["mode"] = mode_;
    if (max_rate_) wanted_.params["max_rate"] = *max_rate_;
    if (filter_.empty()) return std::nullopt;
    auto filter = pairs(filter_, nullptr, input);
    if (!filter) return filter.error();
    for (auto& value : *filter)
      if (!value.is_string()) value = wire::dump(value);
    wanted_.params["filter"] = std::move(*filter);
    return std::nullopt;
  }

  CLI::App app_;
  order wanted_;
  std::string timeout_, match_, interval_, form_, batch_file_, mode_;
  bool once_ = false;
  std::optional<std::int64_t> interval_ms_, since_, max_rate_;
  std::vector<std::string> words_, filter_;
  bool prometheus_ = false, openmetrics_ = false, watch_ = false;
  bool persist_ = false;
  std::optional<double> confirm_within_;
  std::string reason_;
  std::map<std::string, CLI::App*> groups_;
  std::map<CLI::App*, std::vector<slot>> slots_;
  const std::vector<slot>* filled_ = nullptr;
};

}  // namespace

std::optional<duration_ns> duration_named(std::string_view text) {
  constexpr double most_seconds = 86400.0 * 365;
  const auto seconds = seconds_named(text);
  if (!seconds || !(*seconds > 0 && *seconds <= most_seconds)) return std::nullopt;
  return static_cast<duration_ns>(*seconds * 1e9);
}

const std::vector<command>& all_commands() {
  static const auto all = reader().described();
  return all;
}

std::expected<order, farewell> read_command_line(const std::vector<std::string>& args, std::istream& input) {
  if (const auto why = unknown_command(args)) return std::unexpected(mistake(*why));
  return reader().read(args, input);
}

}  // namespace tokiod::ctl
