// Whatever a plugin's file holds, it is read or refused with a sentence, and the gate judges what was read.
#include <cstddef>
#include <span>

#include "fuzz/choices.hpp"
#include "host/elf_gate.hpp"
#include "host/elf_note.hpp"

using namespace tokiod;
using fuzz::must;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto facts = host::read_elf(host::memory_source(std::as_bytes(std::span(data, size))), "fuzz.so");
  if (!facts) {
    must(facts.error().why == kind::bad_plugin && facts.error().sentence.starts_with("fuzz.so: "), "a sentence");
    return 0;
  }
  const auto findings = host::lint(*facts);
  for (const auto& one : findings) must(!one.rule.empty() && !one.sentence.empty(), "a finding says its rule");
  if (!facts->note) must(!findings.empty() && findings.front().weight == host::verdict::refuse, "no note, no plugin");
  return 0;
}
