// Who gets a place at the control sockets, so that nobody is kept out by one user who takes them all.
// Invariant: pure functions. Of four places one is left to the others; who may do everything finds a few more.
// Threads:   [any].
#pragma once
#include <sys/types.h>

#include <algorithm>
#include <cstddef>
#include <string>

#include "base/error.hpp"
#include "control/options.hpp"

namespace tokiod::control {

// How many connections there are when another one comes.
struct crowd_now {
  std::size_t all = 0;
  std::size_t of_this_user = 0;
};

// Of one user that is not root: three quarters of all places, where there are enough to share.
[[nodiscard]] constexpr std::size_t places_of_one_user(std::size_t max_clients) {
  return max_clients < 4 ? max_clients : max_clients - max_clients / 4;
}

// Fails: too_many_clients, whose sentence says whether the house is full or the user has his share.
[[nodiscard]] inline outcome<void> admit(const limits& bounds, uid_t uid, level has, crowd_now there) {
  const bool trusted = uid == 0 || has == level::admin;
  const std::size_t places = bounds.max_clients + (trusted ? bounds.reserved_for_root : 0);
  if (there.all >= places)
    return refuse(kind::too_many_clients, "the control socket serves at most ", places, " clients at once");
  const std::size_t share = places_of_one_user(bounds.max_clients);
  if (!trusted && there.of_this_user >= share)
    return refuse(kind::too_many_clients, "one user may have ", share, " of the ", bounds.max_clients,
                  " connections to the control socket, and has them");
  return {};
}

}  // namespace tokiod::control
