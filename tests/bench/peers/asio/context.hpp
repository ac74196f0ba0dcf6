// internal to the Asio peer: a context with its threads, channels, counting to an end, and what each source offers.
// Threads: context::run [main]; a coroutine belongs to whichever thread of the context resumes it.
#pragma once
#include <asio.hpp>
#include <asio/experimental/as_tuple.hpp>
#include <asio/experimental/concurrent_channel.hpp>
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <thread>
#include <vector>

#include "peers/lines.hpp"

namespace peer {

using asio::awaitable;
using asio::co_spawn;
using asio::detached;
using asio::use_awaitable;

// Shared by all that use one: a sender may still be inside it when the receiver has its message already.
using channel_of = asio::experimental::concurrent_channel<void(asio::error_code, std::uint64_t)>;
using channel = std::shared_ptr<channel_of>;

constexpr std::uint64_t batch = 1000;

// A context and its threads.
class context {
 public:
  explicit context(int workers) : io_(workers), work_(io_.get_executor()) {
    for (int i = 0; i < workers; ++i) threads_.emplace_back([this] { io_.run(); });
  }
  ~context() {
    io_.stop();
    for (auto& thread : threads_) thread.join();
  }
  asio::io_context& io() { return io_; }

  // Runs one coroutine to its end and gives its value.
  std::uint64_t run(awaitable<std::uint64_t> body) {
    std::atomic<bool> done{false};
    std::uint64_t value = 0;
    co_spawn(io_, std::move(body), [&](std::exception_ptr thrown, std::uint64_t total) {
      if (thrown) std::abort();
      value = total;
      done.store(true, std::memory_order_release);
      done.notify_one();
    });
    done.wait(false, std::memory_order_acquire);
    return value;
  }

 private:
  asio::io_context io_;
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  std::vector<std::thread> threads_;
};

inline channel make_channel(const asio::any_io_executor& on, std::size_t room) {
  return std::make_shared<channel_of>(on, room);
}

// Counts down to zero and then sends one message.
struct countdown {
  countdown(const asio::any_io_executor& on, std::uint64_t from) : left(from), done(on, 1) {}
  void one_less() {
    if (left.fetch_sub(1, std::memory_order_acq_rel) == 1) done.try_send(asio::error_code{}, 0U);
  }
  auto finished() { return done.async_receive(use_awaitable); }
  std::atomic<std::uint64_t> left;
  channel_of done;
};
using shared_countdown = std::shared_ptr<countdown>;

// A workload that is a coroutine.
inline auto as_task(context& on, awaitable<std::uint64_t> (*body)(std::uint64_t)) {
  return [&on, body](std::uint64_t count) { return on.run(body(count)); };
}

using listener = std::shared_ptr<asio::ip::tcp::acceptor>;

std::vector<workload> scheduling(context& on);          // scheduling.cpp
std::vector<workload> channels(context& on);            // channels.cpp
std::vector<workload> timers_and_network(context& on);  // io.cpp
listener serve_echo(const asio::any_io_executor& on);   // io.cpp

}  // namespace peer
