#!/usr/bin/env python3
"""Real orders: keys in the vault alone, an account that was armed for these keys and these limits, and a journal that the
disk has before an order leaves. The exchange is the simulated one; all else is as with a venue.

usage: STOM_PROGRAM=build/dev/bin/stom live_test.py
"""

import base64
import contextlib
import csv
import gzip
import json
import os
import pathlib
import pty
import re
import resource
import shutil
import signal
import subprocess
import sys
import termios
import unittest
import urllib.error
import urllib.parse
import urllib.request
from decimal import Decimal
from fractions import Fraction

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from trade_test import LOTS, PATIENCE, PROGRAM, Journal, answered, first, stom
from vault_test import PASSPHRASE, Home, own_session_keyring
from venue_client import Exchange, Spot

API = pathlib.Path(__file__).resolve().parents[2] / "docs/openapi.json"
LIMITS = '[limits]\norder_notional = "100000"\nposition = "5"\ndaily_loss = "100000,flatten"\nprice_band = "10"\n'


class Live(Home):
    @classmethod
    def setUpClass(cls):
        cls.context = Exchange("--seed", "5", "--accounts", "2")
        cls.exchange = cls.context.__enter__()

    @classmethod
    def tearDownClass(cls):
        cls.context.__exit__()

    def setUp(self):
        super().setUp()
        self.limits = self.home / "limits.toml"
        self.limits.write_text(LIMITS)
        line = json.loads(json.dumps(self.exchange.line))
        for venue in line["venues"].values():
            for name in ("key", "secret", "ed25519", "accounts"):
                venue.pop(name, None)
        self.venues = self.file("venues.json", line)

    def file(self, name, content):
        path = self.home / name
        path.touch(mode=0o600)
        path.write_text(json.dumps(content))
        return path

    def key_of(self, venue, account=0):
        entry = self.exchange.line["venues"][venue]
        return [entry, *entry.get("accounts", [])][account]

    def keep(self, venue, name="main", account=0):
        key = self.key_of(venue, account)
        self.add(f"{venue}:{name}", key["key"], key["secret"])

    def arm(self, name="main", *more):
        return ["account", "arm", name, "--limits", str(self.limits), "--venues", str(self.venues), f"--confirm={name}", *more]

    def armed(self, *venues):
        for venue in venues:
            self.keep(venue)
        code, out, error = self.run_stom(*self.arm())
        self.assertEqual(code, 0, out + error)
        return error

    def start(self, *more, distance=400):
        return ["trade", "start", "--live", "--account", "main", "--confirm=main", "--venues", str(self.venues), "--session",
                str(self.home / "session"), "--strategy", "market_maker", "--param", f"distance={distance}", *LOTS, *more]

    @contextlib.contextmanager
    def running(self, *more, distance=400, before=None):
        """The session and the line that says that it is ready; killed where the block did not end it."""
        with open(self.passphrase) as passphrase:
            process = subprocess.Popen([PROGRAM, *self.start("--json", "--passphrase-fd", str(passphrase.fileno()), *more, distance=distance)], text=True,
                                       stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**self.environment, "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":disable_coredump=0"},
                                       cwd=self.home, pass_fds=[passphrase.fileno()], preexec_fn=before)
        try:
            line = process.stdout.readline()
            self.assertTrue(json.loads(line or "{}").get("ready"), line + ("" if line else process.stderr.read()))
            yield process
        finally:
            if process.poll() is None:
                process.kill()
                process.communicate()

    def on_page(self):
        """All that a page of the same data folder is told: the page itself, what the API answers, and of the trading sessions all of it."""
        done = subprocess.run([PROGRAM, "data", "gen", "--instrument", "sim:BTCUSDT", "--minutes", "2", "--history", "0", "--seed", "1"], capture_output=True, text=True,
                              timeout=PATIENCE, env=self.environment, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        serve = subprocess.Popen([PROGRAM, "serve", "--port", "0", "--json", "--paused"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                 env=self.environment)
        try:
            told = json.loads(serve.stdout.readline())

            def ask(path):
                request = urllib.request.Request(told["address"] + path, headers={"Authorization": "Bearer " + told["token"]})
                try:
                    return urllib.request.urlopen(request, timeout=PATIENCE).read().decode(errors="replace")
                except urllib.error.HTTPError as error:  # which has words, too
                    return error.read().decode()

            page, sessions = ask("/"), ask("/api/v1/trading")
            parts = [ask(urllib.parse.urljoin("/", part)) for part in re.findall(r'(?:src|href)="([^":]+)"', page)]
            asked = [path for path, ways in json.loads(API.read_text())["paths"].items() if "get" in ways and "{" not in path]
            self.assertIn("/api/v1/trading/alerts", asked)
            all_of_it = [page, sessions, *parts, *map(ask, asked)]
            for session in json.loads(sessions)["sessions"]:
                all_of_it.append(ask("/api/v1/trading/log?limit=500&session=" + urllib.parse.quote(session["session"])))
            return "\n".join(all_of_it)
        finally:
            serve.terminate()
            serve.communicate(timeout=PATIENCE)

    def assert_nowhere(self, secrets, told):
        """Neither in what was told, by name of who told it, nor in any file, packed or not, but the vault's and the test's own."""
        places = {name: text.encode() if isinstance(text, str) else text for name, text in told.items()}
        for file in self.home.rglob("*"):
            if file.is_file() and file not in (self.passphrase, self.home / "other"):
                places[str(file)] = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
        for secret in secrets:
            plain = secret.encode()
            for form in (plain, base64.b64encode(plain).rstrip(b"="), plain.hex().encode(), plain[: len(plain) // 2]):
                for place, content in places.items():
                    self.assertFalse(form in content, f"{form[:4]}… in {place}")
        return places

    def test_orders_leave_with_the_vaults_key_alone_and_its_secret_is_nowhere_else(self):
        venues = ["binance", "binance-usdm", "upbit", "kiwoom"]
        for venue in venues:
            self.keep(venue)
        code, out, told = self.run_stom(*self.arm("main", "--unread=upbit", "--unread=kiwoom"))
        self.assertEqual(code, 0, out + told)
        self.assertIn("may trade, may not withdraw", told)
        self.assertEqual(told.count("cannot be read"), 2)
        instruments = [word for i in ("binance:BTCUSDT", "binance-usdm:BTCUSDT", "upbit:KRW-BTC", "kiwoom:005930") for word in ("--instrument", i)]
        folder = self.home / "session"
        with self.running("--rate", "USDT/KRW=1400", *instruments) as process:
            ask = lambda *words: answered(*words, "--session", str(folder))[1]
            status = first(lambda: json.loads(ask("trade", "status", "--json")), lambda s: s["orders"]["working"] >= 4)
            self.assertEqual(status["mode"], "live")
            outside = {" ".join(words): ask(*words) for words in [("trade", "status"), ("trade", "venues"), ("account", "show"), ("risk", "show"),
                                                                   ("account", "reconcile"), ("trade", "metrics")]}
            outside["the page"] = self.on_page()
            self.assertIn('"mode":"live"', outside["the page"])
            metrics = outside["trade metrics"]
            self.assertIn('stom_session{mode="live",state="running"} 1', metrics)
            self.assertIn('stom_venue_connected{venue="binance-usdm"} 1', metrics)
            self.assertRegex(metrics, r'stom_orders\{state="working"\} \d+')
            self.assertRegex(metrics, r"stom_memory_bytes [0-9]{6,}")
            proc = pathlib.Path("/proc") / str(process.pid)
            outside["the process list"] = (proc / "cmdline").read_bytes()
            if os.geteuid() == 0:
                outside["its environment"] = (proc / "environ").read_bytes()
            else:  # nobody else may look
                self.assertRaises(PermissionError, (proc / "environ").read_bytes)
            process.terminate()
            outside["stdout"], outside["stderr"] = process.communicate(timeout=PATIENCE)
            self.assertEqual(process.returncode, 0, outside["stderr"])
        _, outside["list"], outside["list, stderr"] = self.run_stom("vault", "list")
        secrets = [self.key_of(venue)["secret"] for venue in venues]
        places = self.assert_nowhere([*secrets, PASSPHRASE], outside)
        frames = b"".join(content for place, content in places.items() if place.endswith(".gz"))
        self.assertIn(b'/api/v3/order', frames, "what was signed is among the frames that were looked through")
        configuration = Journal(folder / "journal.stom").configuration
        self.assertTrue(configuration.startswith("trade mode=live account=main disk=first strategy=market_maker "), configuration)
        self.assertIn("limit=order_notional=100000", configuration)
        audit = [json.loads(row) for row in (self.home / "data/accounts/audit.log").read_text().splitlines()]
        self.assertEqual([row["what"] for row in audit], ["armed", "opened"])
        self.assertEqual(audit[1]["session"], str(folder))

    def test_a_process_with_a_secret_leaves_no_core_file(self):
        most = resource.getrlimit(resource.RLIMIT_CORE)[1]
        whole_cores = lambda: resource.setrlimit(resource.RLIMIT_CORE, (most, most))
        cores = lambda: sorted(f.name for f in self.home.iterdir() if f.name.startswith("core"))
        self.armed("binance")
        with self.running("--instrument", "binance:BTCUSDT", before=whole_cores) as process:
            limits = [words.split() for words in pathlib.Path(f"/proc/{process.pid}/limits").read_text().splitlines()]
            self.assertIn(["Max", "core", "file", "size", "0", "0", "bytes"], limits)
            process.send_signal(signal.SIGABRT)  # as an assertion does
            process.communicate(timeout=PATIENCE)
            self.assertEqual(process.returncode, -signal.SIGABRT)
        self.assertEqual(cores(), [])
        # Here a process without a secret does leave one, where this machine writes core files beside their process.
        subprocess.run(["sh", "-c", "kill -ABRT $$"], cwd=self.home, preexec_fn=whole_cores, check=False)
        if not cores():
            self.skipTest("this machine keeps core files elsewhere: only the process's own limit was looked at")

    def test_at_a_terminal_the_name_is_typed_and_the_passphrase_is_not_shown(self):
        self.armed("binance")
        command = [PROGRAM, *[w for w in self.start("--instrument", "binance:BTCUSDT") if w != "--confirm=main"]]

        def typed(*lines):
            pid, terminal = pty.fork()
            if pid == 0:
                os.execvpe(command[0], command, self.environment)
            seen = b""
            with contextlib.suppress(OSError):  # the program's end of the terminal is closed
                for prompt, line in lines:
                    while prompt not in seen:
                        seen += os.read(terminal, 4096)
                    while prompt == b"passphrase" and termios.tcgetattr(terminal)[3] & termios.ECHO:
                        pass
                    os.write(terminal, line + b"\n")
                while b"ready" not in seen:
                    seen += os.read(terminal, 4096)
                os.kill(pid, signal.SIGTERM)
                while True:
                    seen += os.read(terminal, 4096)
            os.close(terminal)
            return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), seen

        code, seen = typed((b"Type the name", b"mine"))
        self.assertEqual(code, 2, seen)
        self.assertIn(b"nothing was done", seen)
        self.assertFalse((self.home / "session").exists())
        code, seen = typed((b"This sends real orders. Type the name of the account", b"main"), (b"passphrase", PASSPHRASE.encode()))
        self.assertEqual(code, 0, seen)
        self.assertNotIn(PASSPHRASE.encode(), seen)

    def test_while_the_vault_is_unlocked_a_session_begins_again_without_a_person(self):
        self.armed("binance")
        start = self.start("--json", "--instrument", "binance:BTCUSDT")
        code, out, error = self.alone(*start)
        self.assertEqual(code, 2, out + error)
        self.assertIn("nobody can be asked", out + error)
        self.unlock()
        for end in (signal.SIGKILL, signal.SIGTERM):
            process = subprocess.Popen([PROGRAM, *start], text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                       env=self.environment, preexec_fn=own_session_keyring)
            line = process.stdout.readline()
            process.send_signal(end)
            _, error = process.communicate(timeout=PATIENCE)
            self.assertTrue(json.loads(line or "{}").get("ready"), line + error)
        audit = [json.loads(row) for row in (self.home / "data/accounts/audit.log").read_text().splitlines()]
        self.assertEqual([row.get("vault") for row in audit], [None, "key ring", "key ring"])
        code, out, error = self.alone(*self.arm())
        self.assertEqual(code, 2, "who arms an account knows the passphrase: " + out + error)
        self.assertEqual(self.alone("vault", "lock")[0], 0)
        self.assertEqual(self.alone(*start)[0], 2)

    def test_without_arming_nothing_begins(self):
        one = ["--instrument", "binance:BTCUSDT"]
        self.refused(6, "the account 'main' is not armed", *self.start(*one))
        self.armed("binance")
        self.refused(2, "the limits of --live are those that the account was armed with", *self.start(*one, "--limit", "position=1"))
        self.refused(2, "not armed for binance-usdm", *self.start("--instrument", "binance-usdm:BTCUSDT"))
        self.refused(2, "is not the name of the account", *[w for w in self.start(*one) if w != "--confirm=main"], "--confirm=other")
        self.refused(2, "and is asked for", *[w for w in self.start(*one) if w != "--confirm=main"])
        self.refused(6, "not the passphrase", *self.start(*one), passphrase="another passphrase")
        whole = self.file("whole.json", self.exchange.line)
        self.refused(2, "has a key for", *[str(whole) if w == str(self.venues) else w for w in self.start(*one)])
        self.assertFalse((self.home / "session").exists())

    def test_another_limit_or_another_key_ends_it(self):
        one = ["--instrument", "binance:BTCUSDT"]
        self.armed("binance")
        self.limits.write_text(LIMITS.replace('"5"', '"500"'))
        self.refused(6, "not armed any more", *self.start(*one))
        self.limits.write_text(LIMITS + "# a remark changes nothing\n")
        self.run_stom("vault", "remove", "binance")
        self.refused(6, "its key for binance is gone", *self.start(*one))
        self.keep("binance")
        self.refused(6, "its key for binance is another one", *self.start(*one))
        self.assertEqual(self.run_stom(*self.arm())[0], 0)
        code, out, _ = stom_at(self.environment, "account", "list", "--json")
        self.assertEqual((code, json.loads(out)["accounts"][0]["armed"]), (0, True))
        self.assertEqual(stom_at(self.environment, "account", "disarm", "main")[0], 0)
        self.refused(6, "is not armed", *self.start(*one))
        self.assertEqual(stom_at(self.environment, "account", "disarm", "main")[0], 3)

    def test_what_was_agreed_upon_cannot_be_rewritten_without_the_passphrase(self):
        one = ["--instrument", "binance:BTCUSDT"]
        self.armed("binance")
        file = self.home / "data/accounts/main.json"
        agreed = json.loads(file.read_text())
        larger = LIMITS.replace('"5"', '"500"')
        self.limits.write_text(larger)
        for change in [{"limits": [line.replace('"', "").replace(" ", "") for line in larger.splitlines()[1:]]},
                       {"limits": [line.replace('"', "").replace(" ", "") for line in larger.splitlines()[1:]], "seal": ""}]:
            file.write_text(json.dumps({**agreed, **change}))
            self.refused(6, "is not as it was written", *self.start(*one))
        self.limits.write_text(LIMITS)
        for change in [{"durable": False}, {"keys": [{**agreed["keys"][0], "rights": "may trade, MAY WITHDRAW"}]}]:
            file.write_text(json.dumps({**agreed, **change}))
            self.refused(6, "is not as it was written", *self.start(*one))
        file.write_text(json.dumps({**agreed, "keys": []}))
        self.refused(6, "cannot be read: the account is not armed", *self.start(*one))
        file.chmod(0o644)
        self.refused(1, "not yours alone", *self.start(*one))
        self.assertFalse((self.home / "session").exists())

    def test_it_is_armed_for_one_address_and_for_one_authority(self):
        one = ["--instrument", "binance:BTCUSDT"]
        self.armed("binance")
        line = json.loads(self.venues.read_text())
        elsewhere = json.loads(json.dumps(line))
        elsewhere["venues"]["binance"]["ws"] += "/elsewhere"
        self.file("venues.json", elsewhere)
        self.refused(6, "was armed for https://", *self.start(*one))
        without = json.loads(json.dumps(line))
        del without["venues"]["binance"]  # which is no way to the production address
        self.file("venues.json", without)
        self.refused(6, "and not for its production addresses", *self.start(*one))
        self.refused(3, "has no binance, for which the account has a key", *self.arm())
        other = self.home / "other.pem"
        shutil.copy(line["ca"], other)
        other.write_text(other.read_text() + "# another one\n")
        self.file("venues.json", {**line, "ca": str(other)})
        self.refused(6, "the authority of the venues file is another one", *self.start(*one))
        self.assertFalse((self.home / "session").exists())

    def test_one_session_at_a_time_has_the_accounts_limits(self):
        one = ["--instrument", "binance:BTCUSDT"]
        self.armed("binance")
        with self.running(*one):
            second = [str(self.home / "second") if w == str(self.home / "session") else w for w in self.start(*one)]
            self.refused(1, "another session trades with the account 'main'", *second)
        self.assertFalse((self.home / "second").exists())

    def test_the_doctor_looks_at_the_vault_and_at_armed_accounts(self):
        checks = lambda: {check["name"]: check for check in json.loads(stom_at(self.environment, "doctor", "--json")[1])["checks"]}
        self.assertEqual(checks()["vault"]["detail"], "none: there are no keys")
        self.armed("binance")
        self.assertTrue(checks()["vault"]["ok"] and checks()["armed"]["ok"], checks())
        self.limits.write_text(LIMITS.replace('"5"', '"500"'))
        self.vault.chmod(0o644)
        sick = checks()
        self.assertFalse(sick["vault"]["ok"] or sick["armed"]["ok"])
        self.assertIn("chmod 600", sick["vault"]["hint"])
        self.assertIn("stom account arm main --limits FILE, or stom account disarm main", sick["armed"]["hint"])

    def test_a_page_that_asks_nobody_to_sign_in_keeps_orders_in(self):
        self.armed("binance")
        self.file("data/serve.json", {"address": "http://192.168.0.5:8765"})
        self.refused(6, "needs no sign-in", *self.start("--instrument", "binance:BTCUSDT"))

    def test_arming_asks_the_venue_what_the_key_may_do(self):
        self.keep("binance", "rich", account=1)
        self.refused(6, "may withdraw: who gets it can take all there is", *self.arm("rich"))
        self.assertFalse((self.home / "data/accounts/rich.json").exists())
        code, out, error = self.run_stom(*self.arm("rich", "--allow-withdrawals"))
        self.assertEqual(code, 0, out + error)
        self.assertIn("MAY WITHDRAW", (self.home / "data/accounts/rich.json").read_text())
        self.add("binance:wrong", "k" * 64, "s" * 64)
        self.refused(6, "does not tell what the key may do: it answers 401", *self.arm("wrong"))
        self.keep("upbit", "won")
        error = self.refused(2, "cannot be read: the venue does not tell", *self.arm("won"))
        self.assertIn("--unread=upbit", error)
        self.assertEqual(self.run_stom(*self.arm("won", "--unread=upbit"))[0], 0)
        self.refused(3, "no key of an account 'none'", *self.arm("none"))

    def test_arming_wants_limits_on_an_order_on_what_is_held_and_on_a_day_at_each_venue(self):
        self.keep("binance")
        for left_out, what in [("order_notional", "one order at binance"), ("position", "what is held at binance"), ("daily_loss", "the loss of a day")]:
            self.limits.write_text("\n".join(line for line in LIMITS.splitlines() if not line.startswith(left_out)))
            self.refused(2, f"does not limit {what}", *self.arm())
        self.limits.write_text(LIMITS.replace("order_notional", '"order_notional@upbit"'))
        self.refused(2, "does not limit one order at binance", *self.arm())
        self.limits.write_text(LIMITS.replace("position", '"position@binance:ETHUSDT"'))
        self.refused(2, "does not limit what is held at binance", *self.arm())
        self.limits.write_text(LIMITS.replace("flatten", "warn"))
        self.refused(2, "does not limit the loss of a day", *self.arm())
        self.limits.write_text(LIMITS.replace("order_notional", '"order_notional@binance"'))
        self.assertEqual(self.run_stom(*self.arm())[0], 0)

    def test_a_session_that_waits_for_the_disk_has_a_kill_switch_that_does_not(self):
        self.armed("binance")
        self.refused(2, "with --busy-poll the kill switch would wait", *self.start("--instrument", "binance:BTCUSDT", "--busy-poll"))
        self.assertEqual(self.run_stom(*self.arm("main", "--disk-later"))[0], 0)
        with self.running("--instrument", "binance:BTCUSDT", "--busy-poll") as process:
            process.terminate()
            self.assertEqual(process.communicate(timeout=PATIENCE) and process.returncode, 0)
        self.assertIn(" disk=later ", Journal(self.home / "session/journal.stom").configuration)

    @unittest.skipUnless(shutil.which("strace"), "needs strace to make a disk fail")
    def test_no_order_leaves_before_the_disk_has_its_record(self):
        """From some moment on the disk takes nothing. Where that is the moment of the first orders, the journal knows them and
        the exchange does not."""
        self.armed("binance")
        for failing in range(2, 60):  # a busy machine has more to write before the first orders
            before = len(self.orders_at_the_exchange())
            with open(self.passphrase) as passphrase:
                done = subprocess.run(["strace", "-f", "--seccomp-bpf", "-qq", "-o", "/dev/null", "-e", "trace=fdatasync", "-e",
                                       f"inject=fdatasync:error=EIO:when={failing}+", PROGRAM,
                                       *self.start("--instrument", "binance:BTCUSDT", "--passphrase-fd", str(passphrase.fileno()))],
                                      capture_output=True, text=True, timeout=PATIENCE, pass_fds=[passphrase.fileno()], check=False,
                                      env={**self.environment, "ASAN_OPTIONS": "detect_leaks=0"})
            if "strace:" in done.stderr:
                self.skipTest(done.stderr)
            self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
            self.assertIn("is not on the disk", done.stderr)
            ordered = Journal(self.home / "session/journal.stom").kinds.count(2)
            shutil.rmtree(self.home / "session")
            arrived = len(self.orders_at_the_exchange()) - before
            if ordered > 0:
                self.assertEqual(arrived, 0, f"{ordered} orders, of which the disk had no record")
                return
        self.fail("there was no order at all")

    def test_its_books_are_exact_and_what_a_crash_cost_is_in_its_availability(self):
        """Killed while it is filled, gone on, ended: each fill as the exchange has it, realized by average cost, and the time without
        the process counted as down. The session verifies, with all that it wrote of itself."""
        self.armed("binance")
        folder = self.home / "session"
        quoting = ["--instrument", "binance:BTCUSDT", "--param", "skew=1"]
        fills = lambda: json.loads(answered("trade", "status", "--session", str(folder), "--json")[1])["fills"]
        known = {trade["id"] for trade in self.trades_at_the_exchange()}
        with self.running(*quoting, distance=1) as process:
            first(fills, lambda n: n >= 3)
            process.kill()
            process.wait()
        with self.running(*quoting, distance=1) as process:
            more = first(fills, lambda n: n >= 3)
            first(fills, lambda n: n >= more + 3)
            process.terminate()
            _, error = process.communicate(timeout=PATIENCE)
            self.assertEqual(process.returncode, 0, error)
        theirs = [trade for trade in self.trades_at_the_exchange() if trade["id"] not in known]
        out = self.home / "books.csv"
        code, told, error = stom("account", "export", "--session", str(folder), "--to", str(out), "--zone=+09:00", "--json")
        self.assertEqual(code, 0, told + error)
        with open(out, newline="") as file:
            rows = list(csv.DictReader(file))
        signed = lambda side, quantity: Decimal(quantity) if side == "buy" else -Decimal(quantity)
        self.assertEqual(sorted((Decimal(row["price"]), signed(row["side"], row["quantity"])) for row in rows),
                         sorted((Decimal(t["price"]), signed("buy" if t["isBuyer"] else "sell", t["qty"])) for t in theirs))
        position, cost, realized, fees = Fraction(0), Fraction(0), Fraction(0), Decimal(0)
        for row in rows:
            by, price = Fraction(signed(row["side"], row["quantity"])), Fraction(row["price"])
            gain = Fraction(0)
            if position * by < 0:
                closed = min(abs(by), abs(position)) * (1 if position > 0 else -1)
                gain = closed * (price - cost / position)
                cost -= closed * cost / position
                position -= closed
                by += closed
            position, cost = position + by, cost + by * price
            realized += gain
            fees += Decimal(row["fee"])
            self.assertEqual(Fraction(row["position"]), position)
            self.assertLess(abs(Fraction(row["realized"]) - gain), Fraction(1, 10**15), row)
            self.assertEqual((row["account"], row["kind"], row["currency"]), ("main", "fill", "USDT"))
        [total] = json.loads(told)["sums"]
        self.assertEqual((total["fills"], Decimal(total["fees"])), (len(rows), fees))
        self.assertEqual(Decimal(total["realized"]), sum(Decimal(row["realized"]) for row in rows))
        self.assertEqual(stom("account", "export", "--session", str(folder), "--to", str(out))[0], 2, "nothing is written over")
        year = str(int(rows[0]["year"]) - 1)
        code, told, _ = stom("account", "export", "--session", str(folder), "--to", str(self.home / "before.csv"), "--year", year, "--json")
        self.assertEqual((code, json.loads(told)["rows"]), (0, 0))
        code, told, error = stom("trade", "availability", "--session", str(folder), "--json")
        self.assertEqual(code, 0, error)
        told = json.loads(told)
        self.assertTrue(0 < Decimal(told["up_seconds"]) < Decimal(told["seconds"]), told)
        self.assertTrue(0 < Decimal(told["share"]) < 1, told)
        self.assertIn("the process was not there", [outage["why"] for outage in told["outages"]])
        code, told, error = stom("verify", "--session", str(folder), "--json")
        self.assertEqual(code, 0, told + error)
        self.assertEqual(json.loads(told)["a"]["differences"], [])

    def trades_at_the_exchange(self):
        return Spot(self.exchange).signed("GET", "/api/v3/myTrades", symbol="BTCUSDT", limit=1000)

    def orders_at_the_exchange(self):
        return Spot(self.exchange).signed("GET", "/api/v3/allOrders", symbol="BTCUSDT")


def stom_at(environment, *arguments):
    done = subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, timeout=PATIENCE, env=environment, check=False)
    return done.returncode, done.stdout, done.stderr


if __name__ == "__main__":
    unittest.main()
