# SPDX-License-Identifier: Apache-2.0
"""The national library and a service that says what it likes: no success without an answer that says so, and of a debit no "no"
without one that says no."""
import ctypes
import os
import shutil
import sys
import tempfile
import unittest

os.environ.setdefault("SSCARD", "")
sys.path.insert(0, os.path.join(os.environ["SOURCE"], "tests", "tools"))
import support  # noqa: E402

CARD = b"639900D15600000500BF7C7A48FB4966|X00000019|"
HELD = ("card.acquire", {"lease": "lease-1", "card": "card-1"})
NEW = ("txn.get", support.error("transaction_not_found"))


def call(name, *arguments):
    out = ctypes.create_string_buffer(1024)
    return getattr(LIBRARY, name)(*arguments, out), out.value.decode("gb18030")


class TestLiar(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.mkdtemp(prefix="sscard-liar-")
        self.addCleanup(shutil.rmtree, self.dir)
        self.conf, self.path = os.path.join(self.dir, "shim.conf"), os.path.join(self.dir, "s")
        os.environ["SSCARD_SOCKET"] = self.path

    def told(self, script, name, *arguments):
        service = support.Service(self.path, script)
        try:
            return call(name, *arguments)
        finally:
            service.join(20)
            os.unlink(self.path)
            self.assertIsNone(service.fault)

    def test_debit(self):
        nothing = [None, [], "paid", 0, {}, {"txn": 5}, {"txn": {"state": "armed"}}, {"txn": {"state": []}},
                   {"error": "no"}, {"error": {}}, {"error": {"code": 0, "data": {"symbol": ""}}}, support.error("internal_error"),
                   support.error("deadline_exceeded"), support.error("outcome_unknown", -105), b"garbage\n", b"[]\n", b'{"id":']
        for answer in nothing:
            with self.subTest(answer=answer):
                rc, text = self.told([HELD, NEW, ("pin.verify", {}), ("purse.debit", answer)], "iDoDebit", 1, CARD, b"1.00|0|20260101120000|")
                self.assertEqual((rc, text[:6]), (-4, "扣款结果未知"))
        rc, _ = self.told([HELD, NEW, ("pin.verify", {}), ("purse.debit", support.error("insufficient_funds"))],
                          "iDoDebit", 1, CARD, b"1.00|0|20260101120000|")
        self.assertEqual(rc, -37889)

    def test_no_object_is_no_success(self):
        for answer in None, [], "yes", True:
            with self.subTest(answer=answer):
                self.assertEqual(self.told([HELD, ("pin.verify", answer)], "iVerifyPIN", 1)[0], -5)
                self.assertEqual(self.told([("card.acquire", answer)], "iVerifyPIN", 1)[0], -5)
        self.assertEqual(self.told([("card.acquire", {"lease": ["x"]})], "iVerifyPIN", 1)[0], -5)
        self.assertEqual(self.told([HELD, ("pin.verify", {})], "iVerifyPIN", 1), (0, ""))


if __name__ == "__main__":
    if "SHIM_PRELOAD" in os.environ and "LD_PRELOAD" not in os.environ:  # an instrumented library in a program that is not
        os.execve(sys.executable, [sys.executable, "-B"] + sys.argv,
                  dict(os.environ, LD_PRELOAD=os.environ["SHIM_PRELOAD"], ASAN_OPTIONS="detect_leaks=0"))
    os.environ["SSCARD_SHIM_CONF"] = ""
    LIBRARY = ctypes.CDLL(os.path.join(os.environ["SHIM_LIBRARIES"], "libSSCardDriver.so"))
    unittest.main()
