# For scripts that start programs and look at them: read, not run.
#   need PROGRAM...   skips (77) when one is not there
#   $folder           temporary, goes at the end; so do the programs whose pids are in `started`
#   fail WORD...      ends the test, with the last lines of each log in $folder
#   soon COMMAND...   until it succeeds, for a minute at most
#   free_port         a port of the loopback that nobody has
need() {
  local program
  for program; do
    command -v "$program" >/dev/null || { echo "SKIP: no $program (scripts/packages test)"; exit 77; }
  done
}
folder=$(mktemp -d)
started=()
finish() {
  for pid in "${started[@]}"; do kill "$pid" 2>/dev/null || true; done
  wait 2>/dev/null || true
  rm -rf "$folder"
}
trap finish EXIT
fail() { echo "$(basename "$0" .sh): $*" >&2; tail -n 20 "$folder"/*.log >&2; exit 1; }
soon() { for _ in $(seq 600); do "$@" >/dev/null 2>&1 && return 0; sleep .1; done; return 1; }
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
