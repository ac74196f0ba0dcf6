// Channels with one receiver: oneshot and mpsc, alone and with several senders.
#include <array>
#include <utility>

#include "measure.hpp"
#include "workloads.hpp"

namespace bench {
namespace {

using tokio::task;
namespace sync = tokio::sync;
namespace mpsc = tokio::sync::mpsc;

constexpr std::uint64_t batch = 1000;

task<std::uint64_t> oneshot_ready(load asked) {
  const stopwatch watch;
  for (std::uint64_t i = 0; i < asked.count; ++i) {
    auto ends = sync::oneshot::channel<std::uint64_t>();
    (void)std::move(ends.first).send(i);
    (void)co_await std::move(ends.second);
  }
  co_return watch.ns();
}

task<std::uint64_t> mpsc_unbounded(load asked) {
  const stopwatch watch;
  auto ends = mpsc::unbounded_channel<std::uint64_t>();
  for (std::uint64_t done = 0; done < asked.count; done += batch) {
    for (std::uint64_t i = 0; i < batch; ++i) (void)ends.first.send(i);
    for (std::uint64_t i = 0; i < batch; ++i) (void)co_await ends.second.recv();
  }
  co_return watch.ns();
}

task<std::uint64_t> mpsc_bounded(load asked) {
  const stopwatch watch;
  auto ends = mpsc::channel<std::uint64_t>(batch);
  for (std::uint64_t done = 0; done < asked.count; done += batch) {
    for (std::uint64_t i = 0; i < batch; ++i) (void)co_await ends.first.send(i);
    for (std::uint64_t i = 0; i < batch; ++i) (void)co_await ends.second.recv();
  }
  co_return watch.ns();
}

constexpr std::uint64_t producers = 5;

task<> produce_bounded(mpsc::sender<std::uint64_t> to, std::uint64_t count) {
  for (std::uint64_t i = 0; i < count; ++i) (void)co_await to.send(i);
}

task<> produce_unbounded(mpsc::unbounded_sender<std::uint64_t> to, std::uint64_t count) {
  for (std::uint64_t i = 0; i < count; ++i) (void)to.send(i);
  co_return;
}

// `senders` tasks send, this one receives.
template <class Ends>
task<std::uint64_t> contended(Ends ends, auto produce, std::uint64_t senders, std::uint64_t count) {
  const stopwatch watch;
  for (std::uint64_t i = 0; i < senders; ++i) tokio::spawn(produce(ends.first, count / senders)).detach();
  for (std::uint64_t i = 0; i < count; ++i) (void)co_await ends.second.recv();
  co_return watch.ns();
}

task<std::uint64_t> mpsc_contended(load asked) {
  return contended(mpsc::channel<std::uint64_t>(1'000'000), produce_bounded, producers, asked.count);
}
task<std::uint64_t> mpsc_contended_full(load asked) {
  return contended(mpsc::channel<std::uint64_t>(100), produce_bounded, producers, asked.count);
}
task<std::uint64_t> mpsc_unbounded_contended(load asked) {
  return contended(mpsc::unbounded_channel<std::uint64_t>(), produce_unbounded, producers, asked.count);
}
task<std::uint64_t> mpsc_stream(load asked) {
  return contended(mpsc::channel<std::uint64_t>(128), produce_bounded, 1, asked.count);
}

task<> answer_all(mpsc::receiver<sync::oneshot::sender<int>> asked) {
  while (auto reply = co_await asked.recv()) (void)std::move(*reply).send(1);
}

// A question over an mpsc, its answer over a oneshot: how tasks call each other.
task<std::uint64_t> request_response(load asked) {
  auto ends = mpsc::channel<sync::oneshot::sender<int>>(10);
  tokio::spawn(answer_all(std::move(ends.second))).detach();
  const stopwatch watch;
  for (std::uint64_t i = 0; i < asked.count; ++i) {
    auto reply = sync::oneshot::channel<int>();
    (void)co_await ends.first.send(std::move(reply.first));
    (void)co_await std::move(reply.second);
  }
  co_return watch.ns();
}

constexpr auto list = std::to_array<workload>({
    {"oneshot", 1, oneshot_ready},
    {"mpsc", batch, mpsc_unbounded},
    {"mpsc_bounded", batch, mpsc_bounded},
    {"mpsc_contended", producers* batch, mpsc_contended},
    {"mpsc_contended_full", producers* batch, mpsc_contended_full},
    {"mpsc_unbounded_contended", producers* batch, mpsc_unbounded_contended},
    {"mpsc_stream", batch, mpsc_stream},
    {"request_response", 1, request_response},
});

}  // namespace

workload_list channels() { return list; }

}  // namespace bench
