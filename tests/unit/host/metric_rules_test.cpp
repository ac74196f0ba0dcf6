#include "host/metric_rules.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <vector>

using namespace tokiod::host;

namespace {

struct wish {
  std::uint32_t kind;
  std::string name;
  std::string unit = {};
  std::vector<std::string> labels = {};
  std::vector<double> bounds = {};
};

tokio_str str(const std::string& s) { return {s.data(), s.size()}; }

std::string fault(const wish& w) {
  std::vector<tokio_kv> labels;
  for (const auto& key : w.labels) {
    tokio_kv one{};
    one.key = str(key);
    one.type = TOKIO_KV_STR;
    one.v.s = str(key);
    labels.push_back(one);
  }
  tokio_metric_desc d{};
  d.kind = w.kind;
  d.name = str(w.name);
  d.unit = str(w.unit);
  d.labels = labels.data();
  d.nlabels = labels.size();
  d.buckets = w.bounds.empty() ? nullptr : w.bounds.data();
  d.nbuckets = w.bounds.size();
  return fault_of(d);
}

constexpr auto counter = TOKIO_METRIC_COUNTER, gauge = TOKIO_METRIC_GAUGE, histogram = TOKIO_METRIC_HISTOGRAM;

}  // namespace

TEST_CASE("names that read like everybody's are taken") {
  CHECK(fault({counter, "hits_total"}).empty());
  CHECK(fault({counter, "read_bytes_total", "bytes"}).empty());
  CHECK(fault({gauge, "up"}).empty());
  CHECK(fault({histogram, "seconds", "seconds", {"method", "_x9"}, {0.1, 1}}).empty());
}

TEST_CASE("a refused name says which rule it breaks") {
  for (const char* const name : {"", "9lives", "Hits", "a-b", "a:b", "\xC3\xA9"})
    CHECK(fault({gauge, name}) == "a name is made of a-z, 0-9 and _");
  CHECK(fault({counter, "hits"}) == "the name of a counter ends in _total");
  CHECK(fault({counter, "_total"}) == "the name of a counter ends in _total");
  CHECK(fault({gauge, "hits_total"}) == "only other kinds of metrics end in _total");
  CHECK(fault({gauge, "x_sum"}) == "only other kinds of metrics end in _sum");
  CHECK(fault({histogram, "x_bucket"}) == "only other kinds of metrics end in _bucket");
  CHECK(fault({counter, "reads_total", "bytes"}) == "the name does not end in its unit, bytes");
}

TEST_CASE("labels of the host, labels twice and labels that are none are refused") {
  CHECK(fault({gauge, "x", "", {"instance"}}) == "the label instance is the host's");
  CHECK(fault({histogram, "x", "", {"le"}}) == "the label le is the host's");
  CHECK(fault({gauge, "x", "", {"a", "b", "a"}}) == "it has the label a twice");
  for (const char* const key : {"", "__name__", "1", "a-b"})
    CHECK(fault({gauge, "x", "", {key}}) == "there can be no label of the name '" + std::string(key) + "'");
  tokio_metric_desc none{};
  const std::string name = "x";
  none.kind = gauge;
  none.name = str(name);
  none.nlabels = 1;
  CHECK(fault_of(none) == "its labels are missing");
}

TEST_CASE("the bounds of buckets are finite and rise") {
  CHECK(fault({histogram, "x", "", {}, {1, 1}}) == "the bounds of its buckets do not rise");
  CHECK(fault({histogram, "x", "", {}, {2, 1}}) == "the bounds of its buckets do not rise");
  CHECK(fault({histogram, "x", "", {}, {1, std::numeric_limits<double>::infinity()}}) ==
        "a bucket's bound is not finite");
  CHECK(fault({histogram, "x", "", {}, {std::numeric_limits<double>::quiet_NaN()}}) ==
        "a bucket's bound is not finite");
  CHECK(fault({gauge, "x", "", {}, {2, 1}}).empty());  // not looked at
}
