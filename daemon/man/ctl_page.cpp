// tokioctl(1).
#include "ctl/command.hpp"
#include "man/pages.hpp"
#include "man/roff.hpp"

namespace tokiod::man {
namespace {

std::string usage_of(const ctl::option& each) {
  std::string text;
  for (const auto& name : each.names) text.append(text.empty() ? "" : ", ").append(name);
  return each.takes_value ? text + " VALUE" : text;
}

std::string usage_of(const ctl::command& each) {
  std::string text = each.words;
  for (const auto& argument : each.arguments) {
    const auto word = argument.many ? argument.name + "..." : argument.name;
    text += argument.required ? " " + word : " [" + word + "]";
  }
  return text;
}

bool is_help(const ctl::option& each) { return each.names.front() == "--help"; }

void add_command(page& to, const ctl::command& each) {
  to.item(usage_of(each), each.summary).indent();
  for (const auto& argument : each.arguments)
    if (!argument.doc.empty()) to.item(argument.name, argument.doc);
  for (const auto& option : each.options)
    if (!is_help(option)) to.item(usage_of(option), option.doc);
  to.outdent();
}

void add_exits_of_ctl(page& to) {
  to.heading("EXIT STATUS")
      .item("0", "All is well.")
      .item("1", "The daemon refused, or the operation failed.")
      .item("2", "It answered, and the answer is bad news: not ready, findings.")
      .item("64", "The command line is wrong.")
      .item("65", "A document or a parameter cannot be right.")
      .item("69", "No daemon answers.")
      .item("70", "A fault of the daemon or of tokioctl.")
      .item("75", "Busy or too late: the same may work later.")
      .item("77", "The caller may not do this.")
      .item("78", "The configuration is faulty.");
}

}  // namespace

std::string tokioctl_1(std::string_view date) {
  const auto& commands = ctl::all_commands();
  page all("tokioctl", 1, "talks to a running tokiod", date);
  all.heading("SYNOPSIS").lines("tokioctl [OPTIONS] COMMAND ...");
  all.heading("DESCRIPTION")
      .paragraph(
          "tokioctl asks a running tokiod(8) over its control socket, and prints the answer: a table for a list, "
          "name and value for anything else.")
      .paragraph("What cannot be taken back is asked about on a terminal, unless --yes is given.");
  all.heading("OPTIONS");
  for (const auto& each : commands.front().options) all.item(usage_of(each), each.doc);
  all.heading("COMMANDS");
  for (const auto& each : commands)
    if (!each.is_group) add_command(all, each);
  add_exits_of_ctl(all);
  all.heading("ENVIRONMENT")
      .item("TOKIOD_SOCKET", "The control socket, where --socket does not name one.")
      .item("NO_COLOR", "Not empty: no colors.")
      .item("TERM", "dumb: no colors.");
  all.heading("EXAMPLES")
      .lines(
          "tokioctl status\n"
          "tokioctl plugin load echo --config '{\"port\": 7007}'\n"
          "tokioctl --output jsonl task list | jq .id\n"
          "tokioctl call plugin.info plugin=echo\n"
          "printf 'control.ping\\ntask.list limit=5\\n' | tokioctl batch -");
  all.heading("SEE ALSO").paragraph("tokiod(8), tokiod.json(5), tokiod-control(7)");
  return all.text();
}

}  // namespace tokiod::man
