// What the connections of one server share.
// Threads: [any] task of the instance; it outlives them all.
#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "exchange.hpp"
#include "folder.hpp"
#include "parser.hpp"
#include "router.hpp"
#include "tokio/plugin.hpp"

namespace http {

struct timeouts {
  std::chrono::milliseconds header{10'000};  // from the connection, or a later request's first byte, to a head's end
  std::chrono::milliseconds body{30'000};    // for the whole body
  std::chrono::milliseconds idle{60'000};    // between requests
  std::chrono::milliseconds write{30'000};   // without the client taking anything
  std::chrono::milliseconds drain{5000};     // for what runs when the plugin stops
};

struct settings {
  std::string bind = "127.0.0.1";
  std::uint16_t port = 7080;
  std::string root;  // the folder whose files are served; empty: none
  std::uint32_t connections_max = 10'000;
  std::size_t pipelined_max = 16;  // requests of one connection that are answered before the answers are sent
  limits allowed;
  timeouts within;
};

class service {
 public:
  explicit service(const settings& given);

  void count_connection() const { connections_.add(); }
  void count_turned_away() const { turned_away_.add(); }
  void count_request() const { requests_.add(); }
  void count_refused() const { refused_.add(); }

  const settings with;
  router<handler> routes;
  std::shared_ptr<const folder> root;  // jobs that look into it hold it too
  bool one_thread = false;             // nobody could go on while this thread blocks, so files are read by jobs

 private:
  tokio::metrics::counter connections_, turned_away_, requests_, refused_;
};

}  // namespace http
