// Requests of the Redis protocol (RESP2): arrays of bulk strings, and inline commands typed by a person.
// Invariant: the arguments of a request are views into the bytes given to next(); nothing is copied.
// Threads:   a parser belongs to one connection.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace redis {

struct frame_limits {
  std::size_t inline_bytes = 64 * 1024;  // also the longest header line of an array
  std::int64_t arguments = 1024 * 1024;
  std::int64_t bulk_bytes = 512ll * 1024 * 1024;
};

enum class parse_result : std::uint8_t { request, need_more, protocol_error };

class request_parser {
 public:
  explicit request_parser(frame_limits limits = {}) : limits_(limits) {}

  // Takes one request off the front of `input`. request: args() holds it and consumed() says how many bytes it took (an
  // empty line gives no arguments). need_more: call again with the same bytes and more behind them. protocol_error:
  // fault() is the sentence for the client, after which the connection is closed.
  [[nodiscard]] parse_result next(std::string_view input);

  [[nodiscard]] const std::vector<std::string_view>& args() const { return args_; }
  [[nodiscard]] std::size_t consumed() const { return consumed_; }
  [[nodiscard]] const std::string& fault() const { return fault_; }

 private:
  parse_result parse_array(std::string_view input);
  parse_result parse_bulk(std::string_view input, std::size_t& at);
  parse_result parse_inline(std::string_view input);
  parse_result split_inline(std::string_view line);
  parse_result fail(std::string fault);

  frame_limits limits_;
  std::vector<std::string_view> args_;
  std::string unquoted_;  // what quotes and escapes of an inline command stand for
  std::size_t consumed_ = 0;
  std::size_t need_bytes_ =
      0;  // no attempt before this many bytes are there: a large bulk is not parsed again and again
  std::string fault_;
};

}  // namespace redis
