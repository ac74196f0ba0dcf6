#include "host/export/buffer.hpp"

#include <atomic>
#include <cstdlib>

#include "host/export/common.hpp"
#include "host/handle_pool.hpp"

namespace tokiod::host {
namespace {

struct block final : pooled<block> {
  // No model: holders count down to the end, with release and acquire.
  std::atomic<std::uint32_t> shares{0};
  void* memory = nullptr;
  std::size_t bytes = 0;
};

void free_block(block& b, tokio_plugin& p) noexcept {
  std::free(std::exchange(b.memory, nullptr));
  p.discharge(b.bytes);
  handle_pool<block>::give(b);
}

void lease_release(tokio_buf* self) noexcept {
  auto& b = *static_cast<block*>(self->owner);
  auto* p = b.owner.load(relaxed);
  if (p == nullptr) return (void)misuse(nullptr, "a lease was released twice");
  p->count(entry::leases, -1);
  // Release and acquire: what every share did with the bytes comes before they are freed.
  if (b.shares.fetch_sub(1, acq_rel) == 1) free_block(b, *p);
}

tokio_status lease_share(const tokio_buf* self, tokio_buf* out) noexcept {
  auto& b = *static_cast<block*>(self->owner);
  auto* p = b.owner.load(relaxed);
  if (p == nullptr) return fail(TOKIO_EBADF, "the lease was released before");
  b.shares.fetch_add(1, relaxed);  // whoever shares holds a share, so it cannot be the last
  p->count(entry::leases, 1);
  *out = *self;
  return TOKIO_OK;
}

constexpr tokio_buf_vt lease_vt = {.reserved = 0, .release = lease_release, .share = lease_share};

}  // namespace

tokio_status new_lease(tokio_plugin& p, std::size_t bytes, tokio_buf* out) noexcept {
  if (!p.charge(bytes))
    return fail(TOKIO_EQUOTA, "a buffer of ", bytes, " bytes is more than ", p.instance, " may have");
  auto* b = handle_pool<block>::take(&p);
  void* memory = b == nullptr ? nullptr : std::malloc(bytes == 0 ? 1 : bytes);
  if (memory == nullptr) {
    if (b != nullptr) handle_pool<block>::give(*b);
    p.discharge(bytes);
    return fail(TOKIO_ENOMEM, "no memory for a buffer of ", bytes, " bytes");
  }
  b->shares.store(1, relaxed);  // nobody else knows it yet
  b->memory = memory;
  b->bytes = bytes;
  p.count(entry::leases, 1);
  *out = {static_cast<uint8_t*>(memory), 0, bytes, &lease_vt, b};
  return TOKIO_OK;
}

bool is_whole_lease(const tokio_buf& given, const tokio_plugin& of) noexcept {
  if (given.vt != &lease_vt) return false;
  const auto& b = *static_cast<const block*>(given.owner);
  return b.owner.load(relaxed) == &of && given.ptr == b.memory && given.cap == b.bytes && given.len <= given.cap &&
         b.shares.load(acquire) == 1;
}

std::uint64_t take_back_leases(tokio_plugin& of) noexcept {
  std::uint64_t count = 0;
  handle_pool<block>::for_each_of(&of, [&](block& b) {
    const auto shares = b.shares.load(acquire);
    count += shares;
    of.count(entry::leases, -static_cast<std::int64_t>(shares));
    free_block(b, of);
  });
  return count;
}

}  // namespace tokiod::host
