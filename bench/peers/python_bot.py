"""A bot as people write it with python-binance: its socket manager brings depth updates, a dictionary holds the book, and at each
update goes an order at the best bid by its REST client. Answers loop_bench's server, which takes the times.

usage: python_bot.py FILE     (what `loop_bench bot FILE` writes: port, ca, key, secret)
"""
import asyncio
import json
import os
import sys

server = json.load(open(sys.argv[1]))
os.environ["REQUESTS_CA_BUNDLE"] = os.environ["SSL_CERT_FILE"] = server["ca"]

import binance  # noqa: E402  (it reads the environment above)
from binance import AsyncClient, BinanceSocketManager  # noqa: E402

HOST = f"127.0.0.1:{server['port']}"


async def trade():
    client = AsyncClient(server["key"], server["secret"])
    client.FUTURES_URL = f"https://{HOST}/fapi"
    manager = BinanceSocketManager(client)
    manager.FSTREAM_URL = f"wss://{HOST}/"
    bids = {}
    async with manager.futures_multiplex_socket(["btcusdt@depth@100ms"]) as socket:
        while True:
            update = (await socket.recv())["data"]
            if not bids:
                snapshot = await client.futures_order_book(symbol="BTCUSDT", limit=1000)
                bids = {float(price): (price, float(quantity)) for price, quantity in snapshot["bids"]}
            for price, quantity in update["b"]:
                if float(quantity) == 0:
                    bids.pop(float(price), None)
                else:
                    bids[float(price)] = (price, float(quantity))
            best = bids[max(bids)][0]
            await client.futures_create_order(
                symbol="BTCUSDT", side="BUY", type="LIMIT", timeInForce="IOC", quantity="0.001", price=best
            )


print(json.dumps({"version": binance.__version__}), flush=True)
asyncio.run(trade())
