"""hftbacktest: order book replay with queue and latency models, two market makers and a grid, on its fast book (ROIVector).

The strategies do what docs/strategies/ says of mm_replace, mm_keep and grid, in integer ticks. Timed is the numba function;
conversion, loading, compilation and the construction of the backtest are not.
"""
import gc
import os
import time

import hftbacktest
import numpy as np
from hftbacktest import (
    BUY,
    FILLED,
    GTX,
    LIMIT,
    BacktestAsset,
    ROIVectorMarketDepthBacktest,
)
from hftbacktest.data.utils import binancefutures
from numba import njit, uint64

from worker import peak_rss_mb, serve

NO_BID, NO_ASK = -(2**63), 2**63 - 1
TICK, LOT, QUANTITY = 0.1, 0.001, 0.001
FILL = np.dtype([("time_ns", "i8"), ("order", "u8"), ("side", "i1"), ("tick", "i8"), ("quantity", "f8")], align=True)

tapes = {}


@njit
def harvest(hbt, fills, count):
    """Fills that the strategy has learned of since the last call, before it forgets the finished orders."""
    orders = hbt.orders(0).values()
    while orders.has_next():
        order = orders.get()
        if order.status == FILLED:
            f = fills[count[0]]
            f.time_ns = order.exch_timestamp
            f.order = order.order_id
            f.side = order.side
            f.tick = order.exec_price_tick
            f.quantity = order.exec_qty
            count[0] += 1


@njit
def noop(hbt, interval):
    decisions = 0
    while hbt.elapse(interval) == 0:
        decisions += 1
    return decisions


@njit
def market_maker(hbt, interval, keep, most, fills, count):
    next_id = 1
    while hbt.elapse(interval) == 0:
        harvest(hbt, fills, count)
        hbt.clear_inactive_orders(0)
        depth = hbt.depth(0)
        bid, ask = depth.best_bid_tick, depth.best_ask_tick
        if bid == NO_BID or ask == NO_ASK:
            continue
        position = round(hbt.position(0) / LOT)
        want_bid, want_ask = position < most, position > -most
        have_bid = have_ask = False
        orders = hbt.orders(0).values()
        while orders.has_next():
            order = orders.get()
            if keep and want_bid and order.side == BUY and order.price_tick == bid:
                have_bid = True
            elif keep and want_ask and order.side != BUY and order.price_tick == ask:
                have_ask = True
            elif order.cancellable:
                hbt.cancel(0, order.order_id, False)
        if want_bid and not have_bid:
            hbt.submit_buy_order(0, next_id, bid * TICK, QUANTITY, GTX, LIMIT, False)
            next_id += 1
        if want_ask and not have_ask:
            hbt.submit_sell_order(0, next_id, ask * TICK, QUANTITY, GTX, LIMIT, False)
            next_id += 1
    harvest(hbt, fills, count)


@njit
def grid(hbt, interval, levels, spacing, most, fills, count):
    while hbt.elapse(interval) == 0:
        harvest(hbt, fills, count)
        hbt.clear_inactive_orders(0)
        depth = hbt.depth(0)
        bid, ask = depth.best_bid_tick, depth.best_ask_tick
        if bid == NO_BID or ask == NO_ASK:
            continue
        position = round(hbt.position(0) / LOT)
        want_bid, want_ask = position < most, position > -most
        highest_bid = bid // spacing * spacing
        lowest_ask = -(-ask // spacing) * spacing
        mine = hbt.orders(0)
        orders = mine.values()
        while orders.has_next():
            order = orders.get()
            if order.side == BUY:
                away, wanted = highest_bid - order.price_tick, want_bid
            else:
                away, wanted = order.price_tick - lowest_ask, want_ask
            fits = wanted and away >= 0 and away % spacing == 0 and away // spacing < levels
            if order.cancellable and not fits:
                hbt.cancel(0, order.order_id, False)
        if want_bid:
            for i in range(levels):
                tick = highest_bid - i * spacing
                if uint64(2 * tick) not in mine:
                    hbt.submit_buy_order(0, uint64(2 * tick), tick * TICK, QUANTITY, GTX, LIMIT, False)
        if want_ask:
            for i in range(levels):
                tick = lowest_ask + i * spacing
                if uint64(2 * tick + 1) not in mine:
                    hbt.submit_sell_order(0, uint64(2 * tick + 1), tick * TICK, QUANTITY, GTX, LIMIT, False)
    harvest(hbt, fills, count)


def load(name, capture, cache, copies=1, shift_ns=0):
    """The capture as this peer converts it; more copies are the same rows again, each `shift_ns` later."""
    if not os.path.exists(cache):
        binancefutures.convert(capture, cache, buffer_size=3_000_000)
    one = np.load(cache)["data"]
    rows = np.tile(one, copies)
    if copies > 1:
        late = np.repeat(np.arange(copies, dtype=np.int64) * shift_ns, len(one))
        rows["exch_ts"] += late
        rows["local_ts"] += late
    tapes[name] = rows
    return {"rows": len(rows)}


def new_backtest(tape, queue, latency_ns):
    rows = tapes[tape]
    levels = rows["px"][(rows["ev"] & 255 != 3) & (rows["px"] > 0)]
    middle = float(np.median(levels))
    asset = (
        BacktestAsset()
        .data(rows)
        .linear_asset(1.0)
        .constant_order_latency(latency_ns, latency_ns)
        .no_partial_fill_exchange()
        .trading_value_fee_model(0.0002, 0.0005)
        .tick_size(TICK)
        .lot_size(LOT)
        .roi_lb(round(middle - 1000, 0))
        .roi_ub(round(middle + 1000, 0))
    )
    models = {
        "risk_averse": asset.risk_adverse_queue_model,
        "power3": lambda: asset.power_prob_queue_model3(3.0),
        "log": asset.log_prob_queue_model,
    }
    models[queue]()
    return ROIVectorMarketDepthBacktest([asset])


def run(tape, strategy, queue="power3", latency_ns=1_000_000, interval_ns=100_000_000, fills_csv=None):
    fills, count = np.zeros(4_000_000 if strategy != "noop" else 1, FILL), np.zeros(1, np.int64)
    hbt = new_backtest(tape, queue, latency_ns)
    gc.collect()
    began = time.perf_counter()
    if strategy == "noop":
        noop(hbt, interval_ns)
    elif strategy == "grid":
        grid(hbt, interval_ns, 10, 10, 20, fills, count)
    else:
        market_maker(hbt, interval_ns, strategy == "mm_keep", 10, fills, count)
    seconds = time.perf_counter() - began
    hbt.close()
    fills = np.sort(fills[: count[0]], order=("time_ns", "order"))
    if fills_csv:
        with open(fills_csv, "w") as f:
            f.write("time_ns,side,tick,lots\n")
            for x in fills:
                f.write(f"{x['time_ns']},{'buy' if x['side'] == 1 else 'sell'},{x['tick']},{round(x['quantity'] / LOT)}\n")
    return {"seconds": seconds, "rows": len(tapes[tape]), "fills": int(count[0]), "peak_rss_mb": peak_rss_mb()}


if __name__ == "__main__":
    serve(f"hftbacktest {hftbacktest.__version__}", {"load": load, "run": run})
