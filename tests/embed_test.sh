#!/usr/bin/env bash
# The embedding example against the program: `embed_test.sh EMBED STARLING` seeds a file on loopback
# and has EMBED fetch it, knowing the info-hash and the seeder's address; the copies are compared.
set -euo pipefail
embed=$1
starling=$2
work=$(mktemp -d)
seeder=
finish() {
  if [[ -n $seeder ]]; then
    kill "$seeder" 2>/dev/null || true
    wait "$seeder" || true  # it saves its state before it ends: the folder is in use until then
  fi
  rm -rf "$work"
}
trap finish EXIT

mkdir "$work/shared" "$work/copy"
head -c 3000000 /dev/urandom >"$work/shared/file.bin"
"$starling" seed "$work/shared/file.bin" --listen 127.0.0.1:0 --dht-bootstrap none \
  --trackers never --state "$work/state" --json >"$work/events" &
seeder=$!

# first_match PATTERN: waits for an event and prints what the pattern's group holds.
first_match() {
  local found
  for _ in $(seq 200); do
    found=$(sed -n "s|.*$1.*|\\1|p" "$work/events" | head -n 1)
    if [[ -n $found ]]; then
      echo "$found"
      return
    fi
    sleep 0.05
  done
  echo "no event like $1" >&2
  return 1
}

address=$(first_match '"event":"listening".*"\(127\.0\.0\.1:[0-9]*\)"')
hash=$(first_match '"info_hash":"\([0-9a-f]*\)"')
timeout 60 "$embed" "magnet:?xt=urn:btih:$hash" "$work/copy" "$address"
cmp "$work/shared/file.bin" "$work/copy/file.bin"
