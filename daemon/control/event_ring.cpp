#include "control/event_ring.hpp"

#include <utility>

#include "wire/json.hpp"
#include "wire/parse.hpp"

namespace tokiod::control {

std::uint64_t event_ring::push(std::string_view topic, std::int64_t wall_ns, std::shared_ptr<const std::string> data) {
  bytes_ += data->size();
  waiting_.push_back({next_seq_++, wall_ns, std::string(topic), std::move(data)});
  std::uint64_t gone = 0;
  for (; too_full(); ++gone) {
    bytes_ -= waiting_.front().data->size();
    waiting_.pop_front();
  }
  dropped_ += gone;
  return gone;
}

std::optional<std::string> event_ring::pop() {
  if (waiting_.empty()) return std::nullopt;
  const auto oldest = std::move(waiting_.front());
  waiting_.pop_front();
  bytes_ -= oldest.data->size();
  wire::json head = {
      {"sub", sub_}, {"seq", oldest.seq}, {"ts", static_cast<double>(oldest.wall_ns) / 1e9}, {"topic", oldest.topic}};
  if (const auto dropped = std::exchange(dropped_, 0)) head["dropped"] = dropped;
  // The data is text already: it goes in as the last member, behind the head without its closing brace.
  std::string params = wire::dump(head);
  params.pop_back();
  return R"({"jsonrpc":"2.0","method":"event","params":)" + params + ",\"data\":" + *oldest.data + "}}\n";
}

}  // namespace tokiod::control
