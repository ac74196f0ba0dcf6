#include "runtime/io/source_table.hpp"

#include <bit>
#include <new>

#include "base/assert.hpp"

namespace tokiod::io {
namespace {

// In place of a free slot's descriptor: no other is free. Below it: which one is the next. The rest of the slot stays
// for those who come late.
constexpr int last_free = -1;

}  // namespace

source_table::~source_table() {
  // Relaxed: whoever destroys the table is the last to use it.
  for (auto& chunk : chunks_) delete[] chunk.load(relaxed);
  for (auto& chunk : crowds_) delete[] chunk.load(relaxed);
}

source_table::place source_table::where(std::uint32_t index) {
  const std::uint32_t n = index / first_chunk + 1;
  const auto chunk = static_cast<std::size_t>(std::bit_width(n)) - 1;
  return {chunk, index - first_chunk * ((1U << chunk) - 1)};
}

source& source_table::find(std::uint32_t index) {
  const place at = where(index);
  source* chunk = chunks_[at.chunk].load(acquire);  // pairs with fresh_slot()
  TOKIOD_DEBUG_ASSERT(chunk != nullptr);
  return chunk[at.offset];
}

source_table::crowd* source_table::crowd_of(const source& s, direction d) {
  const place at = where(s.index_);
  crowds* chunk = crowds_[at.chunk].load(acquire);  // pairs with make_crowd()
  return chunk == nullptr ? nullptr : &chunk[at.offset].of[static_cast<std::size_t>(d)];
}

result<source_table::crowd*> source_table::make_crowd(const source& s, direction d) {
  if (crowd* there = crowd_of(s, d)) return there;
  auto& slot = crowds_[where(s.index_).chunk];
  const hold locked(lock_);
  // Relaxed: chunks are added under the lock.
  if (slot.load(relaxed) == nullptr) {
    auto* chunk = new (std::nothrow) crowds[std::size_t{first_chunk} << where(s.index_).chunk];
    if (chunk == nullptr) return std::unexpected(error{ENOMEM, "those who wait for a source"});
    slot.store(chunk, release);  // publishes the constructed crowds; pairs with crowd_of()
  }
  return crowd_of(s, d);
}

source* source_table::fresh_slot() {
  const place at = where(used_);
  if (at.chunk == max_chunks) return nullptr;
  // Relaxed: chunks are added under the lock.
  if (chunks_[at.chunk].load(relaxed) == nullptr) {
    auto* chunk = new (std::nothrow) source[std::size_t{first_chunk} << at.chunk];
    if (chunk == nullptr) return nullptr;
    chunks_[at.chunk].store(chunk, release);  // publishes the constructed slots; pairs with find()
  }
  source& s = find(used_);
  s.index_ = used_++;
  s.home_ = &home_;
  return &s;
}

result<source*> source_table::take(int fd) {
  const hold locked(lock_);
  if (closed_) return std::unexpected(error{ESHUTDOWN, "source table"});
  source* s = nullptr;
  if (free_ != nullptr) {
    s = free_;
    free_ = s->fd_ == last_free ? nullptr : &find(static_cast<std::uint32_t>(last_free - 1 - s->fd_));
  } else {
    s = fresh_slot();
  }
  if (s == nullptr) return std::unexpected(error{ENOMEM, "source table"});
  s->fd_ = fd;
  return s;
}

void source_table::retire(source& s) {
  for (auto& half : s.halves_) half.retire();
}

// Under the lock: whoever closes the table sees each source as the tenant that it will stay.
bool source_table::renew(source& s) {
  const hold locked(lock_);
  if (!closed_) retire(s);
  return !closed_;
}

std::uint32_t source_table::close() {
  const hold locked(lock_);
  closed_ = true;
  return used_;
}

void source_table::give_back(source& s) {
  retire(s);
  const hold locked(lock_);
  TOKIOD_ASSERT(s.fd_ >= 0);  // given back once
  s.fd_ = free_ == nullptr ? last_free : last_free - 1 - static_cast<int>(free_->index_);
  free_ = &s;
}

}  // namespace tokiod::io
