#include "base/code_place.hpp"

#include <dlfcn.h>
#include <elf.h>
#include <link.h>

#include <algorithm>

namespace tokiod {
namespace {

using word = std::uint32_t;

// The tables of one file in memory that say what it exports.
class exports {
 public:
  explicit exports(const dl_find_object& in) : base_(in.dlfo_link_map->l_addr) {
    for (const ElfW(Dyn)* entry = in.dlfo_link_map->l_ld; entry->d_tag != DT_NULL; ++entry) note(*entry);
  }

  [[nodiscard]] std::string_view function_at(std::uintptr_t offset) const {
    if (symbols_ == nullptr || names_ == nullptr) return {};
    const word count = this->count();
    for (word i = 1; i < count; ++i)
      if (covers(symbols_[i], offset) && symbols_[i].st_name < names_size_) return names_ + symbols_[i].st_name;
    return {};
  }

 private:
  void note(const ElfW(Dyn) & entry) {
    switch (entry.d_tag) {
      case DT_SYMTAB: symbols_ = reinterpret_cast<const ElfW(Sym)*>(address(entry)); break;
      case DT_STRTAB: names_ = reinterpret_cast<const char*>(address(entry)); break;
      case DT_STRSZ: names_size_ = entry.d_un.d_val; break;
      case DT_HASH: hash_ = reinterpret_cast<const word*>(address(entry)); break;
      case DT_GNU_HASH: gnu_hash_ = reinterpret_cast<const word*>(address(entry)); break;
      default: break;
    }
  }
  // The loader has made addresses of most files' entries; the kernel's own file has offsets still. What tells them
  // apart is the base: the mapping that was found may be one segment of several, and the tables lie in another.
  [[nodiscard]] std::uintptr_t address(const ElfW(Dyn) & entry) const {
    const std::uintptr_t at = entry.d_un.d_ptr;
    return at >= base_ ? at : at + base_;
  }

  [[nodiscard]] word count() const {
    if (hash_ != nullptr) return hash_[1];
    return gnu_hash_ != nullptr ? count_by_gnu_hash() : 0;
  }
  // It says how many only by where its last chain ends.
  [[nodiscard]] word count_by_gnu_hash() const {
    const word buckets = gnu_hash_[0], first = gnu_hash_[1], bloom = gnu_hash_[2];
    const word* const heads = gnu_hash_ + 4 + bloom * (sizeof(ElfW(Addr)) / sizeof(word));
    const word* const chains = heads + buckets;
    word last = 0;
    for (word i = 0; i < buckets; ++i) last = std::max(last, heads[i]);
    if (last < first) return first;
    while ((chains[last - first] & 1) == 0) ++last;
    return last + 1;
  }

  static bool covers(const ElfW(Sym) & symbol, std::uintptr_t offset) {
    const auto type = ELF64_ST_TYPE(symbol.st_info);
    return (type == STT_FUNC || type == STT_GNU_IFUNC) && symbol.st_shndx != SHN_UNDEF && offset >= symbol.st_value &&
           offset - symbol.st_value < symbol.st_size;
  }

  const std::uintptr_t base_;
  const ElfW(Sym) * symbols_ = nullptr;
  const char* names_ = nullptr;
  std::size_t names_size_ = 0;
  const word* hash_ = nullptr;
  const word* gnu_hash_ = nullptr;
};

}  // namespace

code_place locate(std::uintptr_t address) noexcept {
  dl_find_object in{};
  if (_dl_find_object(reinterpret_cast<void*>(address), &in) != 0) return {nullptr, address, {}};
  const std::uintptr_t offset = address - in.dlfo_link_map->l_addr;
  return {.module = in.dlfo_link_map->l_name, .offset = offset, .symbol = exports(in).function_at(offset)};
}

}  // namespace tokiod
