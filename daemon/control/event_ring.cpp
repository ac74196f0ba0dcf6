#include "control/event_ring.hpp"

#include <utility>

#include "control/view/time.hpp"
#include "wire/json.hpp"
#include "wire/parse.hpp"

namespace tokiod::control {

std::string event_line(const std::string& sub, const logged_event& event, std::uint64_t dropped) {
  wire::json head = {{"sub", sub}, {"seq", event.seq}, {"ts", seconds_of(event.wall_ns)}, {"topic", event.topic}};
  if (dropped != 0) head["dropped"] = dropped;
  // The data is text already: it goes in as the last member, behind the head without its closing brace.
  std::string params = wire::dump(head);
  params.pop_back();
  return R"({"jsonrpc":"2.0","method":"event","params":)" + params + ",\"data\":" + *event.data + "}}\n";
}

std::uint64_t event_ring::push(logged_event event) {
  bytes_ += event.data->size();
  waiting_.push_back(std::move(event));
  std::uint64_t gone = 0;
  for (; too_full(); ++gone) {
    bytes_ -= waiting_.front().data->size();
    waiting_.pop_front();
  }
  dropped_ += gone;
  return gone;
}

void event_ring::keep(const std::function<bool(const logged_event&)>& wanted) {
  std::erase_if(waiting_, [&](const auto& event) { return !wanted(event); });
  bytes_ = 0;
  for (const auto& event : waiting_) bytes_ += event.data->size();
}

std::optional<std::string> event_ring::pop() {
  if (waiting_.empty()) return std::nullopt;
  const auto oldest = std::move(waiting_.front());
  waiting_.pop_front();
  bytes_ -= oldest.data->size();
  return event_line(sub_, oldest, std::exchange(dropped_, 0));
}

}  // namespace tokiod::control
