# SPDX-License-Identifier: Apache-2.0
"""The command line and the examples with the real service and its simulated cards."""
import json
import os
import re
import signal
import subprocess
import sys
import unittest

import support
from test_terminal import Terminal

EXAMPLES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "docs", "examples")
OP = "till3-20260101-000042"


class TestDaemon(support.DaemonCase):
    def pay(self, *args, code=0):
        r = self.run_cli("debit", "--pin-fd", "0", *args, stdin="123456\n")
        self.assertEqual(r.code, code, r.err)
        return r

    def test_main_job(self):
        self.assertIn("Simulated SAM", self.run_cli("readers").out)
        self.assertIn("410100813475", self.run_cli("ping").out)
        self.assertIn("social security card", self.run_cli("info").out)
        self.assertEqual(self.run_cli("identity", "--json").json()["genuine"], "yes")
        self.assertIn("张三", self.run_cli("read", "SSSEEF06").out)
        self.assertIn("1000.00", self.run_cli("balance", "--pin-fd", "0", stdin="123456\n").out)
        first, again = self.pay("12.50", "--op", OP), self.pay("12.50", "--op", OP)
        self.assertIn("987.50", first.out)
        self.assertEqual(again.out, first.out + "This op was done before: nothing moved now.\n")
        self.assertIn("op_conflict", self.pay("13", "--op", OP, code=1).err)
        self.assertIn("12.50", self.run_cli("log", "--pin-fd", "0", stdin="123456\n").out)
        self.assertEqual(len(self.run_cli("txn", "--json").json()["txns"]), 1)
        self.assertIn("insufficient_funds", self.pay("99999", code=1).err)

    def test_wrong_pin(self):
        r = self.run_cli("balance", "--pin-fd", "0", stdin="000000\n")
        self.assertEqual(r.code, 6)
        self.assertIn("tries left: 5", r.err)
        self.assertEqual(self.run_cli("balance").code, 6)

    def test_both_ways_say_the_same(self):
        for args in (["identity"], ["read", "SSSEEF05"], ["info"]):
            a = self.run_cli("--json", *args).json()
            b = self.run_cli("--json", "--driver", "sim", *args, env={"SSCARD_READER": ""}).json()
            for volatile in ("elapsed_ms", "wire_ms", "exchanges", "card"):
                a.pop(volatile, 0), b.pop(volatile, 0)
            self.assertEqual(a, b)

    def test_torn(self):
        """The card is pulled in the middle of the debit, and put back."""
        for kind in "tear_before", "tear_during", "tear_after":
            self.assertEqual(self.run_cli("sim", "fault", kind, "--ins", "2C").code, 0)
            t = Terminal(self, "debit", "1.00")
            t.until("PIN:")
            t.type("123456\n")
            t.until("SAME card")
            self.assertEqual(self.run_cli("sim", "insert").code, 0)
            t.until(r"Settled|PIN:[^:]*PIN:")  # a card that did not debit must show its balance
            if "Settled" not in t.text:
                t.type("123456\n")
            code = t.end()
            state = self.run_cli("txn", "list", "--limit", "1", "--json").json()["txns"][0]["state"]
            self.assertEqual(code, {"confirmed": 0, "not_debited": 1}[state], t.text)
            self.assertEqual(self.run_cli("txn", "--unsettled", "--json").json()["txns"], [])

    def test_lost_reply(self):
        """The card stays: it is asked within the same call."""
        self.assertEqual(self.run_cli("sim", "fault", "lose_reply", "--ins", "2C").code, 0)
        self.assertIn("the card's proof", self.pay("1.00").out)

    def test_restart(self):
        self.pay("12.50", "--op", OP)
        watch = Terminal(self, "watch")
        watch.until("Simulated SAM")
        self.stop()
        watch.until("the service is gone")
        self.start()
        watch.until("Simulated SAM.*Simulated SAM")
        self.run_cli("sim", "remove")
        watch.until("removed")
        os.kill(watch.pid, signal.SIGINT)
        watch.end()
        self.assertEqual(self.run_cli("sim", "insert").code, 0)
        self.assertIn("nothing moved", self.pay("12.50", "--op", OP).out)

    def test_purse_and_load(self):
        pboc = ["--reader", "Simulated reader 1"]
        r = self.run_cli("debit", "1", "--purse", "ep", *pboc, env={"SSCARD_READER": ""})
        self.assertEqual(r.code, 0, r.err)
        self.assertIn("7.00", self.run_cli("balance", "--purse", "ep", *pboc).out)
        r = self.run_cli("load", "5", "--pin-fd", "0", stdin="123456\n20260101000000 00000000\n")
        self.assertEqual(r.code, 1)  # the card checks the host's MAC2
        self.assertIn("mac1", r.out)

    def test_load_with_test_keys(self):
        keys = os.path.join(self.dir, "keys.json")
        roots = {"*": "0123456789ABCDEFFEDCBA9876543210", "MLK": "202122232425262728292A2B2C2D2E2F"}
        with open(os.open(keys, os.O_WRONLY | os.O_CREAT, 0o600), "w") as f:
            json.dump({"format": 1, "test": True, "roots": {"3des": roots, "sm4": roots}, "purse_levels": 1}, f)
        r = self.run_cli("load", "100.25", "--key-file", keys, "--pin-fd", "0", stdin="123456\n")
        self.assertEqual(r.code, 0, r.err + r.out)
        self.assertIn("1100.25", self.run_cli("balance", "--pin-fd", "0", stdin="123456\n").out)
        r = self.run_cli("load", "5", "--purse", "ep", "--key-file", keys, "--reader", "Simulated reader 1", "--pin-fd", "0",
                         stdin="123456\n")
        self.assertEqual(r.code, 0, r.err + r.out)
        self.assertIn("13.00", r.out)

    def test_apdu(self):
        r = self.run_cli("apdu", "00A404000F7378312E73682EC9E7BBE1B1A3D5CF = 9000", "00A4020002EF05 = 9000", "0084000008=9000")
        self.assertEqual(r.code, 0, r.out + r.err)
        self.assertIn("permission_denied", self.run_cli("apdu", "B02C010014" + "00" * 20).err)

    def test_trace(self):
        path = os.path.join(self.dir, "card.replay")
        r = self.run_cli("trace", "--output", path, "--unredacted", "read", "SSSEEF05")
        self.assertEqual(r.code, 0, r.err)
        again = self.run_cli("--driver", "replay:" + path, "read", "SSSEEF05", env={"SSCARD_READER": ""})
        self.assertEqual((again.code, again.out), (0, r.out), again.err)

    def test_examples(self):
        self.run_cli("sim", "remove", "--reader", "Simulated reader 1")
        done = subprocess.run([sys.executable, EXAMPLES + "/identity.py"], stdout=subprocess.PIPE, env=self.env, timeout=30)
        self.assertEqual(done.stdout.decode(), "张三 111111198101011110 yes\n")
        with support.Stopwatch() as watch:
            done = subprocess.run(["sh", EXAMPLES + "/identity.sh"], stdout=subprocess.PIPE, env=self.env, timeout=60)
        self.assertEqual(json.loads(done.stdout)["result"]["name"], "张三")
        self.assertRegex(done.stdout.decode(), r'"wire_ms":\d+(\.\d{1,3})?[,}]')  # as a person would write it
        self.assertLess(watch.fair, 10)  # the service hangs up when it has answered
        done = subprocess.run([os.environ["IDENTITY_C"]], stdout=subprocess.PIPE, env=self.env, timeout=30)
        self.assertEqual(json.loads(done.stdout)["citizen_id"], "111111198101011110")
        self.run_cli("sim", "remove")
        done = subprocess.run([sys.executable, EXAMPLES + "/identity.py"], stderr=subprocess.PIPE, env=self.env, timeout=30)
        self.assertEqual(done.returncode, 1)
        self.assertTrue(re.match("无卡", done.stderr.decode()))


if __name__ == "__main__":
    unittest.main()
