# SPDX-License-Identifier: Apache-2.0
"""The doctor straight on a real pcscd with simulated readers."""
import os
import signal
import socket
import subprocess
import sys
import time
import unittest

import patient
import support

ROOT = "0123456789ABCDEFFEDCBA9876543210"  # of the simulated cards

HOLDER = """
import ctypes, sys, time
pcsc = ctypes.CDLL("libpcsclite.so.1")
context, card, protocol = ctypes.c_long(), ctypes.c_long(), ctypes.c_ulong()
deadline = time.time() + 10
done = False
while not done and time.time() < deadline:
    done = (pcsc.SCardEstablishContext(2, None, None, ctypes.byref(context)) == 0 and
            pcsc.SCardConnect(context, sys.argv[1].encode(), 1, 3, ctypes.byref(card), ctypes.byref(protocol)) == 0)
    time.sleep(0.02)
print("held" if done else "not held", flush=True)
sys.stdin.read()
"""


@unittest.skipUnless(patient.have_pcscd(), "no pcscd on this machine")
class TestPcscd(patient.Case):
    def setUp(self):
        super().setUp()
        os.chmod(self.dir, 0o755)
        self.pcscd = patient.Pcscd(os.path.join(self.dir, "p"), ["Desk", "Desk SAM"])
        self.env["PCSCLITE_CSOCK_NAME"] = self.pcscd.socket

    def tearDown(self):
        self.pcscd.stop(signal.SIGKILL)
        super().tearDown()

    def well(self):
        self.pcscd.insert(0, "ssc-3.0")
        self.pcscd.insert(1, "psam")
        self.pcscd.start()

    def test_healthy(self):
        self.well()
        r = self.run_cli("--json", "doctor", "--direct")
        self.assertEqual(r.code, 0, r.out)
        links = {link["link"]: link for link in r.json()["links"]}
        self.assertEqual(links["pcscd"]["state"], "ok")
        self.assertIn(self.pcscd.socket, links["pcscd"]["facts"][0]["en"])
        self.assertIn("genuine", links["psam"]["facts"][-1]["en"])

    def test_stopped(self):
        """Its socket is gone, pcscd is installed: enabled or not is this machine's affair."""
        r = self.run_cli("--json", "doctor", "--direct")
        symbol = r.json()["cause"]
        self.assertIn(symbol, ("pcscd_stopped", "pcscd_not_enabled"))
        self.assertEqual(r.code, 3)
        self.assertIn(self.pcscd.socket, self.judge(symbol, r)["evidence"]["zh"])

    def test_dead(self):
        self.well()
        self.run_cli("readers", "--direct")
        self.pcscd.stop(signal.SIGKILL)
        self.assertIn("ECONNREFUSED", self.diagnose("pcscd_dead", "--direct")["evidence"]["en"])

    def test_hangs(self):
        self.well()
        self.run_cli("readers", "--direct")
        support.freeze(self.pcscd.process)
        try:
            with support.Stopwatch() as watch:
                self.diagnose("pcscd_silent", "--direct", "--deadline", "1")
            self.assertLess(watch.fair, 5)
        finally:
            self.pcscd.process.send_signal(signal.SIGCONT)

    def test_hangs_behind_the_service(self):
        """The service knows its readers from before; the card is what does not come any more."""
        self.well()
        path = os.path.join(self.dir, "s")
        service = subprocess.Popen([os.environ["SSCARDD"], "--socket", path, "--journal", path + ".db"], stderr=subprocess.DEVNULL,
                                   env=self.env)
        try:
            for _ in range(100):
                time.sleep(0 if os.path.exists(path) else 0.05)
            self.assertEqual(self.run_cli("--socket", path, "info", "--wait", "always").code, 0)
            support.freeze(self.pcscd.process)
            with support.Stopwatch() as watch:
                r = self.run_cli("--json", "doctor", "--socket", path, "--deadline", "1")
            self.assertLess(watch.fair, 10)
            self.judge("pcscd_silent", r)
        finally:
            if self.pcscd.process:
                self.pcscd.process.send_signal(signal.SIGCONT)
            service.terminate()
            service.wait(20)

    def test_all_its_connections_are_taken(self):
        self.well()
        self.run_cli("readers", "--direct")
        taken = []
        try:
            for _ in range(220):
                taken.append(socket.socket(socket.AF_UNIX))
                taken[-1].connect(self.pcscd.socket)
            self.assertRegex(self.diagnose("pcscd_full", "--direct")["evidence"]["en"], "(19|20)[0-9] connections")
        finally:
            for s in taken:
                s.close()
        self.assertEqual(self.run_cli("doctor", "--direct").code, 0)

    def test_killed_while_it_is_examined(self):
        """In the middle of the card's part, which takes a while here."""
        self.pcscd.fault(0, "00A4 delay 8000\n")
        self.well()
        self.run_cli("readers", "--direct")
        doctor = subprocess.Popen([support.SSCARD, "--json", "doctor", "--direct"], stdout=subprocess.PIPE, env=self.env)
        time.sleep(3)
        self.pcscd.stop(signal.SIGKILL)
        with support.Stopwatch() as watch:
            out = doctor.communicate(timeout=120)[0].decode()
        self.assertLess(watch.fair, 10)
        self.judge("pcscd_lost", support.Result(doctor.returncode, out, ""))

    def test_wedged(self):
        self.pcscd.fault(0, "00A4 delay 30000\n")
        self.well()
        self.run_cli("readers", "--direct")  # pcscd has come up: only the card does not answer
        self.diagnose("reader_wedged", "--direct", "--deadline", "3")

    @unittest.skipUnless(patient.can_be_nobody(), "needs root and setpriv")
    def test_socket_denied(self):
        self.well()
        os.chmod(self.pcscd.socket, 0o600)
        done = subprocess.run(patient.as_nobody([support.SSCARD, "--json", "doctor", "--direct"]), stdout=subprocess.PIPE,
                              env=self.env, timeout=30)
        cause = self.judge("pcscd_socket_denied", support.Result(done.returncode, done.stdout.decode(), ""))
        self.assertIn("0600", cause["evidence"]["en"])

    def test_empty(self):
        self.pcscd.start()
        self.assertIn("Desk 00 00", self.diagnose("slot_empty", "--direct")["evidence"]["en"])

    def test_mute(self):
        self.pcscd.fault(0, "mute\n")
        self.well()
        self.diagnose("card_mute", "--direct")

    def test_strange_card(self):
        self.pcscd.insert(0, "psam")
        self.pcscd.start()
        self.diagnose("card_not_ssc", "--direct")

    def test_reader_lost_in_a_command(self):
        self.pcscd.fault(0, "communication-error\n")
        self.well()
        self.diagnose("card_unreadable", "--direct")

    def test_psam_missing(self):
        self.pcscd.insert(0, "ssc-3.0")
        self.pcscd.start()
        self.diagnose("psam_missing", "--direct")

    def test_psam_fault(self):
        """A purse card in the SAM slot."""
        self.pcscd.insert(0, "ssc-3.0")
        self.pcscd.insert(1, "pboc")
        self.pcscd.start()
        self.diagnose("psam_fault", "--direct")

    def test_psam_algorithm(self):
        self.pcscd.insert(0, "ssc-3.0")
        self.pcscd.insert(1, "psam-3des")
        self.pcscd.start()
        self.diagnose("psam_algorithm", "--direct")

    def test_psam_without_the_key(self):
        self.pcscd.insert(0, "ssc-3.0")
        self.pcscd.insert(1, "psam", keys={"root": ROOT, "IRK": None})
        self.pcscd.start()
        evidence = self.diagnose("psam_key", "--direct")["evidence"]["en"]
        for word in "410100813475", "639900":  # the PSAM, and where the card was issued
            self.assertIn(word, evidence)

    def test_psam_with_the_keys_of_another_project(self):
        """Every card fails with it: the technician is told how to see whether it is the card or the PSAM."""
        self.pcscd.insert(0, "ssc-3.0")
        self.pcscd.insert(1, "psam", keys={"root": "00112233445566778899AABBCCDDEEFF"})
        self.pcscd.start()
        cause = self.diagnose("card_not_genuine", "--direct")
        self.assertIn("410100813475", cause["evidence"]["zh"])
        self.assertIn("known to be good", cause["remedy"]["en"])
        self.assertIn("更换 PSAM", cause["remedy"]["zh"])

    def test_exclusive_holder(self):
        self.well()
        holder = subprocess.Popen([sys.executable, "-c", HOLDER, "Desk 00 00"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                  env=dict(self.env, LD_PRELOAD=""))
        try:
            self.assertEqual(holder.stdout.readline(), b"held\n")
            cause = self.diagnose("reader_held", "--direct")
            self.assertIn("(pid %d" % holder.pid, cause["evidence"]["en"])
        finally:
            holder.communicate(b"", timeout=20)

    def test_contact(self):
        self.well()
        r = self.run_cli("--json", "doctor", "--contact", "5")
        self.assertEqual(r.code, 0, r.out)
        figures = r.json()
        self.assertEqual((figures["rounds"], figures["powers"], figures["exchange_failures"]), (5, 5, 0))
        self.assertGreater(figures["exchange_ms"], 0)
        self.assertGreater(figures["wire_ms"], 5)

    def test_contact_worn(self):
        self.pcscd.fault(0, "00B2 communication-error\n")
        self.well()
        r = self.run_cli("--json", "doctor", "--contact", "3")
        self.assertEqual(r.code, 1)
        self.judge("contact_worn", r)
        self.assertGreater(r.json()["resets"], 0)
        self.assertIn("reader_io_error", r.json()["errors"])

    def test_contact_slow(self):
        self.pcscd.fault(0, "00B2 delay 1500\n")
        self.well()
        self.judge("contact_slow", self.run_cli("--json", "doctor", "--contact", "2"))

    def test_contact_without_a_card(self):
        self.pcscd.start()
        self.assertEqual(self.run_cli("doctor", "--contact", "3").code, 4)

    def test_acceptance(self):
        self.well()
        for lang, word, title in ("en", "NOT ACCEPTED", "Acceptance of a card counter"), ("zh", "验收不合格", "验收单"):
            r = self.run_cli("doctor", "--acceptance", "--direct", "--lang", lang)
            self.assertEqual(r.code, 1, r.out)  # without the service a counter is not complete
            self.assertIn(word, r.out)
            self.assertIn(title, r.out)
            self.assertNotIn("\033", r.out)

    def test_acceptance_of_a_whole_counter(self):
        self.well()
        config, path = os.path.join(self.dir, "c"), os.path.join(self.dir, "s")
        with open(config, "w") as f:
            f.write("[daemon]\nsocket = %s\njournal = %s\nlog-level = error\n[readers]\npsam = Desk SAM 01 00\n"
                    % (path, os.path.join(self.dir, "journal.db")))
        service = subprocess.Popen([os.environ["SSCARDD"], "--config", config], env=self.env)
        try:
            for _ in range(500):
                if os.path.exists(path):
                    break
                time.sleep(0.01)
            r = self.run_cli("--json", "doctor", "--acceptance", "--socket", path)
            self.assertEqual(r.code, 0, r.out)
            self.assertTrue(r.json()["accepted"])
            self.assertNotIn("张三", r.out)
            self.assertNotIn("111111198101011110", r.out)
            self.assertEqual(r.json()["contact"]["rounds"], 20)
        finally:
            service.terminate()
            service.wait(20)


class TestRefused(patient.Case):
    def test_stale_socket_of_another_kind(self):
        path = os.path.join(self.dir, "x")
        with socket.socket(socket.AF_UNIX) as s:
            s.bind(path)
        self.env["PCSCLITE_CSOCK_NAME"] = path
        self.diagnose("pcscd_dead", "--direct")


if __name__ == "__main__":
    unittest.main()
