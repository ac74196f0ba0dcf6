// The strict reader lets through what JSON is and nothing else: within its limits, without doubled keys, and what it
// printed it reads again as the same.
#include <algorithm>
#include <string>
#include <string_view>

#include "fuzz/choices.hpp"
#include "wire/get.hpp"
#include "wire/parse.hpp"

using namespace tokiod;
using fuzz::must;
using wire::json;

namespace {

struct extent {
  std::size_t depth = 0, values = 0;
};

extent extent_of(const json& value) {
  extent all{0, 1};
  if (!value.is_structured()) return all;
  for (const auto& each : value) {
    const auto one = extent_of(each);
    all.depth = std::max(all.depth, one.depth);
    all.values += one.values + (value.is_object() ? 1 : 0);
  }
  ++all.depth;
  return all;
}

void check_read(const json& document, const wire::parse_limits& limits) {
  const auto is = extent_of(document);
  must(is.depth <= limits.depth, "no deeper than the limit");
  must(is.values <= limits.values, "no more values than the limit");
  const wire::parse_limits wide{.depth = 256, .values = std::size_t{1} << 20, .comments = false};
  for (const auto& text : {wire::dump(document), wire::dump_indented(document)}) {
    const auto again = wire::parse(text, wide);
    must(again && *again == document, "what was printed is read as the same", text);
  }
  must(wire::dump(document).find('\n') == std::string::npos, "a document is one line");
}

// Why a text that any reader takes was refused: only by a rule of ours.
bool by_our_rule(const refusal& no, std::string_view text) {
  return no.why != kind::parse_error || no.sentence.find("appears twice") != std::string::npos ||
         no.sentence.find("does not fit 64 bits") != std::string::npos || text.starts_with("\xEF\xBB\xBF");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::choices from(data, size);
  const std::size_t how = from.byte();
  const wire::parse_limits limits{.depth = 1 + how % 8, .values = 1 + how * 8, .comments = how >= 128};
  const auto text = from.rest();
  const bool is_json = json::accept(text.begin(), text.end(), limits.comments);
  const auto read = wire::parse(text, limits);
  if (read) {
    must(is_json, "what is read is JSON", text);
    check_read(*read, limits);
  } else {
    const auto why = read.error().why;
    must(why == kind::parse_error || why == kind::too_deep || why == kind::too_large, "a refusal of the reader's own");
    must(!is_json || by_our_rule(read.error(), text), "JSON is refused for a rule", read.error().sentence);
  }
  return 0;
}
