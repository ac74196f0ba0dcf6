// Slots for one owner. Each core has a local_heap per owner: free lists that need no atomic operation. What a core has
// too much of goes as a magazine of slots to the owner's depot, and comes from there to a core that has none: at most
// one lock per magazine. A slot freed on another core than it came from simply joins the free list there. Invariant: a
// slot is in use, or on one free list, or in one magazine of the depot; bytes are charged to the owner from
//            the moment a slab is taken from the arena until it is given back.
// Threads:   local_heap [one at a time]; owner_heap [any].
// No model: sums and hints, relaxed, and the head of a list that only grows while a walk reads it; whoever takes a slab
//           off it waits for the walk. The rest is under locks.
#pragma once
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <expected>

#include "base/aside.hpp"
#include "base/assert.hpp"
#include "base/spin_lock.hpp"
#include "runtime/memory/arena.hpp"
#include "runtime/memory/poison.hpp"
#include "runtime/memory/slab.hpp"

namespace tokiod::memory {

inline constexpr std::uint64_t no_limit = UINT64_MAX;

namespace impl {
// Fewer of the large ones, so that an idle core holds back at most 32 KiB a bin.
consteval std::uint32_t magazine_slots_of(bin_index bin) {
  const std::size_t fit = 16 * 1024 / slot_bytes(bin);
  return static_cast<std::uint32_t>(fit > 64 ? 64 : fit < 2 ? 2 : fit);
}
consteval auto magazine_slots_by_bin() {
  std::array<std::uint32_t, bin_count> slots{};
  for (std::size_t i = 0; i < bin_count; ++i) slots[i] = magazine_slots_of(static_cast<bin_index>(i));
  return slots;
}
inline constexpr auto magazine_slots_table = magazine_slots_by_bin();
}  // namespace impl
// Slots that change hands with one lock. Looked up at every free: not to be divided out there.
[[nodiscard]] constexpr std::uint32_t magazine_slots(bin_index bin) { return impl::magazine_slots_table[bin]; }

// Freed runs of up to 256 KiB that an owner keeps for its next large block: giving one back costs 3 us, keeping it 30
// ns.
inline constexpr std::size_t kept_run_orders = 3;
inline constexpr std::uint32_t kept_runs = 8;  // of each order and kind

// A chain of free slots linked through free_slot::next.
struct magazine {
  free_slot* first = nullptr;
  std::uint32_t count = 0;
};

// Everything of one owner that is not in a core's hands.
class owner_heap {
 public:
  // `door` is what task slots of this owner find at their slab: see task/scheduler.hpp.
  owner_heap(arena& from, owner_id owner, std::uint64_t limit_bytes, void* door);
  owner_heap(const owner_heap&) = delete;
  owner_heap& operator=(const owner_heap&) = delete;
  ~owner_heap();  // every slot must be back, and every local_heap flushed

  [[nodiscard]] owner_id owner() const { return owner_; }
  [[nodiscard]] std::uint64_t charged_bytes() const { return charged_.load(relaxed); }
  [[nodiscard]] std::uint64_t limit_bytes() const { return limit_.load(relaxed); }
  // A lower limit than what is charged refuses new slabs; it takes nothing back.
  void set_limit_bytes(std::uint64_t limit) { limit_.store(limit, relaxed); }

  // Bytes that did not come from here but count against the limit too (buffers, a plugin's own heap).
  [[nodiscard]] bool charge(std::uint64_t bytes);
  void discharge(std::uint64_t bytes);

  // Between a local_heap and the depot.
  // At the limit, what lies idle in other sizes goes back first.
  [[nodiscard]] std::expected<magazine, shortage> take(bin_index bin);
  void give(bin_index bin, magazine slots);

  // Blocks larger than the largest slot.
  TOKIOD_ASIDE [[nodiscard]] std::expected<void*, shortage> allocate_run(slot_kind kind, std::size_t bytes) noexcept;
  TOKIOD_ASIDE void free_run(slab_header& run) noexcept;

  // Gives slabs without a single slot in use back to the arena; returns the bytes. Slots in local heaps count as in
  // use. It looks at every idle slot, and nobody else waits for that, but for walks, and for who is at the limit.
  std::uint64_t trim();
  // Of slots that lie in the depot; a sum over what changes meanwhile.
  [[nodiscard]] std::uint64_t idle_bytes() const;
  // Of them, those that the last trim() has not left where they are.
  [[nodiscard]] std::uint64_t newly_idle_bytes();
  // Of these, those that nobody has asked for since the last call. [one at a time]
  [[nodiscard]] std::uint64_t unwanted_bytes();

  // Calls visit(void* slot) for every task slot that was ever handed out and is still ours, used or free: whoever
  // visits reads word 0 to know. Allocation and freeing go on meanwhile; trim() and free_run() wait.
  template <class Visit>
  void for_each_task_slot(Visit visit);

 private:
  struct depot {
    spin_lock lock;
    free_slot* magazines = nullptr;       // linked through next_magazine
    slab_header* carving = nullptr;       // has slots that were never handed out
    std::atomic<std::uint64_t> idle{0};   // slots in the magazines; written under the lock
    std::atomic<std::uint64_t> least{0};  // of idle, since unwanted_bytes()
  };

  // Free runs of one kind and order, linked through free_slot::next. They stay charged and on the list of slabs.
  struct kept {
    free_slot* first = nullptr;
    std::uint32_t count = 0;
  };

  [[nodiscard]] kept& kept_of(slot_kind kind, std::size_t order) {
    return kept_[static_cast<std::size_t>(kind)][order];
  }
  [[nodiscard]] free_slot* take_kept(slot_kind kind, std::size_t order);
  [[nodiscard]] bool keep(slab_header& run);
  [[nodiscard]] bool grow_charge(slab_header& run, std::uint64_t bytes);
  std::uint64_t give_back(slab_header& slab, slab_header* before = nullptr);
  [[nodiscard]] std::expected<magazine, shortage> take_now(bin_index bin);
  [[nodiscard]] bool make_room();
  static void put(depot& into, free_slot* magazine);
  std::uint64_t trim_kept();
  [[nodiscard]] std::expected<slab_header*, shortage> add_slab(bin_index bin);
  [[nodiscard]] slab_header& start_slab(slab_memory memory, bin_index bin, std::uint64_t bytes, std::uint32_t slots);
  [[nodiscard]] static magazine carve(slab_header& slab, std::uint32_t wanted);
  [[nodiscard]] std::uint64_t trim_bin(bin_index bin);
  [[nodiscard]] static free_slot* take_all(depot& from);
  void count_free(bin_index bin, free_slot* magazines);
  static void stop_carving_empty(depot& of);
  [[nodiscard]] static free_slot* keep_used(free_slot* magazines, std::uint32_t full);
  [[nodiscard]] std::uint64_t release_empty(bin_index bin);
  template <class Act>
  void for_each_slab(bin_index bin, Act act);
  template <class Act>
  static void for_each_free(free_slot* magazines, Act act);
  void link(slab_header& slab);
  void unlink(slab_header& slab, slab_header* before = nullptr);

  arena& arena_;
  const owner_id owner_;
  void* const door_;
  std::atomic<std::uint64_t> charged_{0};    // relaxed: a sum, it orders nothing
  std::atomic<std::uint64_t> limit_;         // relaxed: whoever reads the old limit came before the change
  std::atomic<std::uint64_t> left_idle_{0};  // by the last trim(), or less
  std::array<depot, bin_count> depots_;
  spin_lock kept_lock_;
  std::array<std::array<kept, kept_run_orders>, 2> kept_;  // by kind
  real_policy::mutex walk_mutex_;             // held by who walks the slabs and by who takes one off the list
  spin_lock append_lock_;                     // held by who adds a slab or takes one off; never waits for a walk
  std::atomic<slab_header*> slabs_{nullptr};  // release publishes a started slab to a walk's acquire
};

// One core's share. Created when the core first meets the owner.
class local_heap {
 public:
  explicit local_heap(owner_heap& owner) : owner_(&owner) {}
  local_heap(const local_heap&) = delete;
  local_heap& operator=(const local_heap&) = delete;
  ~local_heap() { flush(); }

  [[nodiscard]] owner_heap& owner() const { return *owner_; }

  // At least `bytes`, 64-byte aligned, contents unspecified but for word 0 of a task slot: a dead state word.
  [[nodiscard]] std::expected<void*, shortage> allocate(slot_kind kind, std::size_t bytes) {
    if (bytes > largest_slot_bytes) [[unlikely]]
      return owner_->allocate_run(kind, bytes);
    const bin_index index = bin_of(kind, class_of(bytes));
    bin& from = bins_[index];
    free_slot* slot = from.first;
    if (slot == nullptr) [[unlikely]]
      return refill(index);
    from.first = slot->next;
    --from.count;
    unpoison_slot(slot, slot_bytes(index));
    return slot;
  }

  // A slot of the same owner, from whichever core.
  void free(void* memory) {
    slab_header& slab = slab_of(memory);
    TOKIOD_DEBUG_ASSERT(slab.heap == owner_);
    if (slab.is_run()) [[unlikely]]
      return owner_->free_run(slab);
    bin& into = bins_[slab.bin];
    // Before the slot joins a list, so that who frees and allocates at the edge stays on one list.
    if (into.count >= magazine_slots(slab.bin)) [[unlikely]]
      rotate(slab.bin);
    auto* slot = static_cast<free_slot*>(memory);
    slot->next = into.first;
    into.first = slot;
    ++into.count;
    poison_slot(slot, kind_of(slab.bin), slot_bytes(slab.bin));
  }

  // Hands everything to the depot: before the owner ends, or when a core retires.
  void flush();

 private:
  struct bin {
    free_slot* first = nullptr;
    free_slot* spare = nullptr;  // a full magazine, kept so that a core at the edge does not lock on every turn
    std::uint32_t count = 0;     // of first
  };

  TOKIOD_ASIDE [[nodiscard]] std::expected<void*, shortage> refill(bin_index index) noexcept;
  TOKIOD_ASIDE void rotate(bin_index index) noexcept;

  owner_heap* owner_;
  std::array<bin, bin_count> bins_{};
};

template <class Visit>
void owner_heap::for_each_task_slot(Visit visit) {
  const hold walk(walk_mutex_);
  for (slab_header* slab = slabs_.load(acquire); slab != nullptr; slab = slab->next) {
    if (kind_of(slab->bin) != slot_kind::task) continue;
    // Acquire pairs with the release in carve(): the first words of these slots are initialised.
    const std::uint32_t carved = slab->carved.load(acquire);
    for (std::uint32_t i = 0; i < carved; ++i) visit(static_cast<void*>(slot_at(*slab, i)));
  }
}

}  // namespace tokiod::memory
