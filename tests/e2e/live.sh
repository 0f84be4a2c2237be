#!/usr/bin/env bash
# Real orders, at the simulated exchange: who may send them, in what order, and where secrets are not. And the unit of the
# service, where there is a systemd to read it.
set -euo pipefail
if command -v systemd-analyze >/dev/null; then
  unit=$(mktemp -d)/stom-trade@main.service
  sed "s#^ExecStart=/usr/bin/stom#ExecStart=$STOM_PROGRAM#" 'data/systemd/stom-trade@.service' >"$unit"
  systemd-analyze verify --man=no "$unit"
fi
python3 tests/exchange/live_test.py
