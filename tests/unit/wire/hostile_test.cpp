// Random damage to valid lines, from a fixed seed: whatever comes, there is an answer and it is one line of valid JSON.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "support/damage.hpp"
#include "wire/framing.hpp"
#include "wire/method.hpp"
#include "wire/parse.hpp"
#include "wire/rpc.hpp"

using namespace tokiod;
using namespace tokiod::wire;

namespace {

std::vector<std::string> seeds() {
  std::vector<std::string> lines;
  for (const auto& row : methods()) lines.push_back(print_request(1, row.name, *parse(row.example)));
  lines.push_back("[" + lines[0] + "," + lines[1] + "]");
  lines.emplace_back(
      R"({"jsonrpc":"2.0","id":"\u00e9\ud83d\ude00","method":"control.ping","params":{"echo":[1e5,-0.0]}})");
  return lines;
}

json answer_to(const std::string& text) {
  auto document = parse(text);
  if (!document) return reply_object(nullptr, std::unexpected(to_rpc_error(document.error())));
  auto asked = read_message(std::move(*document));
  if (!asked) return reply_object(nullptr, std::unexpected(asked.error()));
  json replies = json::array();
  for (auto& each : asked->members) {
    if (!each) {
      replies.push_back(reply_object(each.error().id, std::unexpected(each.error().error)));
      continue;
    }
    const auto* row = find_method(each->method);
    if (!row) continue;
    auto params = check_params(*row, std::move(each->params));
    if (!params) replies.push_back(reply_object(nullptr, std::unexpected(to_rpc_error(params.error()))));
  }
  return replies;
}

}  // namespace

TEST_CASE("damaged requests are refused or understood, never worse") {
  const auto lines = seeds();
  test::damage hurt(20261121);
  std::size_t understood = 0, refused = 0;
  for (int round = 0; round < 20'000; ++round) {
    line_reader reader(4096);
    reader.feed(hurt(lines[static_cast<std::size_t>(round) % lines.size()]) + "\n");
    while (const auto line = reader.next()) {
      if (line->too_long) continue;
      const auto text = dump(answer_to(line->text));
      REQUIRE(text.find('\n') == std::string::npos);
      REQUIRE(parse(text, {64, 1u << 20, false}));
      ++(text == "[]" ? understood : refused);
    }
  }
  // Both happen, or the damage was too little or too much to prove anything.
  CHECK(understood > 100);
  CHECK(refused > 1000);
}
