// What tasks wait for: armed timers, registered descriptors, blocking jobs. A part of control/backend.hpp.
// Threads: [reader]. A moment's view: what is told may be over already.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "control/backend/common.hpp"

namespace tokiod::control {

struct waiting_query {
  std::string plugin;  // an instance; empty: all
  std::size_t limit = 100;
};

// Who waits; id 0: nobody that lives.
struct waiting_task {
  std::uint64_t id = 0;
  std::string plugin, name;
};

struct timer_info {
  double due_in_seconds = 0;  // negative: late
  waiting_task waiter;
};

struct source_info {
  int fd = -1;
  std::string kind;         // tcp, udp, unix, unix_datagram, socket, pipe, file, other; gone: it was closed meanwhile
  std::string local, peer;  // addresses, where it has them
  bool readable = false, writable = false, closed = false, error = false;  // seen, and not used up
  waiting_task reader, writer;
};

struct job_info {
  std::string plugin;
  std::int32_t tid = 0;  // that runs it; 0: it waits
  double seconds = 0;    // it has run, or waited
};

// The first `limit` that match: timers by their deadline, descriptors by their number, jobs that run before those that
// wait.
template <class Info>
struct waiting_page {
  std::vector<Info> all;
  bool more = false;
};

class waiting_face {
 public:
  virtual ~waiting_face() = default;

  [[nodiscard]] virtual waiting_page<timer_info> timers(const waiting_query& query) const = 0;
  [[nodiscard]] virtual waiting_page<source_info> sources(const waiting_query& query) const = 0;
  [[nodiscard]] virtual waiting_page<job_info> jobs(const waiting_query& query) const = 0;
};

}  // namespace tokiod::control
