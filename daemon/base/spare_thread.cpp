#include "base/spare_thread.hpp"

#include <condition_variable>
#include <mutex>
#include <string>
#include <utility>

namespace tokiod {

struct spare_thread::shared {
  std::mutex mutex;
  std::condition_variable told;
  bool over = false;  // there is a body, or none will come
  std::string name;
  std::function<void()> body;

  void run() {
    {
      std::unique_lock hold(mutex);
      told.wait(hold, [this] { return over; });
    }
    if (!body) return;
    pthread_setname_np(pthread_self(), name.substr(0, 15).c_str());
    std::exchange(body, nullptr)();
  }
  void end_wait() {
    const std::lock_guard hold(mutex);
    over = true;
    told.notify_one();
  }
};

spare_thread::~spare_thread() {
  if (!waiting_) return;
  waiting_->end_wait();
  thread_.join();
}

result<void> spare_thread::keep() {
  if (waiting_) return {};
  auto made = std::make_shared<shared>();
  auto started = os_thread::start({.name = "tokiod-spare"}, [made] { made->run(); });
  if (!started) return std::unexpected(started.error());
  thread_ = std::move(*started);
  waiting_ = std::move(made);
  return {};
}

result<os_thread> spare_thread::start(const thread_options& options, std::function<void()> body) {
  auto started = os_thread::start(options, body);
  if (started || !waiting_) return started;
  const auto spare = std::exchange(waiting_, nullptr);
  spare->name = options.name;
  spare->body = std::move(body);
  spare->end_wait();  // publishes both
  return std::move(thread_);
}

}  // namespace tokiod
