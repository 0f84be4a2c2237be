#!/usr/bin/env bash
# Three venues and one book, by the commands of docs/one-book.md.
set -euo pipefail
python3 tests/exchange/one_book_test.py
