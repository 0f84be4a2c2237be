#!/usr/bin/env bash
# Funding at Binance's futures, told by the exchange and booked by sessions.
set -euo pipefail
python3 tests/exchange/funding_test.py
