#!/usr/bin/env bash
# The condition language against the reference of it in Python. All 200 texts of users' shapes: `tools/prove agreement`.
set -euo pipefail
export ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0 # hundreds of runs, each of which would walk the heap at its end
python3 tests/conditions/reference_test.py
python3 tests/conditions/breaks_test.py
python3 tests/conditions/agree_test.py --texts 16 --programs 12 --english-every 80
