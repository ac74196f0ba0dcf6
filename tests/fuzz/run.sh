#!/usr/bin/env bash
# One target of the fuzz ring for a bounded number of runs:  run.sh PROGRAM RUNS CORPUS [option of libFuzzer...]
# TOKIOD_FUZZ_RUNS says another number; -1 is without end. What the target finds new lies in a folder beside the program
# until the next time; an input that fails is left there as PROGRAM-crash-... Leaks are looked for once, at the end:
# after each run, which libFuzzer does where a target keeps something for the next one, it takes longer than the run.
set -euo pipefail
program=$1 runs=${TOKIOD_FUZZ_RUNS:-$2} corpus=$3
shift 3
rm -rf "$program.found"
mkdir "$program.found"
exec "$program" -runs="$runs" -seed=20261127 -max_len=4096 -timeout=300 -rss_limit_mb=4096 -detect_leaks=0 \
  -artifact_prefix="$program-" "$@" "$program.found" "$corpus"
