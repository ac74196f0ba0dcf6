// The sources of one reactor. Slots are handed out again; their memory stays until the table goes.
// Invariant: find() of an index that was ever handed out gives a valid slot, from any thread, without a lock.
// Threads:   take, give_back, live [any]; find [any].
// No model: chunks that are added under a lock and published with one release store.
#pragma once
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/error.hpp"
#include "base/spin_lock.hpp"
#include "runtime/io/crowd.hpp"
#include "runtime/io/source.hpp"

namespace tokiod::io {

class source_table {
 public:
  explicit source_table(reactor& home) : home_(home) {}
  source_table(const source_table&) = delete;
  source_table& operator=(const source_table&) = delete;
  ~source_table();

  [[nodiscard]] result<source*> take(int fd);  // ENOMEM; ESHUTDOWN: it was closed
  void give_back(source& s);                   // events under way for it are stale from here on
  [[nodiscard]] bool renew(source& s);         // the same, and the source stays; false: it was closed, nothing is done
  // No source is handed out or renewed from here on; how many slots ever were handed out.
  [[nodiscard]] std::uint32_t close();
  [[nodiscard]] source& find(std::uint32_t index);

  // look(source&) of those that are handed out; none comes or goes meanwhile. Under the lock, so it is brief.
  template <class Look>
  void for_each(Look look) {
    const hold locked(lock_);
    for (std::uint32_t i = 0; i < used_; ++i)
      if (source& s = find(i); s.fd_ >= 0) look(s);
  }

  using crowd = basic_crowd<real_policy, task::key>;
  // Null: nobody has waited beside the poller of a source of that chunk.
  [[nodiscard]] crowd* crowd_of(const source& s, direction d);
  [[nodiscard]] result<crowd*> make_crowd(const source& s, direction d);  // ENOMEM

 private:
  // Chunk k holds first_chunk << k slots: few chunks, so their addresses fit in a fixed array that readers need no lock
  // for, and a table of three sockets costs 4 KiB.
  static constexpr std::uint32_t first_chunk = 64;
  static constexpr std::size_t max_chunks = 20;

  struct crowds {
    crowd of[2];
  };
  struct place {
    std::size_t chunk;
    std::uint32_t offset;
  };
  [[nodiscard]] static place where(std::uint32_t index);
  [[nodiscard]] source* fresh_slot();
  static void retire(source& s);

  reactor& home_;
  std::array<std::atomic<source*>, max_chunks> chunks_{};
  std::array<std::atomic<crowds*>, max_chunks> crowds_{};  // of the same slots; most programs need none
  real_policy::mutex lock_;                                // guards what follows; a chunk may be allocated under it
  source* free_ = nullptr;
  std::uint32_t used_ = 0;  // slots ever handed out
  bool closed_ = false;
};

}  // namespace tokiod::io
