#!/usr/bin/env bash
# Several strategies on one account in a backtest: what each did, and together the run, to the last decimal.
set -euo pipefail
python3 tests/runs/several_test.py
