#include "control/http.hpp"

#include <doctest/doctest.h>

#include <limits>

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
  CHECK(page.find("tokiod_control_connections_opened_total{socket=\"observe\"} 1\n") != std::string::npos);
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

TEST_CASE("the Accept header chooses between Prometheus text and OpenMetrics") {
  using control::exposition;
  using control::negotiated;
  CHECK(negotiated("") == exposition::prometheus);
  CHECK(negotiated("*/*") == exposition::prometheus);
  CHECK(negotiated("text/plain") == exposition::prometheus);
  CHECK(negotiated("application/openmetrics-text") == exposition::openmetrics);
  CHECK(negotiated("Application/OpenMetrics-Text; Version=\"1.0.0\"") == exposition::openmetrics);
  CHECK(negotiated("application/openmetrics-text;version=0.0.1") == exposition::prometheus);
  CHECK(negotiated("application/openmetrics-text;version=1.0.0;q=0") == exposition::prometheus);
  CHECK(negotiated("application/openmetrics-text;q=nonsense") == exposition::prometheus);
  CHECK(negotiated("application/openmetrics-text;q=0.3 , text/plain;q=0.9") == exposition::prometheus);
  CHECK(negotiated(";;,,=") == exposition::prometheus);
  // What a Prometheus server sends.
  CHECK(negotiated("application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
                   "text/plain;version=0.0.4;q=0.5,*/*;q=0.1") == exposition::openmetrics);
}

TEST_CASE("GET /metrics answers in the form that was asked for") {
  control_fixture daemon;
  const auto page = daemon.http("GET /metrics HTTP/1.1\r\nHost: x\r\nACCEPT: application/openmetrics-text\r\n\r\n");
  CHECK(page.find("Content-Type: application/openmetrics-text; version=1.0.0") != std::string::npos);
  CHECK(page.find("Vary: Accept\r\n") != std::string::npos);
  CHECK(page.find("# TYPE tokiod_control_connections_opened counter\n"
                  "tokiod_control_connections_opened_total{socket=\"observe\"} 1\n") != std::string::npos);
  CHECK(page.ends_with("\n# EOF\n"));
  CHECK(daemon.http("GET /metrics HTTP/1.1\r\nX-Accept: application/openmetrics-text\r\n\r\n").find("EOF") ==
        std::string::npos);
}

TEST_CASE("OpenMetrics names families without the suffix of their samples, gives units, and ends with EOF") {
  const metric_family bytes{"a_bytes_total", metric_type::counter, "bytes", "say \"a\"", {{{}, 1, {}}}};
  const metric_family odd{"b_seconds", metric_type::gauge, "bytes", "", {{{}, 0.5, {}}}};
  const metric_family facts{"c_info", metric_type::info, "", "h", {{{{"v", "1"}}, 1, {}}}};
  const metric_family spread{
      "d_seconds", metric_type::histogram, "seconds", "h", {{{}, 0, {{{1e-5, 1}, {1e-4, 2}, {1, 3}}, 4, 7.5}}}};
  CHECK(control::metrics_page({bytes, odd, facts, spread}, control::exposition::openmetrics) ==
        "# HELP a_bytes say \\\"a\\\"\n# TYPE a_bytes counter\n# UNIT a_bytes bytes\na_bytes_total 1\n"
        "# HELP b_seconds b_seconds\n# TYPE b_seconds gauge\nb_seconds 0.5\n"
        "# HELP c h\n# TYPE c info\nc_info{v=\"1\"} 1\n"
        "# HELP d_seconds h\n# TYPE d_seconds histogram\n# UNIT d_seconds seconds\n"
        "d_seconds_bucket{le=\"1e-05\"} 1\nd_seconds_bucket{le=\"0.0001\"} 2\nd_seconds_bucket{le=\"1.0\"} 3\n"
        "d_seconds_bucket{le=\"+Inf\"} 4\nd_seconds_sum 7.5\nd_seconds_count 4\n# EOF\n");
  CHECK(control::prometheus_text({facts}) == "# HELP c_info h\n# TYPE c_info gauge\nc_info{v=\"1\"} 1\n");
}

TEST_CASE("nothing that a family says breaks a page: a repeated sample, a label twice, bytes that are no UTF-8") {
  const metric_family twice{
      "x", metric_type::gauge, "", "h", {{{{"a", "1"}, {"b", "2"}}, 1, {}}, {{{"b", "2"}, {"a", "1"}}, 2, {}}}};
  CHECK(control::prometheus_text({twice, twice}) == "# HELP x h\n# TYPE x gauge\nx{a=\"1\",b=\"2\"} 1\n");
  const metric_family label{"x", metric_type::gauge, "", "h", {{{{"a-b", "1"}, {"a_b", "2"}}, 1, {}}}};
  CHECK(control::prometheus_text({label}) == "# HELP x h\n# TYPE x gauge\nx{a_b=\"1\"} 1\n");
  const metric_family spread{"y",
                             metric_type::histogram,
                             "",
                             "h",
                             {{{{"le", "7"}}, 0, {{{std::numeric_limits<double>::infinity(), 1}}, 1, 2}}}};
  CHECK(control::prometheus_text({spread}) ==
        "# HELP y h\n# TYPE y histogram\ny_bucket{le=\"+Inf\"} 1\ny_sum 2\ny_count 1\n");
  const auto shown = [](const std::string& value) {
    const auto text = control::prometheus_text({{"x", metric_type::gauge, "", "h", {{{{"a", value}}, 1, {}}}}});
    const auto begin = text.find("a=\"") + 3;
    return text.substr(begin, text.rfind('"') - begin);
  };
  CHECK(shown("\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80") == "\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80");
  for (const char* const bad : {"\x80", "\xFF", "\xC0\xAF", "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xC3"})
    CHECK(shown(bad).starts_with("\xEF\xBF\xBD"));
  CHECK(shown("a\xE2\x82z") == "a\xEF\xBF\xBD\xEF\xBF\xBDz");
}
