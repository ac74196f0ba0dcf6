// A control plane without a server: its plane over a fake daemon, and connections to it, all turned step by step by the
// test itself, so that what happens between two steps can be counted.
// Threads: one, and those of the plane's own pools.
#pragma once
#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <asio/executor_work_guard.hpp>

#include "base/fd.hpp"
#include "control/plane.hpp"
#include "control/session.hpp"
#include "support/fake_backend.hpp"
#include "wire/parse.hpp"

namespace tokiod::test {

class plane_bench final : public control::client_directory {
 public:
  plane_bench() {
    shared.clients = this;
    shared.version = "9.9.9";
    shared.instance_id = "0123456789abcdef";
    shared.publish = [this](std::string_view topic, const wire::json& data) {
      shared.box->post(
          [this, topic = std::string(topic), text = std::make_shared<const std::string>(wire::dump(data))] {
            shared.events.append(topic, 1, text);
          });
    };
    backend.have_tasks(5);
    started = shared.reading.start().has_value() && shared.doing.start().has_value();
  }

  // Turns the loop of the control thread until that is so.
  template <class So>
  void run_until(So so) {
    while (!so()) io.run_one();
  }

  [[nodiscard]] std::vector<control::client_info> clients() const override { return {}; }
  bool disconnect(std::uint64_t id, bool) override { return id % 2 == 1; }

  asio::io_context io{1};
  asio::executor_work_guard<asio::io_context::executor_type> goes_on{io.get_executor()};
  fake_backend backend;
  control::plane shared{io, backend};
  bool started = false;
};

// A client of it, an administrator, that never waits: what does not fit into its socket is not written.
class bench_client {
 public:
  explicit bench_client(plane_bench& bench, std::uint64_t id = 1) : bench_(bench) {
    std::array<int, 2> ends{-1, -1};
    static_cast<void>(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()));
    client_.reset(ends[0]);
    control::local::socket socket(bench.io);
    socket.assign(control::local(), ends[1]);
    control::identity who{id, "control", {}, {}};
    who.rights.has = who.rights.ceiling = control::level::admin;
    session_ = std::make_shared<control::session>(bench.shared, std::move(socket), std::move(who),
                                                  [&gone = *gone_](control::session&) { ++gone; });
    session_->start();
  }
  bench_client(bench_client&&) = default;
  bench_client(const bench_client&) = delete;
  ~bench_client() {
    if (session_) end();
  }

  // How many bytes of it the socket took.
  std::size_t write(std::string_view text) {
    const auto n = client_ ? ::send(client_.get(), text.data(), text.size(), MSG_NOSIGNAL) : -1;
    return n > 0 ? static_cast<std::size_t>(n) : 0;
  }
  // Without end, as far as there is room: where a piece was cut, the next one goes on.
  void flood(std::string_view request) {
    for (std::size_t n = 1; n > 0;) {
      n = write(request.substr(cut_));
      cut_ = (cut_ + n) % request.size();
    }
  }
  // What there is to read now.
  std::string read() {
    std::array<char, 4096> chunk{};
    const auto n = client_ ? ::recv(client_.get(), chunk.data(), chunk.size(), 0) : 0;
    return n > 0 ? std::string(chunk.data(), static_cast<std::size_t>(n)) : std::string();
  }
  void end_writing() { ::shutdown(client_.get(), SHUT_WR); }
  [[nodiscard]] control::session& session() { return *session_; }
  [[nodiscard]] std::uint64_t requests() const { return session_->info().requests; }

  // Goes away. False: something of the connection is still there when it is gone.
  bool end() {
    client_.reset();
    bench_.run_until([this] { return *gone_ > 0; });
    const std::weak_ptr<control::session> last = session_;
    session_.reset();
    bench_.io.poll();
    return *gone_ == 1 && last.expired();
  }

 private:
  plane_bench& bench_;
  unique_fd client_;
  std::unique_ptr<int> gone_ = std::make_unique<int>(0);
  std::shared_ptr<control::session> session_;
  std::size_t cut_ = 0;
};

}  // namespace tokiod::test
