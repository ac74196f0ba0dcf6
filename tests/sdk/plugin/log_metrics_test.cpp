// Log records and metrics.
#include "tokio/plugin/metrics.hpp"

#include <doctest/doctest.h>

#include "tokio/plugin.hpp"
#include "tokio/test.hpp"

namespace sdk_log = tokio::log;  // ::log is libm's
namespace metrics = tokio::metrics;
using tokio::test::fake_host;

TEST_CASE("a record carries its level, message and fields") {
  fake_host host;
  std::string peer = "127.0.0.1:9";
  sdk_log::info("accepted", {"peer", peer}, {"bytes", 512}, {"load", 0.5}, {"tls", false}, {"name", "x"});
  sdk_log::warn("alone");
  REQUIRE(host.logs.size() == 2);
  CHECK(host.logs[0].level == TOKIO_LOG_INFO);
  CHECK(host.logs[0].message == "accepted");
  CHECK(host.logs[0].fields ==
        std::map<std::string, std::string>{
            {"peer", "127.0.0.1:9"}, {"bytes", "512"}, {"load", "0.500000"}, {"tls", "false"}, {"name", "x"}});
  CHECK(host.logs[1].level == TOKIO_LOG_WARN);
  CHECK(host.logs[1].fields.empty());
}

TEST_CASE("a record below the host's level is not written, nor one outside of an instance") {
  fake_host host;
  host.min_level = TOKIO_LOG_WARN;
  CHECK_FALSE(sdk_log::enabled(sdk_log::level::info));
  sdk_log::info("quiet");
  sdk_log::error("loud", {"code", -1}, {"count", 7u});
  {
    tokio::instance_scope nowhere(nullptr);
    sdk_log::error("nowhere");
  }
  REQUIRE(host.logs.size() == 1);
  CHECK(host.logs[0].fields == std::map<std::string, std::string>{{"code", "-1"}, {"count", "7"}});
}

TEST_CASE("a counter counts, a gauge is set and adjusted, a histogram records") {
  fake_host host;
  {
    metrics::counter hits("hits_total", "requests answered", {{"method", "get"}});
    metrics::gauge open("open", "connections");
    metrics::histogram times("seconds", "how long");
    hits.add();
    hits.add(4);
    open.set(3);
    open.adjust(-1);
    times.record(0.25);
    times.record(2);
    CHECK(host.metrics.at("hits_total")->value == 5);
    CHECK(host.metrics.at("open")->value == 2);
    CHECK(host.metrics.at("seconds")->recorded == std::vector<double>{0.25, 2});
    CHECK_THROWS_WITH_AS(metrics::gauge("open", "again"), "a metric of this name and these labels exists already",
                         tokio::panic_error);
    auto moved = std::move(hits);
    moved.add();
    hits.add();  // names none any more
    CHECK(host.metrics.at("hits_total")->value == 6);
  }
  CHECK(host.metrics.empty());
}
