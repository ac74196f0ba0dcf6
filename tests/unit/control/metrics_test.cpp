// The catalogue of metrics, marks, and pages of what has changed.
#include <doctest/doctest.h>

#include "control/metric_change.hpp"
#include "control/metric_marks.hpp"
#include "support/control_fixture.hpp"

using namespace tokiod;
using namespace tokiod::test;
using control::metric_family;
using control::metric_type;

namespace {

metric_family counter(const std::string& name, double value) {
  return {name, metric_type::counter, "", "h", {{{{"w", "0"}}, value, {}}, {{{"w", "1"}}, 7, {}}}};
}
metric_family gauge(double value) { return {"g", metric_type::gauge, "", "h", {{{}, value, {}}}}; }
metric_family spread(std::uint64_t below, std::uint64_t count, double sum) {
  return {"s_seconds", metric_type::histogram, "seconds", "h", {{{}, 0, {{{0.5, below}, {1, count}}, count, sum}}}};
}

}  // namespace

TEST_CASE("what has changed is samples that are new or have another value") {
  const auto changed = control::changed_since({counter("a", 2), gauge(3), spread(1, 2, 1), counter("new", 0)},
                                              {counter("a", 1), gauge(3), spread(1, 2, 1)});
  REQUIRE(changed.size() == 2);
  CHECK(changed[0].name == "a");
  REQUIRE(changed[0].samples.size() == 1);
  CHECK(changed[0].samples[0].value == 2);
  CHECK(changed[1].name == "new");
  CHECK(changed[1].samples.size() == 2);
  CHECK(control::changed_since({spread(2, 3, 1)}, {spread(1, 2, 1)}).size() == 1);
}

TEST_CASE("what has grown is counters and histograms less what they were; gauges are as they are") {
  const auto grown = control::grown_since({counter("a", 5), gauge(3), spread(4, 6, 2.5), counter("new", 9)},
                                          {counter("a", 1), gauge(2), spread(1, 2, 1)});
  CHECK(grown[0].samples[0].value == 4);
  CHECK(grown[0].samples[1].value == 0);
  CHECK(grown[1].samples[0].value == 3);
  CHECK(grown[2].samples[0].spread.upto == std::vector<std::pair<double, std::uint64_t>>{{0.5, 3}, {1, 4}});
  CHECK(grown[2].samples[0].spread.count == 4);
  CHECK(grown[2].samples[0].spread.sum == 1.5);
  CHECK(grown[3].samples[0].value == 9);
  const auto again = control::grown_since({counter("a", 5), spread(1, 1, 1)}, {counter("a", 8), spread(3, 3, 3)});
  CHECK(again[0].samples[0].value == 5);  // begun again
  CHECK(again[1].samples[0].spread.count == 1);
}

TEST_CASE("a bounded number of marks is kept, of what grows only") {
  control::metric_marks marks;
  const auto first = marks.set({counter("a", 1), gauge(2)}, 5, "0123456789abcdef");
  CHECK(first == "m-1-01234567");
  REQUIRE(marks.find(first));
  CHECK(marks.find(first)->values->size() == 1);
  CHECK(marks.find(first)->wall_ns == 5);
  for (std::size_t i = 0; i < control::metric_marks::most; ++i) (void)marks.set({}, 6, "x");
  CHECK_FALSE(marks.find(first));
}

TEST_CASE("metrics.get gives what came since a mark") {
  control_fixture daemon;
  daemon.backend.publish_metrics({counter("a_total", 10), gauge(1)});
  auto client = daemon.client();
  const auto mark = client.call("metrics.mark")["result"];
  daemon.backend.publish_metrics({counter("a_total", 15), gauge(2)});
  const auto seen = client.call("metrics.get", {{"match", "a_*"}, {"since_mark", mark["mark"]}})["result"];
  CHECK(seen["since"] == mark["ts"]);
  CHECK(seen["families"][0]["samples"][0]["value"] == 5);
  CHECK(kind_of(client.call("metrics.get", {{"since_mark", "m-99-00000000"}})) == "not_found");
}

TEST_CASE("the catalogue names type, unit, help and labels; a page comes in either form, whole or in part") {
  control_fixture daemon;
  daemon.backend.publish_metrics({counter("a_total", 10), spread(1, 2, 1)});
  auto client = daemon.client();
  const auto listed = client.call("metrics.describe", {{"match", "*_s*"}})["result"]["metrics"];
  CHECK(
      listed[0] ==
      json{
          {"name", "s_seconds"}, {"type", "histogram"}, {"unit", "seconds"}, {"help", "h"}, {"labels", json::array()}});
  CHECK(client.call("metrics.describe", {{"match", "a_*"}})["result"]["metrics"][0]["labels"] == json{"w"});
  const auto open = client.call("metrics.expose", {{"format", "openmetrics"}, {"match", "a_*"}})["result"];
  CHECK(open["content_type"].get<std::string>().starts_with("application/openmetrics-text"));
  CHECK(open["text"] == "# HELP a h\n# TYPE a counter\na_total{w=\"0\"} 10\na_total{w=\"1\"} 7\n# EOF\n");
  const auto plain = client.call("metrics.expose", {{"match", "a_*"}})["result"]["text"];
  CHECK(plain == "# HELP a_total h\n# TYPE a_total counter\na_total{w=\"0\"} 10\na_total{w=\"1\"} 7\n");
}

TEST_CASE("in the mode delta the first page is whole, and the next ones hold what has changed") {
  control_fixture daemon;
  daemon.backend.publish_metrics({counter("a_total", 1), gauge(1)});
  auto client = daemon.client();
  const json order = {{"topics", {"metrics"}}, {"interval_ms", 100}, {"match", "?*"}, {"mode", "delta"}};
  json narrow = order;
  narrow["match"] = "a_*";
  CHECK(client.call("event.subscribe", narrow).contains("result"));
  const auto whole = client.reply()["params"]["data"];
  CHECK(whole["mode"] == "full");
  CHECK(whole["families"][0]["samples"].size() == 2);
  daemon.backend.publish_metrics({counter("a_total", 2), gauge(1)});
  for (int page = 0; page < 100; ++page) {
    const auto next = client.reply()["params"]["data"];
    CHECK(next["mode"] == "delta");
    if (next["families"].empty()) continue;
    CHECK(next["families"][0]["samples"] == json::array({{{"labels", {{"w", "0"}}}, {"value", 2.0}}}));
    return;
  }
  FAIL("no page with what has changed");
}
