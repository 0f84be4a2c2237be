#!/usr/bin/env bash
# The rules `stom` against a second simulator written from docs/fills.md alone: every fill of three strategies on three
# recorded markets. tests/second_simulator/compare.py says more.
set -euo pipefail
exec python3 tests/second_simulator/compare.py --stom "$STOM_PROGRAM"
