#include "host/elf_note.hpp"

#include <elf.h>

#include <algorithm>
#include <cstring>
#include <span>

#include "base/page_block.hpp"
#include "tokio/abi/plugin.h"

namespace tokiod::host {
namespace {

// Bounds on what a file may make us read and keep, far above what a linker makes. All of them together: less than
// 128 MiB are read, and less than 96 MiB kept, whatever the file's size.
constexpr std::uint64_t max_symbols = 1u << 20;
constexpr std::size_t max_name = 4096;
constexpr std::size_t max_strings_bytes = 32u << 20;  // as the file has them, and again as we keep them
constexpr std::uint64_t max_table_bytes = 1u << 20;   // all notes together, the dynamic section

// Thrown nowhere: a broken place in the file, as text for the sentence.
using broken = std::unexpected<const char*>;
using step = std::expected<void, const char*>;
using table = page_block;  // much of it is needed for a moment only

constexpr std::uint64_t no_offset = UINT64_MAX;

class reader {
 public:
  explicit reader(const elf_source& file) : bytes_(file) {}

  step run(elf_facts& facts) {
    for (const auto part : {&reader::header, &reader::segments, &reader::notes, &reader::dynamic, &reader::strings,
                            &reader::symbols, &reader::sections})
      if (const auto done = (this->*part)(facts); !done) return done;
    return {};
  }

 private:
  step header(elf_facts&);
  step segments(elf_facts& facts);
  step notes(elf_facts& facts);
  step note_segment(elf_facts& facts, std::span<const std::byte> notes, std::uint64_t align);
  step plugin_note_at(elf_facts& facts, std::span<const std::byte> from_here);
  step dynamic(elf_facts& facts);
  void dynamic_entry(elf_facts& facts, const Elf64_Dyn& entry);
  step strings(elf_facts& facts);
  step symbols(elf_facts& facts);
  step symbol(elf_facts& facts, const Elf64_Sym& symbol);
  step keep(const std::string& name);
  step sections(elf_facts& facts);
  [[nodiscard]] std::expected<std::uint64_t, const char*> symbol_count() const;
  [[nodiscard]] std::expected<std::uint64_t, const char*> gnu_hash_symbols() const;
  [[nodiscard]] std::expected<std::uint64_t, const char*> end_of_chain(std::uint64_t chains_at, std::uint64_t first,
                                                                       std::uint64_t last) const;
  // A part of the file that is within its bounds; `missing` when it is not there.
  [[nodiscard]] std::expected<table, const char*> load(std::uint64_t offset, std::uint64_t bytes,
                                                       const char* missing) const;
  [[nodiscard]] std::uint64_t offset_of(std::uint64_t address) const;

  const elf_source& bytes_;
  Elf64_Ehdr header_{};
  std::vector<Elf64_Phdr> segments_;
  std::uint64_t string_address_ = 0, string_bytes_ = 0, symbol_address_ = 0, hash_address_ = 0, gnu_hash_address_ = 0;
  table strings_;
  std::uint64_t note_bytes_ = 0;
  std::vector<std::uint64_t> needed_;
  std::size_t kept_bytes_ = 0;
};

std::expected<table, const char*> reader::load(std::uint64_t offset, std::uint64_t bytes, const char* missing) const {
  if (!bytes_.has(offset, bytes)) return broken(missing);
  auto loaded = table::take(bytes);
  if (!loaded) return broken("cannot be looked at: there is no memory to read it into");
  if (!bytes_.read(offset, loaded->bytes())) return broken("became shorter, or cannot be read");
  return std::move(*loaded);
}

step reader::header(elf_facts&) {
  const auto header = bytes_.read<Elf64_Ehdr>(0);
  if (!header || std::memcmp(header->e_ident, ELFMAG, SELFMAG) != 0) return broken("is not an ELF file");
  header_ = *header;
  if (header_.e_ident[EI_CLASS] != ELFCLASS64 || header_.e_ident[EI_DATA] != ELFDATA2LSB)
    return broken("is not a 64-bit little-endian ELF file");
#if defined(__x86_64__)
  constexpr auto machine = EM_X86_64;
#else
  constexpr auto machine = EM_AARCH64;
#endif
  if (header_.e_machine != machine) return broken("is built for another processor than this daemon");
  if (header_.e_type != ET_DYN) return broken("is not a shared object");
  if (header_.e_phentsize != sizeof(Elf64_Phdr)) return broken("has program headers of a wrong size");
  // The loader does not need them, but they stand at the end: without them something is missing.
  if (header_.e_shoff != 0 && !bytes_.has(header_.e_shoff, std::uint64_t{header_.e_shnum} * header_.e_shentsize))
    return broken("is truncated: its section headers lie past its end");
  return {};
}

step reader::segments(elf_facts& facts) {
  bool stack_said = false;
  const auto headers = load(header_.e_phoff, std::uint64_t{header_.e_phnum} * sizeof(Elf64_Phdr),
                            "is truncated: its program headers lie past its end");
  if (!headers) return std::unexpected(headers.error());
  for (std::size_t i = 0; i < header_.e_phnum; ++i) {
    const auto segment = value_at<Elf64_Phdr>(headers->bytes(), i);
    if (segment.p_type == PT_LOAD && !bytes_.has(segment.p_offset, segment.p_filesz))
      return broken("is truncated: a segment lies past its end");
    const auto can = [&](std::uint32_t flag) { return (segment.p_flags & flag) != 0; };
    if (segment.p_type == PT_LOAD && can(PF_W) && can(PF_X)) facts.writable_code = true;
    if (segment.p_type == PT_TLS) facts.thread_locals = true;
    if (segment.p_type == PT_GNU_STACK) {
      stack_said = true;
      facts.executable_stack = can(PF_X);
    }
    segments_.push_back(segment);
  }
  if (!stack_said) facts.executable_stack = true;  // what the system assumes of a file that does not say
  return {};
}

std::uint64_t reader::offset_of(std::uint64_t address) const {
  for (const auto& s : segments_)
    if (s.p_type == PT_LOAD && address >= s.p_vaddr && address - s.p_vaddr < s.p_filesz)
      return s.p_offset + (address - s.p_vaddr);
  return no_offset;
}

step reader::notes(elf_facts& facts) {
  for (const auto& segment : segments_) {
    if (segment.p_type != PT_NOTE) continue;
    if (segment.p_filesz > max_table_bytes - note_bytes_) return broken("has more than 1 MiB of notes");
    note_bytes_ += segment.p_filesz;
    const auto notes = load(segment.p_offset, segment.p_filesz, "is truncated: its notes lie past its end");
    if (!notes) return std::unexpected(notes.error());
    if (const auto done = note_segment(facts, notes->bytes(), segment.p_align == 8 ? 8 : 4); !done) return done;
  }
  return {};
}

constexpr std::uint64_t aligned(std::uint64_t value, std::uint64_t to) { return (value + to - 1) / to * to; }

std::string hexadecimal(std::span<const std::byte> bytes) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string text;
  for (const auto byte : bytes) {
    text += digits[std::to_integer<unsigned>(byte) >> 4];
    text += digits[std::to_integer<unsigned>(byte) & 15];
  }
  return text;
}

step reader::note_segment(elf_facts& facts, std::span<const std::byte> notes, std::uint64_t align) {
  while (notes.size() >= sizeof(Elf64_Nhdr)) {
    const auto note = value_at<Elf64_Nhdr>(notes, 0);
    const std::uint64_t desc_at = aligned(sizeof(Elf64_Nhdr) + note.n_namesz, align);
    const std::uint64_t next = desc_at + aligned(note.n_descsz, align);
    if (desc_at + note.n_descsz > notes.size()) return broken("has a note that is longer than its segment");
    const auto name =
        text_at(notes.first(sizeof(Elf64_Nhdr) + note.n_namesz), sizeof(Elf64_Nhdr), max_name).value_or("");
    if (name == "GNU" && note.n_type == NT_GNU_BUILD_ID)
      facts.build_id = hexadecimal(notes.subspan(desc_at, note.n_descsz));
    if (name == "tokiod")
      if (const auto done = plugin_note_at(facts, notes); !done) return done;
    if (next > notes.size()) break;  // the padding of the last note may be missing
    notes = notes.subspan(next);
  }
  return {};
}

step reader::plugin_note_at(elf_facts& facts, std::span<const std::byte> from_here) {
  constexpr auto wrong_size = "has a .note.tokiod of another size than this daemon knows";
  if (from_here.size() < sizeof(tokio_note)) return broken(wrong_size);
  const auto note = value_at<tokio_note>(from_here, 0);
  if (note.namesz != 7 || note.descsz != 104 || note.type != 1) return broken(wrong_size);
  if (facts.note) return broken("has two notes .note.tokiod; a plugin has exactly one");
  const auto id = text_at(from_here.first(offsetof(tokio_note, version)), offsetof(tokio_note, id), max_name);
  const auto version = text_at(from_here.first(sizeof(tokio_note)), offsetof(tokio_note, version), max_name);
  if (!id || !version) return broken("has a .note.tokiod whose id or version does not end");
  facts.note = plugin_note{note.abi_major,
                           note.abi_minor,
                           note.abi_minor_min,
                           note.fingerprint_low | (std::uint64_t{note.fingerprint_high} << 32),
                           note.flags,
                           *id,
                           *version};
  return {};
}

void reader::dynamic_entry(elf_facts& facts, const Elf64_Dyn& entry) {
  const auto value = entry.d_un.d_val;
  switch (entry.d_tag) {
    case DT_STRTAB: string_address_ = value; break;
    case DT_STRSZ: string_bytes_ = value; break;
    case DT_SYMTAB: symbol_address_ = value; break;
    case DT_HASH: hash_address_ = value; break;
    case DT_GNU_HASH: gnu_hash_address_ = value; break;
    case DT_NEEDED: needed_.push_back(value); break;
    case DT_TEXTREL: facts.text_relocations = true; break;
    case DT_FLAGS:
      facts.text_relocations |= (value & DF_TEXTREL) != 0;
      facts.static_tls |= (value & DF_STATIC_TLS) != 0;
      break;
    case DT_FLAGS_1:
      facts.no_delete |= (value & DF_1_NODELETE) != 0;
      facts.position_independent_executable |= (value & DF_1_PIE) != 0;
      break;
    default: break;
  }
}

step reader::dynamic(elf_facts& facts) {
  const auto segment = std::ranges::find(segments_, Elf64_Word{PT_DYNAMIC}, &Elf64_Phdr::p_type);
  if (segment == segments_.end()) return broken("has no dynamic section");
  if (segment->p_filesz > max_table_bytes) return broken("has a dynamic section of more than 1 MiB");
  const auto entries =
      load(segment->p_offset, segment->p_filesz, "is truncated: its dynamic section lies past its end");
  if (!entries) return std::unexpected(entries.error());
  for (std::size_t i = 0; i < entries->bytes().size() / sizeof(Elf64_Dyn); ++i) {
    const auto entry = value_at<Elf64_Dyn>(entries->bytes(), i);
    if (entry.d_tag == DT_NULL) break;
    dynamic_entry(facts, entry);
  }
  return {};
}

step reader::strings(elf_facts& facts) {
  if (string_bytes_ > max_strings_bytes) return broken("has more than 32 MiB of symbol names");
  auto loaded = load(offset_of(string_address_), string_bytes_, "is truncated: its string table lies past its end");
  if (!loaded) return std::unexpected(loaded.error());
  strings_ = std::move(*loaded);
  for (const auto at : needed_) {
    const auto text = facts.needed.size() < 1024 ? text_at(strings_.bytes(), at, max_name) : std::nullopt;
    if (!text) return broken("has a broken list of needed libraries");
    facts.needed.push_back(*text);
  }
  return {};
}

constexpr auto broken_gnu_hash = "has a broken GNU hash table";
constexpr auto too_many_symbols = "has more than 1048576 dynamic symbols";

// The index after the last symbol of the last chain. Chains are short; nothing says how long.
std::expected<std::uint64_t, const char*> reader::end_of_chain(std::uint64_t chains_at, std::uint64_t first,
                                                               std::uint64_t last) const {
  for (auto i = last; i < max_symbols; ++i) {
    const auto chain = bytes_.read<std::uint32_t>(chains_at + (i - first) * 4);
    if (!chain) return broken(broken_gnu_hash);
    if (*chain & 1) return i + 1;
  }
  return broken(too_many_symbols);
}

std::expected<std::uint64_t, const char*> reader::gnu_hash_symbols() const {
  struct head {
    std::uint32_t buckets, first, bloom_words, shift;
  };
  const auto at = offset_of(gnu_hash_address_);
  const auto is = at == no_offset ? std::nullopt : bytes_.read<head>(at);
  if (!is) return broken(broken_gnu_hash);
  if (is->buckets > max_symbols) return broken("has a GNU hash table of more than 1048576 buckets");
  const std::uint64_t buckets_at = at + sizeof(head) + std::uint64_t{is->bloom_words} * 8;
  const auto buckets = load(buckets_at, std::uint64_t{is->buckets} * 4, broken_gnu_hash);
  if (!buckets) return std::unexpected(buckets.error());
  std::uint32_t last = 0;
  for (std::uint32_t i = 0; i < is->buckets; ++i) last = std::max(last, value_at<std::uint32_t>(buckets->bytes(), i));
  if (last < is->first) return is->first;  // nothing is exported
  return end_of_chain(buckets_at + buckets->bytes().size(), is->first, last);
}

std::expected<std::uint64_t, const char*> reader::symbol_count() const {
  if (gnu_hash_address_ != 0) return gnu_hash_symbols();
  const auto hash = hash_address_ == 0 ? no_offset : offset_of(hash_address_);
  const auto chains = hash == no_offset ? std::nullopt : bytes_.read<std::uint32_t>(hash + 4);
  if (!chains) return broken("has no hash table of its symbols");
  return *chains;
}

step reader::symbols(elf_facts& facts) {
  constexpr std::uint64_t at_once = 4096;
  const auto count = symbol_count();
  if (!count) return std::unexpected(count.error());
  if (*count > max_symbols) return broken(too_many_symbols);
  const auto at = offset_of(symbol_address_);
  for (std::uint64_t done = 1; done < *count; done += at_once) {  // the first one is no symbol
    const auto these = std::min(at_once, *count - done);
    const auto piece = load(at == no_offset ? no_offset : at + done * sizeof(Elf64_Sym), these * sizeof(Elf64_Sym),
                            "is truncated: its symbols lie past its end");
    if (!piece) return std::unexpected(piece.error());
    for (std::size_t i = 0; i < these; ++i)
      if (const auto fine = symbol(facts, value_at<Elf64_Sym>(piece->bytes(), i)); !fine) return fine;
  }
  return {};
}

// The linker's own landmarks, visible when there is no version script.
bool landmark(std::string_view name) {
  static constexpr std::string_view names[] = {"_init", "_fini", "_edata", "_end", "__bss_start"};
  return std::ranges::find(names, name) != std::end(names);
}

step reader::keep(const std::string& name) {
  kept_bytes_ += name.size() + sizeof(std::string);
  if (kept_bytes_ > 2 * max_strings_bytes) return broken("has more than 64 MiB of symbol names");
  return {};
}

step reader::symbol(elf_facts& facts, const Elf64_Sym& symbol) {
  if (symbol.st_name >= strings_.bytes().size()) return broken("has a symbol whose name lies outside the string table");
  auto text = text_at(strings_.bytes(), symbol.st_name, max_name);
  if (!text) return broken("has a symbol whose name does not end or is longer than 4096 bytes");
  if (text->empty()) return {};
  if (const auto fits = keep(*text); !fits) return fits;
  const auto bind = ELF64_ST_BIND(symbol.st_info);
  if (bind == STB_LOCAL) return {};
  if (symbol.st_shndx == SHN_UNDEF) {
    facts.imports.push_back(std::move(*text));
    return {};
  }
  if (bind == STB_GNU_UNIQUE) facts.unique.push_back(*text);
  if (ELF64_ST_TYPE(symbol.st_info) == STT_GNU_IFUNC) facts.ifuncs.push_back(*text);
  const auto visibility = ELF64_ST_VISIBILITY(symbol.st_other);
  if (visibility != STV_HIDDEN && visibility != STV_INTERNAL && !landmark(*text))
    facts.exports.push_back(std::move(*text));
  return {};
}

// Section headers may be stripped; only the mark of a Go program is looked for, and broken ones are ignored.
step reader::sections(elf_facts& facts) {
  constexpr std::string_view mark(".go.buildinfo", sizeof ".go.buildinfo");  // with its NUL
  if (header_.e_shentsize != sizeof(Elf64_Shdr) || header_.e_shstrndx >= header_.e_shnum) return {};
  const auto headers = load(header_.e_shoff, std::uint64_t{header_.e_shnum} * sizeof(Elf64_Shdr), "");
  if (!headers) return {};
  const auto names = value_at<Elf64_Shdr>(headers->bytes(), header_.e_shstrndx);
  if (!bytes_.has(names.sh_offset, names.sh_size)) return {};
  for (std::size_t i = 0; i < header_.e_shnum; ++i) {
    const std::uint64_t at = value_at<Elf64_Shdr>(headers->bytes(), i).sh_name;
    char name[mark.size()];
    if (at + mark.size() > names.sh_size) continue;
    if (!bytes_.read(names.sh_offset + at, std::as_writable_bytes(std::span(name)))) return {};
    facts.go |= std::string_view(name, mark.size()) == mark;
  }
  return {};
}

}  // namespace

outcome<elf_facts> read_elf(const elf_source& file, std::string_view path) {
  elf_facts facts;
  if (const auto done = reader(file).run(facts); !done) return refuse(kind::bad_plugin, path, ": ", done.error());
  return facts;
}

}  // namespace tokiod::host
