// `instant` and `duration`: a point and a span on the host's monotonic clock, which tests and simulation replace.
// Threads: instant::now [any] that works for an instance; the rest has no state.
#pragma once

#include <chrono>
#include <compare>
#include <limits>
#include <optional>

#include "tokio/core/host.hpp"

namespace tokio::time {

using duration = std::chrono::nanoseconds;

// Nanoseconds of a span, none when it is negative.
constexpr std::uint64_t to_ns(duration span) noexcept {
  return span.count() < 0 ? 0 : static_cast<std::uint64_t>(span.count());
}

// Invariant: arithmetic saturates, so no deadline wraps into the past.
class instant {
 public:
  constexpr instant() noexcept = default;
  static instant now(call_site at = call_site::current()) { return instant(now_ns(at)); }
  static constexpr instant from_ns(std::uint64_t ns) noexcept { return instant(ns); }
  // So far ahead that it is never reached (about 584 years).
  static constexpr instant far_future() noexcept { return instant(std::numeric_limits<std::uint64_t>::max()); }

  // The host's clock is the steady one of the standard library; what a test or a simulation replaces it with is not, so
  // these only keep the number then. Times before its beginning are its beginning, and far futures its last.
  static constexpr instant from_std(std::chrono::steady_clock::time_point at) noexcept {
    return instant(to_ns(at.time_since_epoch()));
  }
  constexpr std::chrono::steady_clock::time_point into_std() const noexcept {
    return std::chrono::steady_clock::time_point(duration_since(instant()));
  }

  constexpr std::uint64_t ns() const noexcept { return ns_; }
  // 0 when `earlier` is later.
  constexpr duration duration_since(instant earlier) const noexcept {
    auto span = ns_ > earlier.ns_ ? ns_ - earlier.ns_ : 0;
    constexpr auto longest = static_cast<std::uint64_t>(duration::max().count());
    return duration(static_cast<duration::rep>(span > longest ? longest : span));
  }
  constexpr std::optional<duration> checked_duration_since(instant earlier) const noexcept {
    if (ns_ < earlier.ns_) return std::nullopt;
    return duration_since(earlier);
  }
  duration elapsed(call_site at = call_site::current()) const { return now(at).duration_since(*this); }
  constexpr std::optional<instant> checked_add(duration span) const noexcept {
    if (span.count() < 0) return checked_sub(-span);
    if (to_ns(span) > std::numeric_limits<std::uint64_t>::max() - ns_) return std::nullopt;
    return instant(ns_ + to_ns(span));
  }
  constexpr std::optional<instant> checked_sub(duration span) const noexcept {
    if (span.count() < 0) return checked_add(-span);
    if (to_ns(span) > ns_) return std::nullopt;
    return instant(ns_ - to_ns(span));
  }

  friend constexpr instant operator+(instant at, duration span) noexcept {
    return at.checked_add(span).value_or(span.count() < 0 ? instant() : far_future());
  }
  friend constexpr instant operator-(instant at, duration span) noexcept {
    return at.checked_sub(span).value_or(span.count() < 0 ? far_future() : instant());
  }
  friend constexpr duration operator-(instant later, instant earlier) noexcept { return later.duration_since(earlier); }
  friend constexpr auto operator<=>(const instant&, const instant&) noexcept = default;

 private:
  explicit constexpr instant(std::uint64_t ns) noexcept : ns_(ns) {}
  std::uint64_t ns_ = 0;
};

}  // namespace tokio::time
