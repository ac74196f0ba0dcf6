#include "control/http.hpp"

#include <doctest/doctest.h>

#include "control/prometheus.hpp"
#include "support/control_fixture.hpp"

using namespace tokiod;
using namespace tokiod::test;
using control::metric_family;
using control::metric_type;

TEST_CASE("GET /metrics gives the Prometheus text of the daemon and of the control plane") {
  control_fixture daemon;
  daemon.backend.publish_metrics(
      {{"tokiod_tasks_alive", metric_type::gauge, "", "Live tasks.", {{{{"plugin", "echo"}}, 3, {}}}}});
  const auto page = daemon.http("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
  CHECK(page.starts_with("HTTP/1.1 200 OK\r\n"));
  CHECK(page.find("Content-Type: text/plain; version=0.0.4") != std::string::npos);
  CHECK(page.find("# TYPE tokiod_tasks_alive gauge\ntokiod_tasks_alive{plugin=\"echo\"} 3\n") != std::string::npos);
  CHECK(page.find("tokiod_control_connections_total{socket=\"observe\"} 1\n") != std::string::npos);
}

TEST_CASE("livez and readyz follow the checks") {
  control_fixture daemon;
  CHECK(daemon.http("GET /readyz HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 200"));
  daemon.backend.be_unready("echo failed");
  CHECK(daemon.http("GET /livez HTTP/1.0\n\n").starts_with("HTTP/1.1 200"));
  const auto page = daemon.http("GET /readyz?verbose HTTP/1.1\r\n\r\n");
  CHECK(page.starts_with("HTTP/1.1 503"));
  CHECK(page.find("[+]control ok\n[-]plugins failed: echo failed\nnot ok\n") != std::string::npos);
}

TEST_CASE("everything else in HTTP is turned away") {
  control_fixture daemon;
  CHECK(daemon.http("POST /metrics HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 405"));
  CHECK(daemon.http("GET /etc/passwd HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 404"));
  CHECK(daemon.http("HELO there\r\n").starts_with("HTTP/1.1 400"));
  CHECK(daemon.http("GET /" + std::string(20'000, 'a')).starts_with("HTTP/1.1 400"));
  std::string many = "GET /metrics HTTP/1.1\r\n";
  for (int i = 0; i < 1000; ++i) many += "X-Header: value\r\n";
  CHECK(daemon.http(many).starts_with("HTTP/1.1 431"));
  const auto head = daemon.http("HEAD /livez HTTP/1.1\r\n\r\n");
  CHECK(head.starts_with("HTTP/1.1 200"));
  CHECK(head.ends_with("\r\n\r\n"));
}

TEST_CASE("half an HTTP request does not hold its place for ever") {
  control_fixture daemon([](auto& options) { options.bounds.read_timeout = 50 * millisecond; });
  auto client = daemon.client();
  client.write("GET /metrics HTTP/1.1\r\nHost:");
  CHECK(client.rest().find("TIMEOUT") == std::string::npos);
}

TEST_CASE("names, labels and help are escaped, and a histogram is cumulative") {
  metric_family odd{"9 odd-name", metric_type::counter, "", "line\nbreak \\ here", {{{{"a-b", "q\"\\\n"}}, 1.5, {}}}};
  CHECK(
      control::prometheus_text({odd}) ==
      "# HELP _9_odd_name line\\nbreak \\\\ here\n# TYPE _9_odd_name counter\n_9_odd_name{a_b=\"q\\\"\\\\\\n\"} 1.5\n");
  metric_family spread{
      "x_seconds", metric_type::histogram, "seconds", "h", {{{{"w", "0"}}, 0, {{{0.1, 2}, {1, 3}}, 4, 7.5}}}};
  CHECK(control::prometheus_text({spread}) ==
        "# HELP x_seconds h\n# TYPE x_seconds histogram\n"
        "x_seconds_bucket{w=\"0\",le=\"0.1\"} 2\nx_seconds_bucket{w=\"0\",le=\"1\"} 3\n"
        "x_seconds_bucket{w=\"0\",le=\"+Inf\"} 4\nx_seconds_sum{w=\"0\"} 7.5\nx_seconds_count{w=\"0\"} 4\n");
}

TEST_CASE("families of one name share a header, and one of another type is left out") {
  const metric_family a{"x", metric_type::gauge, "", "h", {{{{"i", "1"}}, 1, {}}}};
  const metric_family b{"x", metric_type::gauge, "", "h", {{{{"i", "2"}}, 2, {}}}};
  const metric_family c{"x", metric_type::counter, "", "h", {{{}, 3, {}}}};
  const metric_family none{"y", metric_type::gauge, "", "h", {}};
  CHECK(control::prometheus_text({a, c, b, none}) == "# HELP x h\n# TYPE x gauge\nx{i=\"1\"} 1\nx{i=\"2\"} 2\n");
}
