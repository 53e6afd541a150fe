# SPDX-License-Identifier: Apache-2.0
"""Recorded on site, replayed at the developer's desk: nothing that matters is in the file, and it is still a card."""
import json
import os
import re
import unittest

import patient  # noqa: F401 - knows where support is
import support

NAME, ID, CARD, PIN = "李四", "110101199003078515", "A21472424", "739182"
SECRETS = [NAME.encode("gb18030"), NAME.encode(), ID.encode(), CARD.encode(), bytes.fromhex(PIN)]
ROOT = "0123456789ABCDEFFEDCBA9876543210"  # of the simulated cards


class Case(support.DaemonCase):
    def start(self, *args, **kwargs):
        self.card, self.record = os.path.join(self.dir, "card.json"), os.path.join(self.dir, "site.replay")
        if not args:
            self.make("ssc-3.0")
            args = ("--sim=" + self.card,)
        super().start(*args, **kwargs)

    def make(self, image):
        r = self.run_cli("sim", "make", image, self.card, "--name", NAME, "--id", ID, "--card-number", CARD, "--pin", PIN, "--force")
        self.assertEqual(r.code, 0, r.err)

    def site(self, *args, **kwargs):
        r = self.run_cli(*args, **kwargs)
        self.assertEqual(r.code, 0, r.err)
        with open(self.record, encoding="utf-8") as f:
            text = f.read()
        plain = bytes.fromhex("".join(re.findall("[<>] ([0-9A-F]+)", text)))
        for secret in SECRETS:
            self.assertNotIn(secret, plain)
        self.assertTrue(text.startswith("# recorded by sscard trace\nredacted\n"))
        return r, text

    def keys(self):
        """The simulated cards' keys in a file: with them nothing in a recording can be proved, for all that."""
        path = os.path.join(self.dir, "keys.json")
        with open(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w") as f:
            json.dump({"format": 1, "test": True, "roots": {"3des": {"*": ROOT}, "sm4": {"*": ROOT}}, "purse_levels": 1,
                       "terminal": "410100813475", "state": "terminal-number"}, f)
        return path


class TestIdentity(Case):
    def test_by_the_service(self):
        self.played(*self.site("trace", "record", self.record, "identity"))

    def test_straight(self):
        self.card += ".other"
        for image in "ssc-2.0", "ssc-3.0":
            with self.subTest(image):
                self.make(image)
                self.played(*self.site("--driver", "sim:" + self.card, "trace", "record", self.record, "identity",
                                       env={"SSCARD_READER": ""}))

    def played(self, result, _):
        self.assertIn(NAME, result.out)
        answer = self.replay("--json", "identity").json()
        self.assertEqual((answer["name"], answer["citizen_id"], answer["card_number"]), ("张三", "111111198101011110", "X00000019"))
        self.assertEqual(self.replay("doctor").code, 0)

    def replay(self, *args):
        return self.run_cli("--driver", "replay:" + self.record, *args, env={"SSCARD_READER": ""})

    def test_challenges(self):
        """Each is recorded as stars, with what was answered; what was accepted is accepted again, and proves nothing."""
        _, text = self.site("trace", "record", self.record, "identity")
        self.assertIn("> 0088000010" + "2A" * 16 + "\n", text)
        self.assertIn("> 0084000008\n< " + "2A" * 8 + "9000\n", text)
        self.assertRegex(text, "> 008200..10" + "(2A){16}\n< 9000\n")
        self.assertEqual(self.replay("--json", "identity").json()["genuine"], "not_checked")
        r = self.replay("--json", "identity", "--key-file", self.keys())
        self.assertEqual(r.json()["error"]["data"]["symbol"], "card_not_genuine")


class TestDebit(Case):
    def test_to_its_last_exchange(self):
        """The service has read the card before: the recording holds that too. At the desk everything is played, and the
        debit is not believed, because the card's MAC2 is not in the file; whoever asks is told that."""
        pin = {"stdin": PIN + "\n"}
        self.assertEqual(self.run_cli("balance", "--pin-fd", "0", **pin).code, 0)
        r, text = self.site("trace", "record", self.record, "debit", "1.00", "--pin-fd", "0", **pin)
        self.assertIn("999.00", r.out)
        self.assertRegex(text, "> B02C01000F[0-9A-F]{22}(2A){4}\n")
        self.assertRegex(text, "# PSAM > 8070010034(2A){52} < 6108\n# PSAM > 00C0000008 < [0-9A-F]{8}(2A){4}9000\n")
        self.assertIn("\n# PSAM > 80720000042A2A2A2A < 9000\n", text)  # on site the card paid, and proved it
        config = os.path.join(self.dir, "desk.conf")
        with open(config, "w") as f:
            f.write("[readers]\ndriver = replay:%s\n[auth]\nkey-file = %s\ntest-keys = yes\n" % (self.record, self.keys()))
        self.stop()
        self.start("--config", config, journal="desk.db")
        r = self.run_cli("--json", "trace", "debit", "1.00", "--pin-fd", "0", stdin="000000\n")
        self.assertEqual(r.json()["error"]["data"]["symbol"], "outcome_unknown")
        self.assertIn("a recording: on site the card answered 9000", r.out)
        self.assertRegex(r.err, "> B02C01000F[0-9A-F]+ < 6108")
        self.assertRegex(r.err, "> 00C0000008 < (2A){8}9000")


class TestUse(support.Case):
    def test_record_on_a_full_disk(self):
        r = self.run_cli("--driver", "sim", "trace", "record", "/dev/full", "info")
        self.assertEqual(r.code, 1)
        self.assertIn("/dev/full", r.err.splitlines()[-2])
        self.assertIn("[io_error]", r.err)

    def test_record_needs_a_file(self):
        self.assertEqual(self.run_cli("--driver", "sim", "trace", "record").code, 2)


if __name__ == "__main__":
    unittest.main()
