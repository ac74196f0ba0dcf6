#include "app/upgrade.hpp"

#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include <utility>

#include "app/instance_lock.hpp"
#include "app/options.hpp"
#include "app/show.hpp"
#include "app/successor.hpp"
#include "app/trusted_program.hpp"
#include "base/log.hpp"
#include "wire/get.hpp"

namespace tokiod::app {
namespace {

constexpr duration_ns manager_patience = 2 * second;  // for a service manager that does not read
constexpr duration_ns word_patience = 60 * second;    // from "ready" to "go": as good as at once

control::upgrade_refusal refused(const refusal& why) { return {why, {}, {}}; }

control::upgrade_refusal refused(const std::string& program, const upgrade_failure& failed) {
  auto why = refuse(kind::refused, program, " did not take over: ", failed.why).error();
  why.hint = "this process goes on as before";
  return {std::move(why), failed.stage, failed.standard_error};
}

}  // namespace

wire::json upgrade::state() const {
  wire::json running = wire::json::array();
  for (const auto& image : of_.plugins.list())
    for (const auto& one : image.instances)
      if (one.state == host::instance_state::running) running.push_back(one.name);
  wire::json state = {{"generation", of_.facts.generation + 1}, {"from_pid", ::getpid()}, {"instances", running}};
  if (const auto upkeep = of_.upkeep.now(); upkeep.on) {
    state["maintenance"] = {{"reason", upkeep.reason}};
    if (upkeep.left) state["maintenance"]["left_ms"] = *upkeep.left / millisecond;
  }
  return state;
}

std::vector<passed_socket> upgrade::sockets() const {
  auto all = of_.listeners.copies();
  for (auto& each : of_.control.copies()) {
    const std::string name = each.label == "observe" ? "control-ro" : each.label;
    if (each.lock) all.push_back({name + ".lock", std::move(each.lock)});
    all.push_back({name, std::move(each.socket)});
  }
  if (unique_fd lock(of_.lock < 0 ? -1 : ::fcntl(of_.lock, F_DUPFD_CLOEXEC, 0)); lock)
    all.push_back({instance_lock_name, std::move(lock)});
  return all;
}

upgraded upgrade::begin(const control::upgrade_order& order, const std::function<bool()>& given_up) {
  auto named = order.program.empty() ? own_program() : outcome<std::string>(order.program);
  if (!named) return std::unexpected(refused(named.error()));
  const auto program = trusted_program(*named);
  if (!program) return std::unexpected(refused(program.error()));
  if (of_.life.state() != life::running)
    return std::unexpected(
        refused(refuse(kind::wrong_state, "the daemon does not run, so nobody can follow it").error()));
  log::info("daemon", "an upgrade begins", {{"program", *program}, {"reason", order.reason}});
  of_.tell("daemon.upgrade", {{"stage", "begun"}, {"program", *program}});
  auto done = carry_out(*program, order, given_up);
  if (done) {
    log::info("daemon", "a successor has taken over", {{"program", *program}, {"new_pid", done->pid}});
    of_.tell("daemon.upgrade", {{"stage", "done"}, {"program", *program}, {"new_pid", done->pid}});
  } else {
    const auto& no = done.error();
    log::error("daemon", no.why.sentence, {{"stage", no.stage}, {"stderr", no.standard_error}});
    of_.tell("daemon.upgrade",
             {{"stage", "failed"}, {"program", *program}, {"failed_at", no.stage}, {"why", no.why.sentence}});
  }
  return done;
}

upgraded upgrade::carry_out(const std::string& program, const control::upgrade_order& order,
                            const std::function<bool()>& given_up) {
  successor_order next;
  next.program = program;
  next.words = of_.facts.command_line;
  if (next.words.empty()) next.words = {program};
  if (order.args) {
    next.words.resize(1);
    next.words.insert(next.words.end(), order.args->begin(), order.args->end());
  }
  next.state = state();
  next.sockets = sockets();
  next.orphan = of_.manager.listened();
  const auto deadline = steady_clock().now() + static_cast<duration_ns>(order.deadline_s * ns_per_second);
  const auto generation = wire::integer_or(next.state, "generation", 0);
  auto started = successor::start(std::move(next));
  if (!started) return std::unexpected(refused(program, started.error()));
  auto& comes = **started;
  if (const auto ready = comes.wait_ready(deadline, given_up); !ready)
    return std::unexpected(refused(program, ready.error()));
  if (of_.life.state() != life::running)
    return std::unexpected(refused(program, comes.failure("handover", "this process is told to stop")));
  if (!name_successor(comes.pid()))
    return std::unexpected(refused(program, comes.failure("handover", "the service manager does not read")));
  of_.listeners.freeze();  // before the successor may close what is no longer wanted
  if (!comes.let_go())     // then the manager sees that its main process is gone, and starts another
    log::error("daemon", "the successor has not said that it runs", {{"pid", comes.pid()}});
  of_.control.hand_over();
  of_.life.request_stop({true, {}, exit_ok, "an upgrade"});
  return control::upgrade_report{comes.pid(), static_cast<std::uint64_t>(generation)};
}

bool upgrade::name_successor(pid_t pid) const {
  const steady_clock time;
  const auto until = time.now() + manager_patience;
  while (!of_.manager.hand_over(pid)) {
    if (time.now() >= until) return false;
    constexpr timespec pause{0, 10'000'000};
    ::nanosleep(&pause, nullptr);
  }
  return true;
}

std::string take_over(const inheritance& from, const host::registry& plugins) {
  std::string why;
  for (const auto& name : from.state.value("instances", wire::json::array())) {
    if (!name.is_string()) continue;
    const auto there = plugins.instance(name.get<std::string>());
    if (there && there->state == host::instance_state::running) continue;
    why += (why.empty() ? "" : "; ") + ("instance " + name.get<std::string>() + " does not run") +
           (there && !there->reason.empty() ? ": " + there->reason : std::string());
  }
  if (!why.empty()) {
    (void)from.channel.say({{"failed", why}});
    return why;
  }
  if (!from.channel.say({{"ready", true}})) return "the old process is gone";
  const auto word = from.channel.hear(steady_clock().now() + word_patience);
  return word && wire::boolean_or(*word, "go", false) ? "" : "the old process did not let go";
}

}  // namespace tokiod::app
