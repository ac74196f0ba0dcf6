// Notify, mutex, rwlock and semaphore: uncontended, and with tasks that wait for each other.
#include <array>
#include <utility>
#include <vector>

#include "measure.hpp"
#include "workloads.hpp"

namespace bench {
namespace {

using tokio::task;
namespace sync = tokio::sync;

task<> notified_back(sync::notify& in, sync::notify& out, std::uint64_t count) {
  for (std::uint64_t i = 0; i < count; ++i) {
    co_await in.notified();
    out.notify_one();
  }
}

task<std::uint64_t> notify_round_trips(load asked) {
  sync::notify there, back;
  auto other = tokio::spawn(notified_back(there, back, asked.count));
  const stopwatch watch;
  for (std::uint64_t i = 0; i < asked.count; ++i) {
    there.notify_one();
    co_await back.notified();
  }
  const auto took = watch.ns();
  (void)co_await std::move(other);
  co_return took;
}

task<std::uint64_t> mutex_pair(load asked) {
  sync::mutex<std::uint64_t> value(0);
  const stopwatch watch;
  for (std::uint64_t i = 0; i < asked.count; ++i) {
    auto guard = co_await value.lock();
    ++*guard;
  }
  co_return watch.ns();
}

task<std::uint64_t> read_pair(load asked) {
  sync::rwlock<std::uint64_t> value(0);
  const stopwatch watch;
  for (std::uint64_t i = 0; i < asked.count; ++i) {
    const auto guard = co_await value.read();
    opaque(*guard);
  }
  co_return watch.ns();
}

task<std::uint64_t> write_pair(load asked) {
  sync::rwlock<std::uint64_t> value(0);
  const stopwatch watch;
  for (std::uint64_t i = 0; i < asked.count; ++i) {
    auto guard = co_await value.write();
    ++*guard;
  }
  co_return watch.ns();
}

task<std::uint64_t> semaphore_pair(load asked) {
  sync::semaphore seats(10);
  const stopwatch watch;
  for (std::uint64_t i = 0; i < asked.count; ++i) (void)co_await seats.acquire();
  co_return watch.ns();
}

// So many tasks want it at once; each yields while it holds it, so that all others have to stand in line.
constexpr std::uint64_t rivals = 6;

task<> lock_often(sync::mutex<std::uint64_t>& value, std::uint64_t times) {
  for (std::uint64_t i = 0; i < times; ++i) {
    auto guard = co_await value.lock();
    ++*guard;
    co_await tokio::yield_now();
  }
}

// One in four writes.
task<> read_and_write(sync::rwlock<std::uint64_t>& value, std::uint64_t times) {
  for (std::uint64_t i = 0; i < times; ++i) {
    if (i % 4 == 0) {
      auto guard = co_await value.write();
      ++*guard;
      co_await tokio::yield_now();
    } else {
      const auto guard = co_await value.read();
      opaque(*guard);
      co_await tokio::yield_now();
    }
  }
}

task<> acquire_often(sync::semaphore& seats, std::uint64_t times) {
  for (std::uint64_t i = 0; i < times; ++i) {
    auto permit = co_await seats.acquire();
    co_await tokio::yield_now();
  }
}

// The handles are awaited before what the tasks share is gone.
template <class Shared>
task<std::uint64_t> contended(Shared& shared, task<> (*each)(Shared&, std::uint64_t), std::uint64_t count) {
  const stopwatch watch;
  std::vector<tokio::join_handle<void>> handles;
  for (std::uint64_t i = 0; i < rivals; ++i) handles.push_back(tokio::spawn(each(shared, count / rivals)));
  for (auto& handle : handles) (void)co_await std::move(handle);
  co_return watch.ns();
}

task<std::uint64_t> mutex_contended(load asked) {
  sync::mutex<std::uint64_t> value(0);
  co_return co_await contended(value, lock_often, asked.count);
}

task<std::uint64_t> semaphore_contended(load asked) {
  sync::semaphore seats(2);
  co_return co_await contended(seats, acquire_often, asked.count);
}

task<std::uint64_t> rwlock_contended(load asked) {
  sync::rwlock<std::uint64_t> value(0);
  co_return co_await contended(value, read_and_write, asked.count);
}

constexpr auto list = std::to_array<workload>({
    {"notify", 1, notify_round_trips},
    {"mutex", 1, mutex_pair},
    {"rwlock_read", 1, read_pair},
    {"rwlock_write", 1, write_pair},
    {"semaphore", 1, semaphore_pair},
    {"mutex_contended", rivals, mutex_contended},
    {"semaphore_contended", rivals, semaphore_contended},
    {"rwlock_contended", rivals, rwlock_contended},
});

}  // namespace

workload_list locks() { return list; }

}  // namespace bench
