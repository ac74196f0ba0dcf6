// Clients of an echo server that never pause, while something changes under them.
// Threads: one for each connection; the rest is the test's.
#pragma once
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "acceptance/tcp_client.hpp"

namespace tokiod::test {

// Connections that ask and check without a pause until they are told to end.
class traffic {
 public:
  traffic(std::uint16_t port, int connections) {
    for (int i = 0; i < connections; ++i) threads_.emplace_back([this, port, i] { run(port, i); });
  }
  traffic(const traffic&) = delete;
  traffic& operator=(const traffic&) = delete;
  ~traffic() {
    if (!over_) (void)end();
  }
  [[nodiscard]] std::uint64_t answers() const { return answers_; }
  // How many connections got something else than what they sent.
  int end() {
    over_ = true;
    for (auto& one : threads_) one.join();
    return broken_;
  }

 private:
  void run(std::uint16_t port, int number) {
    tcp_client client(port);
    for (int line = 0; !over_; ++line) {
      const std::string text = std::to_string(number) + " " + std::to_string(line) +
                               std::string(static_cast<std::size_t>(line % 3000), 'x') + "\n";
      if (!client.send(text) || client.read_until("\n") != text) {
        ++broken_;
        return;
      }
      ++answers_;
    }
  }

  std::atomic<bool> over_{false};
  std::atomic<std::uint64_t> answers_{0};
  std::atomic<int> broken_{0};
  std::vector<std::thread> threads_;
};

}  // namespace tokiod::test
