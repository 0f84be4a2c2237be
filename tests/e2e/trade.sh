#!/usr/bin/env bash
# Trading sessions on live sockets, on paper and at the simulated exchange.
set -euo pipefail
python3 tests/exchange/trade_test.py TradeSessions StocksOnPaper
python3 tests/exchange/venue_command_test.py
python3 tests/exchange/trading_api_test.py
