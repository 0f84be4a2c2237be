#!/usr/bin/env bash
# The simulated exchange over real sockets, and that it fails with one line where it cannot start.
set -euo pipefail
refused() { # TEXT COMMAND...: fails, with the text on stderr
  local text=$1 error
  shift
  if error=$("$@" 2>&1 >/dev/null); then echo "not refused: $*"; exit 1; fi
  case $error in *"$text"*) ;; *) echo "$*: $error"; exit 1 ;; esac
}
refused "no fault named" "$STOM_PROGRAM" exchange --fault nonsense
refused "needs a value" "$STOM_PROGRAM" exchange --fault ack_delay_ms
refused "does not speak the protocol" "$STOM_PROGRAM" exchange --replay bybit:BTCUSDT
refused "no market rules named" "$STOM_PROGRAM" exchange --market-rules soon
refused "not a time" "$STOM_PROGRAM" exchange --at soon
refused "hours of KRX are not known" "$STOM_PROGRAM" exchange --market-rules venue --at 2010-01-04T09:00:00+09:00
refused "for recordings" "$STOM_PROGRAM" exchange --loop
refused "for recordings" "$STOM_PROGRAM" exchange --with-generated
refused "for recordings" "$STOM_PROGRAM" exchange --speed 2
python3 tests/exchange/binance_spot_test.py
refused "names no host and venue" "$STOM_PROGRAM" exchange --host api.upbit.com=nobody
python3 tests/exchange/binance_usdm_test.py
python3 tests/exchange/binance_coinm_test.py
python3 tests/exchange/upbit_test.py
python3 tests/exchange/kiwoom_test.py
python3 tests/exchange/replay_test.py
python3 tests/exchange/history_test.py
