// A TCP echo server that is nothing but epoll: an edge-triggered set for each thread, connections dealt out in turn.
// What a runtime adds to this is its own.
// Threads: start [main], once; the server runs until the process ends.
#pragma once

namespace peer {

// Gives the port on the loopback.
int start_epoll_echo(int threads);

}  // namespace peer
