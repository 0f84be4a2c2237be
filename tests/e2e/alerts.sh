#!/usr/bin/env bash
# Alerts against real servers: each channel, and a session that is watched.
set -euo pipefail
python3 tests/alerts/alerts_test.py
