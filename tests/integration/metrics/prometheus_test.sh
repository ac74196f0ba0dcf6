#!/usr/bin/env bash
# A real Prometheus scrapes the daemon over a loopback port; promtool reads the page, the alert rules and their tests;
# every expression of the dashboard is asked of that Prometheus.
#   prometheus_test.sh BUILD_DIR SOURCE_DIR      exit 77: a program for it is missing
set -euo pipefail
build=$1 source=$2
here=$source/tests/integration/metrics
. "$here/../programs.sh"
need promtool prometheus curl socat python3

# 1 the rules, and what makes them fire
cp "$source/config/prometheus/tokiod.rules.yml" "$here/rules_test.yml" "$folder"
(cd "$folder" && promtool check rules tokiod.rules.yml && promtool test rules rules_test.yml) || fail "alert rules"

# 2 a daemon with plugins that publish something
cat >"$folder/tokiod.json" <<END
{"plugins": {"instances": {
  "web": {"plugin": "http", "config": {"bind": "127.0.0.1", "port": 0}},
  "echo": {"plugin": "echo", "config": {"bind": "127.0.0.1", "port": 0}}}}}
END
"$build/bin/tokiod" --config "$folder/tokiod.json" --socket "$folder/control.sock" --observe-socket "$folder/observe.sock" \
  --plugin-dir "$build/plugins" >"$folder/tokiod.log" 2>&1 &
started+=($!)
get() { curl --silent --fail --max-time 30 --unix-socket "$folder/observe.sock" "$@"; }
ready() { get http://tokiod/readyz; }
soon ready || fail "the daemon is not ready"

# 3 the page in both forms
get http://tokiod/metrics >"$folder/text" || fail "no page"
promtool check metrics <"$folder/text" || fail "promtool check metrics"
grep -q '^tokiod_plugin_http_connections_total{instance="web"} ' "$folder/text" || fail "the plugin's own metric is missing"
get -H 'Accept: application/openmetrics-text' http://tokiod/metrics >"$folder/openmetrics" || fail "no OpenMetrics page"
[ "$(tail -n 1 "$folder/openmetrics")" = "# EOF" ] || fail "the OpenMetrics page does not end with EOF"
[ "$(grep -c '^# TYPE' "$folder/openmetrics")" = "$(grep '^# TYPE' "$folder/openmetrics" | sort -u -k3,3 | wc -l)" ] ||
  fail "a family stands twice"
if python3 -c 'import prometheus_client.openmetrics' 2>/dev/null; then
  python3 - "$folder/openmetrics" <<'END' || fail "the OpenMetrics page is not what its specification says"
import sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families
assert len(list(text_string_to_metric_families(open(sys.argv[1]).read()))) > 50
END
fi

# 4 a scrape. Prometheus reaches no Unix socket; socat stands where systemd-socket-proxyd would.
scrape=$(free_port) api=$(free_port)
socat "TCP-LISTEN:$scrape,bind=127.0.0.1,fork,reuseaddr" "UNIX-CONNECT:$folder/observe.sock" 2>"$folder/socat.log" &
started+=($!)
cat >"$folder/prometheus.yml" <<END
global: {scrape_interval: 1s, evaluation_interval: 1s}
rule_files: [tokiod.rules.yml]
scrape_configs: [{job_name: tokiod, static_configs: [{targets: ["127.0.0.1:$scrape"]}]}]
END
promtool check config "$folder/prometheus.yml" || fail "configuration of Prometheus"
prometheus --config.file="$folder/prometheus.yml" --storage.tsdb.path="$folder/data" \
  --web.listen-address="127.0.0.1:$api" >"$folder/prometheus.log" 2>&1 &
started+=($!)
cat >"$folder/ask.py" <<'END'
# ask.py API up | questions DASHBOARD
import json, sys, urllib.parse, urllib.request
def ask(path, **fields):
  url = f"http://127.0.0.1:{sys.argv[1]}/api/v1/{path}?{urllib.parse.urlencode(fields)}"
  return json.load(urllib.request.urlopen(url, timeout=30))["data"]
if sys.argv[2] == "up":
  targets = ask("targets")["activeTargets"]
  print([(t["health"], t["lastError"]) for t in targets])
  sys.exit(0 if [t["health"] for t in targets] == ["up"] and ask("query", query="up")["result"][0]["value"][1] == "1" else 1)
known = ask("metadata")
for family, kind in {"tokiod_build": "info", "tokiod_worker_polls": "counter", "tokiod_task_poll_seconds": "histogram",
                     "tokiod_plugin_http_connections": "counter"}.items():
  assert known[family][0]["type"] == kind and known[family][0]["help"], (family, known.get(family))
assert known["tokiod_task_poll_seconds"][0]["unit"] == "seconds"
answers = 0
for panel in json.load(open(sys.argv[3]))["panels"]:
  for target in panel.get("targets", []):
    expr = target["expr"].replace("$__rate_interval", "1m").replace("$job", "tokiod").replace("$instance", ".*")
    answers += len(ask("query", query=expr)["result"]) > 0
assert answers > 15, answers  # rates have nothing to say yet where nothing happened
for rule in ask("rules")["groups"][0]["rules"]:
  assert rule["health"] in ("ok", "unknown"), rule
print(answers, "expressions of the dashboard have an answer")
END
soon python3 "$folder/ask.py" "$api" up || { python3 "$folder/ask.py" "$api" up || true; fail "the scrape does not succeed"; }
asked() { python3 "$folder/ask.py" "$api" questions "$source/config/grafana/tokiod.json"; }
soon asked || { asked || true; fail "what was scraped"; }
asked
