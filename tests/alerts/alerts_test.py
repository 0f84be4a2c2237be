#!/usr/bin/env python3
"""Alerts against real servers on this computer: Telegram's Bot API, webhooks and a watch-dog over HTTPS, SMTP over TLS; `stom alert`,
and trading sessions that are watched. What arrives is checked here from docs/alerts.md alone.

usage: STOM_PROGRAM=build/dev/bin/stom alerts_test.py
"""

import base64
import email
import hashlib
import hmac
import http.server
import json
import os
import pathlib
import queue
import re
import resource
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "exchange"))
from risk_test import HANGS
from trade_test import LOTS, PATIENCE, Trade, first
from venue_client import Exchange

PROGRAM = os.environ["STOM_PROGRAM"]
TOKEN, PASSWORD, SECRET, WATCHED = "4711:Tele-Gram_Token", "Mail Password!", "webhook-secret", "0b7c-WATCH-DOG-KEY"
MINE, STRANGER = 7, 8


def stom(*arguments):
    done = subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, timeout=PATIENCE, check=False)
    return done.returncode, done.stdout, done.stderr


def make_certificate(folder):
    names = (str(folder / "server.pem"), str(folder / "server.key"))
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                    "-subj", "/CN=alerts", "-addext", "subjectAltName=IP:127.0.0.1", "-out", names[0], "-keyout", names[1]],
                   check=True, capture_output=True)
    return names


class Https:
    """Answers as `script` says, each once, then 200; keeps what was sent. As Telegram it holds getUpdates until there is one."""

    def __init__(self, certificate, bound=None):
        """`bound`: a socket that has its port and does not listen yet; else it takes one that is free."""
        self.script, self.got, self.updates, self.number = [], queue.Queue(), queue.Queue(), 0
        self.once = {}  # by path: how its next request is answered, ahead of the script
        way = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                status, headers = way.script.pop(0) if way.script else (200, {})
                way.got.put((status, self.path, dict(self.headers), b""))
                return self.answer(status, {"ok": status == 200}, headers)

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.path.endswith("/getUpdates"):
                    return self.answer(200, {"ok": True, "result": way.next_updates(json.loads(body)["offset"])})
                status, headers = (way.once.pop(self.path), {}) if self.path in way.once else way.script.pop(0) if way.script else (200, {})
                way.got.put((status, self.path, dict(self.headers), body))
                return self.answer(status, {"ok": status == 200, "description": f"said of {self.path}"}, headers)

            def answer(self, status, value, headers=None):
                text = json.dumps(value).encode()
                self.send_response(status)
                for name, content in {**(headers or {}), "Content-Length": str(len(text))}.items():
                    self.send_header(name, content)
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler, bind_and_activate=bound is None)
        if bound:
            self.server.socket.close()
            self.server.socket, self.server.server_address = bound, bound.getsockname()
            self.server.server_activate()
        self.server.daemon_threads = True
        self.server.handle_error = lambda *_: None  # a client that does not trust us
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def write(self, chat, text, age=0):
        self.number += 1
        self.updates.put({"update_id": self.number,
                          "message": {"message_id": 1, "date": int(time.time()) - age, "chat": {"id": chat}, "text": text}})

    def next_updates(self, offset):
        try:
            update = self.updates.get(timeout=1)
        except queue.Empty:
            return []
        return [update] if update["update_id"] >= offset else []

    def next(self, path=""):
        """The next thing that was answered with 200 there."""
        while True:
            status, where, headers, body = self.got.get(timeout=PATIENCE)
            if status == 200 and where.startswith(path):
                return headers, body

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Smtp:
    """SMTP over TLS that holds its client to the protocol: a line out of order is answered with 503 and kept in `wrong`."""

    def __init__(self, certificate, ways="PLAIN LOGIN"):
        self.ways, self.got, self.wrong, self.refuse = ways, queue.Queue(), [], set()
        self.busy = 0  # so many mails are put off
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.context = context
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            try:
                plain, _ = self.socket.accept()
                with self.context.wrap_socket(plain, server_side=True) as client:
                    self.serve(client.makefile("rwb", 0))
            except (ssl.SSLError, ConnectionError):
                continue
            except OSError:
                return

    def serve(self, wire):
        def say(text):
            wire.write(text.encode() + b"\r\n")

        def hear():
            line = wire.readline()
            if not line.endswith(b"\r\n"):
                raise ConnectionError(line)
            return line[:-2].decode()

        say("220 mail ready")
        greeted, signed, sender, readers = False, False, None, []
        while True:
            line = hear()
            if line == "QUIT":
                return say("221 bye")
            if line.startswith("EHLO ") and not greeted:
                greeted = True
                say("250-mail")
                say(f"250-AUTH {self.ways}")
                say("250 8BITMIME")
            elif line.startswith("AUTH PLAIN ") and greeted and "PLAIN" in self.ways:
                signed = base64.b64decode(line[11:]).decode() == f"\0me\0{PASSWORD}"
                say("235 welcome" if signed else "535 who?")
            elif line == "AUTH LOGIN" and greeted:
                say("334 " + base64.b64encode(b"Username:").decode())
                name = base64.b64decode(hear()).decode()
                say("334 " + base64.b64encode(b"Password:").decode())
                signed = (name, base64.b64decode(hear()).decode()) == ("me", PASSWORD)
                say("235 welcome" if signed else "535 who?")
            elif line.startswith("MAIL FROM:<") and signed and sender is None and self.busy:
                self.busy -= 1
                say("451 later")
            elif line.startswith("MAIL FROM:<") and signed and sender is None:
                sender = line[11:-1]
                say("250 ok")
            elif line.startswith("RCPT TO:<") and sender:
                if line[9:-1] in self.refuse:
                    say("550 no such user")
                else:
                    readers.append(line[9:-1])
                    say("250 ok")
            elif line == "DATA" and readers:
                say("354 go on")
                lines = []
                while (one := hear()) != ".":
                    assert len(one) <= 998
                    lines.append(one[1:] if one.startswith(".") else one)
                self.got.put((sender, readers, email.message_from_string("\r\n".join(lines))))
                say("250 queued as 1")
            else:
                self.wrong.append(line)
                say("503 not now")

    def next(self):
        sender, readers, message = self.got.get(timeout=PATIENCE)
        return sender, readers, message, message.get_payload(decode=True).decode()

    def close(self):
        self.socket.close()


class WithServers(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)
        self.certificate = make_certificate(self.folder)
        self.telegram, self.hook, self.dog = Https(self.certificate), Https(self.certificate), Https(self.certificate)
        self.mail = Smtp(self.certificate)
        for server in (self.telegram, self.hook, self.dog, self.mail):
            self.addCleanup(server.close)

    def file(self, rules="", hook_port=None, to="a@example.org", mode=0o600):
        hook = hook_port or self.hook.port
        path = self.folder / "alerts.toml"
        path.write_text(f"""ca = "{self.certificate[0]}"
{rules}
[channels.phone]
kind = "telegram"
server = "https://127.0.0.1:{self.telegram.port}"
token = "{TOKEN}"
chats = [{MINE}]
commands = true
[channels.mail]
kind = "smtp"
server = "smtps://127.0.0.1:{self.mail.port}"
user = "me"
password = "{PASSWORD}"
from = "stom@example.org"
to = ["{to}", "b@example.org"]
[channels.hook]
kind = "webhook"
url = "https://127.0.0.1:{hook}/stom?a=b"
secret = "{SECRET}"
[channels.chat]
kind = "discord"
url = "https://127.0.0.1:{hook}/api/webhooks/1/DISCORD-KEY"
[channels.work]
kind = "slack"
url = "https://127.0.0.1:{hook}/services/SLACK-KEY"
""")
        path.chmod(mode)
        return str(path)

    def watchdog(self, kind, every):
        return f'[watchdog]\nkind = "{kind}"\nurl = "https://127.0.0.1:{self.dog.port}/{WATCHED}"\nevery = "{every}"\n'

    def clean(self, *texts):
        for text in texts:
            for secret in (TOKEN, PASSWORD, SECRET, WATCHED, "DISCORD-KEY", "SLACK-KEY"):
                self.assertNotIn(secret, text)


class Channels(WithServers):
    def test_each_channel_delivers_and_says_what_the_server_answered(self):
        code, out, error = stom("alert", "test", "--config", self.file(), "--json")
        self.assertEqual(code, 0, out + error)
        self.clean(out, error)
        self.assertEqual([(one["channel"], one["kind"], one["delivered"]) for one in json.loads(out)["channels"]],
                         [("chat", "discord", True), ("hook", "webhook", True), ("mail", "smtp", True),
                          ("phone", "telegram", True), ("work", "slack", True)])
        _, body = self.telegram.next(f"/bot{TOKEN}/sendMessage")
        sent = json.loads(body)
        self.assertEqual((sent["chat_id"], sent["text"]), (MINE, "info: a test: alerts come here"))
        self.assertEqual(sent["reply_markup"]["keyboard"][0], ["잔고평가", "거래목록", "전략중지"])
        _, body = self.hook.next("/api/webhooks/1/DISCORD-KEY")
        self.assertEqual(json.loads(body), {"content": "info: a test: alerts come here", "allowed_mentions": {"parse": []}})
        headers, body = self.hook.next("/stom?a=b")
        signed = hmac.new(SECRET.encode(), headers["X-Stom-Timestamp"].encode() + b"." + body, hashlib.sha256).hexdigest()
        self.assertEqual(headers["X-Stom-Signature"], "sha256=" + signed)
        self.assertLess(abs(int(headers["X-Stom-Timestamp"]) - time.time()), 60)
        self.assertEqual(json.loads(body)["text"], "a test: alerts come here")
        _, body = self.hook.next("/services/SLACK-KEY")
        self.assertEqual(json.loads(body), {"text": "info: a test: alerts come here"})
        sender, readers, message, text = self.mail.next()
        self.assertEqual((sender, readers), ("stom@example.org", ["a@example.org", "b@example.org"]))
        self.assertEqual(message["Subject"], "STOM: info")
        self.assertTrue(text.startswith("info: a test: alerts come here"), text)
        self.assertEqual(self.mail.wrong, [])

    def test_what_does_not_arrive_is_said_with_the_servers_words_and_no_secret(self):
        self.hook.script = [(500, {})]
        self.telegram.script = [(401, {})]
        self.mail.refuse = {"a@example.org"}
        code, out, error = stom("alert", "test", "--config", self.file())
        self.assertEqual(code, 1, out + error)
        self.clean(out, error)
        self.assertIn("chat (discord): not delivered: HTTP 500", out)
        self.assertIn("phone (telegram): not delivered: HTTP 401: said of /bot***/sendMessage", out)
        self.assertIn("mail (smtp): not delivered: RCPT TO:<a@example.org>: 550 no such user", out)
        self.assertIn("hook (webhook): delivered: HTTP 200", out)
        self.assertEqual(self.mail.next()[1], ["b@example.org"])

    def test_a_watch_dog_is_tried_as_a_channel_is(self):
        file = self.file(self.watchdog("healthchecks", "1m"))
        code, out, error = stom("alert", "test", "--config", file, "--channel", "watchdog", "--json")
        self.assertEqual(code, 0, out + error)
        self.assertEqual(json.loads(out), {"channels": [{"channel": "watchdog", "kind": "healthchecks", "delivered": True, "answer": "HTTP 200"}]})
        self.assertEqual(self.dog.got.get(timeout=PATIENCE)[1], f"/{WATCHED}/log", "which says nothing of how a session is")
        self.dog.script = [(404, {})]
        code, out, error = stom("alert", "test", "--config", file, "--channel", "watchdog")
        self.assertEqual(code, 1, out + error)
        self.assertIn("watchdog (healthchecks): not delivered: HTTP 404", out)
        self.clean(out, error)
        self.assertIn("a watch-dog that is pinged every 1m", stom("alert", "rules", "--config", file)[2])

    def test_a_server_that_offers_login_alone_is_signed_in_to(self):
        self.mail.ways = "LOGIN"
        code, out, error = stom("alert", "test", "--config", self.file(), "--channel", "mail")
        self.assertEqual(code, 0, out + error)
        self.assertEqual(self.mail.wrong, [])

    def test_a_server_without_a_certificate_that_is_trusted_is_told_nothing(self):
        path = pathlib.Path(self.file())
        path.write_text(path.read_text().split("\n", 1)[1])
        code, out, _ = stom("alert", "test", "--config", str(path))
        self.assertEqual(code, 1)
        self.assertEqual(out.count("not delivered"), 5, out)
        self.assertTrue(self.hook.got.empty() and self.telegram.got.empty() and self.mail.got.empty())

    def test_a_file_that_others_may_read_is_refused(self):
        code, _, error = stom("alert", "rules", "--config", self.file(mode=0o640))
        self.assertEqual(code, 1)
        self.assertIn("chmod 600", error)

    def test_rules_are_checked_and_listed(self):
        code, out, error = stom("alert", "rules", "--json", "--config",
                                self.file('[[rules]]\nevent = "fill"\nof = "v:A"\nchannels = ["phone", "mail"]'))
        self.assertEqual(code, 0, error)
        self.assertEqual(json.loads(out), {"rules": [{"event": "fill", "of": "v:A", "severity": "info", "window": "0s",
                                                      "channels": ["phone", "mail"]}]})
        code, _, error = stom("alert", "rules", "--config", self.file('[[rules]]\nevent = "fil"\nchannels = ["phone"]'))
        self.assertEqual(code, 2)
        self.assertIn("line 3", error)


class WatchedSession(WithServers):
    """One session: what it tells, retries in order, a server that comes late, strangers, commands."""

    def test_a_session_tells_answers_its_chat_and_is_stopped_by_it(self):
        late = socket.socket()  # nobody listens there yet, and nobody else gets it
        late.bind(("127.0.0.1", 0))
        rules = """
[[rules]]
event = "session.started"
channels = ["mail", "phone", "hook"]
[[rules]]
event = "fill"
channels = ["phone"]
[[rules]]
event = "session.ended"
channels = ["phone", "mail"]
"""
        self.telegram.script = [(500, {}), (429, {"Retry-After": "2"})]
        self.mail.refuse = {"a@example.org"}
        session = self.folder / "session"
        with Exchange("--seed", "7") as exchange:
            venues = self.folder / "exchange.json"
            venues.write_text(json.dumps(exchange.line))
            venues.chmod(0o600)
            process = subprocess.Popen([PROGRAM, "trade", "start", "--paper", "--venues", str(venues), "--strategy", "market_maker",
                                        "--instrument", "binance:BTCUSDT", "--param", "distance=1", "--param", "lots=100", "--param",
                                        "max=1000", "--session", str(session), "--json", "--alerts",
                                        self.file(rules, hook_port=late.getsockname()[1])], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            try:
                self.assertTrue(json.loads(process.stdout.readline())["ready"])
                # The mail server refuses one reader for good: the other channels are told.
                self.assertRegex(self.mail.next()[3], rf"^info #\d+: session.started: {session}\r?\n")
                # One message is tried until it is taken, and none overtakes it.
                tries = [self.telegram.got.get(timeout=PATIENCE) for _ in range(3)]
                self.assertEqual([status for status, *_ in tries], [500, 429, 200])
                self.assertEqual(len({body for *_, body in tries}), 1)
                texts = [json.loads(tries[-1][-1])["text"]]
                hook = Https(self.certificate, late)
                self.addCleanup(hook.close)
                self.assertEqual(json.loads(hook.next("/stom?a=b")[1])["text"], f"session.started: {session}")
                wanted = ("fill: binance:BTCUSDT: ", "session.started: ", "channel mail refuses a message")
                while not all(any(part in text for text in texts) for part in wanted):
                    texts.append(json.loads(self.telegram.next()[1])["text"])
                numbers = [int(found[1]) for text in texts if (found := re.match(r"info #(\d+): ", text))]
                self.assertEqual(numbers, sorted(set(numbers)), texts)
                # A stranger is told nothing; the next answer is the one to us.
                self.telegram.write(STRANGER, "/status")
                self.telegram.write(STRANGER, "/stop")
                self.telegram.write(STRANGER, "/stop yes")
                self.telegram.write(MINE, "/status")
                self.assertIn("running (paper)", self.reply()["text"])
                self.telegram.write(MINE, "잔고평가")
                self.assertIn("binance:BTCUSDT: ", self.reply()["text"])
                # The kill switch, asked back and pulled.
                self.telegram.write(STRANGER, "/kill cancel")
                self.telegram.write(STRANGER, "/kill cancel yes")
                self.telegram.write(MINE, "/kill entries")
                self.assertIn("/kill entries yes", self.reply()["text"])
                self.assertNotIn("kill switch", self.status())
                self.telegram.write(MINE, "/kill entries")
                self.assertIn("/kill entries yes", self.reply()["text"])
                self.telegram.write(MINE, "/kill entries yes")
                self.assertIn("pulled to entries", self.reply()["text"])
                self.assertRegex(first(self.status, lambda text: "kill switch: entries" in text), "orders: [0-9]+ working, 0 unknown")
                self.telegram.write(MINE, "/stop yes", age=600)
                self.assertIn("too old", self.reply()["text"])
                self.telegram.write(MINE, "전략중지")
                self.assertIn("/stop yes", self.reply()["text"])
                self.assertIsNone(process.poll())
                self.telegram.write(MINE, "/stop yes")
                self.assertIn("stopping", self.reply()["text"])
                _, errors = process.communicate(timeout=PATIENCE)
                self.assertEqual(process.returncode, 0, errors)
            finally:
                if process.poll() is None:
                    process.send_signal(signal.SIGTERM)
                    process.communicate(timeout=PATIENCE)
        log = (session / "log").read_text()
        self.assertIn(f"alerts: phone: chat {STRANGER} is not among `chats`", log)
        self.assertIn("alerts: phone: HTTP 429", log)
        self.clean(log, errors)
        self.assertIn("session.ended", self.mail.next()[3])
        self.assertEqual(self.mail.wrong, [])

    def status(self):
        self.telegram.write(MINE, "/status")
        return self.reply()["text"]

    def reply(self):
        """What the bot says next that is no alert; never to a stranger."""
        while True:
            sent = json.loads(self.telegram.next()[1])
            self.assertEqual(sent["chat_id"], MINE)
            if " #" not in sent["text"] and "channel " not in sent["text"]:
                return sent


class AtAnExchange(WithServers):
    """Sessions on paper, with the prices of an exchange."""

    def setUp(self):
        super().setUp()
        context = Exchange("--seed", "7")
        exchange = context.__enter__()
        self.addCleanup(context.__exit__)
        self.venues = self.folder / "exchange.json"
        self.venues.touch(mode=0o600)
        self.venues.write_text(json.dumps(exchange.line))

    def start(self, strategy, file, *more):
        return Trade(self.folder / "session", "--paper", "--venues", str(self.venues), "--instrument", "binance:BTCUSDT", "--strategy", strategy,
                     "--alerts", file, *more)

    def told(self, part):
        return first(lambda: json.loads(self.telegram.next()[1])["text"], lambda text: part in text)


class Risk(AtAnExchange):
    """What stops a session is told without a rule over the words of its log."""

    def test_a_breaker_that_trips_and_a_kill_switch_that_is_pulled_are_critical(self):
        rule = '[[rules]]\nevent = "risk.tripped"\nchannels = ["phone"]\n'
        with self.start("idle", self.file(rule), "--limit", "feed_stale=1h,warn", "--no-record") as trade:
            code, out, error = stom("risk", "trip", "feed_stale", "--session", str(trade.folder))
            self.assertEqual(code, 0, out + error)
            self.assertRegex(self.told("trip "), r"^critical #\d+: risk.tripped: trip feed_stale, by hand$")
            code, out, error = stom("trade", "kill", "--step", "entries", "--session", str(trade.folder))
            self.assertEqual(code, 0, out + error)
            self.assertRegex(self.told("kill switch: "), r"^critical #\d+: risk.tripped: kill switch: entries$")
        self.clean(trade.log(), trade.errors)


class Retries(AtAnExchange):
    """Whatever kind of channel it is."""

    def test_each_channel_tries_a_message_again_until_it_is_taken_and_none_overtakes_it(self):
        channels = ["phone", "mail", "hook", "chat", "work"]
        rules = "".join(f'[[rules]]\nevent = "{event}"\nchannels = {json.dumps(channels)}\n' for event in ("session.started", "risk.tripped"))
        paths = {"phone": f"/bot{TOKEN}/sendMessage", "hook": "/stom?a=b", "chat": "/api/webhooks/1/DISCORD-KEY", "work": "/services/SLACK-KEY"}
        self.telegram.once[paths["phone"]] = 503
        for name in ("hook", "chat", "work"):
            self.hook.once[paths[name]] = 503
        self.mail.busy = 1
        with self.start("idle", self.file(rules), "--limit", "feed_stale=1h,warn", "--no-record") as trade:
            self.assertIn("session.started", self.mail.next()[3])
            code, out, error = stom("risk", "trip", "feed_stale", "--session", str(trade.folder))
            self.assertEqual(code, 0, out + error)
            came = {path: [] for path in paths.values()}
            for server, names in ((self.telegram, ["phone"]), (self.hook, ["hook", "chat", "work"])):
                while any(len(came[paths[name]]) < 3 for name in names):
                    status, path, _, body = server.got.get(timeout=PATIENCE)
                    came[path].append((status, body))
            for path, tries in came.items():
                self.assertEqual([status for status, _ in tries], [503, 200, 200], path)
                self.assertEqual(tries[0][1], tries[1][1], "the same message")
                self.assertIn(b"session.started", tries[1][1], path)
                self.assertIn(b"trip feed_stale, by hand", tries[2][1], path)
            self.assertIn("trip feed_stale, by hand", self.mail.next()[3])
            self.assertEqual((self.mail.busy, self.mail.wrong), (0, []))
            log = trade.log()
        for name in paths:
            self.assertIn(f"alerts: {name}: HTTP 503", log)
        self.assertRegex(log, "alerts: mail: .*451 later")
        self.clean(log, trade.errors)


class WatchDog(AtAnExchange):
    """Sessions that a service listens to which tells people once it hears nothing."""

    def heard(self):
        """All that has come since the last time, oldest first."""
        paths = []
        while not self.dog.got.empty():
            paths.append(self.dog.got.get()[1])
        return paths

    def until_pinged(self):
        self.dog.next(f"/{WATCHED}")

    def state(self, trade):
        """As it is at once."""
        return json.loads(stom("trade", "status", "--session", str(trade.folder), "--json")[1])["state"]

    def not_responding(self, trade):
        """An answer of the program takes two seconds then. Between two of them it looks at how it is, which takes as long: a ping each second would have come."""
        self.assertEqual(self.state(trade), "not responding")

    def test_it_is_pinged_while_the_engine_turns_and_that_it_is_not_heard_is_an_alert(self):
        busy, source = self.folder / "busy", self.folder / "busy.cpp"
        source.write_text(HANGS.replace("for (volatile bool forever = true; forever;)", f'while (std::filesystem::exists("{busy}"))')
                          .replace("hangs, Hangs", "busy, Hangs").replace("#include", "#include <filesystem>\n#include", 1))
        code, out, error = stom("strategy", "build", str(source))
        self.assertEqual(code, 0, out + error)
        self.dog.script = [(503, {})] * 1000
        with self.start("busy", self.file(self.watchdog("url", "1s"))) as trade:
            text = self.told("does not hear this session")
            self.assertTrue(text.startswith("critical: the watch-dog at 127.0.0.1 "), text)
            self.assertIn("HTTP 503", text)
            self.dog.script = []
            self.told("the watch-dog at 127.0.0.1 hears this session again")
            self.heard()
            self.until_pinged()
            # It hangs with its orders at work: nothing is said of it any more.
            busy.touch()
            first(lambda: self.state(trade), lambda state: state == "not responding", trade.log)
            self.not_responding(trade)  # it has looked, and what was under way is there
            self.heard()
            self.not_responding(trade)
            self.assertEqual(self.heard(), [])
            busy.unlink()
            self.until_pinged()
            log = trade.log()
        self.assertIn("alerts: watch-dog: HTTP 503", log)
        self.clean(log, text, trade.errors, pathlib.Path(trade.folder / "journal.stom").read_bytes().decode("latin-1"))
        self.assertLessEqual(set(self.heard()), {f"/{WATCHED}"}, "of its end nothing is said")

    def test_healthchecks_hears_of_the_begin_and_of_an_end_with_an_error(self):
        with self.start("market_maker", self.file(self.watchdog("healthchecks", "15s")), "--param", "distance=1", "--param", "skew=1", *LOTS,
                        "--no-record") as trade:
            self.assertEqual([self.dog.got.get(timeout=PATIENCE)[1] for _ in range(2)], [f"/{WATCHED}/start", f"/{WATCHED}"])
            room = (trade.folder / "journal.stom").stat().st_size + 7
            resource.prlimit(trade.process.pid, resource.RLIMIT_FSIZE, (room, resource.RLIM_INFINITY))
            self.assertEqual(trade.process.wait(timeout=PATIENCE), 1)
            trade.killed = True  # it ended by itself
        self.assertEqual([path for path in self.heard() if path != f"/{WATCHED}"], [f"/{WATCHED}/fail"])
        self.clean(trade.log(), trade.errors)


if __name__ == "__main__":
    unittest.main()
