// Streams: what one is, adapters, sources, and what makes one value of it. What has a next of its own becomes a stream
// with tokio/stream/of_channels.hpp and tokio/stream/of_io.hpp.
#pragma once

#include "tokio/stream/adapters.hpp"
#include "tokio/stream/consume.hpp"
#include "tokio/stream/merge.hpp"
#include "tokio/stream/notify_close.hpp"
#include "tokio/stream/sink.hpp"
#include "tokio/stream/source.hpp"
#include "tokio/stream/stream.hpp"
#include "tokio/stream/stream_map.hpp"
#include "tokio/stream/timed.hpp"
