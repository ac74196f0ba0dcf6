// Random damage to a line of text, from a seed: pieces inserted, erased, doubled, nested, and bytes changed.
// Threads: one owner.
#pragma once
#include <cstddef>
#include <iterator>
#include <random>
#include <string>
#include <string_view>

namespace tokiod::test {

class damage {
 public:
  explicit damage(unsigned seed) : random_(seed) {}

  std::string operator()(std::string line) {
    for (auto times = 1 + pick(4); times > 0; --times) one(line);
    return line;
  }

  std::size_t pick(std::size_t below) { return std::uniform_int_distribution<std::size_t>(0, below - 1)(random_); }

 private:
  void one(std::string& line) {
    static constexpr std::string_view bits[] = {"{", "}", "[",     "]",    "\"", "\\",  ",",
                                                ":", "0", "1e999", "\xff", "\n", "null"};
    const auto at = pick(line.size() + 1);
    switch (pick(5)) {
      case 0: line.insert(at, bits[pick(std::size(bits))]); break;
      case 1: line.erase(at, pick(8)); break;
      case 2: line.insert(at, line.substr(at, pick(40))); break;
      case 3: line.insert(at, std::string(pick(200), "[{\""[pick(3)])); break;
      default:
        if (at < line.size()) line[at] = static_cast<char>(pick(256));
    }
  }

  std::mt19937 random_;
};

}  // namespace tokiod::test
