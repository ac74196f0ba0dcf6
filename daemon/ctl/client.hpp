// The client's end of the control socket: one request, its reply, and the events between.
// Invariant: nothing waits longer than the deadline, by the clock on the wall's pace, not by CPU time.
// Threads:   one owner.
#pragma once
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/fd.hpp"
#include "wire/framing.hpp"
#include "wire/json.hpp"
#include "wire/rpc.hpp"

namespace tokiod::ctl {

using wire::json;

// Which daemon: by its socket, or by the name that it was started with; neither: the usual one.
struct daemon_name {
  std::string socket, instance;
};
// Where it is looked for: $TOKIOD_SOCKET comes before the usual places.
[[nodiscard]] std::vector<std::string> socket_candidates(const daemon_name& which);

class client {
 public:
  // The first of the candidates that answers. Fails: permission_denied, naming the first that we may not connect to;
  // else io_error, naming all that were tried.
  [[nodiscard]] static outcome<client> connect(const std::vector<std::string>& candidates, instant_ns deadline);

  // Fails: timeout, io_error, parse_error (what answers is no tokiod); what the daemon refuses is in the answer.
  [[nodiscard]] outcome<wire::answer> call(std::string_view method, const json& params, instant_ns deadline);
  // The next notification; those that came before a reply are given first.
  [[nodiscard]] outcome<wire::incoming> next(instant_ns deadline);
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  client(unique_fd socket, std::string path)
      : socket_(std::move(socket)), path_(std::move(path)), lines_(max_reply_bytes) {}
  outcome<void> write(std::string_view text, instant_ns deadline);
  outcome<wire::incoming> read(instant_ns deadline);

  static constexpr std::size_t max_reply_bytes = 64u << 20;

  unique_fd socket_;
  std::string path_;
  wire::line_reader lines_;
  std::vector<wire::incoming> early_;
  int last_id_ = 0;
};

}  // namespace tokiod::ctl
