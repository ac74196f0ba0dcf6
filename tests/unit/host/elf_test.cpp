#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <random>
#include <span>
#include <string>

#include "host/elf_gate.hpp"
#include "host/plugin_file.hpp"
#include "tokio/abi.h"

using namespace tokiod;
using namespace tokiod::host;

namespace {

std::string bytes_of(const std::string& fixture) {
  const auto file = read_any(std::string(TOKIOD_FIXTURES) + "/" + fixture + ".so");
  REQUIRE(file);
  return std::string(reinterpret_cast<const char*>(file->span().data()), file->span().size());
}

outcome<elf_facts> facts_of(const std::string& bytes) { return read_elf(std::as_bytes(std::span(bytes)), "x.so"); }

const finding* rule(const std::vector<finding>& all, std::string_view name) {
  const auto found = std::ranges::find(all, name, &finding::rule);
  return found == all.end() ? nullptr : &*found;
}

// What the gate says of a fixture, by rule; none: weight is warning and the sentence is empty.
finding found_in(const std::string& fixture, std::string_view name) {
  const auto facts = facts_of(bytes_of(fixture));
  REQUIRE(facts);
  const auto all = lint(*facts);
  const auto* one = rule(all, name);
  return one != nullptr ? *one : finding{};
}

elf_facts good_facts() {
  elf_facts facts;
  facts.note = plugin_note{TOKIO_ABI_MAJOR,
                           TOKIO_ABI_MINOR,
                           TOKIO_ABI_MINOR,
                           TOKIO_ABI_FINGERPRINT,
                           TOKIO_PF_UNLOADABLE,
                           "com.example.thing",
                           "1"};
  facts.exports = {"tokio_plugin_v0"};
  return facts;
}

bool says(const elf_facts& facts, std::string_view name, verdict weight) {
  const auto all = lint(facts);
  const auto* one = rule(all, name);
  return one != nullptr && one->weight == weight;
}

}  // namespace

TEST_CASE("the note, the entry and the flags of a good plugin are read without loading it") {
  const auto facts = facts_of(bytes_of("quiet"));
  REQUIRE(facts);
  REQUIRE(facts->note);
  CHECK(facts->note->id == "test.quiet");
  CHECK(facts->note->version == "1.2.3");
  CHECK(facts->note->abi_minor == TOKIO_ABI_MINOR);
  CHECK(facts->note->fingerprint == TOKIO_ABI_FINGERPRINT);
  CHECK(facts->note->flags == (TOKIO_PF_UNLOADABLE | TOKIO_PF_MULTI));
  CHECK(facts->exports == std::vector<std::string>{"tokio_plugin_v0"});
  CHECK_FALSE(facts->executable_stack);
  CHECK_FALSE(facts->writable_code);
  for (const auto& one : lint(*facts)) CHECK_MESSAGE(one.weight == verdict::warning, one.sentence);
}

TEST_CASE("each sin that a file shows is found in it, with its weight") {
  CHECK(found_in("no_entry", "no_entry").weight == verdict::refuse);
  CHECK(found_in("no_note", "no_note").weight == verdict::refuse);
  CHECK(found_in("wrong_abi", "abi").weight == verdict::refuse);
  CHECK(found_in("wrong_abi", "abi").why == kind::abi_mismatch);
  CHECK(found_in("wrong_fingerprint", "abi").sentence.find("feedfacedeadbeef") != std::string::npos);
  CHECK(found_in("executable_stack", "executable_stack").weight == verdict::refuse);
  CHECK(found_in("gnu_unique", "gnu_unique").weight == verdict::resident);
  CHECK(found_in("gnu_unique", "gnu_unique").sentence.find("only_one_of_me") != std::string::npos);
  CHECK(found_in("no_delete", "no_delete").weight == verdict::resident);
  CHECK(found_in("own_thread", "own_threads").weight == verdict::resident);
  CHECK(found_in("own_thread", "creates_threads").weight == verdict::resident);
  CHECK(found_in("thread_local", "thread_destructors").weight == verdict::rotate);
}

TEST_CASE("facts that no compiler of this machine makes are judged too") {
  CHECK(lint(good_facts()).empty());
  const auto with = [](auto change) {
    auto facts = good_facts();
    change(facts);
    return facts;
  };
  CHECK(says(with([](auto& f) { f.static_tls = true; }), "static_tls", verdict::refuse));
  CHECK(says(with([](auto& f) { f.text_relocations = true; }), "text_relocations", verdict::refuse));
  CHECK(says(with([](auto& f) { f.writable_code = true; }), "writable_code", verdict::refuse));
  CHECK(says(with([](auto& f) { f.position_independent_executable = true; }), "executable", verdict::refuse));
  CHECK(says(with([](auto& f) { f.note->flags = 1u << 20; }), "flags", verdict::refuse));
  CHECK(says(with([](auto& f) { f.note->id = "Not An Id"; }), "id", verdict::refuse));
  CHECK(says(with([](auto& f) { f.note->id = ""; }), "id", verdict::refuse));
  CHECK(says(with([](auto& f) { f.note->flags = 0; }), "not_unloadable", verdict::resident));
  CHECK(says(with([](auto& f) { f.go = true; }), "go", verdict::resident));
  CHECK(says(with([](auto& f) { f.imports = {"thrd_create"}; }), "creates_threads", verdict::resident));
  CHECK(says(with([](auto& f) { f.imports = {"pthread_key_create"}; }), "thread_destructors", verdict::rotate));
  CHECK(says(with([](auto& f) { f.imports = {"epoll_wait"}; }), "raw_syscalls", verdict::warning));
  CHECK(says(with([](auto& f) { f.imports = {"fork"}; }), "process_wide", verdict::warning));
  CHECK(says(with([](auto& f) { f.ifuncs = {"memcpy_fast"}; }), "ifunc", verdict::warning));
  CHECK(says(with([](auto& f) { f.exports.push_back("main"); }), "exports", verdict::warning));
  CHECK_FALSE(says(with([](auto& f) {
                     f.imports = {"epoll_wait"};
                     f.note->flags |= TOKIO_PF_RAW_SYSCALLS;
                   }),
                   "raw_syscalls", verdict::warning));
}

TEST_CASE("the heaviest finding comes first") {
  auto facts = good_facts();
  facts.exports.push_back("main");
  facts.no_delete = true;
  facts.static_tls = true;
  const auto all = lint(facts);
  REQUIRE(all.size() == 3);
  CHECK(all[0].weight == verdict::refuse);
  CHECK(all[1].weight == verdict::resident);
  CHECK(all[2].weight == verdict::warning);
}

TEST_CASE("garbage is refused with a sentence") {
  for (const std::string& garbage : {std::string(), std::string("#!/bin/sh\n"), std::string(100'000, 'x'),
                                     std::string("\x7f"
                                                 "ELF",
                                                 4),
                                     std::string(64, '\0')}) {
    const auto facts = facts_of(garbage);
    REQUIRE_FALSE(facts);
    CHECK(facts.error().why == kind::bad_plugin);
    CHECK(facts.error().sentence == "x.so: is not an ELF file");
  }
}

TEST_CASE("a file cut at any byte is read or refused, never followed past its end") {
  const auto whole = bytes_of("quiet");
  int refused = 0;
  // Every length in the headers, then steps that meet every table.
  for (std::size_t n = 0; n < whole.size(); n += n < 2048 ? 1 : 61) {
    // A copy of exactly that size, so that the sanitizer sees the first byte past its end.
    const std::string cut = whole.substr(0, n);
    refused += facts_of(cut).has_value() ? 0 : 1;
  }
  CHECK(refused > 1000);
}

TEST_CASE("a file with flipped bytes is read or refused, never followed past its end") {
  std::mt19937 random(20260101);
  const auto whole = bytes_of("quiet");
  // Only the headers and tables decide anything; most flips go there.
  const std::size_t interesting = std::min<std::size_t>(whole.size(), 4096);
  int refused = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string broken = whole;
    const auto flips = 1 + random() % 4;
    for (unsigned i = 0; i < flips; ++i) {
      const auto at = random() % interesting;
      switch (random() % 3) {
        case 0: broken[at] = static_cast<char>(random()); break;
        case 1: std::memset(broken.data() + at / 8 * 8, 0xff, 8); break;
        default: broken[at] = static_cast<char>(broken[at] ^ (1 << (random() % 8)));
      }
    }
    const auto facts = facts_of(broken);
    if (!facts) ++refused;
    if (facts) (void)lint(*facts);
  }
  CHECK(refused > 100);
}
