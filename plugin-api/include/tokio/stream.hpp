// Everything of tokio/stream: what a stream is, adapters, sources, and what makes one value of it.
#pragma once

#include "tokio/stream/adapters.hpp"
#include "tokio/stream/consume.hpp"
#include "tokio/stream/merge.hpp"
#include "tokio/stream/source.hpp"
#include "tokio/stream/stream.hpp"
