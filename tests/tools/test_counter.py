# SPDX-License-Identifier: Apache-2.0
"""The till in plain shell (docs/examples/counter.sh) with the real service: what it prints, and that it charges once."""
import os
import signal
import subprocess
import threading
import time
import unittest

import support

COUNTER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "docs", "examples", "counter.sh")


class Till:
    """counter.sh at work: what it has printed so far, and its keyboard."""

    def __init__(self, case, *args, **env):
        self.case, self.text = case, ""
        whole = {**case.env, "COUNTER_PIN": "ask", "COUNTER_WAIT_MS": "10000", **env}
        self.process = subprocess.Popen([os.environ.get("TILL_SHELL", "sh"), COUNTER, *args], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=whole, start_new_session=True)
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.process.stdout:
            self.text += line.decode()

    def until(self, words, count=1):
        limit = time.monotonic() + 30
        while self.text.count(words) < count:
            self.case.assertLess(time.monotonic(), limit, self.text)
            time.sleep(0.01)

    def type(self, line):
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()

    def end(self, code):
        self.process.stdin.close()
        self.case.assertEqual(self.process.wait(60), code, self.text)
        self.reader.join(10)
        self.process.stdout.close()
        self.case.assertNotIn("123456", self.text)
        return self.text


class TestCounter(support.DaemonCase):
    def setUp(self):
        super().setUp()
        self.pending = os.path.join(self.dir, ".counter-pending")

    def sale(self, *args, pins=("123456",), code=0, **env):
        till = Till(self, *args, **env)
        for i, pin in enumerate(pins):
            till.until("请输入密码", i + 1)
            till.type(pin)
        return till.end(code)

    def balance(self):
        r = self.run_cli("balance", "--pin-fd", "0", "--json", stdin="123456\n")
        return r.json()["amount"]

    def test_sale(self):
        text = self.sale("12.5")
        self.assertIn("姓名 张三  社会保障号码 111111198101011110  卡号 X00000019\n", text)
        self.assertRegex(text, "(?s)终端 410100813475 .*金额 12.50 元\n  余额 987.50 元\n  TAC  [0-9A-F]{8}   交易号 1\n")
        self.assertEqual(self.balance(), 98750)
        self.assertFalse(os.path.exists(self.pending))

    def test_keypad(self):
        self.run_cli("sim", "pin", "123456")
        self.sale("0.01", pins=(), COUNTER_PIN="pinpad")
        self.assertEqual(self.balance(), 99999)

    def test_amounts(self):
        for wrong in "", "0", "0.00", "1.", ".5", "1.234", "-1", "1,5", "1.2.3", "x", "1e3", "12.50;rm":
            self.assertIn("用法", self.sale(wrong, pins=(), code=2))
        for right, fen in ("0.09", 9), ("010.10", 1010), ("3", 300):
            before = self.balance()
            self.sale(right)
            self.assertEqual(before - self.balance(), fen)

    def test_wrong_pin(self):
        text = self.sale("1", pins=("000000", "123456"))
        self.assertIn("错误: 密码错误 (剩余 5 次)\n处理: 请持卡人重新输入，注意剩余次数\n", text)
        self.assertEqual(self.balance(), 99900)
        self.sale("1", pins=("nine",), code=1)

    def test_refused(self):
        self.assertIn("错误: 余额不足\n处理: 请使用其他方式支付\n", self.sale("99999", code=1))
        self.assertFalse(os.path.exists(self.pending))
        self.assertEqual(self.balance(), 100000)

    def test_no_card(self):
        self.run_cli("sim", "remove")
        self.assertEqual(self.sale("1", pins=(), code=1, COUNTER_WAIT_MS="200"), "请插卡\n没有插卡\n")

    def test_no_service(self):
        text = self.sale("1", pins=(), code=1, SSCARD_SOCKET=self.socket + "x")
        self.assertEqual(text, "请插卡\n无法连接服务\n")

    def test_pulled(self):
        """The card is pulled in the middle, and comes back: charged once, or not at all, and the till knows which."""
        for kind, arg, taken in ("tear_before", 0, 0), ("tear_during", 1, 0), ("tear_during", 2, 100), ("tear_after", 0, 100):
            before = self.balance()
            self.run_cli("sim", "fault", kind, "--ins", "2C", "--arg", str(arg))
            till = Till(self, "1.00")
            till.until("请输入密码")
            till.type("123456")
            till.until("处理: 请立即重新插入同一张卡，系统将核实扣款结果，切勿重复扣款\n")
            self.assertTrue(os.path.exists(self.pending))
            self.run_cli("sim", "insert")
            text = till.end(0 if taken else 1)
            self.assertIn("余额" if taken else "错误: 交易未发生，卡内金额没有变动", text)
            self.assertEqual(before - self.balance(), taken)

    def test_service_restarts(self):
        """The service dies in the middle of the debit; the till goes on when it is back."""
        self.run_cli("sim", "fault", "slow", "--ins", "2C", "--arg", "3000")
        till = Till(self, "1.00")
        till.until("请输入密码")
        till.type("123456")
        time.sleep(1)
        self.daemon.send_signal(signal.SIGKILL)
        self.daemon.wait()
        till.until("服务中断")
        self.log.close()
        self.start()
        code = till.process.wait(60)
        state = self.run_cli("txn", "list", "--json").json()["txns"]
        self.assertEqual(len(state), 1)
        self.assertEqual({"confirmed": 0, "not_debited": 1, "abandoned": 1}[state[0]["state"]], code, till.text)
        self.assertEqual(100000 - self.balance(), 0 if code else 100)
        till.process.stdin.close(), till.process.stdout.close()

    def test_till_restarts(self):
        """The till itself dies before it hears the answer: its next start finishes that sale, and makes no second one."""
        self.run_cli("sim", "fault", "slow", "--ins", "2C", "--arg", "1000")
        till = Till(self, "1.00")
        till.until("请输入密码")
        till.type("123456")
        time.sleep(0.7)
        os.killpg(till.process.pid, signal.SIGKILL)
        till.process.wait()
        till.process.stdin.close(), till.process.stdout.close()
        self.assertTrue(os.path.exists(self.pending))
        text = self.sale("7.77")
        self.assertIn("继续上一笔未完成的交易: 1.00 元", text)
        self.assertEqual(self.balance(), 99900)


if __name__ == "__main__":
    unittest.main()
