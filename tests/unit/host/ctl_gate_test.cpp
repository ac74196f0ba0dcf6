#include "host/ctl_gate.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace tokiod;
using namespace tokiod::host;

namespace {

// Workers that run what they are given when the test says so, or are not to be had.
struct bench {
  std::vector<std::function<void()>> given;
  bool workers = true;
  std::vector<std::string> log;
  std::shared_ptr<ctl_gate> gate = std::make_shared<ctl_gate>([this](std::function<void()> call) {
    if (workers) given.push_back(std::move(call));
    return workers;
  });

  void post(const std::string& name) {
    gate->post(
        {.run = [this, name] { log.push_back(name); }, .refused = [this, name] { log.push_back("no " + name); }});
  }
  void work() {
    while (!given.empty()) {
      const auto next = std::move(given.front());
      given.erase(given.begin());
      next();
    }
  }
};

const instant_ns at_once = 0;

}  // namespace

TEST_CASE("calls run one after another, and a host thread waits for its turn") {
  bench b;
  b.post("a");
  b.post("b");
  CHECK(b.given.size() == 1);
  CHECK_FALSE(b.gate->enter(at_once));
  b.work();
  CHECK(b.log == std::vector<std::string>{"a", "b"});
  CHECK(b.gate->enter(at_once));
  b.post("c");
  CHECK(b.given.empty());
  b.gate->leave();
  b.work();
  CHECK(b.log.back() == "c");
}

TEST_CASE("a worker that cannot be had for now refuses what waits, and not what comes later") {
  bench b;
  b.workers = false;
  b.post("a");
  CHECK(b.log == std::vector<std::string>{"no a"});
  REQUIRE(b.gate->enter(at_once));
  b.post("b");
  b.post("c");
  b.gate->leave();
  CHECK(b.log == std::vector<std::string>{"no a", "no b", "no c"});
  b.workers = true;
  b.post("d");
  b.work();
  CHECK(b.log.back() == "d");
}

TEST_CASE("what is posted while others are refused is handed on, too") {
  bench b;
  b.workers = false;
  b.gate->post({.run = [] {},
                .refused =
                    [&] {
                      b.workers = true;
                      b.post("after");
                    }});
  b.work();
  CHECK(b.log == std::vector<std::string>{"after"});
}

TEST_CASE("a gate that was closed refuses everything for ever") {
  bench b;
  b.post("a");
  b.post("b");
  b.gate->refuse_queued();
  b.post("c");
  b.work();
  CHECK(b.log == std::vector<std::string>{"no a", "no b", "no c"});
}
