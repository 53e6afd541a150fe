# SPDX-License-Identifier: Apache-2.0
"""A sscardd --sim of its own for tests of clients. Standard library only."""
import ctypes
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

SOURCE = os.environ["SOURCE"]
sys.path.insert(0, os.path.join(SOURCE, "middleware", "client", "python"))
NAME, CITIZEN = "张三", "111111198101011110"
R0 = "Simulated reader 0"


def die_with_the_test():
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG; of the thread that starts it: start from the main one


class Case(unittest.TestCase):
    maxDiff = None
    cards = "ssc-3.0"

    def setUp(self):
        self.dir = tempfile.mkdtemp(prefix="sscard-clients-")
        self.path = os.path.join(self.dir, "sscard.sock")
        self.daemon = None
        self.addCleanup(shutil.rmtree, self.dir)
        self.addCleanup(lambda: self.stop(signal.SIGKILL))
        self.start()

    def tearDown(self):
        self.stop()
        with open(os.path.join(self.dir, "log"), "rb") as f:
            log = f.read()
        for secret in (b"123456\n", CITIZEN.encode(), NAME.encode()):
            self.assertNotIn(secret, log)

    def start(self):
        with open(os.path.join(self.dir, "log"), "ab") as log:
            self.daemon = subprocess.Popen([os.environ["SSCARDD"], "--sim=" + self.cards, "--state", self.dir, "--socket", self.path,
                                            "--journal", os.path.join(self.dir, "journal.db")], stdout=log, stderr=log, preexec_fn=die_with_the_test)
        for _ in range(400):
            with socket.socket(socket.AF_UNIX) as probe:
                try:
                    probe.connect(self.path)
                    return
                except OSError:
                    time.sleep(0.05)
        self.fail("the service does not listen")

    def stop(self, how=signal.SIGTERM):
        if self.daemon:
            self.daemon.send_signal(how)
            code = self.daemon.wait(20)
            self.daemon = None
            if how == signal.SIGTERM:
                self.assertEqual(code, 0)

    def run_program(self, *command, code=0, **env):
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120, cwd=self.dir,
                              env=dict(os.environ, SSCARD_SOCKET=self.path, **env))
        self.assertEqual(done.returncode, code, done.stdout.decode() + done.stderr.decode())
        return done.stdout.decode(), done.stderr.decode()


def skip(why):
    """The whole program is skipped, with a line that says why."""
    print("skipped: " + why)
    sys.exit(77)
