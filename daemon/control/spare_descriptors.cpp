#include "control/spare_descriptors.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <utility>

namespace tokiod::control {

result<void> spare_descriptors::open() {
  auto origin = make_eventfd();
  if (!origin) return std::unexpected(origin.error());
  origin_ = std::move(*origin);
  held_.reserve(wanted_);
  fill_up();
  if (held_.size() < wanted_) return std::unexpected(error::last("fcntl"));
  return {};
}

bool spare_descriptors::give_up() {
  if (held_.empty()) return false;
  held_.pop_back();
  return true;
}

void spare_descriptors::take_instead_of(unique_fd gone) {
  if (!origin_ || !gone || held_.size() >= wanted_) return;
  // dup3 closes and takes the number at once. When it fails (EBUSY, EINTR), `gone` is closed as ever.
  if (::dup3(origin_.get(), gone.get(), O_CLOEXEC) == gone.get()) held_.push_back(std::move(gone));
}

void spare_descriptors::fill_up() {
  while (held_.size() < wanted_) {
    unique_fd one(::fcntl(origin_.get(), F_DUPFD_CLOEXEC, 0));
    if (!one) return;
    held_.push_back(std::move(one));
  }
}

}  // namespace tokiod::control
