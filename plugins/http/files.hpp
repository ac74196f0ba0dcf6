// Answers with a file of the server's folder.
// Threads: the connection's task; `from` outlives it.
#pragma once
#include "exchange.hpp"
#include "service.hpp"
#include "tokio/task.hpp"

namespace http {

// Small files go out with the head, in one piece; large ones are read beside, piece by piece.
tokio::task<> serve_file(const service& from, exchange& to);

}  // namespace http
