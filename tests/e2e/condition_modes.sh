#!/usr/bin/env bash
# A pair of condition texts decides the same in backtest, replay and on paper.
set -euo pipefail
python3 tests/conditions/modes_test.py
