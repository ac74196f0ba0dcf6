// Standalone Asio as a peer of tests/bench, with its coroutines: the shapes of plugins/bench that it has, under the
// same names. usage: asio_peer WORKERS, then the requests of peers/lines.hpp. Threads: WORKERS that run the context;
// main waits for each workload.
#include <iostream>

#include "peers/asio/context.hpp"

int main(int argc, char** argv) {
  const int workers = argc == 2 ? std::atoi(argv[1]) : 0;
  if (workers < 1) {
    std::cerr << "usage: asio_peer WORKERS, a number from 1\n";
    return 64;
  }
  peer::context on(workers);
  auto all = peer::scheduling(on);
  for (const auto& list : {peer::channels(on), peer::timers_and_network(on)})
    all.insert(all.end(), list.begin(), list.end());
  peer::listener server;
  peer::answer_lines(all, [&] {
    server = peer::serve_echo(on.io().get_executor());
    return static_cast<int>(server->local_endpoint().port());
  });
}
