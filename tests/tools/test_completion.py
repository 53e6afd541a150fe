# SPDX-License-Identifier: Apache-2.0
"""Completion scripts are parsed by their shells, and bash's is tried."""
import os
import shutil
import subprocess
import unittest

import support


class TestCompletion(support.Case):
    def script(self, shell):
        r = self.run_cli("completion", shell)
        self.assertEqual(r.code, 0)
        path = os.path.join(self.dir, "sscard." + shell)
        with open(path, "w") as f:
            f.write(r.out)
        return path

    def parse(self, shell):
        if not shutil.which(shell):
            self.skipTest("no " + shell)
        done = subprocess.run([shell, "-n", self.script(shell)], stderr=subprocess.PIPE, env=self.env)
        self.assertEqual((done.returncode, done.stderr), (0, b""))

    def test_bash(self):
        self.parse("bash")

    def test_zsh(self):
        self.parse("zsh")

    def test_fish(self):
        self.parse("fish")

    def complete(self, line):
        words = line.split(" ")
        code = 'source "%s"; COMP_WORDS=(%s); COMP_CWORD=%d; compopt() { :; }; _sscard; echo "${COMPREPLY[@]}"' % (
            self.script("bash"), " ".join("'%s'" % w for w in words), len(words) - 1)
        done = subprocess.run(["bash", "-c", code], stdout=subprocess.PIPE, env=self.env, cwd=self.dir)
        return done.stdout.decode().split()

    def test_words(self):
        self.assertEqual(self.complete("sscard ide"), ["identity"])
        self.assertEqual(self.complete("sscard txn r"), ["resolve"])
        self.assertEqual(self.complete("sscard pin "), self.complete("sscard --json pin "))
        self.assertIn("unblock", self.complete("sscard pin "))
        self.assertEqual(self.complete("sscard debit --self"), ["--self-pay="])
        self.assertEqual(self.complete("sscard readers --color = a"), ["auto", "always"])
        self.assertEqual(self.complete("sscard debit --purse m"), ["medical"])
        self.assertEqual(self.complete("sscard help deb"), ["debit"])

    def test_unknown_shell(self):
        self.assertEqual(self.run_cli("completion", "tcsh").code, 2)


if __name__ == "__main__":
    unittest.main()
