#include "base/build_id.hpp"

#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <sys/auxv.h>

#include <cstddef>
#include <cstring>
#include <span>

namespace tokiod {
namespace {

std::size_t padded(std::size_t bytes) { return (bytes + 3) / 4 * 4; }

// Of one segment of notes.
build_id_text id_in(const unsigned char* at, std::size_t left) {
  build_id_text id;
  ElfW(Nhdr) note{};
  while (left >= sizeof note) {
    std::memcpy(&note, at, sizeof note);
    const std::size_t name = padded(note.n_namesz), all = sizeof note + name + padded(note.n_descsz);
    if (all > left) break;
    if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 && std::memcmp(at + sizeof note, "GNU", 4) == 0) {
      for (std::size_t i = 0; i < note.n_descsz; ++i) id.append(at[sizeof note + name + i]);
      break;
    }
    at += all;
    left -= all;
  }
  return id;
}

int visit(dl_phdr_info* file, std::size_t, void* into) {
  auto& all = *static_cast<std::map<std::string, std::string>*>(into);
  for (int i = 0; i < file->dlpi_phnum; ++i) {
    const auto& segment = file->dlpi_phdr[i];
    if (segment.p_type != PT_NOTE) continue;
    const auto id = id_in(reinterpret_cast<const unsigned char*>(file->dlpi_addr + segment.p_vaddr), segment.p_memsz);
    if (!id.view().empty()) all.emplace(file->dlpi_name, id.view());
  }
  return 0;
}

// What the loader mapped of a file; nothing where its head is not in the part that was found. Of this program, whose
// parts the loader may know one by one, the kernel says where it is.
std::span<const ElfW(Phdr)> segments_of(const dl_find_object& in) {
  if (*in.dlfo_link_map->l_name == '\0')
    return {reinterpret_cast<const ElfW(Phdr)*>(::getauxval(AT_PHDR)), ::getauxval(AT_PHNUM)};
  const auto* const begin = static_cast<const unsigned char*>(in.dlfo_map_start);
  const auto mapped = static_cast<std::size_t>(static_cast<const unsigned char*>(in.dlfo_map_end) - begin);
  ElfW(Ehdr) head{};
  if (mapped < sizeof head) return {};
  std::memcpy(&head, begin, sizeof head);
  if (std::memcmp(head.e_ident, ELFMAG, SELFMAG) != 0 || head.e_phoff > mapped) return {};
  if (head.e_phnum > (mapped - head.e_phoff) / sizeof(ElfW(Phdr))) return {};
  return {reinterpret_cast<const ElfW(Phdr)*>(begin + head.e_phoff), head.e_phnum};
}

}  // namespace

build_id_text build_id_at(std::uintptr_t address) noexcept {
  dl_find_object in{};
  if (_dl_find_object(reinterpret_cast<void*>(address), &in) != 0) return {};
  const std::uintptr_t base = in.dlfo_link_map->l_addr;
  for (const ElfW(Phdr) & segment : segments_of(in)) {
    if (segment.p_type != PT_NOTE) continue;
    const auto id = id_in(reinterpret_cast<const unsigned char*>(base + segment.p_vaddr), segment.p_memsz);
    if (!id.view().empty()) return id;
  }
  return {};
}

std::map<std::string, std::string> build_ids() {
  std::map<std::string, std::string> all;
  ::dl_iterate_phdr(visit, &all);
  return all;
}

}  // namespace tokiod
