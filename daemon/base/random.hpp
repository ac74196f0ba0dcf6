// A small fast generator for choices that need no secrecy: where a thief starts looking, jitter of a keep-alive.
// Invariant: the state is never zero, whatever the seed, so it never sticks.
// Threads:   one at a time.
#pragma once
#include <cstdint>

namespace tokiod {

class fast_random {
 public:
  explicit fast_random(std::uint64_t seed) : state_(mix(seed)) {
    if (state_ == 0) state_ = 0x9e3779b97f4a7c15;
  }

  [[nodiscard]] std::uint64_t next() {  // xorshift*: period 2^64 - 1
    state_ ^= state_ >> 12;
    state_ ^= state_ << 25;
    state_ ^= state_ >> 27;
    return state_ * 0x2545f4914f6cdd1d;
  }

  // A value in [0, bound). The bias is below bound / 2^32, which no caller can see. bound > 0.
  [[nodiscard]] std::uint32_t below(std::uint32_t bound) {
    return static_cast<std::uint32_t>(((next() >> 32) * bound) >> 32);
  }

 private:
  // Neighbouring seeds (worker 0, worker 1) must not give neighbouring sequences.
  static std::uint64_t mix(std::uint64_t value) {
    value += 0x9e3779b97f4a7c15;
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
    value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
    return value ^ (value >> 31);
  }

  std::uint64_t state_;
};

}  // namespace tokiod
