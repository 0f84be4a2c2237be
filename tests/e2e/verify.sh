#!/usr/bin/env bash
# Sessions run again from what their engines took in.
set -euo pipefail
python3 tests/exchange/verify_test.py
