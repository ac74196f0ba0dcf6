// TCP: an echo between two tasks of this runtime. The server that is loaded from outside is in server.cpp.
#include <array>
#include <cstddef>
#include <span>
#include <stdexcept>
#include <string>

#include "measure.hpp"
#include "tokio/net.hpp"
#include "workloads.hpp"

namespace bench {
namespace {

using tokio::task;
namespace net = tokio::net;

task<> echo_once(net::tcp_listener listener) {
  auto accepted = co_await listener.accept();
  if (!accepted) co_return;
  auto& stream = accepted->first;
  (void)stream.set_nodelay(true);
  std::array<std::byte, 64> bytes;
  for (;;) {
    const auto got = co_await stream.read(bytes);
    if (!got || *got == 0) co_return;
    const auto sent = co_await stream.write_all(std::span(bytes).first(*got));
    if (!sent) co_return;
  }
}

// 64 bytes there and back over TCP on the loopback: what remains above the kernel's share is ours.
task<std::uint64_t> echo(load asked) {
  auto listener = net::tcp_listener::bind_to(net::socket_address(net::ip_address::loopback_v4(), 0));
  if (!listener) throw std::runtime_error(std::string(listener.error().message()));
  const auto at = listener->local_addr();
  tokio::spawn(echo_once(std::move(*listener))).detach();
  auto stream = co_await net::tcp_stream::connect(*at);
  if (!stream) throw std::runtime_error(std::string(stream.error().message()));
  (void)stream->set_nodelay(true);
  std::array<std::byte, 64> bytes{};
  const stopwatch watch;
  for (std::uint64_t i = 0; i < asked.count; ++i) {
    (void)co_await stream->write_all(bytes);
    (void)co_await stream->read_exact(bytes);
  }
  co_return watch.ns();
}

constexpr auto list = std::to_array<workload>({
    {"echo", 1, echo},
});

}  // namespace

workload_list network() { return list; }

}  // namespace bench
