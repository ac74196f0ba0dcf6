#include "runtime/memory/arena.hpp"

#include <sys/mman.h>

#include <algorithm>

#include "base/assert.hpp"
#include "base/bits.hpp"
#include "base/spin_lock.hpp"

namespace tokiod::memory {

namespace {

// Addresses become usable in steps of 2 MiB, so that a new slab rarely costs a system call. A step is a large page of
// the system: with a million tasks every one of them is on another small page, and looking pages up would cost more
// than anything else. The first ones stay small pages: a daemon with little to do is not charged for what it never
// uses.
constexpr std::size_t large_page = std::size_t{2} << 20;
constexpr std::size_t commit_slabs = large_page / slab_bytes;
constexpr std::size_t slabs_on_small_pages = 4 * commit_slabs;

result<std::byte*> reserve(std::size_t bytes, int protection) {
  void* at = ::mmap(nullptr, bytes, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (at == MAP_FAILED) return std::unexpected(error::last("mmap"));
  return static_cast<std::byte*>(at);
}

// `bytes` of addresses that nobody may touch yet, aligned to a large page and so to a slab.
result<std::byte*> reserve_aligned(std::size_t bytes) {
  const auto raw = reserve(bytes + large_page, PROT_NONE);
  if (!raw) return raw;
  const auto address = reinterpret_cast<std::uintptr_t>(*raw);
  const std::size_t before = round_up(address, large_page) - address;
  if (before != 0) ::munmap(*raw, before);
  if (before != large_page) ::munmap(*raw + before + bytes, large_page - before);
  return *raw + before;
}

}  // namespace

const char* text(shortage why) {
  switch (why) {
    case shortage::over_limit: return "the owner's memory limit is reached";
    case shortage::no_memory: return "the system has no more memory";
    case shortage::too_large: return "a single block may have at most 1 GiB";
  }
  return "";
}

// A process may be allowed fewer addresses than we like to have (RLIMIT_AS): take what there is, down to 64 MiB.
result<std::unique_ptr<arena>> arena::create(arena_options options) {
  constexpr std::size_t least = std::size_t{64} << 20;
  for (std::size_t bytes = round_up(std::max(options.reserve_bytes, least), slab_bytes);;
       bytes = round_up(bytes / 2, slab_bytes)) {
    const auto base = reserve_aligned(bytes);
    if (base) {
      const std::size_t slabs = bytes / slab_bytes;
      const auto records = reserve(slabs * sizeof(record), PROT_READ | PROT_WRITE);
      if (records) return std::unique_ptr<arena>(new arena(*base, slabs, reinterpret_cast<record*>(*records)));
      ::munmap(*base, bytes);
    }
    if (bytes / 2 < least) return std::unexpected(error::last("mmap"));
  }
}

arena::arena(std::byte* base, std::size_t slabs, record* records) : base_(base), slabs_(slabs), records_(records) {
  free_slabs_.fill(none);
  for (auto& of_kind : free_runs_) of_kind.fill(none);
}

arena::~arena() {
  ::munmap(base_, slabs_ * slab_bytes);
  ::munmap(records_, slabs_ * sizeof(record));
}

std::expected<slab_memory, shortage> arena::take_slab(bin_index bin) {
  const hold lock(mutex_);
  return take(free_slabs_[bin], 1);
}

void arena::give_slab(bin_index bin, std::byte* base, std::uint64_t used_generation) {
  give(free_slabs_[bin], base, 1, used_generation);
}

std::expected<slab_memory, shortage> arena::take_run(slot_kind kind, std::size_t order) {
  if (order >= run_orders) return std::unexpected(shortage::too_large);
  const hold lock(mutex_);
  return take(free_runs_[static_cast<std::size_t>(kind)][order], std::size_t{1} << order);
}

void arena::give_run(slot_kind kind, std::size_t order, std::byte* base, std::uint64_t used_generation) {
  give(free_runs_[static_cast<std::size_t>(kind)][order], base, std::size_t{1} << order, used_generation);
}

std::expected<slab_memory, shortage> arena::take(slab_index& free_list, std::size_t slabs) {
  if (free_list != none) {
    const slab_index index = free_list;
    free_list = records_[index].next_free;
    return slab_memory{base_ + index * slab_bytes, records_[index].next_generation};
  }
  const auto fresh = take_fresh(slabs);
  if (!fresh) return std::unexpected(fresh.error());
  return slab_memory{base_ + *fresh * slab_bytes, 1};
}

std::expected<arena::slab_index, shortage> arena::take_fresh(std::size_t slabs) {
  if (slabs_ - next_ < slabs) return std::unexpected(shortage::no_memory);
  if (next_ + slabs > committed_) {
    const std::size_t until = std::min(round_up(next_ + slabs, commit_slabs), slabs_);
    const std::size_t bytes = (until - committed_) * slab_bytes;
    std::byte* const fresh = base_ + committed_ * slab_bytes;
    if (::mprotect(fresh, bytes, PROT_READ | PROT_WRITE) != 0) {
      return std::unexpected(shortage::no_memory);  // ENOMEM: the commit limit, or too many mappings
    }
    // A hint. Where large pages are off it fails, and the pages are small.
    if (committed_ >= slabs_on_small_pages) (void)::madvise(fresh, bytes, MADV_HUGEPAGE);
    committed_ = until;
  }
  const auto index = static_cast<slab_index>(next_);
  next_ += slabs;
  return index;
}

// The memory goes back to the system before somebody else can take the addresses. A failing madvise keeps the pages,
// and with them old words; they are cleared by hand then, because a slab must read as zeroes.
void arena::give(slab_index& free_list, std::byte* base, std::size_t slabs, std::uint64_t used_generation) {
  TOKIOD_ASSERT(owns(base));
  if (::madvise(base, slabs * slab_bytes, MADV_DONTNEED) != 0) std::fill_n(base, slabs * slab_bytes, std::byte{0});
  const hold lock(mutex_);
  const slab_index index = index_of(base);
  records_[index] = {used_generation + 1, free_list};
  free_list = index;
}

arena::slab_index arena::index_of(const std::byte* base) const {
  return static_cast<slab_index>(static_cast<std::size_t>(base - base_) / slab_bytes);
}

bool arena::owns(const void* address) const {
  const auto* at = static_cast<const std::byte*>(address);
  return at >= base_ && at < base_ + slabs_ * slab_bytes;
}

std::size_t arena::committed_bytes() const {
  const hold lock(mutex_);
  return committed_ * slab_bytes;
}

}  // namespace tokiod::memory
