// Everything of tokio/test but what needs tokio/stream: hand_stream and scripted_items.
#pragma once

#include "tokio/test/assertions.hpp"
#include "tokio/test/block_on.hpp"
#include "tokio/test/fake_host.hpp"
#include "tokio/test/fake_plugin.hpp"
#include "tokio/test/hand_poll.hpp"
#include "tokio/test/manual_time.hpp"
#include "tokio/test/scripted_stream.hpp"
