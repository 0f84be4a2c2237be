#!/usr/bin/env bash
# The example strategies: without errors or warnings, one program in both languages, true to their cases, and each buys and
# sells by text on generated rows. The pages that show them are what the texts say.
set -euo pipefail
export ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0 # many runs, each of which would walk the heap at its end
tools/condition_examples --check
exec python3 tests/conditions/examples_test.py
