#!/usr/bin/env python3
"""`stom data get` against a server with the folders and file names of data.binance.vision, over real sockets.

usage: get.py --stom PROGRAM

The server is this program's own: it makes the zip files, and misbehaves where a test tells it to. Certificates are made by
`openssl` at run time. The last line says how many tests passed.
"""
import argparse, base64, hashlib, http.server, io, json, os, pathlib, shutil, signal, socket, ssl, subprocess, sys, tempfile
import threading, unittest, zipfile

STOM = ""
DAY_MS = 86_400_000
AUG_1 = 1_722_470_400_000  # 2024-08-01, milliseconds


def zipped(name, text):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo(name, (2024, 8, 1, 0, 0, 0)), text, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def klines(start, step=60_000, rows=1440):
    return "".join(f"{t},61800.1,61810.0,61790.5,61805.2,12.345,{t + step - 1},762000.1,100,6.1,380000.2,0\n"
                   for t in range(start, start + step * rows, step))


def agg_trades(start, step=60_000, rows=1440):
    return "".join(f"{i + 1},61800.1,0.012,{i * 2 + 1},{i * 2 + 2},{start + i * step},{'true' if i % 2 else 'false'},true\n"
                   for i in range(rows))


def files():
    """All that the server has: path -> bytes, with the CHECKSUM of each."""
    made = {}

    def add(folder, name, text):
        made[f"/{folder}/{name}.zip"] = zipped(f"{name}.csv", text)

    for day in range(1, 8):
        if day == 3:
            continue  # a day that the venue does not have
        start = AUG_1 + (day - 1) * DAY_MS
        add("data/futures/um/daily/klines/BTCUSDT/1m", f"BTCUSDT-1m-2024-08-{day:02}", klines(start))
        add("data/futures/um/daily/aggTrades/BTCUSDT", f"BTCUSDT-aggTrades-2024-08-{day:02}",
            "agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,is_buyer_maker\n"
            + "".join(line.rsplit(",", 1)[0] + "\n" for line in agg_trades(start).splitlines()))
    add("data/futures/um/daily/bookTicker/BTCUSDT", "BTCUSDT-bookTicker-2024-08-01",
        "update_id,best_bid_price,best_bid_qty,best_ask_price,best_ask_qty,transaction_time,event_time\n"
        + "".join(f"{i},61800.1,1.5,61800.2,2.5,{AUG_1 + i * 1000},{AUG_1 + i * 1000 + 3}\n" for i in range(1, 100)))
    for month, start in (("2024-07", AUG_1 - 31 * DAY_MS), ("2024-08", AUG_1)):
        add("data/futures/um/monthly/fundingRate/BTCUSDT", f"BTCUSDT-fundingRate-{month}",
            "calc_time,funding_interval_hours,last_funding_rate\n"
            + "".join(f"{start + i * DAY_MS // 3},8,0.00010000\n" for i in range(93)))
    # Spot counts in microseconds from 2025 on.
    add("data/spot/daily/aggTrades/BTCUSDT", "BTCUSDT-aggTrades-2024-12-31", agg_trades(1_735_603_200_000))
    add("data/spot/daily/aggTrades/BTCUSDT", "BTCUSDT-aggTrades-2025-01-01", agg_trades(1_735_689_600_000_000, 60_000_000))
    add("data/spot/daily/klines/BTCUSDT/1m", "BTCUSDT-1m-2025-01-01", klines(1_735_689_600_000_000, 60_000_000))
    for path, content in list(made.items()):
        digest = hashlib.sha256(content).hexdigest()
        made[path + ".CHECKSUM"] = f"{digest}  {path.rsplit('/', 1)[1]}\n".encode()
    return made


FILES = files()
DAYS = [f"2024-08-{day:02}" for day in range(1, 8)]
KLINES = "/data/futures/um/daily/klines/BTCUSDT/1m/BTCUSDT-1m-{}.zip"


class History(http.server.BaseHTTPRequestHandler):
    """A file of FILES; `self.server.trouble(handler, path, count)` may answer instead (True) the count-th request of a path."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        server = self.server
        with server.lock:
            server.seen.append((self.path, self.headers.get("Range")))
            count = sum(path == self.path for path, _ in server.seen)
        if server.trouble and server.trouble(self, self.path, count):
            self.close_connection = True
            return
        if self.path not in FILES:
            return self.answer(404, b"<?xml version='1.0'?><Error><Code>NoSuchKey</Code></Error>")
        content, asked = FILES[self.path], self.headers.get("Range")
        if not asked:
            return self.answer(200, content)
        first = int(asked.removeprefix("bytes=").removesuffix("-"))
        if first >= len(content):
            return self.answer(416, b"")
        self.answer(206, content[first:], {"Content-Range": f"bytes {first}-{len(content) - 1}/{len(content)}"})

    def answer(self, status, body, headers={}, length=None):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, trouble=None, certificate=None):
        super().__init__(("127.0.0.1", 0), History)
        self.trouble, self.seen, self.lock = trouble, [], threading.Lock()
        self.ended = threading.Event()
        scheme = "http"
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate + ".pem", certificate + ".key")
            self.socket = context.wrap_socket(self.socket, server_side=True)
            scheme = "https"
        self.port = self.server_address[1]
        self.url = f"{scheme}://{'localhost' if certificate else '127.0.0.1'}:{self.port}"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, *_):
        pass  # a client that refuses a certificate hangs up

    def paths(self):
        return [path for path, _ in self.seen]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.shutdown()
        self.server_close()


class Proxy(threading.Thread):
    """Answers CONNECT, notes what was asked for, and carries bytes to `port` on this computer whatever the name was."""

    def __init__(self, port, login=None):
        super().__init__(daemon=True)
        self.target, self.login, self.asked = port, login, []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.start()

    def run(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.carry, args=(client,), daemon=True).start()

    def carry(self, client):
        head = b""
        while b"\r\n\r\n" not in head:
            head += client.recv(4096)
        lines = head.decode().split("\r\n")
        self.asked.append(lines[0])
        if self.login and f"Proxy-Authorization: Basic {base64.b64encode(self.login.encode()).decode()}" not in lines:
            client.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
            return client.close()
        server = socket.create_connection(("127.0.0.1", self.target))
        client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")

        def pump(a, b):
            try:
                while data := a.recv(65536):
                    b.sendall(data)
                b.shutdown(socket.SHUT_WR)
            except OSError:
                pass

        back = threading.Thread(target=pump, args=(server, client), daemon=True)
        back.start()
        pump(client, server)
        back.join()
        client.close()
        server.close()


def certificates(folder):
    """A CA of our own, a certificate of it for localhost and one for another name."""
    run = lambda *words: subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)
    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2")
    run("req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=test CA")
    for name, alternative in (("localhost", "DNS:localhost,DNS:data.example"), ("other", "DNS:other.example")):
        run("req", *key[:-2], "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={name}")
        (folder / "san").write_text(f"subjectAltName={alternative}\n")
        run("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2",
            "-extfile", "san", "-out", f"{name}.pem")


class DataGet(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.keys = pathlib.Path(tempfile.mkdtemp())
        cls.addClassCleanup(shutil.rmtree, cls.keys)
        certificates(cls.keys)

    def setUp(self):
        self.home = pathlib.Path(tempfile.mkdtemp()) / "home"
        self.addCleanup(shutil.rmtree, self.home.parent)
        self.downloads = self.home / "downloads" / "binance-usdm"

    def environment(self, **more):
        kept = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy") and not k.startswith("SSL_CERT")}
        return kept | {"STOM_HOME": str(self.home)} | more

    def stom(self, *words, env={}, before=None):
        return subprocess.run([STOM, *words], env=self.environment(**env), capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, preexec_fn=before)

    def get(self, server, *more, kind="klines", days=("2024-08-01", "2024-08-02"), instrument="binance-usdm:BTCUSDT", env={},
            before=None):
        done = self.stom("data", "get", instrument, "--kind", kind, "--from", days[0], "--to", days[-1], "--source",
                         server if isinstance(server, str) else server.url, "--json", *more, env=env, before=before)
        try:
            return done.returncode, json.loads(done.stdout)
        except json.JSONDecodeError:
            self.fail(f"no object: {done}")

    def refused(self, answer, exit_code, code, *words):
        self.assertEqual((answer[0], answer[1].get("error", {}).get("code")), (exit_code, code), answer)
        for word in words:
            self.assertIn(word, answer[1]["error"]["message"] + " | " + answer[1]["error"]["hint"])
        self.assertNotIn("\n", answer[1]["error"]["message"])
        self.assertTrue(answer[1]["error"]["hint"])

    def assert_nothing_stored(self):
        listed = json.loads(self.stom("data", "list", "--json").stdout)
        self.assertFalse([one for one in listed.get("instruments", []) if one["days"] or one["bars"]], listed)

    # What it is for.

    def test_days_are_imported_a_missing_one_is_named_and_nothing_stays_behind(self):
        with Server() as server:
            code, answer = self.get(server, days=DAYS)
        self.assertEqual(code, 0, answer)
        self.assertEqual(answer["events"]["bar"], 6 * 1440)
        self.assertEqual(answer["files"], 6)
        self.assertEqual(answer["missing"], ["2024-08-03"])
        self.assertEqual(answer["bytes"], sum(len(FILES[KLINES.format(day)]) for day in DAYS if day != "2024-08-03"))
        self.assertFalse((self.home / "downloads").exists())
        self.assertIn('"damaged":0', self.stom("data", "check", "--json").stdout)

    def test_the_answer_is_that_of_the_import_of_the_same_files(self):
        with Server() as server:
            _, got = self.get(server, "--tick", "0.1", "--lot", "0.001", kind="aggTrades")
        paths = []
        for day in DAYS[:2]:
            path = self.home.parent / f"BTCUSDT-aggTrades-{day}.zip"
            path.write_bytes(FILES[f"/data/futures/um/daily/aggTrades/BTCUSDT/{path.name}"])
            paths.append(str(path))
        words = ["data", "import", *paths, "--instrument", "binance-usdm:BTCUSDT", "--tick", "0.1", "--lot", "0.001", "--json"]
        again = json.loads(self.stom(*words).stdout)
        self.assertTrue(again.pop("already"), "the same import, known by its record")
        self.assertEqual({k: v for k, v in got.items() if k not in ("files", "bytes", "missing")}, again)
        self.assertEqual(got["events"]["trade"], 2 * 1440)

    def test_what_the_store_holds_is_not_fetched_again(self):
        with Server() as server:
            self.get(server)
            first = len(server.seen)
            code, again = self.get(server)
            self.assertEqual((code, again["already"], again["files"], again["bytes"]), (0, True, 0, 0))
            self.assertEqual(len(server.seen), first, "no request at all")
            code, more = self.get(server, days=("2024-08-01", "2024-08-04"))
            self.assertEqual((code, more["files"], more["missing"]), (0, 1, ["2024-08-03"]))
            self.assertEqual(more["events"]["bar"], 1440)
            asked = server.paths()[first:]
        self.assertFalse([path for path in asked if "08-01" in path or "08-02" in path], asked)

    def test_what_was_deleted_is_fetched_again(self):
        with Server() as server:
            self.get(server, kind="aggTrades")
            self.stom("data", "delete", "binance-usdm:BTCUSDT", "--from", "2024-08-02", "--to", "2024-08-02", "--yes")
            code, again = self.get(server, kind="aggTrades")
        self.assertEqual((code, again["files"], again["events"]["trade"]), (0, 1, 1440), again)

    def test_every_kind(self):
        with Server() as server:
            _, quotes = self.get(server, kind="bookTicker", days=("2024-08-01",))
            _, rates = self.get(server, kind="fundingRate", days=("2024-07-15", "2024-08-02"))
        self.assertEqual(quotes["events"]["quote"], 99, quotes)
        self.assertEqual((rates["events"]["mark_price"], rates["files"]), (186, 2), rates)

    def test_spot_of_2025_counts_in_microseconds(self):
        with Server() as server:
            code, answer = self.get(server, kind="aggTrades", days=("2024-12-31", "2025-01-01"), instrument="binance:BTCUSDT")
            self.assertEqual((code, answer["events"]["trade"]), (0, 2880), answer)
            _, bars = self.get(server, days=("2025-01-01",), instrument="binance:BTCUSDT")
            self.assertEqual(bars["events"]["bar"], 1440, bars)
        exported = self.stom("data", "export", "binance:BTCUSDT", "--kind", "trade").stdout.splitlines()
        self.assertIn("1735603200000000000", exported[1])
        self.assertIn("1735689600000000000", exported[1441])

    # A server or network in trouble.

    def test_after_a_cut_connection_it_goes_on_where_it_stopped(self):
        path = KLINES.format("2024-08-01")
        half = len(FILES[path]) // 2

        def cut(handler, asked, count):
            if asked == path and count == 1:
                handler.answer(200, FILES[path][:half], length=len(FILES[path]))
                return True

        with Server(cut) as server:
            code, answer = self.get(server)
            ranges = [range for asked, range in server.seen if asked == path]
        self.assertEqual((code, answer["events"]["bar"]), (0, 2880), answer)
        self.assertEqual(ranges, [None, f"bytes={half}-"])
        self.assertEqual(answer["bytes"], sum(len(FILES[KLINES.format(day)]) for day in DAYS[:2]), "no byte twice")

    def test_ctrl_c_leaves_the_store_as_it_was_and_a_file_to_go_on_from(self):
        path = KLINES.format("2024-08-02")
        half = len(FILES[path]) // 2
        sent = threading.Event()

        def stall(handler, asked, count):
            if asked == path and count == 1:
                handler.answer(200, FILES[path][:half], length=len(FILES[path]))
                handler.wfile.flush()
                sent.set()
                handler.server.ended.wait()
                return True

        partial = self.downloads / (path.rsplit("/", 1)[1] + ".partial")
        with Server(stall) as server:
            program = subprocess.Popen([STOM, "data", "get", "binance-usdm:BTCUSDT", "--kind", "klines", "--from", "2024-08-01",
                                        "--to", "2024-08-02", "--source", server.url], env=self.environment(),
                                       stderr=subprocess.PIPE, text=True)
            sent.wait()
            while not partial.exists() or partial.stat().st_size < half:
                pass
            program.send_signal(signal.SIGINT)
            _, told = program.communicate()
            self.assertEqual(program.returncode, 130, told)
            self.assertIn("goes on where it stopped", told)
            self.assert_nothing_stored()
            code, answer = self.get(server)
            self.assertEqual((code, answer["events"]["bar"]), (0, 2880), answer)
            self.assertEqual([range for asked, range in server.seen if asked == path], [None, f"bytes={half}-"])
            self.assertEqual(server.paths().count(KLINES.format("2024-08-01")), 1, "what was whole is not loaded again")

    def test_errors_of_the_server_are_tried_again_a_few_times(self):
        path = KLINES.format("2024-08-01")
        for fails, expected in ((1, 0), (99, 1)):
            def broken(handler, asked, count):
                if asked == path and count <= fails:
                    handler.answer(500, b"")
                    return True

            with Server(broken) as server:
                answer = self.get(server, days=("2024-08-01",))
                self.assertEqual(server.paths().count(path), 2 if fails == 1 else 4)
            if expected == 0:
                self.assertEqual(answer[0], 0, answer)
                self.stom("data", "delete", "binance-usdm:BTCUSDT", "--yes")
            else:
                self.refused(answer, 1, "io", "answers 500", "4 tries")
                self.assert_nothing_stored()

    def test_a_wrong_checksum_is_loaded_once_more_and_then_refused(self):
        path = KLINES.format("2024-08-02")
        for wrong in (1, 99):
            def rotten(handler, asked, count):
                if asked == path and count <= wrong:
                    handler.answer(200, FILES[path][:-1] + b"!")
                    return True

            with Server(rotten) as server:
                answer = self.get(server)
                self.assertEqual(server.paths().count(path), 2)
            if wrong == 1:
                self.assertEqual(answer[0], 0, answer)
                self.stom("data", "delete", "binance-usdm:BTCUSDT", "--yes")
            else:
                self.refused(answer, 1, "bad_data", "BTCUSDT-1m-2024-08-02.zip", "checksum")
                self.assert_nothing_stored()

    def test_a_web_page_in_the_place_of_a_file_is_named_as_that(self):
        page = b"<!DOCTYPE html><title>Please log in</title>"
        for suffix in ("", ".CHECKSUM"):
            def portal(handler, asked, count):
                if asked == KLINES.format("2024-08-01") + suffix:
                    handler.answer(200, page)
                    return True

            with Server(portal) as server:
                self.refused(self.get(server), 1, "bad_data", "web page", "portal")
            self.assert_nothing_stored()

    def test_a_server_that_hangs_is_a_timeout(self):
        def hang(handler, asked, count):
            handler.server.ended.wait()
            return True

        with Server(hang) as server:
            self.refused(self.get(server, "--timeout", "150ms"), 7, "timeout", "silent", "goes on")

    def test_a_server_that_is_not_there(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
        self.refused(self.get(f"http://127.0.0.1:{port}"), 1, "io", "cannot connect")

    def test_no_day_at_all_is_not_found(self):
        with Server() as server:
            self.refused(self.get(server, days=("2030-01-01", "2030-01-02")), 3, "not_found", "2030-01-01, 2030-01-02")

    def test_a_full_disk_is_one_line_with_the_remedy(self):
        def small_files():
            import resource
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))

        with Server() as server:
            self.refused(self.get(server, before=small_files), 1, "io", "cannot write", "free some room")
            code, answer = self.get(server)
            self.assertEqual((code, answer["events"]["bar"]), (0, 2880), answer)

    # Whom it trusts.

    def test_https_with_a_private_ca(self):
        with Server(certificate=str(self.keys / "localhost")) as server:
            code, answer = self.get(server, "--ca", str(self.keys / "ca.pem"))
            self.assertEqual((code, answer["files"]), (0, 2), answer)
            self.stom("data", "delete", "binance-usdm:BTCUSDT", "--yes")
            code, answer = self.get(server, env={"SSL_CERT_FILE": str(self.keys / "ca.pem")})
            self.assertEqual((code, answer["files"]), (0, 2), answer)

    def test_an_unknown_ca_is_refused(self):
        with Server(certificate=str(self.keys / "localhost")) as server:
            self.refused(self.get(server), 1, "io", "not to be trusted", "--ca FILE")
            self.assertEqual(server.seen, [], "no request was sent")

    def test_a_certificate_for_another_name_is_refused(self):
        with Server(certificate=str(self.keys / "other")) as server:
            self.refused(self.get(server, "--ca", str(self.keys / "ca.pem")), 1, "io", "not one for localhost")
            self.assertEqual(server.seen, [], "no request was sent")
        with Server(certificate=str(self.keys / "localhost")) as server:
            address = f"https://127.0.0.1:{server.port}"
            self.refused(self.get(address, "--ca", str(self.keys / "ca.pem")), 1, "io", "not one for 127.0.0.1")

    def test_redirects_are_followed_but_never_to_http(self):
        with Server() as plain:
            for location, fine in ((lambda s, path: f"{s.url}/moved{path}", True), (lambda s, path: f"{plain.url}{path}", False)):
                def lead(handler, asked, count):
                    if asked.startswith("/moved"):
                        handler.answer(200, FILES[asked.removeprefix("/moved")])
                    else:
                        handler.answer(302, b"", {"Location": location(handler.server, asked)})
                    return True

                with Server(lead, str(self.keys / "localhost")) as server:
                    answer = self.get(server, "--ca", str(self.keys / "ca.pem"))
                if fine:
                    self.assertEqual((answer[0], answer[1].get("files")), (0, 2), answer)
                    self.stom("data", "delete", "binance-usdm:BTCUSDT", "--yes")
                else:
                    self.refused(answer, 1, "bad_data", "from https to http")
                    self.assertEqual(plain.seen, [])

    def test_redirects_in_a_circle_end(self):
        def circle(handler, asked, count):
            handler.answer(302, b"", {"Location": asked})
            return True

        with Server(circle) as server:
            self.refused(self.get(server), 1, "bad_data", "redirects")
            self.assertEqual(len(server.seen), 4)

    def test_through_a_proxy_the_certificate_is_still_that_of_the_server(self):
        with Server(certificate=str(self.keys / "localhost")) as server:
            proxy = Proxy(server.port, login="me:secret")
            there = f"http://me:secret@127.0.0.1:{proxy.port}"
            code, answer = self.get("https://data.example", "--ca", str(self.keys / "ca.pem"), env={"HTTPS_PROXY": there})
            self.assertEqual((code, answer.get("files")), (0, 2), answer)
            self.assertEqual(set(proxy.asked), {"CONNECT data.example:443 HTTP/1.1"})
            self.refused(self.get("https://wrong.example", "--ca", str(self.keys / "ca.pem"), days=DAYS, env={"HTTPS_PROXY": there}),
                         1, "io", "not one for wrong.example")
            self.refused(self.get("https://data.example", days=DAYS, env={"HTTPS_PROXY": f"http://127.0.0.1:{proxy.port}"}), 1, "io",
                         "answers 407", "USER:PASSWORD")
            asked = len(proxy.asked)
            code, answer = self.get(server, "--ca", str(self.keys / "ca.pem"), days=DAYS,
                                    env={"HTTPS_PROXY": there, "NO_PROXY": "localhost"})
            self.assertEqual((code, len(proxy.asked)), (0, asked), answer)

    # What it does not take.

    def test_other_venues_kinds_and_addresses_are_refused_by_name(self):
        with Server() as server:
            self.refused(self.get(server, instrument="bithumb:KRW-BTC"), 2, "unsupported", "'bithumb'", "binance-usdm:SYMBOL")
            self.refused(self.get(server, instrument="upbit:KRW-BTC"), 2, "unsupported", "'klines'", "--kind candles")
            self.refused(self.get(server, instrument="binance:BTCUSDT", kind="bookTicker"), 2, "unsupported", "aggTrades")
            self.refused(self.get(server, days=("2024-08-02", "2024-08-01")), 2, "usage", "is after")
            self.refused(self.get(server, days=("2024-08-32",)), 2, "usage", "2024-08-32")
            self.assertEqual(server.seen, [])
        self.refused(self.get("http://data.binance.vision"), 2, "usage", "not encrypted")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--stom", required=True)
    STOM, rest = parser.parse_known_args()[0].stom, parser.parse_known_args()[1]
    unittest.main(argv=[sys.argv[0], *rest])
