#!/usr/bin/env bash
# Stops and brackets that the session keeps, at a venue that has none.
set -euo pipefail
python3 tests/exchange/held_orders_test.py
