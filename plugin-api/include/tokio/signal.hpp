// Everything of signal/: which signal, and listening to it.
#pragma once

#include "tokio/signal/listener.hpp"
#include "tokio/signal/signal_kind.hpp"
