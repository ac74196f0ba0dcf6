// Whatever a client that is no JSON-RPC client sends, in whatever pieces, it gets one whole page or the daemon waits
// for the rest, and no more than a bounded head is waited for.
#include "control/http.hpp"

#include <algorithm>
#include <string>
#include <string_view>

#include "control/prometheus.hpp"
#include "fuzz/choices.hpp"
#include "fuzz/plane.hpp"

using namespace tokiod;
using fuzz::must;

namespace {

void check_page(std::string_view page, bool head) {
  must(page.starts_with("HTTP/1.1 "), "a page has a status");
  const auto end = page.find("\r\n\r\n");
  must(end != std::string_view::npos, "a page has an end of its head");
  constexpr std::string_view length = "\r\nContent-Length: ";
  const auto at = page.find(length);
  must(at < end, "a page has a length");
  const auto body = std::stoul(std::string(page.substr(at + length.size(), 12)));
  must(head ? page.size() == end + 4 : page.size() == end + 4 + body, "and is as long");
  must(page.find("\r\nConnection: close\r\n") < end, "and the last of its connection");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static test::plane_bench bench;
  fuzz::settle(bench);
  fuzz::choices from(data, size);
  control::grant rights;
  rights.has = rights.ceiling = static_cast<wire::level>(from.below(4));
  const std::size_t piece = 1 + from.below(200);
  const auto stream = from.rest();
  for (std::size_t upto = 0; upto < stream.size();) {
    upto = std::min(upto + piece, stream.size());
    const auto asked = control::read_http(stream.substr(0, upto));
    must(asked || upto <= control::max_http_bytes + piece, "no head is waited for without bound");
    if (!asked) continue;
    if (*asked)
      check_page(control::answer_http(bench.shared, rights, **asked), (*asked)->method == "HEAD");
    else
      check_page(asked->error(), false);
    break;
  }
  static_cast<void>(control::content_type(control::negotiated(stream)));
  fuzz::settle(bench);
  return 0;
}
