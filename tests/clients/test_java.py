# SPDX-License-Identifier: Apache-2.0
"""The Java client: plain javac with Debian's Gson, then run."""
import glob
import os
import shutil
import subprocess
import unittest

import live

CLIENT = os.path.join(live.SOURCE, "middleware", "client", "java")
WORK = os.path.join(os.environ["CLIENTS_BUILD"], "java")
GSON = "/usr/share/java/gson.jar"


def compile_java(*sources, classpath=GSON):
    done = subprocess.run(["javac", "-Xlint:all", "-Werror", "--release", "17", "-encoding", "UTF-8", "-d", WORK, "-cp", classpath, *sources],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode != 0:
        raise SystemExit(done.stdout.decode())


def build():
    if not shutil.which("javac"):
        live.skip("javac is not installed: tools/install-deps test")
    if not os.path.exists(GSON):
        live.skip("libgoogle-gson-java is not installed: tools/install-deps test")
    shutil.rmtree(WORK, ignore_errors=True)
    os.makedirs(WORK)
    compile_java(*glob.glob(os.path.join(CLIENT, "src/main/java/sscard/*.java")))


class TestJava(live.Case):
    def test_client(self):
        compile_java(os.path.join(live.SOURCE, "tests/clients/java/ClientTest.java"), classpath=GSON + ":" + WORK)
        out, _ = self.run_program("java", "-Dfile.encoding=UTF-8", "-cp", GSON + ":" + WORK, "ClientTest")
        self.assertRegex(out, r"^\d+ checks$")


if __name__ == "__main__":
    build()
    unittest.main()
