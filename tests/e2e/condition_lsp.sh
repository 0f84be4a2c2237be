#!/usr/bin/env bash
# `stom condition lsp` over its pipe, as an editor drives it.
set -euo pipefail
python3 tests/conditions/language_server.py
