# SPDX-License-Identifier: Apache-2.0
"""What needs a terminal: digits without echo, waiting, colours, typed commands. A pseudo terminal stands in for it."""
import os
import pty
import re
import select
import signal
import termios
import time
import unittest

import support
from support import Service, error


class Terminal:
    def __init__(self, case, *args, columns=0):
        self.text = ""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(case.dir)
            termios.tcsetwinsize(0, (24, columns))
            os.execve(support.SSCARD, ["sscard", *args], dict(case.env, COLUMNS="120"))

    def until(self, pattern, timeout=20):
        end = time.monotonic() + timeout
        while not re.search(pattern, self.text, re.S) and time.monotonic() < end:
            if select.select([self.fd], [], [], 0.2)[0]:
                try:
                    data = os.read(self.fd, 4096)
                except OSError:
                    break
                if not data:
                    break
                self.text += data.decode(errors="replace")
        assert re.search(pattern, self.text, re.S), "wanted %r, saw %r" % (pattern, self.text)

    def type(self, text):
        os.write(self.fd, text.encode())

    def end(self):
        try:
            while True:
                data = os.read(self.fd, 4096)
                if not data:
                    break
                self.text += data.decode(errors="replace")
        except OSError:
            pass
        os.close(self.fd)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


class TestTerminal(support.Case):
    def start(self, script, *args):
        path = os.path.join(self.dir, "s")
        if os.path.exists(path):
            os.unlink(path)
        self.service = Service(path, script)
        return Terminal(self, "--socket", path, *args)

    def finish(self, terminal):
        code = terminal.end()
        self.service.join(20)
        self.assertIsNone(self.service.fault)
        return code

    def test_pin_is_asked_and_not_shown(self):
        t = self.start([("purse.balance", error("pin_required", -86)), ("purse.balance", {"purse": "medical", "amount": 100000})],
                       "balance")
        t.until("PIN:")
        t.type("1234569\x7f\n")
        self.assertEqual(self.finish(t), 0, t.text)
        self.assertEqual(self.service.seen[1][1]["pin"], {"secret": "123456"})
        self.assertNotIn("1234", t.text)
        self.assertIn("1000.00", t.text)

    def test_pin_change(self):
        t = self.start([("pin.change", {})], "pin", "change", "--lang", "zh")
        for prompt, digits in (("密码:", "111111"), ("新密码:", "222222"), ("再次输入新密码:", "222222")):
            t.until(prompt)
            t.type(digits + "\n")
        self.assertEqual(self.finish(t), 0, t.text)
        params = self.service.seen[0][1]
        self.assertEqual((params["old"], params["new"]), ("111111", "222222"))
        self.assertIn("op", params)

    def test_pin_is_given_up(self):
        for keys, code, word in (("12\x03", 6, "pin_cancelled"), ("12\n", 6, "pin_length"), ("12345678901234567\n", 6, "pin_length"),
                                 ("12a4\n", 6, "pin_length")):
            t = Terminal(self, "pin", "verify")
            t.until("PIN:")
            t.type(keys)
            self.assertEqual(t.end(), code, t.text)
            self.assertIn(word, t.text)
        t = Terminal(self, "pin", "change")
        for prompt, digits in (("PIN:", "1111"), ("New PIN:", "2222"), ("again:", "3333")):
            t.until(prompt)
            t.type(digits + "\n")
        self.assertEqual(t.end(), 6)
        self.assertIn("pin_mismatch", t.text)

    def test_killed_while_typing(self):
        t = Terminal(self, "pin", "verify")
        t.until("PIN:")
        self.assertFalse(termios.tcgetattr(t.fd)[3] & termios.ECHO)
        os.kill(t.pid, signal.SIGTERM)
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(t.pid, 0)[1]), -signal.SIGTERM)
        self.assertTrue(termios.tcgetattr(t.fd)[3] & termios.ECHO, "the terminal is left without echo")
        os.close(t.fd)

    def test_waits_and_colours(self):
        t = self.start([("card.info", error("no_card", -26)), ("card.wait", {"reader": "r"}),
                        ("card.info", {"kind": "ssc", "atr": "3B00", "atr_items": []})], "info")
        t.until("Insert the card")
        self.assertEqual(self.finish(t), 0)
        self.assertIn("\033[1msocial security card\033[0m", t.text)

    def test_typed_commands(self):
        t = Terminal(self, "--driver", "sim", "apdu")
        t.until("apdu> ")
        t.type("0084000004\n")
        t.until("done")
        t.type("nonsense\n")
        t.until("A command in hexadecimal")
        t.type("\033[A\033[A\n")  # up twice: history
        t.type("0084000004 = 6A82\n")
        t.until("line 4: expected 6A82")
        t.type("quit\n")
        self.assertEqual(t.end(), 0, t.text)

    def test_watch_ends_with_interrupt(self):
        t = Terminal(self, "--driver", "sim", "watch")
        t.until("social security card 3.0")
        os.kill(t.pid, signal.SIGINT)
        self.assertEqual(t.end(), -signal.SIGINT)


if __name__ == "__main__":
    unittest.main()
