#!/usr/bin/env bash
# Planted latencies and a planted queue exponent come back from a backtest's folder, on a few seeds (`tools/prove calibrate`
# has a hundred: tests/calibrate/coverage.py), and sessions at the exchange and on paper are measured.
set -euo pipefail
python3 tests/calibrate/coverage.py --stom "$STOM_PROGRAM" --seeds 3 --minutes 60
python3 tests/exchange/calibrate_test.py
