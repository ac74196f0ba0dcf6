#include "host/elf_note.hpp"

#include <elf.h>

#include <algorithm>
#include <cstring>

#include "tokio/abi/plugin.h"

namespace tokiod::host {
namespace {

// Bounds on what a file may make us keep, far above what a linker makes.
constexpr std::uint64_t max_symbols = 1u << 20;
constexpr std::size_t max_name = 4096;
constexpr std::size_t max_names_bytes = 64u << 20;

// The file as bytes. Every access says how much it wants, and hears nullopt when it is not there.
class elf_bytes {
 public:
  explicit elf_bytes(std::span<const std::byte> file) : file_(file) {}

  [[nodiscard]] std::optional<std::span<const std::byte>> at(std::uint64_t offset, std::uint64_t length) const {
    if (offset > file_.size() || length > file_.size() - offset) return std::nullopt;
    return file_.subspan(offset, length);
  }
  template <class T>
  [[nodiscard]] std::optional<T> read(std::uint64_t offset) const {
    const auto bytes = at(offset, sizeof(T));
    if (!bytes) return std::nullopt;
    T value;
    std::memcpy(&value, bytes->data(), sizeof value);
    return value;
  }
  // The NUL-terminated text at `offset`, inside [offset, end).
  [[nodiscard]] std::optional<std::string> text(std::uint64_t offset, std::uint64_t end) const {
    if (end > file_.size() || offset >= end) return std::nullopt;
    const auto bytes = file_.subspan(offset, std::min<std::uint64_t>(end - offset, max_name + 1));
    const auto* begin = reinterpret_cast<const char*>(bytes.data());
    const auto* nul = static_cast<const char*>(std::memchr(begin, 0, bytes.size()));
    if (nul == nullptr) return std::nullopt;
    return std::string(begin, nul);
  }

 private:
  std::span<const std::byte> file_;
};

// Thrown nowhere: a broken place in the file, as text for the sentence.
using broken = std::unexpected<const char*>;
using step = std::expected<void, const char*>;

constexpr std::uint64_t no_offset = UINT64_MAX;

class reader {
 public:
  explicit reader(std::span<const std::byte> file) : bytes_(file) {}

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
  step note_segment(elf_facts& facts, const Elf64_Phdr& segment);
  step plugin_note_at(elf_facts& facts, std::uint64_t offset, std::uint64_t length);
  step dynamic(elf_facts& facts);
  void dynamic_entry(elf_facts& facts, const Elf64_Dyn& entry);
  step strings(elf_facts& facts);
  step symbols(elf_facts& facts);
  step symbol(elf_facts& facts, const Elf64_Sym& symbol);
  step sections(elf_facts& facts);
  [[nodiscard]] std::expected<std::uint64_t, const char*> symbol_count() const;
  [[nodiscard]] std::expected<std::uint64_t, const char*> gnu_hash_symbols() const;
  [[nodiscard]] std::uint64_t offset_of(std::uint64_t address) const;

  elf_bytes bytes_;
  Elf64_Ehdr header_{};
  std::vector<Elf64_Phdr> segments_;
  std::uint64_t string_address_ = 0, string_bytes_ = 0, symbol_address_ = 0, hash_address_ = 0, gnu_hash_address_ = 0;
  std::uint64_t string_offset_ = no_offset;
  std::vector<std::uint64_t> needed_;
  std::size_t kept_bytes_ = 0;
};

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
  if (header_.e_shoff != 0 && !bytes_.at(header_.e_shoff, std::uint64_t{header_.e_shnum} * header_.e_shentsize))
    return broken("is truncated: its section headers lie past its end");
  return {};
}

step reader::segments(elf_facts& facts) {
  bool stack_said = false;
  if (!bytes_.at(header_.e_phoff, std::uint64_t{header_.e_phnum} * sizeof(Elf64_Phdr)))
    return broken("is truncated: its program headers lie past its end");
  for (std::uint64_t i = 0; i < header_.e_phnum; ++i) {
    const auto segment = bytes_.read<Elf64_Phdr>(header_.e_phoff + i * sizeof(Elf64_Phdr));
    if (segment->p_type == PT_LOAD && !bytes_.at(segment->p_offset, segment->p_filesz))
      return broken("is truncated: a segment lies past its end");
    const auto can = [&](std::uint32_t flag) { return (segment->p_flags & flag) != 0; };
    if (segment->p_type == PT_LOAD && can(PF_W) && can(PF_X)) facts.writable_code = true;
    if (segment->p_type == PT_TLS) facts.thread_locals = true;
    if (segment->p_type == PT_GNU_STACK) {
      stack_said = true;
      facts.executable_stack = can(PF_X);
    }
    segments_.push_back(*segment);
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
  for (const auto& segment : segments_)
    if (segment.p_type == PT_NOTE)
      if (const auto done = note_segment(facts, segment); !done) return done;
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

step reader::note_segment(elf_facts& facts, const Elf64_Phdr& segment) {
  if (!bytes_.at(segment.p_offset, segment.p_filesz)) return broken("is truncated: its notes lie past its end");
  const std::uint64_t align = segment.p_align == 8 ? 8 : 4;
  const std::uint64_t end = segment.p_offset + segment.p_filesz;
  for (std::uint64_t at = segment.p_offset; end - at >= sizeof(Elf64_Nhdr);) {
    const auto note = bytes_.read<Elf64_Nhdr>(at);
    const std::uint64_t name_at = at + sizeof(Elf64_Nhdr);
    const std::uint64_t desc_at = at + aligned(sizeof(Elf64_Nhdr) + note->n_namesz, align);
    const std::uint64_t next = desc_at + aligned(note->n_descsz, align);
    if (desc_at + note->n_descsz > end) return broken("has a note that is longer than its segment");
    const auto name = bytes_.text(name_at, std::min(name_at + note->n_namesz, end)).value_or("");
    if (name == "GNU" && note->n_type == NT_GNU_BUILD_ID) {
      facts.build_id = hexadecimal(*bytes_.at(desc_at, note->n_descsz));
    }
    if (name == "tokiod")
      if (const auto done = plugin_note_at(facts, at, end - at); !done) return done;
    if (next > end) break;  // the padding of the last note may be missing
    at = next;
  }
  return {};
}

step reader::plugin_note_at(elf_facts& facts, std::uint64_t offset, std::uint64_t length) {
  const auto note = bytes_.read<tokio_note>(offset);
  if (!note || length < sizeof(tokio_note) || note->namesz != 7 || note->descsz != 104 || note->type != 1)
    return broken("has a .note.tokiod of another size than this daemon knows");
  if (facts.note) return broken("has two notes .note.tokiod; a plugin has exactly one");
  const auto id = bytes_.text(offset + offsetof(tokio_note, id), offset + offsetof(tokio_note, version));
  const auto version = bytes_.text(offset + offsetof(tokio_note, version), offset + sizeof(tokio_note));
  if (!id || !version) return broken("has a .note.tokiod whose id or version does not end");
  facts.note = plugin_note{note->abi_major,
                           note->abi_minor,
                           note->abi_minor_min,
                           note->fingerprint_low | (std::uint64_t{note->fingerprint_high} << 32),
                           note->flags,
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
  if (!bytes_.at(segment->p_offset, segment->p_filesz))
    return broken("is truncated: its dynamic section lies past its end");
  for (std::uint64_t at = 0; at + sizeof(Elf64_Dyn) <= segment->p_filesz; at += sizeof(Elf64_Dyn)) {
    const auto entry = bytes_.read<Elf64_Dyn>(segment->p_offset + at);
    if (entry->d_tag == DT_NULL) break;
    dynamic_entry(facts, *entry);
  }
  return {};
}

step reader::strings(elf_facts& facts) {
  string_offset_ = offset_of(string_address_);
  if (string_offset_ == no_offset || !bytes_.at(string_offset_, string_bytes_))
    return broken("is truncated: its string table lies past its end");
  for (const auto at : needed_) {
    if (at >= string_bytes_ || facts.needed.size() == 1024) return broken("has a broken list of needed libraries");
    const auto text = bytes_.text(string_offset_ + at, string_offset_ + string_bytes_);
    if (!text) return broken("has a broken list of needed libraries");
    facts.needed.push_back(*text);
  }
  return {};
}

std::expected<std::uint64_t, const char*> reader::gnu_hash_symbols() const {
  const auto table = offset_of(gnu_hash_address_);
  struct {
    std::uint32_t buckets, first, bloom_words, shift;
  } head;
  const auto bytes = table == no_offset ? std::nullopt : bytes_.at(table, sizeof head);
  if (!bytes) return broken("has a broken GNU hash table");
  std::memcpy(&head, bytes->data(), sizeof head);
  const std::uint64_t buckets_at = table + sizeof head + std::uint64_t{head.bloom_words} * 8;
  const auto buckets = bytes_.at(buckets_at, std::uint64_t{head.buckets} * 4);
  if (!buckets) return broken("has a broken GNU hash table");
  std::uint32_t last = 0;
  for (std::uint64_t i = 0; i < head.buckets; ++i)
    last = std::max(last, *bytes_.read<std::uint32_t>(buckets_at + i * 4));
  if (last < head.first) return head.first;  // nothing is exported
  const std::uint64_t chains_at = buckets_at + std::uint64_t{head.buckets} * 4;
  for (std::uint64_t i = last;; ++i) {
    const auto chain = bytes_.read<std::uint32_t>(chains_at + (i - head.first) * 4);
    if (!chain) return broken("has a broken GNU hash table");
    if (*chain & 1) return i + 1;  // the last symbol of the last chain
  }
}

std::expected<std::uint64_t, const char*> reader::symbol_count() const {
  if (gnu_hash_address_ != 0) return gnu_hash_symbols();
  const auto table = hash_address_ == 0 ? no_offset : offset_of(hash_address_);
  const auto chains = table == no_offset ? std::nullopt : bytes_.read<std::uint32_t>(table + 4);
  if (!chains) return broken("has no hash table of its symbols");
  return *chains;
}

step reader::symbols(elf_facts& facts) {
  const auto count = symbol_count();
  if (!count) return std::unexpected(count.error());
  if (*count > max_symbols) return broken("has more than 1048576 dynamic symbols");
  const auto table = offset_of(symbol_address_);
  if (table == no_offset || !bytes_.at(table, *count * sizeof(Elf64_Sym)))
    return broken("is truncated: its symbols lie past its end");
  for (std::uint64_t i = 1; i < *count; ++i)
    if (const auto done = symbol(facts, *bytes_.read<Elf64_Sym>(table + i * sizeof(Elf64_Sym))); !done) return done;
  return {};
}

// The linker's own landmarks, visible when there is no version script.
bool landmark(std::string_view name) {
  static constexpr std::string_view names[] = {"_init", "_fini", "_edata", "_end", "__bss_start"};
  return std::ranges::find(names, name) != std::end(names);
}

step reader::symbol(elf_facts& facts, const Elf64_Sym& symbol) {
  if (symbol.st_name >= string_bytes_) return broken("has a symbol whose name lies outside the string table");
  auto text = bytes_.text(string_offset_ + symbol.st_name, string_offset_ + string_bytes_);
  if (!text) return broken("has a symbol whose name does not end or is longer than 4096 bytes");
  if (text->empty()) return {};
  kept_bytes_ += text->size() + sizeof(std::string);
  if (kept_bytes_ > max_names_bytes) return broken("has more than 64 MiB of symbol names");
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
  if (header_.e_shentsize != sizeof(Elf64_Shdr) || header_.e_shoff > UINT64_MAX / 2) return {};
  const auto section = [&](std::uint64_t i) {
    return bytes_.read<Elf64_Shdr>(header_.e_shoff + i * sizeof(Elf64_Shdr));
  };
  const auto names = section(header_.e_shstrndx);
  if (!names || header_.e_shstrndx >= header_.e_shnum) return {};
  for (std::uint64_t i = 0; i < header_.e_shnum; ++i) {
    const auto one = section(i);
    if (!one || one->sh_name >= names->sh_size || names->sh_offset > UINT64_MAX / 2 || names->sh_size > UINT64_MAX / 2)
      return {};
    if (bytes_.text(names->sh_offset + one->sh_name, names->sh_offset + names->sh_size) == ".go.buildinfo")
      facts.go = true;
  }
  return {};
}

}  // namespace

outcome<elf_facts> read_elf(std::span<const std::byte> file, std::string_view path) {
  elf_facts facts;
  if (const auto done = reader(file).run(facts); !done) return refuse(kind::bad_plugin, path, ": ", done.error());
  return facts;
}

}  // namespace tokiod::host
