#!/usr/bin/env bash
# From nothing to a first result with one command, and the same again: same data, same journal, to the last byte.
set -euo pipefail
field() { sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"; }

first=$("$STOM_PROGRAM" demo --json)
folder=$(field folder <<<"$first")
for file in run.json journal.stom fills.csv trades.csv equity.csv statistics.json report.html; do
  [ -s "$folder/$file" ] || { echo "the run has no $file"; exit 1; }
done

again=$("$STOM_PROGRAM" demo --json)
[ "$(field journal_hash <<<"$first")" = "$(field journal_hash <<<"$again")" ] || { echo "two journals of one run"; exit 1; }
[ "$(field folder <<<"$again")" != "$folder" ] || { echo "the second run took the first one's place"; exit 1; }
