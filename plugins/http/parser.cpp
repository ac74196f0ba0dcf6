#include "parser.hpp"

#include <algorithm>
#include <boost/beast/http/basic_parser.hpp>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <utility>

namespace http {
namespace {

namespace beast = boost::beast;
namespace bh = boost::beast::http;
using beast_error = beast::error_code;

std::string_view view(beast::string_view text) { return {text.data(), text.size()}; }

method method_of(bh::verb verb) {
  switch (verb) {
    case bh::verb::get: return method::get;
    case bh::verb::head: return method::head;
    case bh::verb::post: return method::post;
    case bh::verb::put: return method::put;
    case bh::verb::delete_: return method::remove;
    case bh::verb::patch: return method::patch;
    case bh::verb::options: return method::options;
    default: return method::unknown;
  }
}

struct refusal {
  int status;
  const char* reason;
};

// Whether a request line ends as one of another version does: what is no version at all is a bad request instead.
bool names_a_version(std::string_view line) {
  line = line.substr(0, line.find("\r\n"));
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  return std::ranges::count(line, ' ') == 2 && line.size() >= 9 && line.substr(line.size() - 9, 6) == " HTTP/" &&
         digit(line[line.size() - 3]) && line[line.size() - 2] == '.' && digit(line.back());
}

}  // namespace

// What Beast tells, checked and kept. An error set in one of these ends its parse; `fault_` says what it was.
struct request_parser::grammar : bh::basic_parser<true> {
  explicit grammar(const limits& with) : allowed(with) {
    got.version = 0;
    header_limit(static_cast<std::uint32_t>(with.head_bytes));
    body_limit(with.body_bytes);
    eager(false);  // one thing at a time
  }

  void refuse(beast_error& ec, int status, const char* reason) {
    if (!fault) fault = refusal{status, reason};
    ec = bh::error::bad_value;
  }

  void on_request_impl(bh::verb verb, beast::string_view, beast::string_view target, int version,
                       beast_error& ec) override {
    if (target.size() > allowed.request_line) return refuse(ec, 414, "the request line is too long");
    got.verb = method_of(verb);
    got.target = view(target);
    got.version = static_cast<unsigned>(version);
  }
  void on_response_impl(int, beast::string_view, int, beast_error&) override {}

  // A value that is not a piece of the input, or lies behind a line end, was folded.
  [[nodiscard]] bool folded(std::string_view name, std::string_view value) const {
    const auto* const gap = name.data() + name.size();
    if (std::less<>()(value.data(), gap) || std::less<>()(input.data() + input.size(), value.data())) return true;
    return std::string_view(gap, static_cast<std::size_t>(value.data() - gap)).contains('\r');
  }
  void on_field_impl(bh::field known, beast::string_view name, beast::string_view value, beast_error& ec) override {
    if (folded(view(name), view(value))) return refuse(ec, 400, "a field is folded over two lines");
    if (++count > allowed.fields) return refuse(ec, 431, "too many fields");
    if (in_body) return;  // a trailer tells us nothing
    if (known == bh::field::content_length && ++lengths > 1) return refuse(ec, 400, "Content-Length is given twice");
    if (known == bh::field::content_length && view(value).contains(','))
      return refuse(ec, 400, "Content-Length is given twice");
    if (known == bh::field::host && ++hosts > 1) return refuse(ec, 400, "Host is given twice");
    if (known == bh::field::transfer_encoding && !same_word(view(value), "chunked"))
      return refuse(ec, 501, "only the transfer encoding chunked is known");
    got.fields.push_back({std::string(view(name)), std::string(view(value))});
  }
  void on_header_impl(beast_error& ec) override {
    got.chunked = chunked();
    if (got.version < 11 && got.chunked) return refuse(ec, 400, "HTTP/1.0 has no transfer encodings");
    if (got.version >= 11 && hosts == 0) return refuse(ec, 400, "Host is missing");
    if (const auto length = content_length()) got.content_length = *length;
    got.keep_alive = keep_alive();
    told_head = true;
  }
  void on_body_init_impl(const boost::optional<std::uint64_t>&, beast_error&) override { in_body = true; }
  std::size_t on_body_impl(beast::string_view bytes, beast_error&) override {
    piece = view(bytes);
    return bytes.size();
  }
  void on_chunk_header_impl(std::uint64_t size, beast::string_view extensions, beast_error& ec) override {
    chunk_left = size;
    // What is quoted in them may be anything to Beast; a server that ends a line at LF would read other chunks.
    const auto control = [](char c) { return (static_cast<unsigned char>(c) < ' ' && c != '\t') || c == '\x7f'; };
    if (std::ranges::any_of(view(extensions), control)) return refuse(ec, 400, "a chunk is malformed");
    const auto line = input.substr(input.starts_with("\r\n") ? 2 : 0);
    constexpr std::ptrdiff_t most_digits = 16;  // others may know numbers of 64 bits only
    if (extensions.data() - line.data() > most_digits) return refuse(ec, 400, "the size of a chunk is too long");
    extension_bytes += extensions.size();
    if (extension_bytes > allowed.head_bytes) refuse(ec, 400, "the extensions of the chunks are too long");
  }
  std::size_t on_chunk_body_impl(std::uint64_t, beast::string_view bytes, beast_error&) override {
    piece = view(bytes);
    chunk_left -= bytes.size();
    return bytes.size();
  }
  void on_finish_impl(beast_error&) override {}

  // The next bytes are the line of a chunk, behind which there is always more: at least "0\r\n\r\n". Beast asserts that
  // it has seen that much when it comes back to the last chunk.
  static constexpr std::size_t least_chunk = 5;
  [[nodiscard]] bool at_chunk() const { return told_head && got.chunked && chunk_left == 0; }
  [[nodiscard]] bool line_too_long(std::string_view bytes) const {
    return bytes.size() > allowed.request_line && !bytes.substr(0, allowed.request_line).contains('\n');
  }
  [[nodiscard]] parsed step(std::string_view bytes);
  [[nodiscard]] parsed skip_empty_line(std::string_view bytes);
  [[nodiscard]] std::optional<refusal> over_limit(bool in_head, std::size_t used, std::string_view waits) const;
  [[nodiscard]] static parsed refused(const refusal& why);

  const limits allowed;
  request got;
  std::string_view input, piece;
  std::optional<refusal> fault;
  std::uint64_t chunk_left = 0;
  std::size_t head_bytes = 0, extension_bytes = 0;
  std::size_t count = 0, lengths = 0, hosts = 0, empty_lines = 0;
  bool goes_on = false, in_body = false, told_head = false, told_end = false;
};

namespace {

// What an error of Beast means, when it was none of ours.
refusal meaning_of(const beast_error& ec, std::string_view input) {
  if (ec == bh::error::body_limit) return {413, "the body is too large"};
  if (ec == bh::error::header_limit) return {431, "the head is too large"};
  if (ec == bh::error::bad_version && names_a_version(input)) return {505, "only HTTP/1.0 and HTTP/1.1 are known"};
  if (ec == bh::error::bad_transfer_encoding || ec == bh::error::bad_content_length ||
      ec == bh::error::multiple_content_length)
    return {400, "Content-Length is no length, or stands beside Transfer-Encoding"};
  if (ec == bh::error::bad_chunk || ec == bh::error::bad_chunk_extension) return {400, "a chunk is malformed"};
  return {400, "this is not HTTP/1.1"};
}

}  // namespace

parsed request_parser::grammar::refused(const refusal& why) { return {event::refused, 0, {}, why.status, why.reason}; }

// One thing of the grammar; `goes_on` says that the next one may lie behind it already.
parsed request_parser::grammar::step(std::string_view bytes) {
  goes_on = false;
  if (!got_some() && (bytes == "\r" || bytes.starts_with("\r\n"))) return skip_empty_line(bytes);
  if (bytes.empty() || (at_chunk() && bytes.size() < least_chunk)) return {};
  const bool in_head = !is_header_done();
  if (got.version == 0 && line_too_long(bytes)) return refused({414, "the request line is too long"});
  input = bytes;
  piece = {};
  beast_error ec;
  const auto used = put({bytes.data(), bytes.size()}, ec);
  if (in_head) head_bytes += used;
  if (ec && ec != bh::error::need_more) return refused(fault ? *fault : meaning_of(ec, bytes));
  const auto waits = ec ? bytes.substr(used) : std::string_view();
  if (const auto why = over_limit(in_head, used, waits)) return refused(*why);
  if (in_head && is_header_done()) return {event::head, used};
  if (!piece.empty()) return {event::body, used, piece};
  goes_on = !ec;
  return {event::need_more, used};
}

// Some clients end the last body with a line end too much.
parsed request_parser::grammar::skip_empty_line(std::string_view bytes) {
  if (bytes.size() < 2) return {};
  if (++empty_lines > 4) return refused({400, "this is not HTTP/1.1"});
  goes_on = true;
  return {event::need_more, 2};
}

// `used` was understood just now; `waits` is what needs more bytes to be understood.
std::optional<refusal> request_parser::grammar::over_limit(bool in_head, std::size_t used,
                                                           std::string_view waits) const {
  if (in_head && head_bytes + waits.size() > allowed.head_bytes) return refusal{431, "the head is too large"};
  if (!in_head && piece.empty() && std::max(used, waits.size()) > allowed.head_bytes)
    return refusal{400, "a line of a chunk, or the trailer, is too long"};
  return std::nullopt;
}

request_parser::request_parser(const limits& with) : at_(std::make_unique<grammar>(with)) {}
request_parser::~request_parser() = default;
const request& request_parser::head() const { return at_->got; }
bool request_parser::begun() const { return at_->got_some(); }
bool request_parser::at_end() const { return at_->told_end; }
void request_parser::reset() { at_ = std::make_unique<grammar>(at_->allowed); }

parsed request_parser::next(std::string_view input) {
  auto& at = *at_;
  std::size_t used = 0;
  for (;;) {
    if (at.told_head && at.is_done()) {
      at.told_end = true;
      return {event::end, used};
    }
    auto got = at.step(input.substr(used));
    used += std::exchange(got.used, used + got.used);
    if (got.what != event::need_more || !at.goes_on) return got;
  }
}

}  // namespace http
