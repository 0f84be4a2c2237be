#!/usr/bin/env bash
# Databases of the old program's shape: in, run, out; and what is broken in them changes nothing.
set -euo pipefail
export ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0 # hundreds of runs, each of which would walk the heap at its end
python3 tests/old_data/old_data_test.py
python3 tests/old_data/old_strategies_test.py
