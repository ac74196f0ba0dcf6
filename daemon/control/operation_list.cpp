#include "control/operation_list.hpp"

#include <algorithm>
#include <utility>

#include "base/clock.hpp"
#include "wire/parse.hpp"

namespace tokiod::control {
namespace {

constexpr std::size_t most_ended = 256;
constexpr std::size_t longest_result = 16 * 1024;  // a longer one was told to who waited, and is not kept

operation_state state_of(const wire::answer& what) {
  if (what) return operation_state::done;
  return what.error().code == rpc_code(kind::cancelled) ? operation_state::cancelled : operation_state::failed;
}

}  // namespace

std::string_view name(operation_state s) {
  constexpr std::string_view names[] = {"waiting", "running", "done", "failed", "cancelled"};
  return names[static_cast<unsigned>(s)];
}

operation_record& operation_list::add(operation_record asked) {
  asked.id = ++last_id_;
  asked.asked_wall_ns = wall_clock_ns();
  return all_.emplace_back(std::move(asked));
}

void operation_list::forget(std::uint64_t id) {
  std::erase_if(all_, [id](const auto& one) { return one.id == id; });
}

void operation_list::begin(std::uint64_t id) {
  auto* const one = find(id);
  if (!one || one->state != operation_state::waiting) return;
  one->state = operation_state::running;
  one->began_wall_ns = wall_clock_ns();
  changed_(*one);
}

void operation_list::end(std::uint64_t id, wire::answer what) {
  auto* const one = find(id);
  if (!one || one->has_ended()) return;
  one->state = state_of(what);
  one->ended_wall_ns = wall_clock_ns();
  if (what && wire::dump(*what).size() > longest_result) what = wire::json{{"too_long", true}};
  one->what = std::move(what);
  changed_(*one);
  shorten();
}

operation_record* operation_list::find(std::uint64_t id) {
  const auto found = std::ranges::find(all_, id, &operation_record::id);
  return found == all_.end() ? nullptr : &*found;
}

void operation_list::shorten() {
  const auto ended = std::ranges::count_if(all_, &operation_record::has_ended);
  if (static_cast<std::size_t>(ended) <= most_ended) return;
  all_.erase(std::ranges::find_if(all_, &operation_record::has_ended));
}

}  // namespace tokiod::control
