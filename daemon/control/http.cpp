#include "control/http.hpp"

#include <algorithm>
#include <cctype>
#include <vector>

#include "base/loopback.hpp"
#include "control/guarded.hpp"
#include "control/overview.hpp"
#include "control/page/page.hpp"
#include "control/prometheus.hpp"
#include "control/view.hpp"
#include "wire/parse.hpp"

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
  http_request request;
  request.method = line.substr(0, space);
  request.path = target.substr(0, question);
  request.query = query;
  return request;
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

std::string trimmed(std::string text) {
  while (text.ends_with(' ') || text.ends_with('\t')) text.pop_back();
  text.erase(0, text.find_first_not_of(" \t"));
  return text;
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
    const auto lines = head.substr(line_end + 1);
    request->accept = header_of(lines, "accept");
    request->host = trimmed(header_of(lines, "host"));
    request->fetch_site = trimmed(header_of(lines, "sec-fetch-site"));
    return request;
  }
  if (head.size() <= max_http_bytes) return std::nullopt;
  return std::unexpected(response("431 Request Header Fields Too Large", plain, "the headers are too long\n"));
}

namespace {

// The methods that show the same: who may not call one of them is not shown the page. None: there is no such page.
std::vector<std::string_view> methods_behind(std::string_view path) {
  if (path == "/metrics") return {"metrics.expose"};
  if (path == "/livez" || path == "/readyz") return {"daemon.health"};
  if (path == "/" || path == "/page.json") return {"runtime.workers", "plugin.list", "task.list"};
  return {};
}

// For a browser: it runs nothing but our own script, sends no referrer, shows us in no frame, and gives what it has
// read to no other site.
std::string browser_headers(std::string_view more = {}) {
  std::string text =
      "X-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\nX-Frame-Options: DENY\r\n"
      "Cross-Origin-Resource-Policy: same-origin\r\nCross-Origin-Opener-Policy: same-origin\r\n";
  return text.append(more);
}

bool is_for_browser(const http_request& request) { return request.path == "/" || request.path == "/page.json"; }

// A loopback port is reached by every browser of this machine. The Unix sockets are reached by none, but may stand
// behind a proxy: a scraper calls them what it likes, a browser not. A name without a dot is nobody's in the DNS.
bool is_misdirected(const http_request& request) {
  if (request.host.empty() || is_loopback_host(request.host)) return false;
  if (request.over_loopback) return true;
  return is_for_browser(request) && request.host.find_first_of(".:[") != std::string::npos;
}

std::string browser_page(const plane& shared, const http_request& request, bool head) {
  if (!request.fetch_site.empty() && request.fetch_site != "none" && request.fetch_site != "same-origin")
    return response("403 Forbidden", plain, "this is for no page of another site\n", head);
  if (request.path == "/page.json")
    return response("200 OK", "application/json", wire::dump(overview(shared)), head, browser_headers());
  const auto policy = "Content-Security-Policy: " + std::string(page_policy) + "\r\n";
  return response("200 OK", "text/html; charset=utf-8", page_text, head, browser_headers(policy));
}

std::string page_of(const plane& shared, const grant& rights, const http_request& request) {
  const bool head = request.method == "HEAD";
  if (!head && request.method != "GET")
    return response("405 Method Not Allowed", plain, "only GET and HEAD; changes are made over JSON-RPC\n", false,
                    "Allow: GET, HEAD\r\n");
  const auto methods = methods_behind(request.path);
  if (methods.empty()) return response("404 Not Found", plain, "there is /, /metrics, /livez and /readyz\n", head);
  for (const auto method : methods)
    if (!rights.may(*wire::find_method(method)))
      return response("403 Forbidden", plain, "this caller may not call " + std::string(method) + "\n", head);
  if (is_misdirected(request))
    return response("421 Misdirected Request", plain, "this is served under names of the loopback only\n", head);
  if (is_for_browser(request)) return browser_page(shared, request, head);
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
      [](const incident& of) {
        return response("500 Internal Server Error", plain, of.why + " (incident " + of.id + " in the log)\n");
      });
}

}  // namespace tokiod::control
