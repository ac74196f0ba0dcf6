// Everything of io/: byte streams, how to read and write them, buffers and pipes.
#pragma once

#include "tokio/io/buffer.hpp"
#include "tokio/io/buffered.hpp"
#include "tokio/io/copy.hpp"
#include "tokio/io/duplex.hpp"
#include "tokio/io/lines.hpp"
#include "tokio/io/methods.hpp"
#include "tokio/io/read.hpp"
#include "tokio/io/split.hpp"
#include "tokio/io/traits.hpp"
#include "tokio/io/write.hpp"
