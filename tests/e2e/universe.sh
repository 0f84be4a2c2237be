#!/usr/bin/env bash
# The universe of a trading session: who is watched of more candidates than a venue registers.
set -euo pipefail
python3 tests/exchange/universe_test.py
python3 tests/exchange/universe_opening_test.py
