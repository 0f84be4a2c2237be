# Sourced by *.seeds: first inputs from the recorded data (STOM_TEST_DATA), made when fuzzers run and never kept here.
set -euo pipefail
corpus=${1:?folder}
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
recorded=${STOM_TEST_DATA:-$root/../shared/data}

text_of() { case $1 in *.gz) zcat "$1" 2>/dev/null ;; *) cat "$1" ;; esac; }
# lines_of FILE FROM COUNT
lines_of() { text_of "$1" | sed -n "$2,$(($2 + $3 - 1))p;$(($2 + $3))q" || true; }
# octal NUMBER: the byte, for printf.
octal() { printf '\\%03o' "$1"; }
