#include "app/plugin_export.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "control/prometheus.hpp"

using namespace tokiod;
using kind_of = host::metric_sample::type;

namespace {

host::metric_sample own(const std::string& plugin, const std::string& name, kind_of kind, double value = 1) {
  host::metric_sample s;
  s.plugin = plugin;
  s.instance = plugin + "-1";
  s.name = name;
  s.kind = kind;
  s.value = value;
  return s;
}

// What the page of a scraper has, given these metrics of plugins.
std::string page(const std::vector<host::metric_sample>& samples) {
  return control::metrics_page(app::plugin_families({}, samples), control::exposition::openmetrics);
}

bool has(const std::string& text, const std::string& line) {
  return text.find("\n" + line + "\n") != std::string::npos;
}

}  // namespace

TEST_CASE("a plugin's metrics are named after its file") {
  const auto text = page({own("redis", "hits_total", kind_of::counter, 3), own("My-plug.in", "open", kind_of::gauge)});
  CHECK(has(text, "tokiod_plugin_redis_hits_total{instance=\"redis-1\"} 3"));
  CHECK(has(text, "tokiod_plugin_my_plug_in_open{instance=\"My-plug.in-1\"} 1"));
  CHECK(has(text, "tokiod_plugin_metrics_left_out 0"));
}

TEST_CASE("a plugin cannot add to the daemon's families, whatever it is called") {
  const auto text = page({own("memory", "bytes", kind_of::gauge, 666), own("faults", "total", kind_of::gauge, 666),
                          own("read", "bytes_total", kind_of::counter, 666), own("x", "up", kind_of::gauge)});
  CHECK(text.find("666") == std::string::npos);
  CHECK(has(text, "tokiod_plugin_metrics_left_out 3"));
  CHECK(has(text, "tokiod_plugin_x_up{instance=\"x-1\"} 1"));
}

TEST_CASE("of two plugins that give one name two meanings the first one is shown") {
  auto other = own("a_b", "c", kind_of::histogram);
  CHECK(has(page({own("a", "b_c", kind_of::gauge), other}), "tokiod_plugin_metrics_left_out 1"));
  other.kind = kind_of::gauge;
  CHECK(has(page({own("a", "b_c", kind_of::gauge), other}), "tokiod_plugin_metrics_left_out 0"));
  other.unit = "seconds";
  CHECK(has(page({own("a", "b_c", kind_of::gauge), other}), "tokiod_plugin_metrics_left_out 1"));
  CHECK(has(page({own("a", "x", kind_of::histogram), own("a", "x_sum_total", kind_of::counter)}),
            "tokiod_plugin_metrics_left_out 1"));
}

TEST_CASE("files are counted by state, and an instance is in one state") {
  host::image_view image;
  image.name = "echo";
  image.version = "1";
  image.generation = 1;
  image.state = host::image_state::loaded;
  image.instances.resize(1);
  image.instances[0].name = "e";
  image.instances[0].plugin = "echo";
  image.instances[0].state = host::instance_state::failed;
  image.instances[0].faults = 5;
  image.instances[0].panics = 2;
  image.instances[0].start_took = 250 * millisecond;
  image.instances[0].usage.slow_polls = 4;
  image.sha256 = "ab12";
  auto old = image;
  old.state = host::image_state::resident;
  old.instances.clear();
  host::image_view held_back;
  held_back.name = "crashes";
  held_back.state = host::image_state::quarantined;
  const auto text =
      control::metrics_page(app::plugin_families({image, old, old, held_back}, {}), control::exposition::openmetrics);
  CHECK(has(text, "tokiod_plugin_held_back{plugin=\"crashes\"} 1"));
  CHECK(text.find("tokiod_plugin_images{plugin=\"crashes\"") == std::string::npos);
  CHECK(has(text, "tokiod_plugin_images{plugin=\"echo\",state=\"loaded\"} 1"));
  CHECK(has(text, "tokiod_plugin_images{plugin=\"echo\",state=\"resident\"} 2"));
  CHECK(has(text, "tokiod_plugin_info{plugin=\"echo\",version=\"1\",abi=\"0.0\",path_sha256=\"ab12\"} 1"));
  CHECK(has(text, "tokiod_plugin_faults_total{plugin=\"echo\",instance=\"e\",kind=\"panic\"} 2"));
  CHECK(has(text, "tokiod_plugin_faults_total{plugin=\"echo\",instance=\"e\",kind=\"misuse\"} 3"));
  CHECK(has(text, "tokiod_plugin_start_seconds{plugin=\"echo\",instance=\"e\"} 0.25"));
  CHECK(has(text, "tokiod_stuck_polls_total{plugin=\"echo\",instance=\"e\"} 4"));
  CHECK(has(text, "tokiod_plugin_state{plugin=\"echo\",instance=\"e\",state=\"failed\"} 1"));
  CHECK(has(text, "tokiod_plugin_state{plugin=\"echo\",instance=\"e\",state=\"running\"} 0"));
}
