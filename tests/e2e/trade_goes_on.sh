#!/usr/bin/env bash
# Trading sessions that were killed or ended, and go on in their folder.
set -euo pipefail
python3 tests/exchange/trade_test.py SessionsThatGoOn
