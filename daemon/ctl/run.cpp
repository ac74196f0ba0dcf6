#include "ctl/run.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string>

#include "base/log_record.hpp"
#include "ctl/client.hpp"
#include "ctl/commands.hpp"
#include "ctl/completion.hpp"
#include "ctl/edit.hpp"
#include "ctl/print.hpp"
#include "ctl/suggest.hpp"
#include "wire/get.hpp"
#include "wire/method.hpp"
#include "wire/parse.hpp"

namespace tokiod::ctl {
namespace {

constexpr duration_ns default_timeout = 60 * second;
constexpr double margin_seconds = 15;  // over a deadline that the daemon itself keeps

// What an order that names no timeout may take: longer when the daemon was given longer.
duration_ns timeout_of(const order& asked) {
  if (asked.timeout != 0) return asked.timeout;
  double longest = 0;
  for (const auto name : {"deadline_s", "timeout_s", "patience_s", "seconds"})
    longest = std::max(longest, wire::number_or(asked.params, name, 0));
  return std::max(default_timeout, static_cast<duration_ns>((longest + margin_seconds) * 1e9));
}

exit_code code_of(const refusal& why) {
  if (why.why == kind::timeout) return exit_code::temporary;
  if (why.why == kind::permission_denied) return exit_code::permission;
  if (why.why == kind::invalid_params || why.why == kind::bad_enum) return exit_code::bad_input;
  if (why.why == kind::refused || why.why == kind::unsupported) return exit_code::failed;
  if (why.why == kind::parse_error || why.why == kind::too_large) return exit_code::internal;
  return exit_code::unreachable;
}

// Good answers that are bad news.
exit_code finding_in(const order& asked, const json& result) {
  if (asked.method == "daemon.health" && !wire::boolean_or(result, "ready", false)) return exit_code::finding;
  const json* const findings = wire::find(result, "findings");
  if (asked.method == "diag.lint" && findings && !findings->empty()) return exit_code::finding;
  if (asked.method == "diag.self_test" && !wire::boolean_or(result, "ok", false)) return exit_code::finding;
  const auto worst = asked.method == "diag.doctor" ? wire::text_or(result, "worst") : std::string();
  if (worst == "warning" || worst == "error") return exit_code::finding;
  if (asked.method == "config.check" && !wire::boolean_or(result, "valid", false)) return exit_code::configuration;
  if (asked.method == "config.drift" && wire::boolean_or(result, "drift", false)) return exit_code::finding;
  return exit_code::ok;
}

bool wants_no_color() {
  const char* const said = std::getenv("NO_COLOR");
  return said && *said != '\0';
}

// The verb that asks for what a method is called for, under whichever name: `tokioctl call` has none of its own.
const verb* verb_of(const std::string& method) {
  const auto found = std::ranges::find(verbs(), method, &verb::method);
  return found == verbs().end() ? nullptr : &*found;
}

std::string text_about(const json& params, std::string_view name) {
  const json* const value = wire::find(params, name);
  if (!value) return {};
  return " " + (value->is_string() ? value->get<std::string>() : wire::dump(*value));
}

// What cannot be taken back is asked about.
bool is_meant(const verb* as, const json& params, const terminal& at, const std::string& where = {}) {
  if (!as || as->asks.empty() || wire::boolean_or(params, "dry_run", false)) return true;
  std::string about;
  for (const auto name : as->positional) about += text_about(params, name);
  at.err << "tokioctl: " << where << as->asks << clean(about) << "? [y/N] " << std::flush;
  std::string said;
  std::getline(at.in, said);
  return said == "y" || said == "Y" || said == "yes";
}

// Where there is somebody to ask; of a batch the whole of it, before any of it is done.
bool is_meant(const order& asked, const terminal& at) {
  if (asked.yes || !at.person) return true;
  if (asked.what == action::batch)
    return std::ranges::all_of(asked.batch, [&](const batch_request& each) {
      return is_meant(verb_of(each.method), each.params, at, "line " + std::to_string(each.line) + ": ");
    });
  return is_meant(asked.shown || asked.what != action::call ? asked.shown : verb_of(asked.method), asked.params, at);
}

class conversation {
 public:
  conversation(const order& asked, const terminal& at)
      : asked_(asked),
        at_(at),
        style_{at.color && !asked.no_color && !wants_no_color()},
        deadline_(steady_clock().now() + timeout_of(asked)) {}

  exit_code edit() {
    const auto done = edit_configuration(socket_candidates(asked_.daemon), asked_.params, timeout_of(asked_));
    if (!done) {
      const auto code = complain(done.error().why);
      if (!done.error().kept.empty()) at_.err << "  your text is kept in " << done.error().kept << "\n";
      return code;
    }
    if (!done->is_null())
      show(*done);
    else if (!asked_.quiet)
      at_.out << "nothing was changed\n";
    return exit_code::ok;
  }

  exit_code hold() {
    auto connected = client::connect(socket_candidates(asked_.daemon), deadline_);
    if (!connected) return complain(connected.error());
    if (asked_.what == action::top) return watch(*connected);
    if (asked_.what == action::batch) return hold_batch(*connected);
    auto answer = connected->call(asked_.method, asked_.params, deadline_);
    if (!answer) return complain(answer.error());
    if (!*answer) return complain(answer->error());
    if (asked_.what == action::events || asked_.what == action::watched) return follow(*connected);
    if (asked_.method == "log.tail" && !asked_.json_output) return tail(*connected, **answer);
    show(**answer);
    if (asked_.method == "log.tail" && wire::find(**answer, "sub")) return follow(*connected);
    return finding_in(asked_, **answer);
  }

 private:
  // One line for each request; the first refusal ends it and decides how tokioctl ends.
  exit_code hold_batch(client& daemon) {
    auto code = exit_code::ok;
    for (const auto& each : asked_.batch) {
      const auto answer = daemon.call(each.method, each.params, deadline_);
      if (!answer) return complain(answer.error());
      json said = {{"line", each.line}, {"method", each.method}};
      if (*answer)
        said["result"] = **answer;
      else
        said["error"] = error_object(answer->error());
      if (!asked_.quiet || !*answer) at_.out << wire::dump(said) << "\n";
      if (!*answer && code == exit_code::ok) code = exit_code_of(answer->error());
      if (code != exit_code::ok && !asked_.keep_going) break;
    }
    return code;
  }

  static json error_object(const wire::rpc_error& error) {
    return {{"code", error.code}, {"message", error.message}, {"data", error.data}};
  }

  exit_code complain(const wire::rpc_error& error) {
    if (asked_.json_output)
      at_.err << wire::dump(error_object(error)) << "\n";
    else
      at_.err << error_text(error, style_);
    return exit_code_of(error);
  }

  exit_code complain(const refusal& why) {
    static_cast<void>(complain(wire::to_rpc_error(why)));
    return code_of(why);
  }

  void show(const json& result) {
    if (asked_.quiet) return;
    if (asked_.json_output)
      show_json(result);
    else if (asked_.what == action::exposed)
      at_.out << wire::text_or(result, "text");
    else if (asked_.what == action::version)
      at_.out << "tokioctl " TOKIOD_VERSION "\ntokiod " << clean(wire::text_or(result, "version")) << "\n";
    else if (asked_.shown && asked_.form == output_form::plain)
      at_.out << plain_text(*asked_.shown, result);
    else if (asked_.shown)
      at_.out << result_text(*asked_.shown, result, style_);
    else
      at_.out << wire::dump_indented(result) << "\n";
  }

  void show_json(const json& result) {
    const json* const rows = asked_.shown ? wire::find(result, asked_.shown->list) : nullptr;
    if (asked_.form != output_form::line_for_each || !rows) {
      at_.out << wire::dump(result) << "\n";
      return;
    }
    for (const auto& row : *rows) at_.out << wire::dump(row) << "\n";
  }

  // Records as the daemon's own text on standard error.
  exit_code tail(client& daemon, const json& answer) {
    const auto* const lines = wire::find(answer, "lines");
    if (lines && lines->is_array() && !asked_.quiet)
      for (const auto& each : *lines) show_record(each);
    if (wire::find(answer, "sub")) return follow(daemon);
    if (last_record_ == 0 && !asked_.quiet) at_.out << "no record\n";
    return exit_code::ok;
  }

  // One that came while the first ones were being read comes again as an event.
  void show_record(const json& each) {
    const auto number = wire::integer_or(each, "number", 0);
    if (number <= last_record_) return;
    last_record_ = number;
    log::record r;
    r.wall_ns = static_cast<std::int64_t>(std::llround(wire::number_or(each, "ts", 0) * 1e3)) * 1'000'000;
    r.severity = log::level_named(wire::text_or(each, "level")).value_or(log::level::info);
    r.target = clean(wire::text_or(each, "target"));
    r.message = wire::text_or(each, "message");
    if (const auto* const fields = wire::find(each, "fields"); fields && fields->is_object())
      for (const auto& [key, value] : fields->items())
        r.fields.emplace_back(clean(key), value.is_string() ? value.get<std::string>() : wire::dump(value));
    at_.out << log::text_of(r) << std::endl;
  }

  // NAME{LABEL=VALUE} and the value of each sample that has changed.
  void show_samples(const json& page) {
    const auto* const families = wire::find(page, "families");
    if (asked_.shown && families && families->is_array())
      at_.out << result_text(*asked_.shown, page, style_) << std::endl;
  }

  void show_event(const json& event) {
    if (asked_.json_output)
      at_.out << wire::dump(event) << std::endl;
    else if (wire::text_or(event, "topic") == "log" && asked_.method == "log.tail")
      show_record(*wire::find(event, "data"));
    else if (asked_.what == action::watched)
      show_samples(*wire::find(event, "data"));
    else
      at_.out << wire::dump(*wire::find(event, "ts")) << " " << clean(wire::text_or(event, "topic")) << " "
              << wire::dump(*wire::find(event, "data")) << std::endl;
  }

  exit_code watch(client& daemon) {
    const auto shown = show_top(daemon, asked_.top, {asked_.json_output, style_.color, timeout_of(asked_)}, at_);
    return shown ? exit_code::ok : complain(shown.error());
  }

  // A timeout, when one was named, ends the watch; without one it lasts until the daemon or the user ends it.
  exit_code follow(client& daemon) {
    const auto until = asked_.timeout == 0 ? never : deadline_;
    for (std::uint64_t seen = 0; asked_.count == 0 || seen < asked_.count;) {
      const auto next = daemon.next(until);
      if (!next) return complain(next.error());
      if (next->notification != "event" || !next->what) continue;
      if (!wire::find(*next->what, "ts") || !wire::find(*next->what, "data")) continue;
      show_event(*next->what);
      if (!at_.out) return exit_code::failed;  // nobody reads it
      ++seen;
    }
    return exit_code::ok;
  }

  const order& asked_;
  const terminal& at_;
  print_style style_;
  instant_ns deadline_;
  std::int64_t last_record_ = 0;  // of the log, that was shown
};

void list_methods(const order& asked, const terminal& at) {
  static constexpr column columns[] = {{"METHOD", "/name"}, {"LEVEL", "/level"}, {"SUMMARY", "/summary"}};
  json rows = json::array();
  for (const auto& row : wire::methods())
    rows.push_back({{"name", row.name}, {"level", name(row.needs)}, {"summary", row.summary}});
  if (asked.json_output)
    at.out << wire::dump(rows) << "\n";
  else
    at.out << table(rows, columns, {});
}

exit_code show_schema(const order& asked, const terminal& at) {
  const auto document = wire::openrpc_document(TOKIOD_VERSION);
  const auto* const row = wire::find_method(asked.method);
  if (!asked.method.empty() && !row) {
    at.err << "tokioctl: there is no method " << clean(asked.method) << "\n";
    return exit_code::usage;
  }
  const auto shown = row ? document["methods"][static_cast<std::size_t>(row - wire::methods().data())] : document;
  at.out << (asked.json_output ? wire::dump(shown) : wire::dump_indented(shown)) << "\n";
  return exit_code::ok;
}

// The daemon is asked only as long as somebody at a keyboard likes to wait.
constexpr duration_ns completion_patience = 2 * second;

exit_code show_suggestions(const std::vector<std::string>& words, const terminal& at) {
  const auto until = steady_clock().now() + completion_patience;
  const auto ask = [&](std::string_view method, const json& params) {
    auto daemon = client::connect(socket_candidates(daemon_named_in(words)), until);
    if (!daemon) return json();
    const auto answer = daemon->call(method, params, until);
    return answer && *answer ? **answer : json();
  };
  at.out << text_of(suggest(words, ask));
  return exit_code::ok;
}

// `tokioctl help plugin load` is `tokioctl plugin load --help`.
std::vector<std::string> without_help(std::vector<std::string> args) {
  if (args.empty() || args.front() != "help") return args;
  args.erase(args.begin());
  args.emplace_back("--help");
  return args;
}

exit_code obey(const std::vector<std::string>& args, const terminal& at) {
  if (!args.empty() && args.front() == "__complete") return show_suggestions({args.begin() + 1, args.end()}, at);
  const auto asked = read_command_line(without_help(args), at.in);
  if (!asked) {
    (asked.error().code == exit_code::ok ? at.out : at.err) << asked.error().text;
    return asked.error().code;
  }
  switch (asked->what) {
    case action::methods: list_methods(*asked, at); return exit_code::ok;
    case action::completion: at.out << completion_script(asked->shell); return exit_code::ok;
    case action::schema: return show_schema(*asked, at);
    case action::edit: return conversation(*asked, at).edit();
    case action::request:
    case action::call:
    case action::batch:
      if (!is_meant(*asked, at)) return exit_code::failed;
      return conversation(*asked, at).hold();
    case action::events:
    case action::top:
    case action::version:
    case action::exposed:
    case action::watched: return conversation(*asked, at).hold();
  }
  return exit_code::internal;
}

}  // namespace

exit_code run(const std::vector<std::string>& args, const terminal& at) {
  const auto code = obey(args, at);
  // A script that keeps half a page must not take it for the whole.
  if (at.out.flush()) return code;
  at.err << "tokioctl: what was to be printed cannot be written\n";
  return code == exit_code::ok || code == exit_code::finding ? exit_code::failed : code;
}

}  // namespace tokiod::ctl
