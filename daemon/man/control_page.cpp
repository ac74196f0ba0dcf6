// tokiod-control(7).
#include "man/pages.hpp"
#include "man/roff.hpp"
#include "wire/method.hpp"
#include "wire/named_error.hpp"
#include "wire/parse.hpp"
#include "wire/results.hpp"
#include "wire/rpc.hpp"
#include "wire/topic.hpp"

namespace tokiod::man {
namespace {

void add_protocol(page& to) {
  to.heading("DESCRIPTION")
      .paragraph(
          "The control sockets of tokiod(8) speak JSON-RPC 2.0 over a stream: one object is one line. Parameters "
          "are given by name. Requests may follow each other without waiting; a reply has the id of its request. "
          "A list of requests is a batch.")
      .paragraph("A first byte that begins no JSON is read as HTTP: GET /metrics, /livez and /readyz are answered.")
      .lines(
          "printf '%s\\n' '{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"control.ping\"}' |\n"
          "  socat - UNIX:/run/tokiod/observe.sock");
  to.heading("LEVELS").paragraph(
      "Each method needs a level: observe, operate or admin. A caller has the level of his user or group, as "
      "control.access in tokiod.json(5) gives it, and at most that of the socket.");
}

std::string names_of_errors(const wire::method& row) {
  std::string text;
  for (const auto& each : wire::errors_of(row)) text.append(text.empty() ? "" : ", ").append(each.name);
  return text;
}

void add_method(page& to, const wire::method& row) {
  to.subheading(row.name).paragraph(std::string(row.summary) + ".").indent();
  to.item("Level", name(row.needs));
  for (const auto& each : row.params) {
    const auto type = each.type == wire::param_type::any ? std::string_view("any") : wire::json_type(each.type);
    const auto must = each.required ? ", required" : each.fallback.empty() ? "" : ", default ";
    to.item(each.name, std::string(type) + must + (each.required ? "" : std::string(each.fallback)) + ": " +
                           std::string(each.doc));
  }
  to.item("Result", wire::form_of_shape(row.name));
  if (const auto errors = names_of_errors(row); !errors.empty()) to.item("Errors", errors);
  to.item("Example", std::string(row.name) + " " + std::string(row.example)).outdent();
}

void add_errors(page& to) {
  to.heading("ERRORS").paragraph(
      "An error has a code, a message, and data with a stable kind, a path into the parameters, a hint, and whether "
      "the "
      "same may work later (retryable).");
  for (const auto& each : wire::all_errors()) to.item(each.name, std::to_string(each.code));
}

}  // namespace

std::string tokiod_control_7(std::string_view date) {
  page all("tokiod-control", 7, "methods and events of tokiod's control sockets", date);
  add_protocol(all);
  all.heading("METHODS").paragraph("rpc.discover gives this table as an OpenRPC document.");
  for (const auto& row : wire::methods()) add_method(all, row);
  all.heading("RESULTS").paragraph(
      "Parts of results that several methods share. A member with ? may be absent; [A] is a list; {*: A} has members "
      "of "
      "any name; ... are the members of the part that is named, and more.");
  for (const auto& row : wire::result_shapes())
    if (!wire::find_method(row.name)) all.item(row.name, row.form);
  all.heading("EVENTS").paragraph("Topics of event.subscribe.");
  for (const auto& row : wire::topics()) all.item(row.name, row.doc);
  add_errors(all);
  all.heading("SEE ALSO").paragraph("tokiod(8), tokioctl(1), tokiod.json(5)");
  return all.text();
}

}  // namespace tokiod::man
