// Where coroutine frames come from: each is the body of a block of the host, so that any of them can become a task of
// its own without being moved. A frame made outside of an instance, or one that is over-aligned, is plain memory.
// Invariant: 32 bytes in front of every frame say whose it is. A frame that was not spawned goes back to where it came
//            from; the block of a spawned one belongs to the host.
// Threads: [any]; a frame may be freed on another thread than the one that made it.
#pragma once

#include <cstddef>
#include <new>

#include "tokio/core/host.hpp"

namespace tokio {

// The beginning of every body that the SDK gives the host. The rest of it belongs to whoever spawned it.
struct alignas(16) block_prefix {
  explicit block_prefix(tokio_plugin* owner) noexcept : instance(owner) {}

  tokio_plugin* instance;        // nullptr: this is not a block of the host
  std::uint64_t generation = 0;  // of the task, known from its first poll on
  call_site spawned_at{};        // stays when the rest is gone
  bool spawned = false;          // the host frees the block
  bool has_future = false;       // the task's future is not destroyed yet
  bool has_outcome = false;      // it ended by itself, and its value or exception is there
  bool cleanup_threw = false;    // it was aborted, and a destructor in it threw
};
static_assert(sizeof(block_prefix) == 32);

inline block_prefix& prefix_of(void* frame) noexcept { return static_cast<block_prefix*>(frame)[-1]; }
inline void* frame_of(block_prefix& prefix) noexcept { return &prefix + 1; }

// Base of a promise: its coroutine's frames are such blocks. A compiler with -fcoro-aligned-allocation calls the forms
// that name an alignment, for every frame.
class frame_memory {
 public:
  static void* operator new(std::size_t size) { return allocate(size, alignof(block_prefix)); }
  static void* operator new(std::size_t size, std::align_val_t align) {
    return allocate(size, static_cast<std::size_t>(align));
  }
  static void operator delete(void* frame, std::size_t size) noexcept { free(frame, size, alignof(block_prefix)); }
  static void operator delete(void* frame, std::size_t size, std::align_val_t align) noexcept {
    free(frame, size, static_cast<std::size_t>(align));
  }

 private:
  static void* allocate(std::size_t size, std::size_t align) {
    auto* instance = this_thread.instance;
    if (!instance || align > alignof(block_prefix)) return allocate_plain(size, align);
    tokio_task* block = nullptr;
    if (host.core->task_alloc(instance, sizeof(block_prefix) + size, alignof(block_prefix), &block) < 0)
      throw std::bad_alloc();
    return ::new (tokio_task_body(host.core, block)) block_prefix(instance) + 1;
  }
  static void free(void* frame, std::size_t size, std::size_t align) noexcept {
    auto& prefix = prefix_of(frame);
    if (prefix.spawned) return;
    if (prefix.instance) return host.core->task_discard(tokio_body_task(host.core, &prefix));
    auto front = front_of(align);
    ::operator delete(static_cast<char*>(frame) - front, front + size, std::align_val_t(front));
  }
  static void* allocate_plain(std::size_t size, std::size_t align) {
    auto front = front_of(align);
    auto* frame = static_cast<char*>(::operator new(front + size, std::align_val_t(front))) + front;
    ::new (frame - sizeof(block_prefix)) block_prefix(nullptr);
    return frame;
  }
  // Room for the prefix that keeps the frame aligned.
  static constexpr std::size_t front_of(std::size_t align) noexcept {
    return align < sizeof(block_prefix) ? sizeof(block_prefix) : align;
  }
};

}  // namespace tokio
