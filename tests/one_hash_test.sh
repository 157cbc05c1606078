#!/usr/bin/env bash
# One seed, one run, whoever built the program: `one_hash_test.sh PROGRAM...`, each the
# one_hash_test of another build. All must give the same trace hashes and results; the first one
# also without the CPU's fused multiply-add, with which exp and sin of the C library end in other
# digits.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
no_fma=glibc.cpu.hwcaps=-FMA,-FMA4,-AVX2

# hashes_of PROGRAM NAME: into the file NAME.
hashes_of() {
  if ! STARLING_HASHES=$work/$2 "$1" >"$work/log" 2>&1; then
    cat "$work/log"
    exit 1
  fi
}

same_as_first() {  # name what
  if ! diff "$work/first" "$work/$1" >"$work/different"; then
    echo "$2 gives other runs than $first; scenario, seed, trace hash, digest of the result:"
    cat "$work/different"
    exit 1
  fi
}

# Does the switch do anything on this machine?
library_digits() {
  awk 'BEGIN { for (i = 1; i < 5000; ++i) printf "%.17g %.17g\n", exp(i / 300), sin(i / 7) }'
}

first=$1
shift
hashes_of "$first" first
[[ -s $work/first ]] || { echo "$first wrote no hashes"; exit 1; }
for program in "$@"; do
  hashes_of "$program" other
  same_as_first other "$program"
  rm "$work/other"
done

GLIBC_TUNABLES=$no_fma hashes_of "$first" no_fma
same_as_first no_fma "$first without FMA"
without="and without FMA"
if [[ $(library_digits) == "$(GLIBC_TUNABLES=$no_fma library_digits)" ]]; then
  without="; FMA NOT RUN, it cannot be switched off here"
fi
echo "$(wc -l <"$work/first") runs are the same in $(($# + 1)) builds $without"
