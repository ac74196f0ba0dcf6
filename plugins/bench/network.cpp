// TCP: an echo between two tasks of this runtime, and the server that is loaded from outside.
#include <array>
#include <cstddef>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "measure.hpp"
#include "tokio/net.hpp"
#include "workloads.hpp"

namespace bench {
namespace {

using tokio::task;
namespace net = tokio::net;

task<> give_back(net::tcp_stream stream) {
  (void)stream.set_nodelay(true);
  std::vector<std::byte> bytes(16 * 1024);
  for (;;) {
    const auto got = co_await stream.read(bytes);
    if (!got || *got == 0) co_return;
    const auto sent = co_await stream.write_all(std::span(bytes).first(*got));
    if (!sent) co_return;
  }
}

task<> accept_all(net::tcp_listener listener) {
  for (;;) {
    auto accepted = co_await listener.accept();
    if (!accepted) co_return;
    tokio::spawn(give_back(std::move(accepted->first))).detach();
  }
}

[[noreturn]] void give_up(const tokio::error& why) { throw std::runtime_error(std::string(why.message())); }

// A listener on a port of its own, and where it is.
std::pair<net::tcp_listener, net::socket_address> listen() {
  auto listener = net::tcp_listener::bind_to(net::socket_address(net::ip_address::loopback_v4(), 0));
  if (!listener) give_up(listener.error());
  auto at = listener->local_addr();
  if (!at) give_up(at.error());
  return {std::move(*listener), *at};
}

// 64 bytes there and back over TCP on the loopback: what remains above the kernel's share is ours.
task<std::uint64_t> echo(load asked) {
  auto [listener, at] = listen();
  auto server = tokio::spawn(accept_all(std::move(listener)));
  auto stream = co_await net::tcp_stream::connect(at);
  if (!stream) give_up(stream.error());
  (void)stream->set_nodelay(true);
  std::array<std::byte, 64> bytes{};
  const stopwatch watch;
  for (std::uint64_t i = 0; i < asked.count; ++i) {
    (void)co_await stream->write_all(bytes);
    (void)co_await stream->read_exact(bytes);
  }
  const auto took = watch.ns();
  server.abort();
  co_return took;
}

constexpr auto list = std::to_array<workload>({
    {"echo", 1, echo},
});

}  // namespace

workload_list network() { return list; }

std::string serve_answer() {
  auto [listener, at] = listen();
  tokio::spawn(accept_all(std::move(listener))).detach();
  return "{\"port\":" + std::to_string(at.port()) + '}';
}

}  // namespace bench
