#!/usr/bin/env bash
# The condition language against the reference of it in Python. Long, as a proof: agree_test.py by itself takes --texts and
# --programs; its default are 200 texts of users' shapes.
set -euo pipefail
python3 tests/conditions/reference_test.py
python3 tests/conditions/agree_test.py --texts 20 --programs 20 --english-every 50
