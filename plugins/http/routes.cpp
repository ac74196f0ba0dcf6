#include "routes.hpp"

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

#include "date.hpp"

namespace http {
namespace {

tokio::task<> health(exchange& to) {
  to.answer(200, plain_text, "ok\n");
  co_return;
}

tokio::task<> time(exchange& to) {
  to.answer(200, plain_text, date_text(wall_seconds()) + "\n", field_lines().add("Cache-Control", "no-store"));
  co_return;
}

tokio::task<> echo(exchange& to) {
  auto part = co_await to.read();  // before the answer begins: a body that is refused gets an answer of its own
  if (part.lost) co_return;
  const std::string type(to.asked().find("Content-Type").value_or("application/octet-stream"));
  const auto length = to.asked().chunked ? std::nullopt : std::optional(to.asked().content_length.value_or(0));
  to.begin(200, type, length);
  while (!part.bytes.empty()) {
    if (!co_await to.send(part.bytes)) co_return;
    part = co_await to.read();
    if (part.lost) co_return;
  }
  to.end();
}

tokio::task<> count(exchange& to) {
  constexpr std::uint64_t most = 1'000'000;
  const auto text = to.parameter("to");
  std::uint64_t last = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), last);
  if (fault != std::errc() || end != text.data() + text.size() || last > most)
    co_return to.answer(400, plain_text, "count to a number in 0..1000000\n");
  if (!to.begin(200, plain_text, std::nullopt)) co_return to.end();
  for (std::uint64_t i = 1; i <= last; ++i)
    if (!co_await to.send(std::to_string(i) + "\n")) co_return;
  to.end();
}

}  // namespace

void add_routes(router<handler>& to) {
  to.add(method::get, "/health", health);
  to.add(method::get, "/time", time);
  to.add(method::post, "/echo", echo);
  to.add(method::get, "/count/:to", count);
}

}  // namespace http
