#include "base/build_id.hpp"

#include <elf.h>
#include <link.h>

#include <algorithm>
#include <cstddef>
#include <cstring>

namespace tokiod {
namespace {

constexpr std::size_t longest_id = 64;

std::size_t padded(std::size_t bytes) { return (bytes + 3) / 4 * 4; }

std::string hexadecimal(const unsigned char* from, std::size_t bytes) {
  constexpr char digits[] = "0123456789abcdef";
  std::string text;
  for (std::size_t i = 0; i < std::min(bytes, longest_id); ++i) {
    text += digits[from[i] >> 4];
    text += digits[from[i] & 15];
  }
  return text;
}

// Of one segment of notes; empty: it is not among them.
std::string id_in(const unsigned char* at, std::size_t left) {
  ElfW(Nhdr) note{};
  while (left >= sizeof note) {
    std::memcpy(&note, at, sizeof note);
    const std::size_t name = padded(note.n_namesz), all = sizeof note + name + padded(note.n_descsz);
    if (all > left) return {};
    if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 && std::memcmp(at + sizeof note, "GNU", 4) == 0)
      return hexadecimal(at + sizeof note + name, note.n_descsz);
    at += all;
    left -= all;
  }
  return {};
}

int visit(dl_phdr_info* file, std::size_t, void* into) {
  auto& all = *static_cast<std::map<std::string, std::string>*>(into);
  for (int i = 0; i < file->dlpi_phnum; ++i) {
    const auto& segment = file->dlpi_phdr[i];
    if (segment.p_type != PT_NOTE) continue;
    auto id = id_in(reinterpret_cast<const unsigned char*>(file->dlpi_addr + segment.p_vaddr), segment.p_memsz);
    if (!id.empty()) all.emplace(file->dlpi_name, std::move(id));
  }
  return 0;
}

}  // namespace

std::map<std::string, std::string> build_ids() {
  std::map<std::string, std::string> all;
  ::dl_iterate_phdr(visit, &all);
  return all;
}

}  // namespace tokiod
