"""A bot as people write it with ccxt: its order book of the stream, and at each update an order at the best bid by its REST client.
Its throttle is off. Answers loop_bench's server, which takes the times.

usage: ccxt_bot.py FILE     (what `loop_bench bot FILE` writes: port, ca, key, secret)
"""
import asyncio
import json
import sys

import ccxt.pro

server = json.load(open(sys.argv[1]))
HOST = f"127.0.0.1:{server['port']}"
SYMBOL = "BTC/USDT:USDT"
# The one instrument of the server, as ccxt describes it after reading exchangeInfo.
MARKET = {
    "id": "BTCUSDT", "lowercaseId": "btcusdt", "symbol": SYMBOL, "base": "BTC", "quote": "USDT", "settle": "USDT",
    "baseId": "BTC", "quoteId": "USDT", "settleId": "USDT", "type": "swap", "spot": False, "margin": False, "swap": True,
    "future": False, "option": False, "contract": True, "linear": True, "inverse": False, "active": True, "contractSize": 1.0,
    "precision": {"amount": 0.001, "price": 0.01}, "limits": {"amount": {"min": 0.001}, "price": {}, "cost": {}},
    "info": {"orderTypes": ["LIMIT", "MARKET"]},
}  # fmt: skip


async def trade():
    exchange = ccxt.pro.binanceusdm({"apiKey": server["key"], "secret": server["secret"], "enableRateLimit": False})
    exchange.cafile = server["ca"]
    for name in exchange.urls["api"]:
        if name.startswith("fapi"):
            exchange.urls["api"][name] = f"https://{HOST}/fapi/v1"
    streams = exchange.urls["api"]["ws"]
    for name in streams:
        if isinstance(streams[name], str) and "fstream" in streams[name]:
            streams[name] = f"wss://{HOST}/stream/ws"
    exchange.set_markets([MARKET])
    while True:
        book = await exchange.watch_order_book(SYMBOL)
        await exchange.create_order(SYMBOL, "limit", "buy", 0.001, book["bids"][0][0], {"timeInForce": "IOC"})


print(json.dumps({"version": ccxt.__version__}), flush=True)
asyncio.run(trade())
