#!/usr/bin/env bash
# The condition language against the reference of it in Python (tests/conditions).
set -euo pipefail
python3 tests/conditions/reference_test.py
