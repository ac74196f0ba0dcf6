#include "control/event_log.hpp"

#include <algorithm>
#include <utility>

namespace tokiod::control {

const logged_event& event_log::append(std::string_view topic, std::int64_t wall_ns,
                                      std::shared_ptr<const std::string> data) {
  bytes_ += data->size();
  kept_.push_back({take_number(), wall_ns, std::string(topic), std::move(data)});
  shorten();
  return kept_.back();
}

// The newest stays, however large: somebody is about to be given it.
void event_log::shorten() {
  while (kept_.size() > 1 && (kept_.size() > max_messages_ || bytes_ > max_bytes_)) {
    bytes_ -= kept_.front().data->size();
    lost_upto_ = kept_.front().seq;
    kept_.pop_front();
  }
}

const logged_event* event_log::after(std::uint64_t seq) const {
  const auto found = std::ranges::upper_bound(kept_, seq, {}, &logged_event::seq);
  return found == kept_.end() ? nullptr : &*found;
}

}  // namespace tokiod::control
