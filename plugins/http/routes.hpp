// The routes that every server of this plugin has, each an example of something.
//   GET  /health      a fixed answer
//   GET  /time        one that changes
//   POST /echo        the body comes back while it arrives; in chunks when it came in chunks
//   GET  /count/:to   a parameter, and a body whose length nobody knows before
// Threads: add_routes() before the server runs; the handlers are part of the connections' tasks.
#pragma once
#include "exchange.hpp"
#include "router.hpp"

namespace http {

void add_routes(router<handler>& to);

}  // namespace http
