// Where an address of code lies: in which file, at which offset, and in which function, as far as the file exports it.
// Invariant: takes no lock, allocates nothing, and reads only tables of the file that the address lies in; so it may be
//            called from a signal handler, for code that cannot be unmapped meanwhile (dladdr() takes the loader's
//            lock, which a plugin's constructor may hold for ever).
// Threads:   [any].
#pragma once
#include <cstdint>
#include <string_view>

namespace tokiod {

struct code_place {
  const char* module = nullptr;  // the file as the loader was told it; "": this program; null: in no file
  std::uintptr_t offset = 0;     // in the file's mapping; in no file: the address
  std::string_view symbol;       // as the linker knows it; empty: no exported function is there
};

[[nodiscard]] code_place locate(std::uintptr_t address) noexcept;

}  // namespace tokiod
