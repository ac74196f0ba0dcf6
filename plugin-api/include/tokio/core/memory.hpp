// Where coroutine frames come from.
// Threads: [any]; a frame may be freed on another thread than the one that made it.
#pragma once

#include <cstddef>
#include <new>

#include "tokio/core/compiler.hpp"

namespace tokio {

// Base of a promise whose frame is plain memory.
struct frame_memory {
  static void* operator new(std::size_t size) { return ::operator new(size); }
  static void* operator new(std::size_t size, std::align_val_t align) { return ::operator new(size, align); }
  static void operator delete(void* frame, std::size_t size) noexcept { ::operator delete(frame, size); }
  static void operator delete(void* frame, std::size_t size, std::align_val_t align) noexcept {
    ::operator delete(frame, size, align);
  }
};

}  // namespace tokio
