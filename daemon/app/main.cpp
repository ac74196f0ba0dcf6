// tokiod: options -> configuration -> daemon -> exit code.
#include <malloc.h>
#include <unistd.h>

#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include "app/crash_report.hpp"
#include "app/daemon.hpp"
#include "app/handover.hpp"
#include "app/options.hpp"
#include "app/supervisor.hpp"
#include "base/thread_stack.hpp"
#include "config/load.hpp"

namespace {

using namespace tokiod;

int report(const config::faults& found) {
  for (const auto& f : found) std::fprintf(stderr, "tokiod: %s\n", text_of(f).c_str());
  return app::exit_config;
}

int obey(const app::options& o, config::loaded values, std::vector<std::string> command_line,
         std::optional<app::inheritance> from) {
  switch (o.what) {
    case app::command::check_config:
      std::printf("the configuration is valid (%zu files)\n", values.files.size());
      return 0;
    case app::command::print_config: std::fputs(config::printed(values).c_str(), stdout); return 0;
    case app::command::serve: return app::serve(o, std::move(values), std::move(command_line), std::move(from));
    case app::command::run_plugin: return app::run_plugin(o, values);
  }
  return app::exit_internal;
}

}  // namespace

int main(int argc, char** argv) {
  // A freed block joins its free neighbours at once. The default defers that for small ones, and after a plugin that
  // held a million of them the walk that makes up for it (drain.hpp, step 9) keeps malloc's lock for half a second.
  (void)::mallopt(M_MXFAST, 0);
  const auto o = app::parse_options(argc, argv, environ);
  if (!o) {
    std::fputs(o.error().text.c_str(), o.error().code == app::exit_ok ? stdout : stderr);
    return o.error().code;
  }
  auto from = app::inherit();
  if (!from) {
    std::fprintf(stderr, "tokiod: %s\n", from.error().sentence.c_str());
    return app::exit_unavailable;
  }
  auto values = config::load(o->sources);  // what persists is among it: a broken overlay ends here, with a sentence
  if (!values) return report(values.error());
  // Before the first thread: all of them inherit the mask.
  if (const auto blocked = app::supervisor::block_signals(); !blocked) {
    std::fprintf(stderr, "tokiod: %s\n", blocked.error().text().c_str());
    return app::exit_internal;
  }
  const bool has_plugins = o->what == app::command::serve || o->what == app::command::run_plugin;
  if (has_plugins) app::install_crash_report(app::state_directory());
  stack_answers::want_of_all();
  return obey(*o, std::move(*values), {argv, argv + argc}, std::move(*from));
}
