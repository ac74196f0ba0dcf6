// A configuration is read whole or refused with every fault told, from a file's text and from variables of the
// environment. What is in force is printed, and read back as the same.
#include <string>
#include <string_view>
#include <vector>

#include "config/load.hpp"
#include "config/reference.hpp"
#include "fuzz/choices.hpp"

using namespace tokiod;
using fuzz::must;
using wire::json;

namespace {

void check_faults(const config::faults& found) {
  must(!found.empty(), "what is refused has a fault");
  for (const auto& fault : found) must(!fault.sentence.empty() && !config::text_of(fault).empty(), "a fault is told");
}

void check_loaded(const config::loaded& taken) {
  const auto again = config::load_text("printed", config::printed(taken));
  must(again.has_value(), "what is printed is a configuration", again ? "" : again.error().front().sentence);
  must(again->document == taken.document, "and the same one");
}

void read_text(std::string_view text) {
  config::faults found;
  const auto document = config::parse_text("fuzz", text, found);
  must(document.value.is_object(), "a document is an object");
  for (const auto& [pointer, source] : document.sources)
    must(source.starts_with("fuzz:"), "each value has its place", pointer);
  must(!found.empty() || json::accept(text.begin(), text.end(), true), "what is no JSON has a fault");
  const auto taken = config::load_text("fuzz", text);
  taken ? check_loaded(*taken) : check_faults(taken.error());
}

// The input is a block of variables, each ended by a line feed.
void read_environment(std::string_view text) {
  std::vector<std::string> variables;
  for (; !text.empty() && variables.size() < 64; text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1))
    variables.emplace_back(text.substr(0, text.find('\n')));
  std::vector<const char*> block;
  for (const auto& each : variables) block.push_back(each.c_str());
  block.push_back(nullptr);
  config::sources from;
  from.vendor_dir = from.file = from.conf_dir = "";
  from.environment = config::from_environment(block.data());
  const auto taken = config::load(from);
  taken ? check_loaded(*taken) : check_faults(taken.error());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  text.starts_with("TOKIO") ? read_environment(text) : read_text(text);
  return 0;
}
