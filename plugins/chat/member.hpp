// One person in the room: a connection that says a name and then lines.
#pragma once
#include <cstddef>

#include "room.hpp"
#include "tokio/net.hpp"
#include "tokio/task.hpp"

namespace chat {

// Until the client leaves, says a line that is too long, or the plugin stops (then the client is told).
tokio::task<> attend(room& here, tokio::net::tcp_stream client, std::size_t line_bytes_max,
                     tokio::cancellation_token stop);

}  // namespace chat
