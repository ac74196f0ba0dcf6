// Takes a connection's bytes apart: heads, pieces of bodies, and what must be refused. The grammar is Boost.Beast's
// basic_parser; on top of it everything that two servers could read differently is refused, so that no request can be
// smuggled past one of them: a length given twice, a length beside chunks, an encoding that is not exactly chunked,
// folded fields, more than one Host.
//   request_parser parser(limits);  auto got = parser.next(bytes);  // then drop got.used bytes and ask again
// Invariant: after `head` the pieces of its body follow, then `end`; reset() begins the next request. After `refused`
//            the connection is of no use any more: where the next request begins is not known.
// Threads:   a parser belongs to one connection.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "request.hpp"

namespace http {

struct limits {
  std::size_t request_line = 8 * 1024;
  std::size_t head_bytes = 16 * 1024;  // request line and fields; also the trailer, and all extensions of chunks
  std::size_t fields = 100;
  std::uint64_t body_bytes = 1024 * 1024;
};

enum class event : std::uint8_t { need_more, head, body, end, refused };

struct parsed {
  event what = event::need_more;
  std::size_t used = 0;      // bytes of the input that are done with
  std::string_view piece{};  // of a body: a view into the input
  int status = 0;            // of what is refused: 400, 413, 414, 431, 501 or 505
  const char* reason = "";
};

class request_parser {
 public:
  explicit request_parser(const limits& with);
  ~request_parser();
  request_parser(const request_parser&) = delete;
  request_parser& operator=(const request_parser&) = delete;

  // The next thing in these bytes, which begin where the last one ended.
  [[nodiscard]] parsed next(std::string_view input);
  // Valid from `head` until reset().
  [[nodiscard]] const request& head() const;
  // Some bytes of this request were seen.
  [[nodiscard]] bool begun() const;
  [[nodiscard]] bool at_end() const;
  void reset();

 private:
  struct grammar;
  std::unique_ptr<grammar> at_;  // keeps the package's headers out of here
};

}  // namespace http
