# SPDX-License-Identifier: Apache-2.0
"""docs/examples/billing.* in every language: the same sale, the same words, against the real service."""
import os
import shutil
import subprocess
import sys
import unittest

import live

EXAMPLES = os.path.join(live.SOURCE, "docs", "examples")
BUILD = os.environ["CLIENTS_BUILD"]
OP = "till3-20260101-000042"
PAID = live.NAME + ", genuine: yes\ntransaction 1, paid, balance 987.50\n"


class Example(live.Case):
    command, extra = (), {}

    def sell(self, fen, op, code=0, **env):
        return self.run_program(*self.command, str(fen), op, code=code, **dict(self.extra, LANG="zh_CN.UTF-8", **env))

    def sale(self):
        import sscard
        self.assertEqual(self.sell(1250, OP)[0], PAID)
        self.assertEqual(self.sell(1250, OP)[0], PAID.replace("paid", "repeated"))
        self.assertEqual(self.sell(9999999, OP + "-2", 1)[1], "余额不足\n请使用其他方式支付\n")
        self.assertEqual(self.run_program(*self.command, code=2, **self.extra)[0], "")
        with sscard.Service(self.path) as service:
            service.sim_remove(reader=live.R0)
            self.assertEqual(self.sell(1250, OP + "-3", 1)[1], "无卡\n请插入卡片，芯片朝前朝上\n")
            extra = dict(self.extra, LANG="en_US.UTF-8")
            err = self.run_program(*self.command, "1250", OP + "-3", code=1, **extra)[1]
            self.assertEqual(err, "There is no card in the reader.\nInsert the card, chip first and face up.\n")
        self.stop()
        self.assertIn("systemctl start sscardd", self.sell(1250, OP, 1)[1])


class TestC(Example):
    def test_sale(self):
        self.command = (os.environ["BILLING_C"],)
        self.sale()


class TestPython(Example):
    def test_sale(self):
        self.command = (sys.executable, "-B", os.path.join(EXAMPLES, "billing.py"))
        self.extra = {"PYTHONPATH": os.path.join(live.SOURCE, "middleware", "client", "python"), "PYTHONUTF8": "1"}
        self.sale()

    @unittest.skipUnless(shutil.which("mypy"), "mypy is not installed: tools/install-deps test")
    def test_types(self):
        self.run_program("mypy", "--strict", "--cache-dir", os.path.join(BUILD, "mypy"), os.path.join(EXAMPLES, "billing.py"),
                         MYPYPATH=os.path.join(live.SOURCE, "middleware", "client", "python"))


class TestTypeScript(Example):
    def test_sale(self):
        package, work = os.path.join(BUILD, "typescript"), os.path.join(BUILD, "typescript-example")
        if not os.path.exists(os.path.join(package, "dist", "index.js")):
            self.skipTest("the TypeScript client could not be built here")
        shutil.rmtree(work, ignore_errors=True)
        os.makedirs(os.path.join(work, "node_modules"))
        os.symlink(package, os.path.join(work, "node_modules", "sscard"))  # as npm install would
        shutil.copy(os.path.join(EXAMPLES, "billing.ts"), work)
        with open(os.path.join(work, "package.json"), "w", encoding="utf-8") as f:
            f.write('{"type": "module"}')
        tsc = [os.path.join(package, "node_modules", ".bin", "tsc"), "--strict", "--target", "ES2022", "--module", "NodeNext",
               "--typeRoots", os.path.join(package, "node_modules", "@types"), "--types", "node", "billing.ts"]
        done = subprocess.run(tsc, cwd=work, stdout=subprocess.PIPE)
        self.assertEqual(done.returncode, 0, done.stdout.decode())
        self.command = ("node", os.path.join(work, "billing.js"))
        self.sale()


class TestJava(Example):
    def test_sale(self):
        gson, classes = "/usr/share/java/gson.jar", os.path.join(BUILD, "java")
        if not os.path.exists(os.path.join(classes, "sscard", "Service.class")):
            self.skipTest("the Java client could not be built here")
        work = os.path.join(BUILD, "java-example")
        shutil.rmtree(work, ignore_errors=True)
        os.makedirs(work)
        path = ":".join((gson, classes, work))
        subprocess.run(["javac", "-Xlint:all", "-Werror", "--release", "17", "-encoding", "UTF-8", "-d", work, "-cp", path,
                        os.path.join(EXAMPLES, "Billing.java")], check=True)
        self.command = ("java", "-Dfile.encoding=UTF-8", "-Duser.language=en", "-cp", path, "Billing")
        self.extra = {"LC_ALL": "C.UTF-8"}
        self.sale()


if __name__ == "__main__":
    unittest.main()
