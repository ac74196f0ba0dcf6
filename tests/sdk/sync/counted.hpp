// Values for the tests of sync/: one that counts its lives, one whose destructor does what the test says.
// Threads: one test at a time.
#pragma once

#include <functional>
#include <memory>
#include <stdexcept>
#include <utility>

namespace tokio::test {

// As many destructions as constructions: `alive` is 0 again when a test is over.
class counted {
 public:
  static inline int alive = 0;
  explicit counted(int value = 0) : value(value) { ++alive; }
  counted(const counted& other) : value(other.value) { ++alive; }
  counted(counted&& other) noexcept : value(std::exchange(other.value, -1)) { ++alive; }
  counted& operator=(const counted&) = default;
  counted& operator=(counted&& other) noexcept {
    value = std::exchange(other.value, -1);
    return *this;
  }
  ~counted() { --alive; }
  int value;
};

// Calls back when the last copy goes: code of a user that runs wherever a primitive destroys a value.
class on_drop {
 public:
  on_drop() = default;
  explicit on_drop(std::function<void()> what)
      : what_(new std::function<void()>(std::move(what)), [](auto* f) {
          (*f)();
          delete f;
        }) {}

 private:
  std::shared_ptr<std::function<void()>> what_;
};

}  // namespace tokio::test
