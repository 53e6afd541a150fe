# SPDX-License-Identifier: Apache-2.0
"""The Python client with the real service, and with one that misbehaves."""
import asyncio
import inspect
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

import live

os.environ.setdefault("SSCARD", "")
sys.path.insert(0, os.path.join(live.SOURCE, "tests", "tools"))
import support  # noqa: E402
import sscard  # noqa: E402

PYTHON = os.path.join(live.SOURCE, "middleware", "client", "python")
PIN = {"secret": "123456"}
OP = "till3-20260101-000042"
HELLO = ("system.hello", {"protocol": 1, "protocols": [1], "joined_later": {"x": 1}})
TXN = {"id": 7, "op": OP, "state": "confirmed", "final": True, "amount": 1250}


class TestPackage(unittest.TestCase):
    def test_it_says_what_the_service_says(self):
        done = subprocess.run([sys.executable, "-B", os.path.join(live.SOURCE, "middleware", "client", "generate.py"),
                               os.environ["SSCARDD"], "--check"], stderr=subprocess.PIPE)
        self.assertEqual((done.returncode, done.stderr.decode()), (0, ""))

    @unittest.skipUnless(shutil.which("mypy"), "mypy is not installed")
    def test_types(self):
        cache = os.path.join(os.getcwd(), "mypy-cache")
        done = subprocess.run(["mypy", "--cache-dir", cache, "--strict", "--python-version", "3.9", "-p", "sscard"], cwd=PYTHON,
                              stdout=subprocess.PIPE)
        self.assertEqual(done.returncode, 0, done.stdout.decode())

    def test_installs(self):
        """As its users do, without a registry: the module, its types, and what it says of itself."""
        python = "/usr/bin/python3"  # Debian's, whose packages are known
        if subprocess.run([python, "-c", "import setuptools, wheel, pip, venv"], stderr=subprocess.DEVNULL).returncode != 0:
            self.skipTest("python3-pip, python3-setuptools or python3-wheel is not installed: tools/install-deps test")
        with tempfile.TemporaryDirectory(prefix="sscard-pip-") as work:
            source, venv = os.path.join(work, "source"), os.path.join(work, "venv")
            shutil.copytree(PYTHON, source, ignore=shutil.ignore_patterns("__pycache__", ".mypy_cache"))
            subprocess.run([python, "-m", "venv", "--system-site-packages", "--without-pip", venv], check=True)  # pip is slow to install
            done = subprocess.run([python, "-m", "pip", "--python", venv + "/bin/python", "install", "--no-index", "--no-build-isolation",
                                   "--no-deps", source],
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=dict(os.environ, PYTHONPATH=""))
            self.assertEqual(done.returncode, 0, done.stdout.decode())
            program = ("import sscard, importlib.metadata as m, os; f = os.path.dirname(sscard.__file__); "
                       "print(f.startswith(%r), os.path.exists(f + '/py.typed'), m.version('sscard') == sscard.__version__)" % venv)
            done = subprocess.run([venv + "/bin/python", "-c", program], stdout=subprocess.PIPE, cwd=work, env=dict(os.environ, PYTHONPATH=""))
            self.assertEqual(done.stdout.decode(), "True True True\n")

    def test_debit_takes_what_the_method_takes(self):
        for service in sscard.Service, sscard.AsyncService:
            wanted = set(inspect.signature(service.purse_debit).parameters)
            self.assertEqual(set(inspect.signature(service.debit).parameters), wanted)

    def test_public(self):
        for name in sscard.__all__:
            self.assertTrue(getattr(sscard, name).__class__ in (int, str, dict) or getattr(sscard, name).__doc__, name)
        self.assertRegex(sscard.new_op("till 3".replace(" ", "")), r"^till3-\d{14}-[0-9a-f]{16}$")
        self.assertNotEqual(sscard.new_op(), sscard.new_op())
        self.assertLessEqual(len(sscard.new_op("x" * 99)), 64)


class TestService(live.Case):
    cards = "ssc-3.0,pboc"

    def setUp(self):
        super().setUp()
        self.service = sscard.Service(self.path)

    def tearDown(self):
        self.service.close()
        super().tearDown()

    def test_identity(self):
        who = self.service.card_identity(reader=live.R0)
        self.assertEqual((who["name"], who["citizen_id"], who["genuine"]), (live.NAME, live.CITIZEN, "yes"))
        self.assertEqual(self.service.call("card.identity", {"reader": live.R0})["name"], live.NAME)
        self.assertIsNone(self.service.events_unsubscribe())

    def test_errors(self):
        with self.assertRaises(sscard.SscardError) as wrong:
            self.service.pin_verify(reader=live.R0, secret="000000")
        e = wrong.exception
        self.assertEqual((e.symbol, e.code, e.tries, e.sw, e.sent), ("pin_wrong", -80, 5, None, False))
        self.assertEqual((e.text("zh"), e.text("fr")), ("密码错误", "The PIN is wrong."))
        self.assertTrue(e.remedy("zh") and e.remedy("en"))
        for bad in {1}, float("nan"), "\ud800":
            with self.assertRaises(sscard.SscardError) as refused:
                self.service.call("card.wait", {"reader": bad})
            self.assertEqual(refused.exception.symbol, "invalid_argument")
        self.assertEqual(self.service.system_hello()["protocol"], 1)  # the connection is as good as before

    def test_lease(self):
        with self.service.lease(reader=live.R0, hold_ms=5000) as card:
            self.assertEqual(card.reader, live.R0)
            card.pin_verify(secret="123456")
            self.assertEqual(card.purse_balance()["amount"], 100000)
            self.assertEqual(card.txn_list()["txns"], [])  # needs no card, and is given no lease
            owner = self.service.reader_list()["readers"][0]["lease"]["owner"]
            self.assertEqual(owner["pid"], os.getpid())
            sale = self.service.debit(500, lease=card)
            self.assertEqual(sale["txn"]["balance_after"], 99500)
        self.assertIsNone(self.service.reader_list()["readers"][0]["lease"])
        with self.service.lease(reader=live.R0) as card:
            self.service.sim_remove(reader=live.R0)
            with self.assertRaises(sscard.SscardError):
                card.card_info()
        self.assertEqual(self.service.system_hello()["protocol"], 1)

    def test_debit(self):
        first = self.service.debit(1250, op=OP, reader=live.R0, pin=PIN)
        again = self.service.debit(1250, op=OP, reader=live.R0, pin=PIN)
        self.assertEqual((first["repeated"], again["repeated"]), (False, True))
        self.assertEqual(first["txn"], again["txn"])
        with self.assertRaises(sscard.SscardError) as other:
            self.service.debit(1300, op=OP, reader=live.R0, pin=PIN)
        self.assertEqual((other.exception.symbol, other.exception.op), ("op_conflict", OP))

    def test_debit_and_the_service_is_killed(self):
        """Wherever the service dies, the repeated op takes the money once."""
        self.service.sim_fault(reader=live.R0, kind="slow", ins="2C", arg=400)
        balance = self.service.purse_balance(reader=live.R0, pin=PIN)["amount"]

        outcome = []

        def debit():
            try:
                sale = self.service.debit(1250, op=OP, reader=live.R0, pin=PIN, deadline_ms=20000)
                outcome.append((sale["txn"]["state"], OP))
            except sscard.SscardError as e:
                outcome.append((e.symbol, e.op))

        thread = threading.Thread(target=debit)
        thread.start()
        time.sleep(0.2)
        self.stop(signal.SIGKILL)
        time.sleep(0.3)
        self.start()
        thread.join()
        self.assertIn(outcome, ([("confirmed", OP)], [("debited", OP)], [("nothing_moved", OP)]))
        paid = 0 if outcome[0][0] == "nothing_moved" else 1250
        self.assertEqual(self.service.purse_balance(reader=live.R0, pin=PIN)["amount"], balance - paid)

    def test_events(self):
        with self.service.events() as events:
            self.assertEqual(events.readers[0]["name"], live.R0)
            self.service.sim_remove(reader=live.R0)
            self.assertEqual(next(iter(events))["type"], "card.removed")
            self.service.sim_insert(reader=live.R0)
            seen = events.next(5000)
            self.assertEqual((seen["type"], seen["reader"]), ("card.inserted", live.R0))
            self.assertIsNone(events.next(50))
            self.stop()
            self.assertIsNone(events.next(100))
            self.start()
            self.assertEqual(events.next(5000)["type"], "subscription.renewed")
            self.assertEqual(len(events.readers), 3)

    def test_restart(self):
        self.service.system_hello()
        self.stop()
        with self.assertRaises(sscard.SscardError) as gone:
            self.service.system_hello()
        self.assertEqual(gone.exception.symbol, "daemon_absent")
        with self.assertRaises(sscard.SscardError) as absent:
            self.service.system_hello()
        self.assertFalse(absent.exception.sent)
        self.assertIn(self.path, str(absent.exception))
        self.start()
        self.assertEqual(self.service.system_hello()["protocol"], 1)

    def test_threads(self):
        names = []
        threads = [threading.Thread(target=lambda: names.append(self.service.card_identity(reader=live.R0)["name"]))
                   for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(names, [live.NAME] * 8)

    def test_fork(self):
        """A child connects for itself; what it closes is not its parent's, and what its parent closes is over."""
        with self.service.lease(reader=live.R0) as card:
            child = os.fork()
            if child == 0:
                code = 1
                try:
                    ok = self.service.system_hello()["protocol"] == 1
                    self.service.close()
                    code = 0 if ok else 1
                finally:
                    os._exit(code)
            self.assertEqual(os.waitpid(child, 0)[1], 0)
            self.assertEqual(card.card_identity()["name"], live.NAME)
        self.service.card_acquire(reader=live.R0)
        child = os.fork()
        if child == 0:
            signal.pause()
            os._exit(1)
        try:
            self.service.close()
            self.assertEqual(self.service.card_identity(reader=live.R0, deadline_ms=5000)["name"], live.NAME)
        finally:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)

    def test_close_ends_events(self):
        events, seen = self.service.events(), []
        with events:
            thread = threading.Thread(target=lambda: seen.extend(event["type"] for event in events))
            thread.start()
            self.service.sim_remove(reader=live.R0)
            while not seen:
                time.sleep(0.01)
        thread.join(10)
        self.assertEqual((thread.is_alive(), seen, events.next(10)), (False, ["card.removed"], None))

        async def alike():
            async with sscard.AsyncService(self.path) as service:
                events, kinds = service.events(), []

                async def listen():
                    async for event in events:
                        kinds.append(event["type"])
                async with events:
                    task = asyncio.ensure_future(listen())
                    await service.sim_insert(reader=live.R0)
                    while not kinds:
                        await asyncio.sleep(0.01)
                await asyncio.wait_for(task, 10)
                with self.assertRaises(sscard.SscardError):
                    await events.next()
                return kinds
        self.assertEqual(asyncio.run(alike()), ["card.inserted"])

    def test_asyncio(self):
        async def main():
            async with sscard.AsyncService(self.path) as service:
                who, health = await asyncio.gather(service.card_identity(reader=live.R0), service.system_ping())
                self.assertEqual((who["name"], health["journal"]["ok"]), (live.NAME, True))
                async with service.lease(reader=live.R0) as card:
                    await card.pin_verify(secret="123456")
                    sale = await service.debit(500, lease=card, op=OP)
                self.assertEqual((await service.debit(500, reader=live.R0, op=OP, pin=PIN))["txn"], sale["txn"])
                async with service.events() as events:
                    await service.sim_remove(reader=live.R0)
                    async for event in events:
                        self.assertEqual(event["type"], "card.removed")
                        break
                with self.assertRaises(sscard.SscardError) as late:
                    await service.card_wait(reader=live.R0, deadline_ms=60)
                self.assertEqual(late.exception.symbol, "no_card")
                self.stop()
                for sent in True, False:
                    with self.assertRaises(sscard.SscardError) as gone:
                        while True:
                            await service.system_hello()
                    self.assertEqual(gone.exception.symbol, "daemon_absent")
                self.start()
                self.assertEqual((await service.system_hello())["protocol"], 1)
        asyncio.run(main())


class TestScript(unittest.TestCase):
    """Against a service that follows a script."""

    def with_script(self, script, work):
        path = os.path.join(self.dir, "s")
        service = support.Service(path, script)
        client = sscard.Service(path, deadline_ms=5000)
        try:
            work(client)
        finally:
            client.close()
            service.join(20)
            os.unlink(path)
        if service.fault:
            raise service.fault
        self.assertEqual(service.script, [])
        return service.seen

    def setUp(self):
        self.dir = os.path.join("/tmp", "sscard-python-%d" % os.getpid())
        os.mkdir(self.dir)

    def tearDown(self):
        shutil.rmtree(self.dir)

    def fails(self, symbol, sent, work):
        with self.assertRaises(sscard.SscardError) as e:
            work()
        self.assertEqual((e.exception.symbol, e.exception.sent), (symbol, sent))
        return e.exception

    def test_params(self):
        seen = self.with_script([HELLO, ("card.identity", {"name": "", "later": 1}), ("card.wait", {})], lambda c: (
            self.assertEqual(c.card_identity(parts="full", deadline_ms=1000), {"name": "", "later": 1}), c.card_wait()))
        self.assertEqual(seen[0][1]["protocol"], 1)
        told = seen[1][1].pop("deadline_ms")
        self.assertEqual(seen[1], ("card.identity", {"parts": "full"}))
        self.assertTrue(500 <= told <= 950, told)
        self.assertTrue(4000 <= seen[2][1]["deadline_ms"] <= 4750)

    def test_broken_answers(self):
        for answer, symbol in ((b'{"jsonrpc":"2.0","id":2,"res', "daemon_absent"), (b"garbage\n", "parse_error"), (b"[1]\n", "parse_error"),
                               (b'{"id":2,"error":7}\n', "parse_error"), (b"\xff\xfe\n", "parse_error"), (b"[" * 100000 + b"\n", "parse_error"),
                               (b'{"id":2,"error":null,"result":{}}\n', "parse_error"), (b'{"id":2,"result":{"a":NaN}}\n', "parse_error"),
                               (b'{"id":[2],"result":{}}\n', "parse_error"), (b'{"id":2,"method":5}\n', "parse_error")):
            script = [HELLO, ("card.info", answer), HELLO, ("card.info", {})]
            self.with_script(script, lambda c: (self.fails(symbol, True, c.card_info), c.card_info()))

    def test_error_with_odd_members(self):
        odd = [{"code": "x", "message": 5, "data": [1]}, {"data": {"symbol": 7, "text": "t", "remedy": [], "sw": 3, "tries": "no", "txn": 5}},
               {"data": {"sw": "ZZZZ", "text": {"en": 7}, "detail": {}, "detail_zh": 1}},
               {"code": True, "data": {"sw": 9000, "sw_text": "t", "sw_name": 1, "tries": True, "text": None}}]
        for error in odd:
            def work(c):
                e = self.fails("", False, c.card_info)
                self.assertEqual(e.code, -32700)
                self.assertEqual((e.sw, e.tries, e.txn, e.text("zh"), e.remedy("zh"), e.detail("zh"), str(e)), (None, None, None, "", "", "", ""))
            self.with_script([HELLO, ("card.info", {"error": error})], work)

            async def alike(path=os.path.join(self.dir, "s")):
                async with sscard.AsyncService(path, deadline_ms=5000) as client:
                    with self.assertRaises(sscard.SscardError) as e:
                        await client.card_info()
                    self.assertEqual((e.exception.symbol, e.exception.sent), ("", False))
            self.with_script([HELLO, ("card.info", {"error": error})], lambda _: asyncio.run(alike()))

    def test_answer_without_a_transaction(self):
        """of a debit is no answer: the journal is asked, and the sale told once"""
        row = {"state": "confirmed", "final": True}
        for odd in ({}, {"txn": []}, {"txn": {"state": 1}}):
            script = [HELLO, ("purse.debit", odd), ("txn.get", odd), ("txn.get", {"txn": row})]
            self.with_script(script, lambda c: self.assertEqual(c.debit(1, op=OP), {"txn": row, "repeated": True}))

    def test_request_that_nobody_could_read(self):
        """is answered without its number; the task that waits for it is told at once"""
        refused = b'{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"","data":{"symbol":"parse_error"}}}\n'

        async def ask():
            async with sscard.AsyncService(os.path.join(self.dir, "s"), deadline_ms=20000) as client:
                with self.assertRaises(sscard.SscardError) as e:
                    await client.card_info()
                self.assertEqual((e.exception.symbol, e.exception.sent), ("parse_error", False))
        begun = time.monotonic()
        self.with_script([HELLO, ("card.info", refused)], lambda _: asyncio.run(ask()))
        self.assertLess(time.monotonic() - begun, 10)

    def test_error_without_members(self):
        self.with_script([HELLO, ("card.info", {"error": {}})], lambda c: self.fails("", False, c.card_info))

    def test_status_word(self):
        refused = support.error("card_status", -47, detail="EF05", detail_zh="文件 EF05", sw="6A82", sw_name="file_not_found")
        self.with_script([HELLO, ("card.info", refused)],
                         lambda c: self.check_status(self.fails("card_status", False, c.card_info)))

    def check_status(self, e):
        self.assertEqual((e.sw, e.detail(), e.detail("zh"), str(e)), (0x6A82, "EF05", "文件 EF05", "card_status: card_status: EF05"))

    def test_late_answer(self):
        late = b'{"id":3,"result":"late"}\n{"method":"event","params":{}}\n{"id":4,"result":{"mine":true}}\n'
        script = [HELLO, ("card.info", {}), ("card.info", support.Service.SILENT), ("card.info", late)]
        self.with_script(script, lambda c: (c.card_info(), self.fails("deadline_exceeded", True, lambda: c.card_info(deadline_ms=50)),
                                            self.assertEqual(c.card_info(), {"mine": True})))

    def test_wrong_protocol(self):
        refused = support.error("not_supported", -7, detail="protocol: this daemon speaks 2")
        self.with_script([("system.hello", refused)], lambda c: self.assertIn("speaks 2", str(self.fails("not_supported", False, c.card_info))))

    def debit(self, *script, **params):
        out = []
        seen = self.with_script([HELLO, *script], lambda c: out.append(c.debit(1250, op=OP, pin=PIN, **params)))
        return out[0], [(method, params["op"]) for method, params in seen if method != "system.hello"]

    def test_debit_lost_and_done(self):
        sale, seen = self.debit(("purse.debit", support.Service.HANG_UP), HELLO, ("txn.get", {"txn": TXN}))
        self.assertEqual((sale, seen), ({"txn": TXN, "repeated": True}, [("purse.debit", OP), ("txn.get", OP)]))

    def test_debit_lost_and_never_arrived(self):
        none = support.error("transaction_not_found", -111)
        done = {"txn": TXN, "repeated": False}
        sale, seen = self.debit(("purse.debit", b'{"id":2,'), HELLO, ("txn.get", none), ("purse.debit", done))
        self.assertEqual((sale, seen), (done, [("purse.debit", OP), ("txn.get", OP), ("purse.debit", OP)]))

    def test_debit_lost_and_under_way(self):
        under_way = {"txn": dict(TXN, state="armed", final=False)}
        sale, seen = self.debit(("purse.debit", support.Service.HANG_UP), HELLO, ("txn.get", under_way), ("txn.get", {"txn": TXN}))
        self.assertEqual(sale["txn"], TXN)

    def test_debit_lost_and_refused(self):
        refused = {"txn": dict(TXN, state="refused")}
        with self.assertRaises(sscard.SscardError) as e:
            self.debit(("purse.debit", support.Service.HANG_UP), HELLO, ("txn.get", refused),
                       ("purse.debit", support.error("insufficient_funds", -100)))
        self.assertEqual((e.exception.symbol, e.exception.op), ("insufficient_funds", OP))

    def test_debit_answered_with_an_error_is_not_repeated(self):
        with self.assertRaises(sscard.SscardError) as e:
            self.debit(("purse.debit", support.error("pin_wrong", -80, tries=3)))
        self.assertEqual((e.exception.symbol, e.exception.tries), ("pin_wrong", 3))

    def test_debit_and_no_word(self):
        with self.assertRaises(sscard.SscardError) as e:
            self.debit(("purse.debit", support.Service.SILENT), deadline_ms=1000)
        self.assertEqual((e.exception.symbol, e.exception.sent, e.exception.op), ("deadline_exceeded", True, OP))

    def test_nobody_accepts(self):
        """A full queue does not hold the caller beyond its deadline."""
        path = os.path.join(self.dir, "full")
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(path)
            listener.listen(0)
            waiting = [socket.socket(socket.AF_UNIX) for _ in range(3)]
            for one in waiting:
                one.setblocking(False)
                one.connect_ex(path)
            start = time.monotonic()
            self.fails("deadline_exceeded", False, sscard.Service(path, deadline_ms=100).card_info)
            self.fails("deadline_exceeded", False, lambda: asyncio.run(sscard.AsyncService(path, deadline_ms=100).card_info()))
            self.assertLess(time.monotonic() - start, 5)
            for one in waiting:
                one.close()

    def test_absent(self):
        self.fails("invalid_argument", False, sscard.Service("x" * 200).card_info)
        os.environ["SSCARD_SOCKET"] = os.path.join(self.dir, "none")
        try:
            self.fails("daemon_absent", False, sscard.Service().card_info)
            with self.assertRaises(sscard.SscardError):
                asyncio.run(sscard.AsyncService().card_info())
        finally:
            del os.environ["SSCARD_SOCKET"]


if __name__ == "__main__":
    unittest.main()
