#!/usr/bin/env bash
# Sessions whose journal was cut into segments.
set -euo pipefail
python3 tests/exchange/segments_test.py
