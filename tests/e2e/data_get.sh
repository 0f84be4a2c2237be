#!/usr/bin/env bash
# `stom data get` against a server with the folders and file names of data.binance.vision, healthy and in trouble.
# tests/get/get.py says more.
set -euo pipefail
exec python3 tests/get/get.py --stom "$STOM_PROGRAM"
