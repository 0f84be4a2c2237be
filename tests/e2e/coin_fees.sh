#!/usr/bin/env bash
# Fees that Binance spot takes of what was bought, and positions that are what came.
set -euo pipefail
python3 tests/exchange/coin_fees_test.py
