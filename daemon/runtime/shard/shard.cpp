#include "runtime/shard/shard.hpp"

namespace tokiod::shard {

result<std::unique_ptr<shard>> shard::create(std::uint32_t id, const clock& time, bool steady,
                                             std::size_t events_per_turn) {
  auto made = io::reactor::create(events_per_turn);
  if (!made) return std::unexpected(made.error());
  return std::unique_ptr<shard>(new shard(id, time, steady, std::move(*made)));
}

}  // namespace tokiod::shard
