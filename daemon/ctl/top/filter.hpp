// Which rows of a tab are shown: words that must all hold. "plugin:echo" (a column is this, * and ? match),
// "busy>1.5s", "polls>=100" (a column compared), "echo" or
// "main.cpp:42" (it stands anywhere in the row).
// Invariant: a filter that was read holds columns of the tab that it was read for.
// Threads:   pure functions [any].
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "ctl/top/tab.hpp"
#include "wire/json.hpp"

namespace tokiod::ctl {

using wire::json;

class row_filter {
 public:
  row_filter() = default;  // everything passes
  // Fails: bad_value, with a sentence that names the word.
  [[nodiscard]] static outcome<row_filter> read(std::string_view text, const tab& of);

  [[nodiscard]] bool passes(const json& row, const tab& of) const;
  [[nodiscard]] bool empty() const { return terms_.empty(); }

 private:
  enum class comparison : std::uint8_t { anywhere, like, less, at_most, equal, at_least, more };
  struct term {
    comparison how = comparison::anywhere;
    const column* of = nullptr;
    std::string text;
    double number = 0;
  };
  [[nodiscard]] static outcome<term> read_word(std::string_view word, const tab& of);
  [[nodiscard]] static bool holds(const term& each, const json& row, const tab& of);

  std::vector<term> terms_;
};

}  // namespace tokiod::ctl
