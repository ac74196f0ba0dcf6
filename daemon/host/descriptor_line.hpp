// How many descriptors plugins are given: as many as the process may have, but for the last ones. Those stay for the
// daemon: clients of the control socket, copies of plugins, files that it or a library opens for a moment. So a plugin
// that takes all it can get hears EMFILE, and the operator is answered all the same.
// The kernel gives the lowest free number, so a number at or above the line says that everything below it is taken, by
// whomever. Nothing is counted, and what plugins and libraries open by themselves is in the account.
// Invariant: no socket or file that the host makes for a plugin stays open at or above the line. Near it they are made
//            one after the other, and an accept is not begun unless there is room: what waits in a backlog stays there.
//            The turn is never held by what may wait.
// Threads:   [any].
// No model: a flag that rises once and a sum, neither of which orders anything.
#pragma once
#include <atomic>
#include <cstdint>
#include <mutex>
#include <utility>

#include "base/fd.hpp"
#include "base/policy.hpp"

namespace tokiod::host {

class descriptor_line {
 public:
  // `kept`: descriptors for the daemon, but never more than a quarter of what the process may have.
  explicit descriptor_line(std::uint32_t kept) : kept_(kept) {}

  // What `call` makes, a descriptor or a negative errno; -EMFILE when it would be at or above the line. `like`: a
  // descriptor to find out with whether there is room, for a call that cannot be taken back; -1: it can.
  template <class Call>
  [[nodiscard]] int make(int like, Call call) {
    if (!near_.load(relaxed)) [[likely]]
      return keep(call());
    const std::lock_guard hold(turn_);
    return room(like) ? keep(call()) : refuse();
  }
  // The same for a call that may wait and cannot be taken back, as open(2) does: nobody waits for it, and it is not
  // begun without a number below the line, which its descriptor gets if what it was given by the kernel is none.
  template <class Call>
  [[nodiscard]] int make_with_place(Call call) {
    unique_fd place(reserve());
    return place ? settle(std::move(place), call()) : place.get();
  }
  // Its two halves, for a call that is made elsewhere. The first: a place, or a negative errno. The second: what the
  // call made, or the place in its stead, or a negative errno.
  [[nodiscard]] int reserve();
  [[nodiscard]] int settle(unique_fd place, int fd);
  // A new descriptor, or -EMFILE: then it is closed.
  [[nodiscard]] int keep(int fd);

  struct view {
    std::uint64_t limit = 0;  // what the process may have
    std::uint64_t line = 0;   // what plugins get of it
    std::uint64_t refused = 0;
  };
  [[nodiscard]] view look() const;

 private:
  struct bounds {
    std::int64_t limit, line, near_from;
  };
  [[nodiscard]] bounds now() const;
  [[nodiscard]] bool room(int like) const;
  [[nodiscard]] int refuse();

  const std::uint32_t kept_;
  // Relaxed, both: they order nothing. A number near the line was seen. It stays set: a hole far below says nothing
  // about how many are left.
  std::atomic<bool> near_{false};
  std::atomic<std::uint64_t> refused_{0};
  std::mutex turn_;
};

}  // namespace tokiod::host
