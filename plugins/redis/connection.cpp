#include "connection.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "clock.hpp"
#include "command/table.hpp"
#include "frame.hpp"
#include "listen.hpp"
#include "tokio/plugin.hpp"
#include "tokio/time.hpp"

namespace redis {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t read_bytes = 16 * 1024;
constexpr std::size_t reply_bytes_max = 256 * 1024;  // replies of one batch before they are sent
constexpr std::size_t purge_keys_max = 1000;         // keys dropped under one hold of the lock

// What a listening connection has not been sent yet. Guarded by the server's lock.
class mailbox final : public subscriber {
 public:
  explicit mailbox(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  void push(message bytes) override {
    bytes_ += bytes->size();
    if (bytes_ <= bytes_max_) {
      waiting_.push_back(std::move(bytes));
    } else {
      overflown_ = true;  // a subscriber that does not read is closed, as Redis does
    }
    arrived.notify_one();
  }
  // Moves everything that waits behind `out`. False: there was more than the limit.
  bool take(std::string& out) {
    for (const auto& bytes : std::exchange(waiting_, {})) out += *bytes;
    bytes_ = 0;
    return !overflown_;
  }

  tokio::sync::notify arrived;

 private:
  std::size_t bytes_max_;
  std::vector<message> waiting_;
  std::size_t bytes_ = 0;
  bool overflown_ = false;
};

class connection {
 public:
  connection(guarded_server& server, tokio::net::tcp_stream client)
      : server_(server),
        client_(std::move(client)),
        box_(server.state.options.max_unsent_bytes),
        parser_(limits(server)) {
    me_.listener = &box_;
    const std::lock_guard hold(server_.lock);
    me_.id = server_.state.next_client_id++;
    ++server_.state.clients;
    ++server_.state.connections;
  }
  ~connection() {
    const std::lock_guard hold(server_.lock);
    server_.state.channels.leave(box_);
    --server_.state.clients;
  }
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;

  tokio::task<> run(tokio::cancellation_token stop) {
    (void)client_.set_nodelay(true);
    auto stopped = stop.cancelled();
    while (!me_.closing) {
      work();
      if (me_.cut) co_return;
      if (!out_.empty()) {
        const auto sent = co_await client_.write_all(out_);
        if (!sent) co_return;
        out_.clear();
        continue;  // there may be more requests in the input
      }
      in_.resize(used_ + read_bytes);
      auto arrived = box_.arrived.notified();
      auto won = co_await tokio::select(tokio::biased, client_.read(std::span(in_.data() + used_, read_bytes)), arrived,
                                        stopped);
      if (won.index() == 1) continue;
      if (won.index() == 2) co_return co_await last_request();
      const auto& received = won.get<0>();
      if (!received || *received == 0) co_return;
      used_ += *received;
      heard_ = true;
    }
  }

 private:
  // The stop came. A request that is not whole yet, or the first one of a connection, is waited for and answered.
  tokio::task<> last_request() {
    while (!me_.closing && (!heard_ || used_ != 0)) {
      in_.resize(used_ + read_bytes);
      const auto received = co_await tokio::time::timeout(plugin_support::first_word,
                                                          client_.read(std::span(in_.data() + used_, read_bytes)));
      if (!received || !*received || **received == 0) co_return;
      used_ += **received;
      heard_ = true;
      work();
      if (me_.cut) co_return;
      const auto sent = co_await client_.write_all(out_);
      if (!sent) co_return;
      out_.clear();
    }
  }

  static frame_limits limits(const guarded_server& server) {
    return {.bulk_bytes = server.state.options.max_value_bytes};
  }

  // Runs the requests that are complete and gathers what is to be sent.
  void work() {
    const std::lock_guard hold(server_.lock);
    const auto before = server_.state.keys.next_expiry();
    run_batch();
    if (!box_.take(out_)) me_.closing = true;
    const auto after = server_.state.keys.next_expiry();
    if (after && (!before || *after < *before)) server_.earlier_expiry.notify_one();
  }

  void run_batch() {
    const auto now = wall_ms();
    std::size_t at = 0;
    while (!me_.closing && out_.size() < reply_bytes_max) {
      const auto got = parser_.next(std::string_view(in_).substr(at, used_ - at));
      if (got == parse_result::need_more) break;
      if (got == parse_result::protocol_error) {
        reply(out_).error("ERR Protocol error: " + parser_.fault());
        me_.closing = true;
        break;
      }
      at += parser_.consumed();
      if (parser_.args().empty()) continue;
      call one{server_.state, me_, parser_.args(), now, reply(out_)};
      execute(one);
    }
    in_.erase(0, at);
    used_ -= at;
    if (used_ == 0 && in_.capacity() > 4 * read_bytes) in_ = std::string();  // a large value is not kept room for
  }

  guarded_server& server_;
  tokio::net::tcp_stream client_;
  mailbox box_;
  session me_;
  request_parser parser_;
  std::string in_, out_;
  std::size_t used_ = 0;  // bytes of in_ that were received
  bool heard_ = false;    // at least one came
};

}  // namespace

tokio::task<> serve(guarded_server& server, tokio::net::tcp_stream client, tokio::cancellation_token stop,
                    tokio::sync::owned_semaphore_permit permit) {
  connection one(server, std::move(client));
  co_await one.run(std::move(stop));
  (void)permit;  // given back when the frame goes
}

tokio::task<> purge_expired(guarded_server& server, tokio::cancellation_token stop) {
  auto stopped = stop.cancelled();
  for (;;) {
    std::optional<unix_ms> next;
    auto earlier = server.earlier_expiry.notified();
    const auto now = wall_ms();
    {
      const std::lock_guard hold(server.lock);
      next = server.state.keys.purge(now, purge_keys_max);
    }
    const auto wait =
        next ? std::chrono::milliseconds(std::max<unix_ms>(*next - now, 1)) : std::chrono::milliseconds(1h);
    auto won = co_await tokio::select(tokio::biased, stopped, earlier, tokio::time::sleep(wait));
    if (won.index() == 0) co_return;
  }
}

}  // namespace redis
