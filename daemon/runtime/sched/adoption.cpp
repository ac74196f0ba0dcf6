#include "runtime/sched/adoption.hpp"

#include <algorithm>

namespace tokiod::sched {
namespace {

// The reactors first, because that may fail.
result<void> watch_all(shard::shard& with, const std::vector<shard::shard*>& shards) {
  for (std::size_t i = 0; i < shards.size(); ++i) {
    auto watched = with.reactor->adopt(*shards[i]->reactor);
    if (watched) continue;
    while (i-- != 0) with.reactor->abandon(*shards[i]->reactor);
    return watched;
  }
  return {};
}

}  // namespace

core& heir_among(engine& all, std::uint32_t among) {
  // Nobody but us changes the lists.
  return **std::min_element(all.cores.begin(), all.cores.begin() + among, [](const auto& one, const auto& other) {
    return one->adopted.size() < other->adopted.size();
  });
}

result<void> bequeath(core& from, core& to) {
  std::vector<shard::shard*> shards = from.adopted;
  shards.push_back(&from.home);
  if (auto watched = watch_all(to.home, shards); !watched) return watched;
  engine& all = from.all;
  (void)all.with_core(to, never, [&] { to.adopted.insert(to.adopted.end(), shards.begin(), shards.end()); });
  (void)all.with_core(from, never, [&] {
    for (shard::shard* const one : std::exchange(from.adopted, {})) from.home.reactor->abandon(*one->reactor);
    for (shard::shard* const one : shards) one->set_owner(to.index);
  });
  to.home.wake();  // its sleep is too long for the timers that it has now
  return {};
}

void reclaim_home(core& of) {
  engine& all = of.all;
  core& adopter = *all.cores[of.home.owner()];
  if (&adopter == &of) return;
  (void)all.with_core(adopter, never, [&] {
    std::erase(adopter.adopted, &of.home);
    of.home.set_owner(of.index);
  });
  adopter.home.reactor->abandon(*of.home.reactor);
  of.home.wake();  // the adopter may have swallowed a wake-up
}

}  // namespace tokiod::sched
