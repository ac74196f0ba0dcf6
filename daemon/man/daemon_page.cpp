// tokiod(8).
#include "app/options.hpp"
#include "man/pages.hpp"
#include "man/roff.hpp"

namespace tokiod::man {
namespace {

void add_signals(page& to) {
  to.heading("SIGNALS")
      .item("SIGTERM, SIGINT",
            "The daemon drains: no new tasks, those that run may end, plugins are stopped in reverse "
            "order. A second one does not wait.")
      .item("SIGHUP", "The configuration is read again, as by tokioctl config reload.");
}

void add_exits_of_daemon(page& to) {
  to.heading("EXIT STATUS")
      .item("0", "It drained and stopped.")
      .item("64", "The command line is wrong.")
      .item("69", "A socket or another resource could not be had.")
      .item("70", "A fault of the daemon itself.")
      .item("75", "It stopped, but tasks had to be left behind.")
      .item("78", "The configuration is faulty; every fault is said with its file and line.");
}

void add_files(page& to) {
  to.heading("FILES")
      .item("/etc/tokiod/tokiod.json, /etc/tokiod/conf.d/*.json", "The configuration; see tokiod.json(5).")
      .item("/usr/lib/tokiod/plugins", "Where plugins are looked for by name.")
      .item("/usr/share/tokiod/plugins.d",
            "Configurations of the plugins that come with tokiod; copy what is to run to "
            "/etc/tokiod/conf.d.")
      .item("/run/tokiod/control.sock",
            "The control socket, for root and the group tokiod-admin; see "
            "tokiod-control(7).")
      .item("/run/tokiod/observe.sock", "The same, read-only and for everybody.")
      .item("/etc/tokiod/instances/NAME, /run/tokiod/instances/NAME, /var/lib/tokiod/instances/NAME",
            "The same of a daemon with --instance NAME, as the unit tokiod@NAME starts it.")
      .item("/var/lib/tokiod/crash", "Reports of crashes.");
}

}  // namespace

std::string tokiod_8(std::string_view date) {
  page all("tokiod", 8, "an asynchronous runtime as a daemon", date);
  all.heading("SYNOPSIS").lines("tokiod [OPTIONS]\ntokiod [OPTIONS] run PLUGIN [--config-json TEXT]");
  all.heading("DESCRIPTION")
      .paragraph(
          "tokiod owns a work-stealing scheduler, a reactor, timers and a pool for blocking work. Plugins, shared "
          "objects in C, C++ or Rust, spawn tasks on it. tokioctl(1) watches and steers it while it runs.")
      .paragraph(
          "With run, one plugin runs in the foreground, without a control socket, until it finishes; its status "
          "is that of the program.");
  all.heading("OPTIONS");
  for (const auto& each : app::option_rows()) all.item(each.usage, each.doc);
  add_signals(all);
  add_exits_of_daemon(all);
  all.heading("ENVIRONMENT")
      .item("TOKIO_WORKER_THREADS", "The number of workers, 1 to 1024; beats every file.")
      .item("TOKIOD_SECTION__NAME", "Any other single setting, as TOKIOD_LOG__LEVEL=debug for log.level.");
  add_files(all);
  all.heading("SEE ALSO").paragraph("tokioctl(1), tokiod.json(5), tokiod-control(7), systemd.service(5)");
  return all.text();
}

}  // namespace tokiod::man
