// Internal to host/export/fs*.cpp: which operations the kernel's ring does, and how: each as a program of steps, one
// entry in the ring after the other.
// Invariant: what a program leaves behind when it is given up is what a job begins with.
// Threads:   one for each operation.
#pragma once
#include <sys/stat.h>

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/fd.hpp"
#include "host/export/fs_calls.hpp"

struct io_uring_sqe;

namespace tokiod::host::fs {

// What a program needs while it is on its way.
struct flight {
  struct statx facts{};
  unique_fd place;  // for the descriptor that is being made
  unique_fd fd;     // of a file that is open for this operation alone
  enum class phase : std::uint8_t { open, stat, move, close } now = phase::open;
  tokio_res over = 0;  // what will be said once the file is closed
};

// Nothing: there is another step. `to_a_job`: the rest is a job's.
using answer = std::optional<tokio_res>;
inline constexpr tokio_res to_a_job = INT64_MIN;

struct program {
  std::uint32_t op;
  int opcode;                        // the kernel's, of what it cannot do without
  bool (*begin)(request&, flight&);  // what needs no entry; false: a job says what is wrong
  void (*prepare)(request&, flight&, io_uring_sqe&);
  answer (*step)(request&, flight&, int result);  // may throw bad_alloc
  void (*give_up)(request&);
};

// Null: it is always a job.
[[nodiscard]] const program* program_of(std::uint32_t op);

}  // namespace tokiod::host::fs
