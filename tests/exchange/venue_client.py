"""What the tests of the exchange talk to it with: HTTPS and WebSocket out of Python's standard library, the exchange as
a child process, and a comparison of JSON with recorded or documented JSON by field set and types."""

import base64
import hashlib
import hmac
import http.client
import json
import os
import signal
import socket
import ssl
import struct
import subprocess
import time
import urllib.parse
import uuid
from decimal import Decimal

PATIENCE = 120  # seconds, for what is a matter of one or two where nothing else runs


class Exchange:
    """`stom exchange` for as long as the with block."""

    def __init__(self, *arguments):
        self.arguments = arguments

    def __enter__(self):
        port = [] if "--port" in self.arguments else ["--port", "0"]
        command = [os.environ["STOM_PROGRAM"], "exchange", *port, "--json", *self.arguments]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.line = json.loads(self.process.stdout.readline())
        self.sockets = []
        self.trust = ssl.create_default_context(cafile=self.line["ca"])
        return self

    def __exit__(self, *_):
        for socket in self.sockets:
            socket.close()
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(timeout=60)
        self.process.stdout.close()
        assert code == 0, f"the exchange ended with {code}"
        assert not os.path.exists(self.line["ca"]), "the authority's file is left behind"

    def http(self, method, address, headers=None, body=None):
        """(status, headers, text) of one request."""
        url = urllib.parse.urlsplit(address)
        connection = http.client.HTTPSConnection(url.hostname, url.port, context=self.trust, timeout=PATIENCE)
        try:
            target = url.path + ("?" + url.query if url.query else "")
            connection.request(method, target, body, headers or {})
            response = connection.getresponse()
            return response.status, dict(response.getheaders()), response.read().decode()
        finally:
            connection.close()

    def control(self, method, path, body=None, token=None):
        headers = {"Authorization": f"Bearer {token or self.line['token']}"}
        status, _, text = self.http(method, self.line["control"] + path, headers, body and json.dumps(body))
        return status, json.loads(text)

    def socket(self, address, headers=None):
        self.sockets.append(Socket(self.trust, address, headers))
        return self.sockets[-1]


class Socket:
    """A WebSocket client: text out, text or binary in, pings answered, nothing else."""

    def __init__(self, trust, address, headers=None):
        url = urllib.parse.urlsplit(address)
        plain = socket.create_connection((url.hostname, url.port), timeout=PATIENCE)
        self.stream = trust.wrap_socket(plain, server_hostname=url.hostname)
        key = base64.b64encode(os.urandom(16)).decode()
        target = url.path + ("?" + url.query if url.query else "")
        self.stream.sendall(
            f"GET {target} HTTP/1.1\r\nHost: {url.netloc}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
            f"{''.join(f'{name}: {value}' + chr(13) + chr(10) for name, value in (headers or {}).items())}\r\n".encode()
        )
        self.unread = b""
        head = self.until(b"\r\n\r\n")
        accept = hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()
        if not head.startswith(b"HTTP/1.1 101 "):
            self.close()
            raise ConnectionError(head.split(b"\r\n")[0].decode())
        assert base64.b64encode(accept) in head

    def fill(self):
        more = self.stream.recv(65536)
        if not more:
            raise ConnectionError("the exchange ended the connection")
        self.unread += more

    def until(self, end):
        while end not in self.unread:
            self.fill()
        out, self.unread = self.unread.split(end, 1)
        return out

    def take(self, size):
        while len(self.unread) < size:
            self.fill()
        out, self.unread = self.unread[:size], self.unread[size:]
        return out

    def write(self, kind, payload):
        size = len(payload)
        head = bytes([0x80 | kind])
        head += bytes([0x80 | size]) if size < 126 else bytes([0x80 | 126]) + struct.pack(">H", size)
        mask = os.urandom(4)
        self.stream.sendall(head + mask + bytes(b ^ mask[i % 4] for i, b in enumerate(payload)))

    def send(self, message):
        self.write(1, (message if isinstance(message, str) else json.dumps(message)).encode())

    def text(self):
        while True:
            first, second = self.take(2)
            size = second & 127
            if size == 126:
                (size,) = struct.unpack(">H", self.take(2))
            elif size == 127:
                (size,) = struct.unpack(">Q", self.take(8))
            payload = self.take(size)
            kind = first & 15
            if kind == 9:
                self.write(10, payload)
            elif kind == 8:
                raise ConnectionError("closed")
            else:
                return payload.decode()

    def receive(self, wanted=lambda message: True, patience=PATIENCE):
        """The next message that is wanted; the others on the way are dropped."""
        end = time.monotonic() + patience
        while time.monotonic() < end:
            message = json.loads(self.text())
            if wanted(message):
                return message
        raise TimeoutError("the message did not come")

    def close(self):
        self.stream.close()


class Binance:
    """A signing client of Binance, written from its documents."""

    NAME = "binance"

    def __init__(self, exchange, account=None):
        self.exchange = exchange
        self.venue = exchange.line["venues"][self.NAME]
        self.keys = account or self.venue

    def sign(self, text):
        return hmac.new(self.keys["secret"].encode(), text.encode(), hashlib.sha256).hexdigest()

    def public(self, path, **parameters):
        query = urllib.parse.urlencode(parameters)
        return self.answer("GET", self.venue["rest"] + path + ("?" + query if query else ""), {})

    def signed(self, method, path, in_body=False, **parameters):
        parameters.setdefault("timestamp", int(time.time() * 1000))
        query = urllib.parse.urlencode(parameters)
        query += "&signature=" + self.sign(query)
        headers = {"X-MBX-APIKEY": self.keys["key"]}
        if in_body:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            return self.answer(method, self.venue["rest"] + path, headers, query)
        return self.answer(method, self.venue["rest"] + path + "?" + query, headers)

    def answer(self, method, address, headers, body=None):
        self.status, self.headers, text = self.exchange.http(method, address, headers, body)
        return json.loads(text)

    def keyed(self, method, path):
        return self.answer(method, self.venue["rest"] + path, {"X-MBX-APIKEY": self.keys["key"]})

    def api(self):
        return self.exchange.socket(self.venue["ws"] + "/ws-api/v3")

    def signed_call(self, method, **parameters):
        parameters["apiKey"] = self.keys["key"]
        parameters.setdefault("timestamp", int(time.time() * 1000))
        text = "&".join(f"{name}={parameters[name]}" for name in sorted(parameters))
        parameters["signature"] = self.sign(text)
        return {"id": f"{method}-1", "method": method, "params": parameters}


def assert_keeps_the_book(test, stream, depth, follows):
    """What is kept from a stream of Binance, by its documents, is the book that `depth()` answers. `follows(update, last)`: that
    nothing is missing between that and the update."""
    held = [stream.receive(), stream.receive()]
    snapshot = depth()
    sides = {"b": dict(snapshot["bids"]), "a": dict(snapshot["asks"])}
    last, applied = snapshot["lastUpdateId"], 0
    check = None  # asked for ahead of the stream, which then comes to it
    while applied <= 3 or last != check["lastUpdateId"]:
        if applied > 3 and last > check["lastUpdateId"]:  # it lay within an update
            check = depth()
            continue
        update = held.pop(0) if held else stream.receive()
        if update["u"] <= last:
            continue
        if applied:
            test.assertTrue(follows(update, last), "nothing is missing")
        for side in "ba":
            for price, quantity in update[side]:
                sides[side][price] = quantity
                if Decimal(quantity) == 0:
                    del sides[side][price]
        last, applied = update["u"], applied + 1
        if applied == 4:
            check = depth()
    test.assertEqual(sorted(sides["b"].items()), sorted(map(tuple, check["bids"])))
    test.assertEqual(sorted(sides["a"].items()), sorted(map(tuple, check["asks"])))


class Spot(Binance):
    NAME = "binance"


class Futures(Binance):
    NAME = "binance-usdm"


class CoinFutures(Binance):
    NAME = "binance-coinm"


class Upbit:
    """A signing client of Upbit, written from its documents. Keeps to the venue's limits: where an answer says that
    nothing remains of its group's second, the next request of that group waits for another one."""

    def __init__(self, exchange, account=None):
        self.exchange = exchange
        self.venue = exchange.line["venues"]["upbit"]
        self.keys = account or self.venue
        self.groups = {}  # by method and path
        self.used_up = {}  # by group: until when

    def token(self, asked="", algorithm="HS512", **claims):
        def part(value):
            return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

        payload = {"access_key": self.keys["key"], "nonce": str(uuid.uuid4())}
        if asked:
            payload |= {"query_hash": hashlib.sha512(asked.encode()).hexdigest(), "query_hash_alg": "SHA512"}
        text = part({"alg": algorithm, "typ": "JWT"}) + "." + part(payload | claims)
        digest = hashlib.sha512 if algorithm == "HS512" else hashlib.sha256
        signature = hmac.new(self.keys["secret"].encode(), text.encode(), digest).digest()
        return text + "." + base64.urlsafe_b64encode(signature).rstrip(b"=").decode()

    def headers_for(self, asked="", **more):
        return {"Authorization": "Bearer " + self.token(asked, **more)}

    def public(self, path, **parameters):
        query = urllib.parse.urlencode(parameters)
        return self.answer("GET", path, query, {})

    def signed(self, method, path, algorithm="HS512", claims=None, **parameters):
        """A list is "name[]" as often as it has elements."""
        pairs = []
        for name, value in parameters.items():
            pairs += [(name + "[]", one) for one in value] if isinstance(value, list) else [(name, value)]
        asked = "&".join(f"{name}={value}" for name, value in pairs)
        headers = self.headers_for(asked, algorithm=algorithm, **(claims or {}))
        if method == "POST":
            headers["Content-Type"] = "application/json; charset=utf-8"
            return self.answer(method, path, "", headers, json.dumps(parameters))
        return self.answer(method, path, asked, headers)

    def answer(self, method, path, query, headers, body=None):
        group = self.groups.get((method, path))
        time.sleep(max(0, self.used_up.get(group, 0) - time.time()))
        address = self.venue["rest"] + path + ("?" + query if query else "")
        self.status, self.headers, text = self.exchange.http(method, address, headers, body)
        if told := self.headers.get("Remaining-Req"):
            fields = dict(field.split("=") for field in told.split("; "))
            self.groups[method, path] = fields["group"]
            window = 2 if fields["group"] == "order-cancel-all" else 1
            if fields["sec"] == "0":
                self.used_up[fields["group"]] = (time.time() // window + 1) * window
        return json.loads(text) if text.startswith(("{", "[")) else text

    def stream(self, *types, private=False, format=None):
        path = "/websocket/v1/private" if private else "/websocket/v1"
        socket = self.exchange.socket(self.venue["ws"] + path, self.headers_for() if private else None)
        socket.send([{"ticket": str(uuid.uuid4())}, *types] + ([{"format": format}] if format else []))
        return socket


def kind_of(value):
    """JSON's own types; all numbers are one, but a number written as a string is a string."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "flag"
    return {int: "number", float: "number", str: "string", list: "list", dict: "object"}[type(value)]


def differences(ours, theirs, optional=(), path=""):
    """What of ours is not like theirs: fields that are missing or too many, and other types. Lists compare by their
    first elements."""
    if kind_of(ours) != kind_of(theirs):
        return [f"{path or '.'}: {kind_of(ours)} for {kind_of(theirs)}"]
    found = []
    if isinstance(ours, dict):
        for name in sorted(set(ours) ^ set(theirs)):
            if name not in optional:
                found.append(f"{path}.{name}: only {'ours' if name in ours else 'theirs'}")
        for name in sorted(set(ours) & set(theirs)):
            if name not in optional:
                found += differences(ours[name], theirs[name], optional, f"{path}.{name}")
    elif isinstance(ours, list) and ours and theirs:
        found += differences(ours[0], theirs[0], optional, f"{path}[0]")
    return found
