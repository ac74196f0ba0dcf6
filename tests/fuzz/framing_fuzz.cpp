// Lines are the same however the stream was cut, and no more of one is held than the limit.
#include "wire/framing.hpp"

#include <string>
#include <string_view>
#include <vector>

#include "fuzz/choices.hpp"

using namespace tokiod;
using fuzz::must;

namespace {

constexpr std::string_view too_long = "(too long)\n";  // no line has a line feed

// What lines the stream has, by its whole text.
std::vector<std::string> lines_of(std::string_view stream, std::size_t limit) {
  std::vector<std::string> lines;
  for (std::size_t end; (end = stream.find('\n')) != std::string_view::npos; stream.remove_prefix(end + 1)) {
    auto line = stream.substr(0, end);
    if (line.size() > limit) {
      lines.emplace_back(too_long);
      continue;
    }
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.find_first_not_of(" \t") != std::string_view::npos) lines.emplace_back(line);
  }
  return lines;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::choices from(data, size);
  const std::size_t limit = 1 + from.below(64), piece = 1 + from.below(48);
  const auto stream = from.rest();
  wire::line_reader reader(limit);
  std::vector<std::string> seen;
  for (std::size_t at = 0; at < stream.size(); at += piece) {
    reader.feed(stream.substr(at, piece));
    while (auto line = reader.next()) seen.push_back(line->too_long ? std::string(too_long) : line->text);
    must(reader.held_bytes() <= limit, "no more than the limit is held");
  }
  must(seen == lines_of(stream, limit), "the lines are those of the whole stream");
  must(reader.started() == (!stream.empty() && !stream.ends_with('\n')), "what has begun is told");
  return 0;
}
