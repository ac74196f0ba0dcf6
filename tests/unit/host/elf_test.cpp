#include <doctest/doctest.h>
#include <elf.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <random>
#include <span>
#include <string>

#include "host/elf_gate.hpp"
#include "host/plugin_file.hpp"
#include "support/temp_dir.hpp"
#include "tokio/abi.h"

using namespace tokiod;
using namespace tokiod::host;

namespace {

std::string bytes_of(const std::string& fixture) {
  auto bytes = read_file(std::string(TOKIOD_FIXTURES) + "/" + fixture + ".so", 64u << 20);
  REQUIRE(bytes);
  return std::move(*bytes);
}

outcome<elf_facts> facts_of(const std::string& bytes) {
  return read_elf(memory_source(std::as_bytes(std::span(bytes))), "x.so");
}

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

namespace {

// The most memory that this process ever used, in KiB.
std::uint64_t peak_kib() {
  const auto status = read_file("/proc/self/status", 1 << 16);
  REQUIRE(status);
  return std::stoull(status->substr(status->find("VmHWM:") + 6));
}

// What it read of files so far, in bytes, as the kernel counts.
std::uint64_t bytes_read() {
  const auto counts = read_file("/proc/self/io", 1 << 16);
  REQUIRE(counts);
  return std::stoull(counts->substr(counts->find("rchar:") + 6));
}

// A plugin that is followed by a hole up to the size that is just allowed.
std::string huge_file(const test::temp_dir& dir, const std::string& bytes) {
  const auto path = dir.write("huge.so", bytes);
  REQUIRE(::truncate(path.c_str(), static_cast<off_t>(max_plugin_bytes)) == 0);
  return path;
}

template <class T>
T& at(std::string& bytes, std::size_t offset) {
  REQUIRE(offset + sizeof(T) <= bytes.size());
  return *reinterpret_cast<T*>(bytes.data() + offset);
}
Elf64_Phdr& segment(std::string& bytes, std::uint32_t type) {
  const auto header = at<Elf64_Ehdr>(bytes, 0);
  for (unsigned i = 0; i < header.e_phnum; ++i)
    if (auto& one = at<Elf64_Phdr>(bytes, header.e_phoff + i * sizeof(Elf64_Phdr)); one.p_type == type) return one;
  FAIL("no such segment");
  return at<Elf64_Phdr>(bytes, 0);
}
Elf64_Dyn& dynamic_entry(std::string& bytes, Elf64_Sxword tag) {
  for (auto offset = segment(bytes, PT_DYNAMIC).p_offset;; offset += sizeof(Elf64_Dyn)) {
    auto& one = at<Elf64_Dyn>(bytes, offset);
    REQUIRE(one.d_tag != DT_NULL);
    if (one.d_tag == tag) return one;
  }
}
std::string refused(const test::temp_dir& dir, const std::string& bytes) {
  const auto path = huge_file(dir, bytes);
  const auto seen = inspect_file(*open_any(path));
  REQUIRE_FALSE(seen);
  CHECK(seen.error().why == kind::bad_plugin);
  return seen.error().sentence.substr(path.size() + 2);
}

}  // namespace

TEST_CASE("of a huge file only what is needed is read, into little memory") {
  const test::temp_dir dir;
  const auto path = huge_file(dir, bytes_of("quiet"));
  const auto file = open_any(path);
  REQUIRE(file);
  const auto peak = peak_kib();
  const auto before = bytes_read();
  const auto seen = inspect_file(*file);
  const auto read = bytes_read() - before;
  REQUIRE(seen);
  CHECK(seen->size_bytes == max_plugin_bytes);
  CHECK(seen->facts.note->id == "test.quiet");
  CHECK(read < 100'000);
  CHECK(peak_kib() - peak < 1024);
}

TEST_CASE("a huge file whose tables claim to be huge is refused without reading them") {
  const test::temp_dir dir;
  const auto whole = bytes_of("quiet");
  constexpr std::uint64_t much = std::uint64_t{400} << 20;
  const auto before = bytes_read();
  auto bytes = whole;
  segment(bytes, PT_NOTE).p_filesz = much;
  CHECK(refused(dir, bytes) == "has more than 1 MiB of notes");
  bytes = whole;
  segment(bytes, PT_DYNAMIC).p_filesz = much;
  CHECK(refused(dir, bytes) == "has a dynamic section of more than 1 MiB");
  bytes = whole;
  dynamic_entry(bytes, DT_STRSZ).d_un.d_val = much;
  CHECK(refused(dir, bytes) == "has more than 32 MiB of symbol names");
  bytes = whole;
  const auto hash = dynamic_entry(bytes, DT_GNU_HASH).d_un.d_val;  // the first segment is mapped at 0
  at<std::uint32_t>(bytes, hash) = 100'000'000;                    // buckets
  CHECK(refused(dir, bytes) == "has a GNU hash table of more than 1048576 buckets");
  bytes = whole;
  const auto buckets = hash + 16 + at<std::uint32_t>(bytes, hash + 8) * 8;
  at<std::uint32_t>(bytes, buckets) = 900'000;  // its chain lies in the hole, where it has no end
  CHECK(refused(dir, bytes) == "has more than 1048576 dynamic symbols");
  CHECK(bytes_read() - before < std::uint64_t{32} << 20);
}
