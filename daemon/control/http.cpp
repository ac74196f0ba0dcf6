#include "control/http.hpp"

#include <algorithm>
#include <cctype>

#include "control/guarded.hpp"
#include "control/prometheus.hpp"
#include "control/view.hpp"

namespace tokiod::control {
namespace {

constexpr std::string_view plain = "text/plain; charset=utf-8";

std::string response(std::string_view status, std::string_view type, std::string_view body, bool head = false,
                     std::string_view more_headers = {}) {
  std::string text("HTTP/1.1 ");
  text.append(status).append("\r\nContent-Type: ").append(type);
  text.append("\r\nContent-Length: ").append(std::to_string(body.size())).append("\r\n").append(more_headers);
  text.append("Cache-Control: no-store\r\nConnection: close\r\n\r\n");
  if (!head) text.append(body);
  return text;
}

std::unexpected<std::string> bad_request(std::string_view why) {
  return std::unexpected(response("400 Bad Request", plain, std::string(why) + "\n"));
}

std::expected<http_request, std::string> read_first_line(std::string_view line) {
  const auto space = line.find(' ');
  const auto last = line.rfind(' ');
  if (space == std::string_view::npos || last <= space || !line.substr(last + 1).starts_with("HTTP/1."))
    return bad_request("this socket speaks JSON-RPC, one object a line, and HTTP GET of /metrics, /livez and /readyz");
  const auto target = line.substr(space + 1, last - space - 1);
  const auto question = target.find('?');
  const auto query = question == std::string_view::npos ? std::string_view() : target.substr(question + 1);
  return http_request{
      std::string(line.substr(0, space)), std::string(target.substr(0, question)), std::string(query), {}};
}

// The values of the header `wanted` (in small letters), joined by commas as if they stood in one.
std::string header_of(std::string_view lines, std::string_view wanted) {
  std::string joined;
  while (!lines.empty()) {
    const auto end = std::min(lines.find('\n'), lines.size());
    const auto line = lines.substr(0, end);
    lines.remove_prefix(std::min(end + 1, lines.size()));
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    std::string name(line.substr(0, colon));
    std::ranges::transform(name, name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    auto value = line.substr(colon + 1);
    if (value.ends_with('\r')) value.remove_suffix(1);
    if (name == wanted) joined.append(joined.empty() ? "" : ",").append(value);
  }
  return joined;
}

std::string checks_text(const health& seen, bool verbose, bool ok) {
  std::string text;
  for (const auto& check : seen.checks) {
    if (check.ok && !verbose) continue;
    text.append(check.ok ? "[+]" : "[-]").append(check.name).append(check.ok ? " ok" : " failed");
    if (!check.detail.empty()) text.append(": ").append(check.detail);
    text.append("\n");
  }
  return text.append(ok ? "ok\n" : "not ok\n");
}

}  // namespace

std::optional<std::expected<http_request, std::string>> read_http(std::string_view head) {
  const auto line_end = head.find('\n');
  if (line_end == std::string_view::npos) {
    if (head.size() <= max_http_bytes) return std::nullopt;
    return bad_request("the first line is too long");
  }
  auto line = head.substr(0, line_end);
  if (line.ends_with('\r')) line.remove_suffix(1);
  auto request = read_first_line(line);
  if (!request) return request;
  const bool complete = head.find("\r\n\r\n") != std::string_view::npos || head.find("\n\n") != std::string_view::npos;
  if (complete) {
    request->accept = header_of(head.substr(line_end + 1), "accept");
    return request;
  }
  if (head.size() <= max_http_bytes) return std::nullopt;
  return std::unexpected(response("431 Request Header Fields Too Large", plain, "the headers are too long\n"));
}

namespace {

// The method that shows the same: who may not call it is not shown the page. Empty: there is no such page.
std::string_view method_behind(std::string_view path) {
  if (path == "/metrics") return "metrics.expose";
  if (path == "/livez" || path == "/readyz") return "daemon.health";
  return {};
}

std::string page_of(const plane& shared, const grant& rights, const http_request& request) {
  const bool head = request.method == "HEAD";
  if (!head && request.method != "GET")
    return response("405 Method Not Allowed", plain, "only GET and HEAD; changes are made over JSON-RPC\n", false,
                    "Allow: GET, HEAD\r\n");
  const auto method = method_behind(request.path);
  if (method.empty()) return response("404 Not Found", plain, "there is /metrics, /livez and /readyz\n", head);
  if (!rights.may(*wire::find_method(method)))
    return response("403 Forbidden", plain, "this caller may not call " + std::string(method) + "\n", head);
  if (request.path == "/metrics") {
    const auto form = negotiated(request.accept);
    return response("200 OK", content_type(form), metrics_page(shared.metrics(), form), head, "Vary: Accept\r\n");
  }
  const auto seen = health_of(shared.daemon.health());
  const bool ok = request.path == "/livez" ? seen.live : seen.ready;
  const bool verbose = ("&" + request.query + "&").find("&verbose") != std::string::npos;
  return response(ok ? "200 OK" : "503 Service Unavailable", plain, checks_text(seen, verbose, ok), head);
}

}  // namespace

std::string answer_http(const plane& shared, const grant& rights, const http_request& request) {
  return guarded(
      request.path, [&] { return page_of(shared, rights, request); },
      [](const char* why) { return response("500 Internal Server Error", plain, std::string(why) + "\n"); });
}

}  // namespace tokiod::control
