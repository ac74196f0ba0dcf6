#include "control/dispatch.hpp"

#include <charconv>
#include <type_traits>
#include <utility>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/log_catalogue.hpp"
#include "control/guarded.hpp"
#include "control/methods/stricter.hpp"
#include "wire/get.hpp"
#include "wire/parse.hpp"

namespace tokiod::control {
namespace {

answer unknown_method(const std::string& name) {
  auto no = refuse(kind::method_not_found, "there is no method ", name.substr(0, 60)).error();
  if (const auto meant = wire::nearest_method(name)) no.hint = "did you mean " + std::string(*meant) + "?";
  return refused(no);
}

answer not_permitted(const wire::method& row, const grant& rights) {
  const auto no = refuse(kind::permission_denied, row.name, " needs the level ", name(row.needs), "; this caller has ",
                         name(rights.has), " (", rights.rule, ")");
  return std::unexpected(wire::to_rpc_error(
      no.error(), {{"required", name(row.needs)}, {"have", name(rights.has)}, {"decided_by", rights.judge(row).by}}));
}

answer not_now(const wire::method& row, daemon_state now) {
  json allowed = json::array();
  for (const auto each : {daemon_state::starting, daemon_state::running, daemon_state::draining})
    if (row.when & wire::bit(each)) allowed.push_back(name(each));
  const auto why = now == daemon_state::draining ? kind::draining : kind::wrong_state;
  const auto no = refuse(why, row.name, " cannot be called while the daemon is ", name(now));
  return std::unexpected(wire::to_rpc_error(no.error(), {{"current", name(now)}, {"allowed", std::move(allowed)}}));
}

// Who calls, as the audit tells of him; copied, because a method may end after its connection.
struct caller {
  peer who;
  std::string socket;
  std::uint64_t client;
};

std::vector<log::field> audit_fields(const wire::method& row, const caller& from, std::string_view outcome) {
  return {{"method", row.name},
          {"peer_uid", from.who.uid},
          {"peer_pid", from.who.pid},
          {"peer_comm", from.who.comm},
          {"outcome", outcome}};
}

void tell_of(const plane& shared, const wire::method& row, const caller& from, const std::string& reason,
             const answer& what) {
  json event = {{"method", row.name},
                {"outcome", what ? "ok" : wire::text_or(what.error().data, "kind")},
                {"client", client_id_text(from.client)},
                {"uid", from.who.uid},
                {"pid", from.who.pid},
                {"comm", from.who.comm},
                {"socket", from.socket}};
  if (!reason.empty()) event["reason"] = reason;
  shared.publish("control.audit", std::move(event));
}

// Everything that changes something leaves a line: who, what, why, and how it ended.
void audit(const plane& shared, const wire::method& row, const caller& from, const std::string& reason,
           const answer& what) {
  if (row.needs < level::operate) return;
  auto fields = audit_fields(row, from, what ? "ok" : what.error().message);
  if (!reason.empty()) fields.emplace_back("reason", reason);
  fields.push_back(log::known::as(log::known::method_called));
  log::write(log::level::info, "control", "method called", std::move(fields));
  tell_of(shared, row, from, reason, what);
}

// So does who is refused it. A place of its own in the code has a rate of its own: a flood of refusals hides no call.
void audit_refusal(const plane& shared, const wire::method& row, const caller& from, const answer& what) {
  if (row.needs < level::operate) return;
  auto fields = audit_fields(row, from, what.error().message);
  fields.push_back(log::known::as(log::known::method_refused));
  log::write(log::level::warn, "control", "method refused", std::move(fields));
  tell_of(shared, row, from, {}, what);
}

// What a plugin says of its own failure: its number and its data, beside our kind.
answer from_plugin(const refusal& why) {
  if (why.why != kind::plugin_error) return refused(why);
  json more = json::object();
  int plugin_code = 0;
  if (std::from_chars(why.path.data(), why.path.data() + why.path.size(), plugin_code).ec == std::errc())
    more["plugin_code"] = plugin_code;
  if (!why.hint.empty()) {
    auto data = wire::parse(why.hint);
    more["plugin_data"] = data ? std::move(*data) : json(why.hint);
  }
  return std::unexpected(wire::to_rpc_error({why.why, why.sentence, {}, {}}, more));
}

answer from_plugin(const outcome<std::string>& said) {
  if (!said) return from_plugin(said.error());
  if (said->empty()) return json(nullptr);
  auto parsed = wire::parse(*said);
  if (parsed) return std::move(*parsed);
  return refused({kind::plugin_error, "the plugin's answer is not JSON: " + parsed.error().sentence, {}, {}});
}

template <class Call>
auto guarded_method(const wire::method& row, Call call) {
  return guarded(row.name, call, [&](const incident& of) -> decltype(call()) {
    const refusal failed{
        kind::internal, std::string(row.name) + " failed: " + of.why, {}, "the log has it as incident " + of.id};
    if constexpr (std::is_same_v<decltype(call()), answer>)
      return std::unexpected(wire::to_rpc_error(failed, {{"incident", of.id}}));
    else
      return std::unexpected(failed);
  });
}

// Carries what a plugin says from whatever thread says it to the control thread.
class listener final : public host::call_listener {
 public:
  listener(std::shared_ptr<mailbox> box, reply done, call_event event)
      : box_(std::move(box)), done_(std::move(done)), event_(std::move(event)) {}

  void event(std::string text) override {
    box_->post([event = event_, text = std::move(text)]() mutable { event(std::move(text)); });
  }
  void done(outcome<std::string> said) override {
    box_->post([done = done_, said = std::move(said)] { done(from_plugin(said)); });
  }

 private:
  std::shared_ptr<mailbox> box_;
  reply done_;
  call_event event_;
};

// As the history of what he changes tells of him.
std::string named(const peer& who) {
  return "uid " + std::to_string(who.uid) + ", " + who.comm + "[" + std::to_string(who.pid) + "]";
}

// What keeps two operations apart: what they are about.
std::string key_of(const wire::method& row, const json& params) {
  if (row.name.starts_with("config.")) return "config";
  for (const auto name : {"plugin", "instance"})
    if (wire::find(params, name)) return wire::text_or(params, name);
  return std::string(row.name);
}

patience patience_of(const json& params) {
  patience how_long{.waits = wire::boolean_or(params, "wait", true)};
  if (wire::find(params, "patience_s"))
    how_long.at_most = static_cast<duration_ns>(wire::number_or(params, "patience_s", 0) * static_cast<double>(second));
  return how_long;
}

struct runner {
  const call_site& site;
  const wire::method& row;
  json params;
  reply done;
  call_event event;

  std::optional<host::call_id> operator()(quick run) {
    done(guarded_method(row, [&] { return run(site, params); }));
    return std::nullopt;
  }
  std::optional<host::call_id> operator()(reading run) {
    const auto begun = site.shared.read(
        [&shared = site.shared, &method = row, run, params = std::move(params)] {
          return guarded_method(method, [&] { return run(shared, params); });
        },
        [answered = done](answer what) { answered(std::move(what)); }, site.client);
    if (!begun) done(refused(begun.error()));
    return std::nullopt;
  }
  std::optional<host::call_id> operator()(operation run) {
    begin(false, [run](backend& daemon, const json& with, const auto&) { return run(daemon, with); });
    return std::nullopt;
  }
  std::optional<host::call_id> operator()(attributed run) {
    begin(false, [run, by = named(site.who)](backend& daemon, const json& with, const auto&) {
      return run(daemon, with, by);
    });
    return std::nullopt;
  }
  std::optional<host::call_id> operator()(stoppable run) {
    begin(true, run);
    return std::nullopt;
  }
  std::optional<host::call_id> operator()(deferred run) {
    const auto begun = guarded_method(row, [&] {
      return run(site.shared.daemon, params, std::make_shared<listener>(site.shared.box, done, std::move(event)));
    });
    if (begun) return *begun;
    done(refused(begun.error()));
    return std::nullopt;
  }

 private:
  template <class Run>
  void begin(bool may_stop, Run run) {
    const auto how_long = patience_of(params);
    operation_order order{.row = &row,
                          .key = key_of(row, params),
                          .client = site.client,
                          .uid = site.who.uid,
                          .stoppable = may_stop,
                          .work = nullptr};
    order.work = [&daemon = site.shared.daemon, &method = row, run,
                  with = std::move(params)](const std::function<bool()>& given_up) {
      return guarded_method(method, [&] { return run(daemon, with, given_up); });
    };
    site.shared.desk.begin(std::move(order), how_long, done);
  }
};

// Why the request goes no further, if it does not.
std::optional<answer> turned_away(const call_site& site, const wire::method* row, const std::string& name) {
  if (!row) return unknown_method(name);
  if (!site.rights.may(*row)) return not_permitted(*row, site.rights);
  if (const auto now = site.shared.daemon.state(); !(row->when & wire::bit(now))) return not_now(*row, now);
  return std::nullopt;
}

}  // namespace

std::optional<host::call_id> dispatch(const call_site& site, wire::request asked, reply done, call_event event) {
  const auto* row = wire::find_method(asked.method);
  auto counted = [&counts = site.shared.counts, method = asked.method, began = steady_clock().now(),
                  done = std::move(done)](answer what) {
    counts.answered(method, what ? 0 : what.error().code, steady_clock().now() - began);
    done(std::move(what));
  };
  caller from{site.who, std::string(site.socket), site.client};
  const auto turn_away = [&](answer no) {
    if (row) audit_refusal(site.shared, *row, from, no);
    counted(std::move(no));
    return std::nullopt;
  };
  if (auto away = turned_away(site, row, asked.method)) return turn_away(std::move(*away));
  auto params = wire::check_params(*row, std::move(asked.params));
  if (!params) return turn_away(refused(params.error()));
  if (const auto exact = stricter(*row, *params); !site.rights.may(exact))
    return turn_away(not_permitted(exact, site.rights));
  auto audited = [row, &shared = site.shared, from = std::move(from), reason = wire::text_or(*params, "reason"),
                  counted](answer what) {
    audit(shared, *row, from, reason, what);
    counted(std::move(what));
  };
  runner run{site, *row, std::move(*params), std::move(audited), std::move(event)};
  return std::visit(run, *find_code(row->name));
}

}  // namespace tokiod::control
