"""NautilusTrader's BacktestEngine under its Python strategy API: quotes with nothing to do, an EMA cross on 100-tick bars, and
order book deltas with nothing to do. Timed: engine.run(); not: building and adding the data."""
import gc
import gzip
import json
import os
import time
from decimal import Decimal

import nautilus_trader
import pandas as pd
from nautilus_trader.backtest.engine import BacktestEngine, BacktestEngineConfig
from nautilus_trader.config import LoggingConfig, RiskEngineConfig, StrategyConfig
from nautilus_trader.examples.strategies.ema_cross import EMACross, EMACrossConfig
from nautilus_trader.model.currencies import USD, USDT
from nautilus_trader.model.data import BarType, BookOrder, OrderBookDelta
from nautilus_trader.model.enums import AccountType, BookAction, BookType, OmsType, OrderSide, RecordFlag
from nautilus_trader.model.objects import Money, Price, Quantity
from nautilus_trader.persistence.wranglers import QuoteTickDataWrangler
from nautilus_trader.test_kit.providers import TestInstrumentProvider
from nautilus_trader.trading.strategy import Strategy

import tapes
from worker import peak_rss_mb, serve

state = {}


class IdleConfig(StrategyConfig, frozen=True):
    what: str = "quotes"


class Idle(Strategy):
    """Subscribed, called for every event, does nothing."""

    def __init__(self, config, instrument):
        super().__init__(config)
        self.instrument_id = instrument

    def on_start(self):
        if self.config.what == "quotes":
            self.subscribe_quote_ticks(self.instrument_id)
        else:
            self.subscribe_order_book_deltas(self.instrument_id, book_type=BookType.L2_MBP)

    def on_quote_tick(self, tick):
        pass

    def on_order_book_deltas(self, deltas):
        pass


def quotes_of(instrument, rows, seed):
    t = tapes.quotes(rows, seed)
    frame = pd.DataFrame(
        {
            "bid_price": t["bid"] / 1e5,
            "ask_price": t["ask"] / 1e5,
            "bid_size": t["bid_size"].astype(float),
            "ask_size": t["ask_size"].astype(float),
        },
        index=pd.to_datetime(t["time_ns"], utc=True),
    )
    return QuoteTickDataWrangler(instrument).process(frame)


def deltas_of(instrument, capture):
    """One delta a price level; the last of a frame carries the flag that ends it."""
    deltas, sequence = [], 0
    with gzip.open(capture, "rb") as lines:
        for line in lines:
            received, body = line.split(b" ", 1)
            if b'"depthUpdate"' not in body:
                continue
            update, time_ns = json.loads(body)["data"], int(received)
            levels = [(OrderSide.BUY, *level) for level in update["b"]] + [(OrderSide.SELL, *level) for level in update["a"]]
            for i, (side, price, size) in enumerate(levels):
                quantity = Quantity(float(size), 3)
                sequence += 1
                deltas.append(
                    OrderBookDelta(
                        instrument.id,
                        BookAction.DELETE if quantity.as_double() == 0 else BookAction.UPDATE,
                        BookOrder(side, Price(float(price), 1), quantity, 0),
                        RecordFlag.F_LAST if i == len(levels) - 1 else 0,
                        sequence,
                        time_ns,
                        time_ns,
                    )
                )
    return deltas


def load(what, rows=1_000_000, seed=1, capture=None):
    engine = BacktestEngine(
        BacktestEngineConfig(
            logging=LoggingConfig(bypass_logging=True), run_analysis=False, risk_engine=RiskEngineConfig(bypass=False)
        )
    )
    if what == "deltas":
        instrument = TestInstrumentProvider.btcusdt_perp_binance()
        data = deltas_of(instrument, capture)
        venue = dict(base_currency=None, starting_balances=[Money(1_000_000, USDT)], book_type=BookType.L2_MBP)
    else:
        instrument = TestInstrumentProvider.default_fx_ccy("EUR/USD")
        data = quotes_of(instrument, rows, seed)
        venue = dict(base_currency=USD, starting_balances=[Money(1_000_000, USD)])
    engine.add_venue(venue=instrument.id.venue, oms_type=OmsType.HEDGING, account_type=AccountType.MARGIN, **venue)
    engine.add_instrument(instrument)
    engine.add_data(data)
    if what == "ema_bars":
        strategy = EMACross(
            EMACrossConfig(
                instrument_id=instrument.id,
                bar_type=BarType.from_str("EUR/USD.SIM-100-TICK-BID-INTERNAL"),
                trade_size=Decimal(10_000),  # less than half of the least touch: the peer does not use a level up
                fast_ema_period=10,
                slow_ema_period=20,
                subscribe_trade_ticks=False,
                request_bars=False,
                close_positions_on_stop=False,
            )
        )
    else:
        strategy = Idle(IdleConfig(what=what), instrument.id)
    engine.add_strategy(strategy)
    state[what] = dict(engine=engine, events=len(data), fresh=True)
    return {"rows": len(data)}


def run(what, fills_csv=None):
    engine = state[what]["engine"]
    if not state[what]["fresh"]:
        engine.reset()
    state[what]["fresh"] = False
    gc.collect()
    began = time.perf_counter()
    engine.run()
    seconds = time.perf_counter() - began
    if fills_csv:
        orders = sorted(engine.cache.orders(), key=lambda o: (o.ts_last, o.client_order_id.value))
        with open(fills_csv, "w") as f:
            f.write("time_ns,side,price,quantity\n")
            for o in orders:
                if o.filled_qty > 0:
                    side = "buy" if o.side == OrderSide.BUY else "sell"
                    f.write(f"{o.ts_last},{side},{o.avg_px:.5f},{o.filled_qty}\n")
    return {
        "seconds": seconds,
        "rows": state[what]["events"],
        "orders": engine.cache.orders_total_count(),
        "peak_rss_mb": peak_rss_mb(),
    }


if __name__ == "__main__":
    os.environ.setdefault("PYTHONUNBUFFERED", "1")
    serve(f"NautilusTrader {nautilus_trader.__version__}", {"load": load, "run": run})
