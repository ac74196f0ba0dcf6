// Listening sockets that somebody keeps beyond the process: who is asked for them, and who is told of them.
#include "host/listener_keeper.hpp"

#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "host/registry.hpp"
#include "runtime/runtime.hpp"
#include "tokio/abi.h"

using namespace tokiod;

namespace {

struct recording_keeper final : host::listener_keeper {
  unique_fd take(std::string_view instance, const sockaddr* at, socklen_t length) override {
    sockaddr_in four{};
    if (length >= sizeof four) std::memcpy(&four, at, sizeof four);
    asked.push_back(std::string(instance) + ":" + std::to_string(ntohs(four.sin_port)));
    return std::move(left);
  }
  void listens(std::string_view instance, int fd) override {
    told.push_back("listens " + std::string(instance));
    newest = fd;
  }
  void leaves(std::string_view instance, int fd) override {
    told.push_back("leaves " + std::string(instance));
    CHECK(fd == newest);
  }
  unique_fd left;  // by an earlier process
  int newest = -1;
  std::vector<std::string> asked, told;
};

tokio_status idle(tokio_plugin*, const tokio_host*, tokio_str, void** state) noexcept {
  *state = nullptr;
  return TOKIO_OK;
}
constexpr tokio_plugin_desc plugin = {sizeof(tokio_plugin_desc),
                                      TOKIO_ABI_MAJOR,
                                      TOKIO_ABI_MINOR,
                                      TOKIO_ABI_MINOR,
                                      TOKIO_ABI_FINGERPRINT,
                                      0,
                                      "test.listens",
                                      "1",
                                      "",
                                      nullptr,
                                      nullptr,
                                      idle,
                                      nullptr,
                                      nullptr,
                                      nullptr,
                                      nullptr,
                                      nullptr,
                                      nullptr};

struct bench {
  bench() {
    runtime_options on;
    on.worker_threads = 1;
    rt = std::move(*runtime::start(on));
    host::registry_options with;
    with.listeners = &keeper;
    plugins = std::make_unique<host::registry>(*rt, std::move(with));
    REQUIRE(plugins->add_linked(plugin, "listens"));
    REQUIRE(plugins->start({.plugin = "listens", .instance = "one", .config = "{}", .limits = {}}));
    self = plugins->handle_of("one");
    net = static_cast<const tokio_net_ext*>(plugins->table()->get_ext(self, TOKIO_EXT_NET));
  }
  tokio_addr loopback(std::uint16_t port) const {
    tokio_addr at{};
    at.family = TOKIO_AF_INET;
    at.port = port;
    at.ip[0] = 127;
    at.ip[3] = 1;
    return at;
  }
  tokio_io* listen(std::uint16_t port) const {
    tokio_sock_params params{};
    params.size = sizeof params;
    params.type = TOKIO_SOCK_STREAM;
    params.flags = TOKIO_SF_REUSEADDR;
    params.local = loopback(port);
    tokio_io* made = nullptr;
    REQUIRE(net->listen(self, &params, &made) == TOKIO_OK);
    return made;
  }
  std::uint16_t port_of(tokio_io* io) const {
    tokio_addr local;
    REQUIRE(net->get_addr(io, &local, nullptr) == TOKIO_OK);
    return local.port;
  }
  // As an earlier process would have left it.
  std::uint16_t leave_a_listener() {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    keeper.left.reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    socklen_t length = sizeof at;
    auto* const address = reinterpret_cast<sockaddr*>(&at);
    REQUIRE(::bind(keeper.left.get(), address, length) == 0);
    REQUIRE(::listen(keeper.left.get(), 8) == 0);
    REQUIRE(::getsockname(keeper.left.get(), address, &length) == 0);
    return ntohs(at.sin_port);
  }
  // Somebody connects to `port`, and the listener gets him.
  void check_accepts(tokio_io* listener, std::uint16_t port) const {
    tokio_sock_params params{};
    params.size = sizeof params;
    params.type = TOKIO_SOCK_STREAM;
    params.remote = loopback(port);
    tokio_io *client = nullptr, *served = nullptr;
    REQUIRE(net->connect(self, &params, &client) == TOKIO_OK);
    tokio_res got = TOKIO_PENDING;
    for (int n = 0; n < 1'000'000 && got == TOKIO_PENDING; ++n)
      got = net->poll_accept(listener, nullptr, &served, nullptr);
    CHECK(got == TOKIO_OK);
    if (served != nullptr) net->close(served);
    net->close(client);
  }

  recording_keeper keeper;
  std::unique_ptr<runtime> rt;
  std::unique_ptr<host::registry> plugins;
  tokio_plugin* self = nullptr;
  const tokio_net_ext* net = nullptr;
};

}  // namespace

TEST_CASE("a socket that begins to listen, and its end, are told once each") {
  bench b;
  auto* const listener = b.listen(0);
  CHECK(b.keeper.told == std::vector<std::string>{"listens one"});
  b.net->close(listener);
  CHECK(b.keeper.told == std::vector<std::string>{"listens one", "leaves one"});
}

TEST_CASE("what an instance leaves open is told of when it ends") {
  bench b;
  (void)b.listen(0);
  REQUIRE(b.plugins->stop("one"));
  CHECK(b.keeper.told == std::vector<std::string>{"listens one", "leaves one"});
}

TEST_CASE("a listener that an earlier process left is what listen gives") {
  bench b;
  const auto port = b.leave_a_listener();
  auto* const listener = b.listen(port);
  CHECK(b.keeper.asked == std::vector<std::string>{"one:" + std::to_string(port)});
  CHECK(b.port_of(listener) == port);
  b.check_accepts(listener, port);
  b.net->close(listener);
  CHECK(b.keeper.told == std::vector<std::string>{"listens one", "leaves one"});
}

TEST_CASE("and what a socket becomes that is bound step by step") {
  bench b;
  const auto port = b.leave_a_listener();
  const auto at = b.loopback(port);
  tokio_io* listener = nullptr;
  REQUIRE(b.net->open(b.self, TOKIO_AF_INET, TOKIO_SOCK_STREAM, &listener) == TOKIO_OK);
  REQUIRE(b.net->start_bind(listener, &at) == TOKIO_OK);
  REQUIRE(b.net->start_listen(listener, 0) == TOKIO_OK);
  CHECK(b.port_of(listener) == port);
  b.check_accepts(listener, port);
  b.net->close(listener);
  CHECK(b.keeper.told == std::vector<std::string>{"listens one", "leaves one"});
}

TEST_CASE("datagrams at the same address are another matter") {
  bench b;
  const auto port = b.leave_a_listener();
  const auto at = b.loopback(port);
  tokio_io* datagrams = nullptr;
  REQUIRE(b.net->open(b.self, TOKIO_AF_INET, TOKIO_SOCK_DGRAM, &datagrams) == TOKIO_OK);
  REQUIRE(b.net->start_bind(datagrams, &at) == TOKIO_OK);
  CHECK(b.keeper.asked.empty());
  b.net->close(datagrams);
  CHECK(b.keeper.told.empty());
}
