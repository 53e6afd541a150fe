# SPDX-License-Identifier: Apache-2.0
"""docs/national-declarations.md: every function in every language, with the header's parameters; what can be compiled here is, and runs."""
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

import run_cases

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
LIBRARIES = os.environ["SHIM_LIBRARIES"]
LANGUAGES = {  # how a declaration begins, and what stands between its parameters
    "python": (r'^    "(\w+)": \(([^)]*)\)', ","), "java": (r"^        int (\w+)\(([^)]*)\);", ","),
    "csharp": (r"extern int (\w+)\(([^)]*)\);", ","), "pascal": (r"^function (\w+)\(([^)]*)\): Integer; cdecl; external Lib;", ";"),
    "powerbuilder": (r'^FUNCTION long (\w+)\(([^)]*)\) LIBRARY "SSCardDriver.dll" ALIAS FOR "\1;Ansi"', ","),
    "vb": (r'^Public Declare Function (\w+) Lib "SSCardDriver.dll" \(([^)]*)\) As Long', ","),
}
KINDS = {  # number, text in, text out
    "python": ("^INT$", "^TEXT$", "^OUT$"), "java": ("^int ", "^String ", r"^byte\[] "), "csharp": ("^int ", r"^byte\[] ", r"^byte\[] "),
    "pascal": (": Integer$", ": PAnsiChar$", ": PAnsiChar$"), "powerbuilder": ("^long ", "^string ", "^REF string "),
    "vb": ("As Long$", "As String$", "As String$"),
}


def read(*path):
    with open(os.path.join(ROOT, *path), encoding="utf-8") as f:
        return f.read()


def header():
    text = re.sub(r"/\*.*?\*/", "", read("middleware", "shim", "SSCardDriver.h"), flags=re.S)
    found = {}
    for name, parameters in re.findall(r" long (\w+)\(([^)]*)\);", text):
        found[name] = [0 if p.strip().startswith("int ") else 2 if p.endswith("pOutInfo") else 1 for p in parameters.split(",")]
    return found


class TestDeclarations(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.blocks = re.findall(r"^```(\w+)\n(.*?)^```$", read("docs", "national-declarations.md"), re.S | re.M)
        cls.folder = tempfile.mkdtemp(prefix="sscard-shim-")
        cls.service = run_cases.Service(cls.folder, "ssc-3.0", [])
        cls.env = dict(os.environ, SSCARD_SOCKET=cls.service.socket, LD_LIBRARY_PATH=LIBRARIES, HOME=cls.folder, LC_ALL="C.UTF-8",
                       SSCARD_SHIM_CONF="/dev/null")
        if "SHIM_PRELOAD" in os.environ:
            cls.env.update(LD_PRELOAD=os.environ["SHIM_PRELOAD"], ASAN_OPTIONS="detect_leaks=0")

    @classmethod
    def tearDownClass(cls):
        cls.service.stop()
        shutil.rmtree(cls.folder)

    def block(self, language, word):
        (text,) = [text for of, text in self.blocks if of == language and word in text]
        return text

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        return path

    def build(self, *command):
        done = subprocess.run(command, cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120)
        self.assertEqual(done.returncode, 0, done.stdout.decode(errors="replace"))

    def run_it(self, *command, code=0):
        done = subprocess.run(command, cwd=self.folder, env=self.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
        self.assertEqual(done.returncode, code, (done.stdout + done.stderr).decode(errors="replace"))
        return done.stdout if code == 0 else done.stderr

    def test_every_function_in_every_language(self):
        wanted = header()
        self.assertEqual(len(wanted), 23)
        for language, (pattern, separator) in LANGUAGES.items():
            found = {}
            for of, text in self.blocks:
                for name, parameters in re.findall(pattern, text, re.M) if of == language else ():
                    found[name] = [re.sub(r"\s+", " ", p).strip() for p in parameters.split(separator) if p.strip()]
            self.assertEqual(sorted(found), sorted(wanted), language)
            for name, kinds in wanted.items():
                self.assertEqual(len(found[name]), len(kinds), (language, name))
                for kind, parameter in zip(kinds, found[name]):
                    self.assertRegex(parameter, KINDS[language][kind], (language, name))

    def test_exports(self):
        """Each library exports what its header declares, and nothing else; it brings no cryptography into the program."""
        for name, path in (("SSCardDriver", "SSCardDriver.h"), ("SSCard", "region/sscard_region.h"), ("HeaSecReadInfo", "region/heasec.h"),
                           ("SSSE32", "ssse32/ssse32.h")):
            library = os.path.join(LIBRARIES, "lib%s.so" % name)
            text = re.sub(r"/\*.*?\*/", "", read("middleware", "shim", *path.split("/")), flags=re.S)
            declared = re.findall(r"^SSCARD_\w+ long (\w+)\(", text, re.M)
            exported = subprocess.run(["nm", "-D", "--defined-only", library], stdout=subprocess.PIPE, check=True).stdout.decode()
            self.assertEqual(sorted(line.split()[-1] for line in exported.splitlines()), sorted(declared), name)
            needed = subprocess.run(["readelf", "-d", library], stdout=subprocess.PIPE, check=True).stdout.decode()
            needed = set(re.findall(r"NEEDED.*\[(\w+)[.\-]", needed)) - {"libasan", "libubsan"}
            self.assertLessEqual(needed, {"libjansson", "libinih", "libc"}, name)

    def test_python(self):
        program = self.write("national.py", self.block("python", "FUNCTIONS"))
        self.assertEqual(self.run_it(sys.executable, program).decode(), "张三 111111198101011110\n")
        self.service.call("sim.pin", reader="Simulated reader 0", digits="123456")
        self.assertIn("410100813475", self.run_it(sys.executable, program, "0.01").decode())
        self.service.call("sim.remove", reader="Simulated reader 0")
        try:
            self.assertIn("iReadCardBas: -2 无卡", self.run_it(sys.executable, program, code=1).decode())
        finally:
            self.service.call("sim.insert", reader="Simulated reader 0")

    def test_pin_helper(self):
        """The page's program with docs/examples/pin-helper.sh, and in place of the window a script."""
        window = self.write("zenity", '#!/bin/sh\n[ "$1 $2" = "--password --title=请输入密码" ] && echo 123456\n')
        os.chmod(window, 0o700)
        conf = self.write("shim.conf", "[pin]\nentry = helper\nhelper = %s\n" % os.path.realpath(
            os.path.join(ROOT, "docs", "examples", "pin-helper.sh")))
        program = self.write("national.py", self.block("python", "FUNCTIONS"))
        kept = self.env
        self.env = dict(kept, SSCARD_SHIM_CONF=conf, PATH=self.folder + ":" + os.environ["PATH"])
        try:
            self.assertIn("410100813475", self.run_it(sys.executable, program, "0.02").decode())
        finally:
            self.env = kept

    @unittest.skipUnless(os.environ.get("SHIM_JNA"), "no javac, no JNA, or a sanitizer: Java's block is not compiled")
    def test_java(self):
        self.write("National.java", self.block("java", "interface SSCardDriver"))
        self.build("javac", "-encoding", "UTF-8", "-Xlint:all", "-Werror", "-cp", os.environ["SHIM_JNA"], "National.java")
        out = self.run_it("java", "-Dstdout.encoding=UTF-8", "-Dfile.encoding=UTF-8", "-cp", os.environ["SHIM_JNA"] + ":.", "National")
        self.assertEqual(out.decode(), "张三 111111198101011110\n")

    @unittest.skipUnless(shutil.which("mcs") and os.path.exists("/usr/lib/mono/4.5/I18N.CJK.dll") and "SHIM_PRELOAD" not in os.environ,
                         "no mono with GB18030, or a sanitizer: the C# block is not compiled")
    def test_csharp(self):
        self.write("national.cs", self.block("csharp", "DllImport"))
        self.build("mcs", "-warnaserror", "-out:national.exe", "national.cs")
        self.assertEqual(self.run_it("mono", "national.exe").decode(), "张三 111111198101011110\n")

    @unittest.skipUnless(shutil.which("fpc"), "no Free Pascal: the Delphi block is not compiled")
    def test_pascal(self):
        self.write("SSCardDriver.pas", self.block("pascal", "unit SSCardDriver"))
        self.write("National.pas", self.block("pascal", "program National"))
        self.build("fpc", "-Mdelphi", "-Fl" + LIBRARIES, "National.pas")
        self.assertIn("张三".encode("gb18030"), self.run_it("./National"))


if __name__ == "__main__":
    unittest.main()
