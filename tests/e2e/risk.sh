#!/usr/bin/env bash
# Limits and the kill switch of trading sessions.
set -euo pipefail
python3 tests/exchange/risk_test.py
