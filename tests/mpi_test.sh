#!/usr/bin/env bash
# A sweep on two ranks of MPI against the same sweep in one process: `mpi_test.sh STARLING`. The
# tables must be the same, byte for byte; also when the ranks go on from a sweep that was cut off,
# and when one of them cannot begin.
set -euo pipefail
starling=$(readlink -f "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

# Open MPI refuses to run as root, or to run more ranks than there are cores, unless told.
ranks() { mpirun --allow-run-as-root --oversubscribe -n 2 "$starling" sim sweep "$@"; }
sweep=(flash-crowd --set leechers=5 --set size=1MiB --vary "up=50KB/s,80KB/s" --seeds 1..3)

"$starling" sim sweep "${sweep[@]}" --out alone >/dev/null
ranks "${sweep[@]}" --out both >printed
cmp alone/runs.csv both/runs.csv
cmp alone/summary.csv both/summary.csv
if [[ $(grep -c '^written: ' printed) != 1 ]]; then
  echo "not only rank 0 printed:" >&2
  cat printed >&2
  exit 1
fi

kept=(both/runs/*)
[[ ${#kept[@]} == 6 ]]
rm both/runs.csv "${kept[0]}" "${kept[3]}"
ranks "${sweep[@]}" --out both >/dev/null
cmp alone/runs.csv both/runs.csv

# Rank 0 refuses the folder; the other one must not wait for it.
if timeout 60 mpirun --allow-run-as-root --oversubscribe -n 2 "$starling" sim sweep flash-crowd \
  --set leechers=5 --out both >/dev/null 2>errors; then
  echo "another sweep was not refused" >&2
  exit 1
fi
if [[ $(grep -c '^starling: both holds another sweep' errors) != 1 ]]; then
  cat errors >&2
  exit 1
fi
echo "two ranks make what one process makes"
