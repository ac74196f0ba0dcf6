// The numbers and rules of the control plane, with their defaults. app/ translates them from the configuration.
// Invariant: values only.
// Threads:   plain values.
#pragma once
#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/fd.hpp"
#include "base/loopback.hpp"
#include "wire/method.hpp"

namespace tokiod::control {

using wire::level;

struct limits {
  std::size_t max_clients = 64;
  std::size_t reserved_for_root = 4;           // more, for root and administrators: they still get in
  std::size_t max_request_bytes = 256 * 1024;  // of one line
  std::size_t max_depth = 64;                  // of one document
  std::size_t max_values = 16384;              // of one document: bounds what it costs in memory
  std::size_t max_in_flight = 16;              // requests of one client that are being worked on; then it is not read
  std::size_t max_output_bytes = 4 << 20;      // waiting for one client; above it nothing more is read from it
  std::size_t disconnect_output_bytes = 8 << 20;  // and above this it is disconnected
  std::size_t max_subscriptions = 16;             // of one client
  std::size_t ring_messages = 1024;               // waiting for one subscription; the oldest give way, counted
  std::size_t ring_bytes = 1 << 20;
  std::size_t kept_events = 10'000;  // for those who come back; the oldest give way
  std::size_t kept_event_bytes = 4 << 20;
  unsigned max_parse_errors = 3;            // then the connection is closed
  duration_ns read_timeout = 10 * second;   // from the first byte of a line to its line feed
  duration_ns idle_timeout = 300 * second;  // without a request; 0 = any; never for a subscriber
  duration_ns write_timeout = 30 * second;  // without one byte taken by the client while some wait for it
};

// The first rule that names the caller decides. A rule that names nobody is refused.
struct access_rule {
  std::optional<uid_t> uid;
  std::optional<gid_t> gid;  // primary or supplementary
  std::string user, group;   // looked up once, when the rules are taken over
  level grants = level::observe;
  std::vector<std::string> allow;  // globs: methods granted above the level, never above the socket's ceiling
  std::vector<std::string> deny;   // globs: methods refused whatever the level
};

// One listening socket: made at `path`, or passed in by systemd.
struct socket_options {
  std::string label;     // "control", "observe": in metrics, logs and whoami
  std::string path;      // of the file; for messages only when `passed` is there
  unsigned mode = 0660;  // of the file, from before the first connection
  std::string group;     // owner group of the file; empty: the process's own
  level ceiling = level::admin;
  unique_fd passed;  // a listening stream socket; AF_UNIX, unless `loopback` is there
  // A port of this machine instead of a path: HTTP only, and nobody is known there, so that the ceiling is what
  // everybody has.
  std::optional<loopback_address> loopback;
  unique_fd lock;  // of the file of `passed`, which an earlier process of ours made: the file is ours from now on
};

struct server_options {
  std::vector<socket_options> sockets;
  limits bounds;
  std::vector<access_rule> access;  // before the built-in ones
  std::string version;              // shown by rpc.discover
};

}  // namespace tokiod::control
