#!/usr/bin/env bash
# Several strategies on one account, each with a position of its own.
set -euo pipefail
python3 tests/exchange/several_test.py
