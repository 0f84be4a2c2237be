# Sourced by *.seeds: first inputs that the program itself writes. Without a built program a fuzzer starts from nothing.
set -euo pipefail
corpus=${1:?folder}
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
program=$(ls -t "$root"/build/*/bin/stom 2>/dev/null | head -n 1 || true)
[ -n "$program" ] || exit 0
export STOM_HOME
STOM_HOME=$(mktemp -d)
trap 'rm -rf "$STOM_HOME"' EXIT
