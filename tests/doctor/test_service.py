# SPDX-License-Identifier: Apache-2.0
"""Causes in a real service: nothing about it is played."""
import json
import os
import signal
import socket
import subprocess
import time
import unittest

import patient
import support


class TestService(patient.Case, support.DaemonCase):
    def test_hangs(self):
        support.freeze(self.daemon)
        try:
            with support.Stopwatch() as watch:
                self.diagnose("service_silent", "--deadline", "1")
            self.assertLess(watch.fair, 5)
        finally:
            self.daemon.send_signal(signal.SIGCONT)

    def test_killed(self):
        self.daemon.kill()
        self.daemon.wait(20)
        try:
            self.diagnose("service_dead")
        finally:
            os.unlink(self.socket)
            self.start()

    def test_torn_debit(self):
        """The card is taken out in the middle of a debit, and is not put back: another one is."""
        self.assertEqual(self.run_cli("sim", "fault", "tear_during", "--ins", "2C").code, 0)
        self.assertNotEqual(self.run_cli("debit", "1.00", "--pin-fd", "0", stdin="123456\n").code, 0)
        self.assertEqual(self.run_cli("sim", "insert", "ssc-2.0").code, 0)
        self.diagnose("unsettled", remark=True)

    def test_empty(self):
        self.assertEqual(self.run_cli("sim", "remove").code, 0)
        self.diagnose("slot_empty")

    def test_no_social_security_card(self):
        self.assertEqual(self.run_cli("sim", "insert", "psam").code, 0)
        self.diagnose("card_not_ssc")

    def test_mute(self):
        self.assertEqual(self.run_cli("sim", "fault", "mute", "--nth", "0").code, 0)
        self.assertEqual(self.run_cli("sim", "remove").code, 0)
        self.assertEqual(self.run_cli("sim", "insert").code, 0)
        self.diagnose("card_mute")

    def test_psam_lent(self):
        """Another program speaks to the PSAM straight, until it hangs up."""
        with socket.socket(socket.AF_UNIX) as s, s.makefile("r") as lines:
            s.settimeout(20)
            s.connect(self.socket)

            def call(method, **params):
                s.sendall(json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode() + b"\n")
                return json.loads(lines.readline())["result"]
            lease = call("card.acquire", reader="Simulated SAM")["lease"]
            call("apdu.transmit", lease=lease, command="00A40000023F00")
            self.assertIn("Simulated SAM", self.diagnose("psam_lent")["evidence"]["zh"])
        self.assertEqual(self.run_cli("doctor").code, 0)

    def test_not_genuine(self):
        """A copy of a card, made without the issuer's keys."""
        path = os.path.join(self.dir, "copy.json")
        self.assertEqual(self.run_cli("sim", "make", "ssc-3.0", path).code, 0)
        with open(path, encoding="utf-8") as f:
            card = json.load(f)
        card["keys"]["root"] = "00112233445566778899AABBCCDDEEFF"
        with open(path, "w", encoding="utf-8") as f:
            json.dump(card, f)
        self.assertEqual(self.run_cli("sim", "insert", path).code, 0)
        self.diagnose("card_not_genuine")

    def test_configuration(self):
        """A service that does not start because of a line of its configuration."""
        self.env["PATH"] = os.path.dirname(os.environ["SSCARDD"]) + ":" + self.env["PATH"]
        self.tree.write("/etc/sscard/sscardd.conf", "[daemon]\nqueue = many\n")
        for content, at in ("[daemon]\nqueue = many\n", "queue"), ("[daemon]\nqueue = 64\nnonsense\n", "line 3"):
            self.tree.write("/etc/sscard/sscardd.conf", content)
            with support.Stopwatch() as watch:
                cause = self.diagnose("service_config", "--root", self.tree.root, "--socket", "/run/sscard/sscard.sock")
            self.assertLess(watch.fair, 5)
            for lang in "en", "zh":
                self.assertIn(at, cause["evidence"][lang])
        self.tree.write("/etc/sscard/sscardd.conf", "[daemon]\nqueue = 64\n")
        self.diagnose("service_stopped", "--root", self.tree.root, "--socket", "/run/sscard/sscard.sock")

    @unittest.skipUnless(patient.can_be_nobody(), "needs root and setpriv")
    def test_journal_in_a_folder_that_may_not_be_written(self):
        """For real, under a user for whom rights count."""
        shut, path = os.path.join(self.dir, "shut"), os.path.join(self.dir, "nobody")
        os.makedirs(shut, 0o555)
        os.makedirs(path)
        os.chmod(self.dir, 0o755)
        os.chown(path, 65534, 65534)
        service = subprocess.Popen(patient.as_nobody([os.environ["SSCARDD"], "--sim", "--socket", path + "/s", "--journal",
                                                      shut + "/journal.db"]), stderr=subprocess.DEVNULL, env=self.env)
        try:
            for _ in range(100):
                time.sleep(0 if os.path.exists(path + "/s") else 0.05)
            with support.Stopwatch() as watch:
                cause = self.diagnose("journal_fault", "--socket", path + "/s")
            self.assertLess(watch.fair, 10)
            self.assertIn(shut + "/journal.db", cause["evidence"]["zh"])
        finally:
            service.terminate()
            service.wait(20)

    @unittest.skipUnless(patient.can_be_nobody(), "needs root and setpriv")
    def test_role(self):
        """A viewer may see readers, and read no card."""
        os.chmod(self.dir, 0o755)
        os.chmod(self.socket, 0o666)
        done = subprocess.run(patient.as_nobody([support.SSCARD, "--json", "doctor"]), stdout=subprocess.PIPE, env=self.env, timeout=30)
        self.judge("service_role", support.Result(done.returncode, done.stdout.decode(), ""))


if __name__ == "__main__":
    unittest.main()
