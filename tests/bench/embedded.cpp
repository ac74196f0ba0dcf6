// The workloads of plugins/bench in a program that links the runtime: no daemon, no dlopen, the same objects and C
// tables. usage: bench_embedded WORKERS; then one request a line, one JSON object a line back: `list`, `run NAME
// COUNT`, `serve`. Invariant: a workload runs as a task, as it does in the plugin; only the main thread reads and
// writes. Threads:   main, and the runtime's. Threads:   main, and the runtime's.
#include <atomic>
#include <cstdlib>
#include <iostream>
#include <sstream>
#include <string>

#include "support/in_process_host.hpp"
#include "tokio/plugin.hpp"
#include "workloads.hpp"

namespace {

using tokiod::test::in_process_host;

std::string error(const std::string& sentence) {
  std::string quoted;
  for (const char c : sentence) quoted += c == '"' ? std::string("\\\"") : std::string(1, c);
  return "{\"error\":\"" + quoted + "\"}";
}

// A task's answer, and that it is there. release/acquire: the text is written before the flag.
struct pending_answer {
  std::string text;
  std::atomic<bool> there{false};
};

tokio::task<> measure(std::string name, bench::load asked, pending_answer& into) {
  try {
    auto result = co_await bench::run_answer(std::move(name), asked);
    into.text = result ? *result : error(result.error());
  } catch (const std::exception& thrown) {
    into.text = error(thrown.what());
  }
  into.there.store(true, std::memory_order_release);
  into.there.notify_one();
}

std::string run(std::istringstream& words, unsigned workers) {
  std::string name;
  std::uint64_t count = 0;
  if (!(words >> name >> count)) return error("run takes a name and a count");
  pending_answer answer;
  tokio::spawn(measure(name, {.count = count, .workers = workers}, answer)).detach();
  answer.there.wait(false, std::memory_order_acquire);
  return answer.text;
}

std::string answer(const std::string& line, unsigned workers) {
  std::istringstream words(line);
  std::string verb;
  words >> verb;
  if (verb == "list") return bench::list_answer();
  if (verb == "run") return run(words, workers);
  if (verb == "serve") return bench::serve_answer();
  return error("expected list, run NAME COUNT or serve, got " + verb);
}

}  // namespace

int main(int argc, char** argv) {
  const int workers = argc == 2 ? std::atoi(argv[1]) : 0;
  if (workers < 1) {
    std::cerr << "usage: bench_embedded WORKERS, a number from 1\n";
    return 64;
  }
  in_process_host host({.workers = static_cast<unsigned>(workers)});
  tokio::bind_host(host.plugin(), in_process_host::table());
  const tokio::instance_scope scope(host.plugin());
  for (std::string line; std::getline(std::cin, line);)
    std::cout << answer(line, static_cast<unsigned>(workers)) << std::endl;
}
