#!/usr/bin/env bash
# The page in a real browser: a daemon with a plugin under load serves it on a port of the loopback, headless Chromium
# draws it, and what it shows is what the daemon says.
#   page_test.sh BUILD_DIR SOURCE_DIR [PICTURES_DIR]      exit 77: a program for it is missing
# With PICTURES_DIR the screenshots (light.png, dark.png) stay there.
set -euo pipefail
build=$1 source=$2
here=$source/tests/integration/page
browser=
for name in chromium-headless-shell chromium-shell chromium; do
  browser=$(command -v "$name") && break
done
. "$here/../programs.sh"
need "${browser:-chromium}" curl python3
pictures=${3:-$folder}

# 1 a daemon with two plugins
web=127.0.0.1:$(free_port)
cat >"$folder/tokiod.json" <<END
{"control": {"page_address": "127.0.0.1:0"}, "log": {"sink": "json"}, "runtime": {"worker_threads": 2},
 "plugins": {"instances": {
  "web": {"plugin": "http", "config": {"bind": "127.0.0.1", "port": ${web##*:}}},
  "echo": {"plugin": "echo", "config": {"bind": "127.0.0.1", "port": 0}}}}}
END
"$build/bin/tokiod" --config "$folder/tokiod.json" --socket "$folder/control.sock" --observe-socket "$folder/observe.sock" \
  --plugin-dir "$build/plugins" >"$folder/tokiod.log" 2>&1 &
started+=($!)
ready() { curl --silent --fail --max-time 30 --unix-socket "$folder/observe.sock" http://tokiod/readyz; }
soon ready || fail "the daemon is not ready"
# The port of the page, from the log, which is one JSON object a line.
page=$(python3 -c '
import json, sys
records = [json.loads(line) for line in open(sys.argv[1])]
print(next(r["fields"]["address"] for r in records if r["message"] == "the page is served"))' "$folder/tokiod.log") ||
  fail "the log does not tell the port of the page"

# 2 work for it
python3 "$here/load.py" "$web" >"$folder/load.log" 2>&1 &
started+=($!)

# 3 the page, drawn twice: as text for the checks, and as pictures
flags=(--no-sandbox --disable-gpu --hide-scrollbars --enable-logging=stderr --user-data-dir="$folder/profile"
  --window-size=1280,1500 --virtual-time-budget=40000)
draw() { timeout 300 "$browser" --headless "${flags[@]}" "$@" "http://$page/" 2>>"$folder/browser.log"; }
draw --dump-dom >"$folder/dom.html" || fail "the browser cannot dump the page"
curl --silent --fail "http://$page/page.json" >"$folder/page.json" || fail "no data"
draw --screenshot="$pictures/light.png" || fail "no picture"
draw --blink-settings=preferredColorScheme=0 --screenshot="$pictures/dark.png" || fail "no picture of the dark page"
! grep -E ':CONSOLE' "$folder/browser.log" || fail "the page said something on the console"
python3 "$here/check.py" "$folder/dom.html" "$folder/page.json" "$pictures/light.png" "$pictures/dark.png" || fail "what the page shows"

# 4 another site is given nothing
[ "$(curl --silent -o /dev/null -w '%{http_code}' -H 'Host: evil.example' "http://$page/page.json")" = 421 ] || fail "rebinding"
[ "$(curl --silent -o /dev/null -w '%{http_code}' -H 'Sec-Fetch-Site: cross-site' "http://$page/")" = 403 ] || fail "cross-site"
