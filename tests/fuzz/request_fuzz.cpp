// Whatever JSON comes is a message or is refused with a reply that is valid JSON; what is a request is printed and read
// as the same. The client's side reads whatever comes as a reply, a notification, or neither.
#include <string>

#include "fuzz/choices.hpp"
#include "wire/get.hpp"
#include "wire/parse.hpp"
#include "wire/rpc.hpp"

using namespace tokiod;
using fuzz::must;
using wire::json;

namespace {

void check_line(const std::string& line) {
  must(line.find('\n') == std::string::npos, "a message is one line");
  must(wire::parse(line, {.depth = 256, .values = std::size_t{1} << 20, .comments = false}).has_value(),
       "a message is valid JSON", line);
}

void check_error(const json& id, const wire::rpc_error& why) {
  must(why.code == rpc_code(kind::invalid_request) || why.code == rpc_code(kind::too_large), "a refused request");
  must(!why.message.empty() && !wire::text_or(why.data, "kind").empty(), "an error says its kind");
  check_line(wire::print_reply(id, std::unexpected(why)));
}

void check_request(const wire::request& asked) {
  must(asked.params.is_object(), "params are an object");
  const auto id = asked.id.value_or(json(nullptr));
  const auto line = wire::print_request(id, asked.method, asked.params);
  check_line(line);
  const auto again = wire::read_message(*wire::parse(line));
  must(again && again->members.size() == 1 && again->members[0], "a printed request is a request");
  const auto& same = *again->members[0];
  must(same.method == asked.method && same.params == asked.params && same.id == id, "and the same one");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto document = wire::parse({reinterpret_cast<const char*>(data), size});
  if (!document) return 0;
  if (const auto reply = wire::read_incoming(*document))
    must(reply->id.has_value() != !reply->notification.empty() || reply->notification.empty(), "one or the other");
  const auto asked = wire::read_message(*document);
  if (!asked) {
    check_error(nullptr, asked.error());
    return 0;
  }
  must(asked->members.size() <= wire::max_batch, "a batch is bounded");
  must(asked->batch ? document->is_array() : asked->members.size() == 1, "what is no batch has one member");
  for (const auto& member : asked->members)
    if (member)
      check_request(*member);
    else
      check_error(member.error().id, member.error().error);
  return 0;
}
