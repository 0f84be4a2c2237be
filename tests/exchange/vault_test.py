#!/usr/bin/env python3
"""`stom vault` as a user and a script have it: keys come and go, a wrong passphrase opens nothing, a damaged file stays as it is,
and while it is unlocked nobody is asked; the key ring is the kernel's own.

usage: STOM_PROGRAM=build/dev/bin/stom vault_test.py
"""

import ctypes
import json
import os
import pathlib
import platform
import shutil
import subprocess
import tempfile
import unittest

PROGRAM = os.environ["STOM_PROGRAM"]
PATIENCE = 180  # seconds, for what is a matter of one or two where nothing else runs
PASSPHRASE = "correct horse battery"

LIBC = ctypes.CDLL(None, use_errno=True)
LIBC.syscall.restype = ctypes.c_long


def keyctl(*arguments):
    number = {"x86_64": 250, "aarch64": 219}[platform.machine()]
    return LIBC.syscall(ctypes.c_long(number), *(ctypes.c_long(a) if isinstance(a, int) else a for a in arguments))


def own_session_keyring():
    """As systemd gives one to a service: it does not lead to the user's."""
    assert keyctl(1, None) > 0


class Home(unittest.TestCase):
    """A data folder of its own, and the passphrase of its vault by a file descriptor."""

    def setUp(self):
        self.home = pathlib.Path(tempfile.mkdtemp())
        self.passphrase = self.home / "passphrase"
        self.passphrase.write_text(PASSPHRASE + "\n")
        self.environment = {**os.environ, "STOM_HOME": str(self.home / "data")}
        self.vault = self.home / "data" / "vault"

    def tearDown(self):
        shutil.rmtree(self.home)

    def run_stom(self, *arguments, text="", passphrase=None, descriptors=()):
        file = self.passphrase
        if passphrase is not None:
            file = self.home / "other"
            file.write_text(passphrase)
        with open(file) as opened:
            done = subprocess.run([PROGRAM, *arguments, "--passphrase-fd", str(opened.fileno())], input=text, text=True,
                                  pass_fds=[opened.fileno(), *descriptors], capture_output=True, timeout=PATIENCE,
                                  env=self.environment, check=False)
        return done.returncode, done.stdout, done.stderr

    def alone(self, *arguments, before=None, environment=None):
        """Without the passphrase, and with nobody to be asked."""
        done = subprocess.run([PROGRAM, *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE,
                              env=environment or self.environment, preexec_fn=before, check=False)
        return done.returncode, done.stdout, done.stderr

    def unlock(self, keep="1h"):
        self.addCleanup(self.alone, "vault", "lock")
        code, out, error = self.run_stom("vault", "unlock", "--keep", keep, "--json")
        if "lets no program at its key ring" in error:
            self.skipTest(error)
        self.assertEqual(code, 0, out + error)
        return json.loads(out)

    def add(self, name, key="k" * 64, secret="s" * 64):
        code, out, error = self.run_stom("vault", "add", name, text=f"{key}\n{secret}\n")
        self.assertEqual(code, 0, out + error)

    def refused(self, code, said, *arguments, **how):
        got, out, error = self.run_stom(*arguments, **how)
        self.assertEqual(got, code, out + error)
        self.assertIn(said, error)
        return error

    def keys(self):
        code, out, error = self.run_stom("vault", "list", "--json")
        self.assertEqual(code, 0, out + error)
        return [f"{key['venue']}:{key['account']}" for key in json.loads(out)["keys"]]


class Vault(Home):
    def test_keys_come_and_go_and_are_never_shown(self):
        self.refused(3, "there is no vault yet", "vault", "list")
        self.add("binance", "KEY-OF-SPOT", "SECRET-OF-SPOT")
        self.add("upbit:won", "KEY-OF-WON", "SECRET-OF-WON")
        self.assertEqual(self.keys(), ["binance:main", "upbit:won"])
        self.assertEqual(self.vault.stat().st_mode & 0o777, 0o600)
        for arguments in [["vault", "list"], ["vault", "check"], ["vault", "list", "--json"]]:
            _, out, error = self.run_stom(*arguments)
            self.assertNotIn("SPOT", out + error)
        self.refused(2, "has a key for binance:main already", "vault", "add", "binance", text="a\nb\n")
        self.refused(3, "no venue 'nasdaq'", "vault", "add", "nasdaq", text="a\nb\n")
        self.refused(2, "a key and its secret are needed", "vault", "add", "kiwoom", text="alone\n")
        self.assertEqual(self.run_stom("vault", "remove", "binance")[0], 0)
        self.refused(3, "no key for binance:main", "vault", "remove", "binance")
        self.assertEqual(self.keys(), ["upbit:won"])

    def test_a_wrong_passphrase_opens_nothing_and_changes_nothing(self):
        self.add("binance")
        before = self.vault.read_bytes()
        for wrong in ["correct horse batterz", "correct horse"]:
            self.refused(6, "not the passphrase of the vault", "vault", "list", passphrase=wrong)
            self.refused(6, "not the passphrase of the vault", "vault", "add", "upbit", passphrase=wrong, text="a\nb\n")
        self.refused(2, "too short", "vault", "list", passphrase="short")
        self.assertEqual(self.vault.read_bytes(), before)
        self.assertEqual(self.keys(), ["binance:main"])

    def test_a_damaged_vault_says_so_and_stays_as_it_is(self):
        self.add("binance")
        whole = self.vault.read_bytes()
        for damaged in [whole[:-1], whole[:70], b"", whole[:80] + bytes([whole[80] ^ 1]) + whole[81:]]:
            self.vault.write_bytes(damaged)
            error = self.refused(1, "the vault is damaged", "vault", "add", "upbit", text="a\nb\n")
            self.assertIn("bring back the copy", error)
            self.assertEqual(self.vault.read_bytes(), damaged)
        self.vault.write_bytes(whole)
        self.assertEqual(self.keys(), ["binance:main"])
        self.vault.chmod(0o640)
        self.refused(1, "not yours alone", "vault", "list")

    def test_the_passphrase_changes_and_the_keys_stay(self):
        self.add("binance")
        fresh = self.home / "fresh"
        fresh.write_text("another passphrase")
        with open(fresh) as opened:
            number = opened.fileno()
            code, out, error = self.run_stom("vault", "change-passphrase", "--new-passphrase-fd", str(number), descriptors=[number])
        self.assertEqual(code, 0, out + error)
        self.refused(6, "not the passphrase", "vault", "list")
        self.assertIn("binance:main", self.run_stom("vault", "list", passphrase="another passphrase")[1])

    def test_a_service_reads_the_passphrase_as_a_credential(self):
        self.add("binance")
        (self.home / "stom-passphrase").write_text(PASSPHRASE)
        done = subprocess.run([PROGRAM, "vault", "check"], capture_output=True, text=True, timeout=PATIENCE, stdin=subprocess.DEVNULL,
                              env={**self.environment, "CREDENTIALS_DIRECTORY": str(self.home)}, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        done = subprocess.run([PROGRAM, "vault", "check"], capture_output=True, text=True, timeout=PATIENCE, stdin=subprocess.DEVNULL,
                              env=self.environment, check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn("nobody can be asked", done.stderr)


class Unlocked(Home):
    def setUp(self):
        super().setUp()
        self.add("binance")
        self.told = self.unlock()

    def opens(self, **how):
        code, out, error = self.alone("vault", "list", **how)
        if code == 0:
            self.assertIn("binance:main", out)
        else:
            self.assertEqual(code, 2, out + error)
            self.assertIn("nobody can be asked", error)
        return code == 0

    def test_nobody_is_asked_until_it_is_locked(self):
        self.assertEqual(self.told["unlocked"], str(self.vault))
        self.assertTrue(self.opens())
        self.assertTrue(self.opens(before=own_session_keyring), "a service, too")
        self.assertIn("unlocked", self.alone("doctor")[1])
        code, out, _ = self.alone("vault", "lock", "--json")
        self.assertEqual((code, json.loads(out)["was_unlocked"]), (0, True))
        self.assertFalse(self.opens())
        self.assertEqual(json.loads(self.alone("vault", "lock", "--json")[1])["was_unlocked"], False)

    def test_what_changes_it_or_tries_its_passphrase_asks_all_the_same(self):
        for words in [("vault", "check"), ("vault", "remove", "binance"), ("vault", "change-passphrase"), ("vault", "unlock")]:
            code, out, error = self.alone(*words)
            self.assertEqual(code, 2, out + error)
            self.assertIn("nobody can be asked", error)
        self.refused(6, "not the passphrase of the vault", "vault", "list", passphrase="another passphrase")

    def test_a_vault_that_is_written_anew_is_not_unlocked_any_more(self):
        before = self.vault.read_bytes()
        code, _, error = self.run_stom("vault", "add", "upbit", text="a\nb\n")
        self.assertEqual(code, 0, error)
        self.assertIn("not unlocked any more", error)
        self.assertFalse(self.opens())
        self.unlock()
        self.vault.write_bytes(before)
        self.assertFalse(self.opens(), "a copy of before is another file")

    def test_a_wrong_passphrase_unlocks_nothing(self):
        self.alone("vault", "lock")
        self.refused(6, "not the passphrase", "vault", "unlock", passphrase="another passphrase")
        self.assertFalse(self.opens())
        for keep in ("0s", "31d", "-1h"):
            self.assertEqual(self.run_stom("vault", "unlock", f"--keep={keep}")[0], 2)
        self.assertFalse(self.opens())

    def test_it_is_this_data_folders_vault_alone(self):
        other = self.home / "other-data"
        shutil.copytree(self.home / "data", other)
        self.assertFalse(self.opens(environment={**self.environment, "STOM_HOME": str(other)}))
        self.assertTrue(self.opens())

    def test_the_ring_has_a_key_of_this_file_and_no_passphrase_and_the_key_is_in_no_file(self):
        name = ("stom:" + str(self.vault.resolve())).encode()
        serial = keyctl(10, -4, b"user", name, -2)  # sought in the user's ring, and linked into this process's
        self.assertGreater(serial, 0)
        self.addCleanup(keyctl, 9, serial, -2)
        payload = ctypes.create_string_buffer(1000)
        size = keyctl(11, serial, payload, 1000)
        self.assertEqual(size, 32)
        key = payload.raw[:size]
        for file in self.home.rglob("*"):
            if file.is_file():
                for form in (key, key.hex().encode()):
                    self.assertNotIn(form, file.read_bytes(), file)
        self.alone("vault", "lock")
        self.assertEqual(keyctl(11, serial, payload, 1000), -1, "it is gone for who has it in a ring of his own, too")


if __name__ == "__main__":
    unittest.main()
