#include "other.hpp"

#include <optional>

using tokio::task;
using tokio::runtime::handle;

namespace other_image {
namespace {

std::optional<handle> kept_here;

task<int> gives(int value) { co_return value; }

}  // namespace

bool current_is_missing() { return !handle::try_current().has_value(); }
tokio::join_handle<int> spawn_seven(const handle& into) { return into.spawn(gives(7)); }
std::string name_of(const handle& of) { return std::string(of.name().value_or("")); }
std::size_t workers_of(const tokio::runtime::metrics& of) { return of.num_workers(); }
int block_on_eight(const handle& of) { return of.block_on(gives(8)); }

void keep(const handle& kept) { kept_here = kept; }
std::string name_of_kept() { return name_of(*kept_here); }
bool spawn_into_kept_is_cancelled() {
  auto late = kept_here->spawn(gives(1));
  return late.is_finished();
}

}  // namespace other_image
