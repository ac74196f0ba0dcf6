// What the peers in C++ have in common: one request a line, one JSON object a line back (`list`, `run NAME COUNT`,
// `serve`), a clock, and values that the compiler must really make.
// Threads: main.
#pragma once
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <iostream>
#include <span>
#include <sstream>
#include <string>
#include <string_view>

namespace peer {

class stopwatch {
 public:
  [[nodiscard]] std::uint64_t ns() const {
    const auto took = std::chrono::steady_clock::now() - begin_;
    return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(took).count());
  }

 private:
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

// The compiler must have `value` in memory here, and knows nothing of what it is afterwards.
template <class T>
void opaque(T& value) {
  asm volatile("" : : "r"(&value) : "memory");
}

struct workload {
  std::string_view name;
  std::uint64_t step;                               // operations that only come together
  std::function<std::uint64_t(std::uint64_t)> run;  // gives the total, in `unit`, of so many operations
  std::string_view unit = "ns";
};

inline std::string names(std::span<const workload> all) {
  std::string out = "{\"workloads\":[";
  for (const auto& one : all) out += (out.back() == '[' ? "\"" : ",\"") + std::string(one.name) + '"';
  return out + "]}";
}

inline std::string measured(const workload& of, std::uint64_t asked) {
  const auto count = std::max<std::uint64_t>(1, (asked + of.step - 1) / of.step) * of.step;
  const auto total = of.run(count);
  return "{\"workload\":\"" + std::string(of.name) + "\",\"operations\":" + std::to_string(count) +
         ",\"total\":" + std::to_string(total) + ",\"unit\":\"" + std::string(of.unit) + "\"}";
}

inline std::string answer(const std::string& line, std::span<const workload> all, const std::function<int()>& serve) {
  std::istringstream words(line);
  std::string verb, name;
  std::uint64_t count = 0;
  words >> verb >> name >> count;
  if (verb == "list") return names(all);
  if (verb == "serve") return "{\"port\":" + std::to_string(serve()) + '}';
  const auto found = std::ranges::find(all, name, &workload::name);
  if (verb != "run" || found == all.end()) return "{\"error\":\"expected list, run NAME COUNT or serve\"}";
  return measured(*found, count);
}

// Until the end of standard input. `serve` starts a TCP echo server and gives its port.
inline void answer_lines(std::span<const workload> all, const std::function<int()>& serve) {
  for (std::string line; std::getline(std::cin, line);) std::cout << answer(line, all, serve) << std::endl;
}

}  // namespace peer
