#!/usr/bin/env bash
# Keys of venues in one encrypted file.
set -euo pipefail
python3 tests/exchange/vault_test.py
