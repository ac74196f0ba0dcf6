// One reserved range of addresses from which all slabs come. A slab is 64 KiB, aligned to its size, of one bin for
// ever; an address that once was a task slot stays readable and stays a task slot as long as the process lives. That is
// what lets a waker be {address, generation} without a reference count: a stale one meets a dead word, never foreign
// data. Invariant: a slab that is given back reads as zeroes; the generations it had used are remembered beside it, and
// the
//            next user starts above them.
// Threads:   any; one mutex, taken once per slab.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>

#include "base/error.hpp"
#include "base/policy.hpp"
#include "runtime/memory/size_class.hpp"

namespace tokiod::memory {

inline constexpr std::size_t slab_bytes = 64 * 1024;
inline constexpr std::size_t run_orders = 15;  // a run is 1, 2, 4 .. 2^14 slabs: 64 KiB .. 1 GiB

// Why memory was refused.
enum class shortage : std::uint8_t {
  over_limit,  // the owner's own limit
  no_memory,   // the machine's, or the arena's range is used up
  too_large,   // a single block above the largest run
};
[[nodiscard]] const char* text(shortage why);

struct arena_options {
  std::size_t reserve_bytes = std::size_t{256} << 30;  // addresses, not memory
};

// Memory that came from the arena: `base` is aligned to slab_bytes and reads as zeroes.
struct slab_memory {
  std::byte* base = nullptr;
  std::uint64_t first_generation = 1;
};

class arena {
 public:
  [[nodiscard]] static result<std::unique_ptr<arena>> create(arena_options options = {});
  arena(const arena&) = delete;
  arena& operator=(const arena&) = delete;
  ~arena();

  [[nodiscard]] std::expected<slab_memory, shortage> take_slab(bin_index bin);
  // `used_generation` is the highest generation any slot of the slab had.
  void give_slab(bin_index bin, std::byte* base, std::uint64_t used_generation);

  // 2^order slabs in one piece, for a single block.
  [[nodiscard]] std::expected<slab_memory, shortage> take_run(slot_kind kind, std::size_t order);
  void give_run(slot_kind kind, std::size_t order, std::byte* base, std::uint64_t used_generation);

  [[nodiscard]] bool owns(const void* address) const;
  [[nodiscard]] std::size_t committed_bytes() const;  // addresses that were ever in use

 private:
  using slab_index = std::uint32_t;
  static constexpr slab_index none = UINT32_MAX;

  // What is remembered of a slab while nobody uses it.
  struct record {
    std::uint64_t next_generation;  // 0: never used
    slab_index next_free;
  };

  arena(std::byte* base, std::size_t slabs, record* records);
  [[nodiscard]] std::expected<slab_memory, shortage> take(slab_index& free_list, std::size_t slabs);
  [[nodiscard]] std::expected<slab_index, shortage> take_fresh(std::size_t slabs);
  void give(slab_index& free_list, std::byte* base, std::size_t slabs, std::uint64_t used_generation);
  [[nodiscard]] slab_index index_of(const std::byte* base) const;

  std::byte* const base_;
  const std::size_t slabs_;
  record* const records_;

  mutable real_policy::mutex mutex_;  // guards everything below, and the records
  std::size_t next_ = 0;              // slabs below were handed out at least once
  std::size_t committed_ = 0;         // slabs below are readable and writable
  std::array<slab_index, bin_count> free_slabs_;
  std::array<std::array<slab_index, run_orders>, 2> free_runs_;  // by kind
};

}  // namespace tokiod::memory
