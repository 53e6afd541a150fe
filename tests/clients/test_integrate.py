# SPDX-License-Identifier: Apache-2.0
"""docs/integrate.md in both languages is typed into a shell, from the top to the end: each sh block runs, and the plain block
after it is what it prints. SSCARD_UPDATE=1 writes those blocks anew."""
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

SOURCE, BUILD = os.environ["SOURCE"], os.environ["SSC_BUILD"]
TYPESCRIPT = os.path.join(os.environ["CLIENTS_BUILD"], "typescript")
BLOCK = re.compile(r"```sh\n(?P<typed>.*?)```\n(?:\n```\n(?P<printed>.*?)```\n)?", re.S)
# What is another each time.
MEASURED = [r"(?<=639900D15600000500BF7C7A)[0-9A-F]{8}", r'(?<="elapsed_ms": )\d+', r'(?<="wire_ms": )[\d.]+',
            r"(?<= in )\d+ ms", r"(?<=信息 )\d+ ms"]
NEEDS = {"javac": lambda: shutil.which("javac") and os.path.exists("/usr/share/java/gson.jar"),
         "npm": lambda: shutil.which("npm") and os.path.exists(os.path.join(TYPESCRIPT, "dist", "index.js")),
         "socat": lambda: shutil.which("socat")}


def measured(text):
    for pattern in MEASURED:
        text = re.sub(pattern, "#", text)
    return text


def until(command):
    return "for i in $(seq 400); do %s >/dev/null 2>&1 && break; sleep 0.05; done\n" % command


def executable(path, text):
    with open(path, "w", encoding="utf-8") as f:
        f.write("#!/bin/sh\n" + text + "\n")
    os.chmod(path, 0o755)


class Shell:
    """One shell in a source tree where tools/quickstart has just run."""

    def __init__(self, lang):
        self.dir = tempfile.mkdtemp(prefix="sscard-integrate-")
        self.tree = os.path.join(self.dir, "sscard")
        os.makedirs(self.tree + "/build")
        os.makedirs(self.tree + "/tools")
        os.makedirs(self.dir + "/bin")
        for name in "docs", "middleware":
            os.makedirs(os.path.join(self.tree, name))
        os.symlink(BUILD, self.tree + "/build/quickstart")
        os.symlink(os.path.join(SOURCE, "docs", "examples"), self.tree + "/docs/examples")
        os.makedirs(self.tree + "/middleware/client")
        for name in "python", "java":
            os.symlink(os.path.join(SOURCE, "middleware", "client", name), self.tree + "/middleware/client/" + name)
        if NEEDS["npm"]():  # installed already, by the test of the client
            os.symlink(TYPESCRIPT, self.tree + "/middleware/client/typescript")
        npm = shutil.which("npm")
        executable(self.tree + "/tools/quickstart", "")
        executable(self.dir + "/bin/npm", '[ "$1" = ci ] || exec %s "$@"' % npm)
        preload = os.environ.get("SHIM_PRELOAD")
        sanitized = "LD_PRELOAD=%s ASAN_OPTIONS=detect_leaks=0 " % preload if preload else ""
        executable(self.dir + "/bin/python3", 'exec env %s%s -B "$@"' % (sanitized, sys.executable))
        executable(self.dir + "/bin/cc", 'exec %s %s "$@"' % (shutil.which(os.environ["CC"]), "-fsanitize=address,undefined" if preload else ""))
        self.env = {"PATH": self.dir + "/bin:" + os.environ["PATH"], "HOME": self.dir, "LANG": lang, "TZ": "Asia/Shanghai",
                    "PYTHONUTF8": "1", "JAVA_TOOL_OPTIONS": "-Dfile.encoding=UTF-8 -Duser.language=en"}
        for name in os.environ:
            if name.endswith("SAN_OPTIONS"):
                self.env[name] = os.environ[name]
        self.bash = subprocess.Popen(["bash"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=self.tree,
                                     env=self.env, start_new_session=True)
        self.count = 0

    def type(self, block):
        """Exit status and what is printed."""
        self.count += 1
        name = os.path.join(self.dir, "block%d" % self.count)
        # A person is slower than the service's start, and sees when the card is out, or the lamp blinks.
        block = re.sub(r"^service=\$!$", "service=$!\n" + until("sscard ping"), block, flags=re.M)
        block = block.replace("sleep 2\n", until("sscard readers --json | grep -q '\"state\": *\"empty\"'") if "tear" in block else
                              until("sscard txn list --json | grep -q '\"state\": *\"armed\"'") + "sleep 0.3\n")
        block = block.replace("sleep 1\n", "sleep 3\n")
        with open(name, "w", encoding="utf-8") as f:
            f.write(block)
        self.bash.stdin.write(('. "%s" >"%s.out" 2>&1 </dev/null; echo "$?"\n' % (name, name)).encode())
        self.bash.stdin.flush()
        code = self.bash.stdout.readline().decode().strip()
        with open(name + ".out", encoding="utf-8") as f:
            out = f.read()
        out = re.sub(r"^Picked up JAVA_TOOL_OPTIONS.*\n", "", out, flags=re.M)
        out = re.sub(r"^.*: line \d+: +\d+ (Killed|Terminated) .*\n", "", out, flags=re.M)
        return code, out.replace(self.tree, "/home/you/sscard")

    def close(self):
        self.bash.send_signal(signal.SIGTERM)
        self.bash.wait(20)
        try:  # until nothing is left of what the page started
            for _ in range(400):
                os.killpg(self.bash.pid, signal.SIGTERM)
                time.sleep(0.05)
        except ProcessLookupError:
            pass
        self.bash.stdin.close()
        self.bash.stdout.close()
        shutil.rmtree(self.dir)


class TestIntegrate(unittest.TestCase):
    maxDiff = None

    def check(self, path, lang):
        with open(path, encoding="utf-8") as f:
            wanted = f.read()
        shell = Shell(lang)
        self.addCleanup(shell.close)

        def block(match):
            typed, printed = match["typed"], match["printed"] or ""
            if not all(there() for tool, there in NEEDS.items() if tool in typed) or (
                    lang.startswith("zh") and re.search("npm|javac", typed)):  # long, and typed from the English page already
                return match[0]
            code, out = shell.type(typed)
            self.assertEqual(code, "0", "%s\n%s" % (typed, out))
            if measured(out) == measured(printed):
                out = printed
            return "```sh\n%s```\n" % typed + ("\n```\n%s```\n" % out if out else "")
        got = BLOCK.sub(block, wanted)
        if os.environ.get("SSCARD_UPDATE"):
            with open(path, "w", encoding="utf-8") as f:
                f.write(got)
        else:
            self.assertMultiLineEqual(wanted, got)
        return wanted

    def facts(self, page):
        with open(os.path.join(SOURCE, "docs", "examples", "till.py"), encoding="utf-8") as f:
            self.assertIn("```python\n%s```\n" % f.read(), page)
        with open(os.path.join(SOURCE, "apdu", "errors.def"), encoding="utf-8") as f:
            symbols = set(re.findall(r'SSC_ERROR\(\w+, \d+, -?\d+, "(\w+)"', f.read()))
        table = re.findall(r"^\| ((?:`\w+`(?:, |、)?)+) \| .* \| .* \|$", page.split("`symbol` |")[1].split("\n\n")[0], re.M)
        named = set(re.findall(r"`(\w+)`", " ".join(table)))
        self.assertGreater(len(named), 14)
        self.assertEqual(named - symbols, set())

    def test_english(self):
        self.facts(self.check(os.path.join(SOURCE, "docs", "integrate.md"), "C.UTF-8"))

    def test_chinese(self):
        self.facts(self.check(os.path.join(SOURCE, "docs", "zh_CN", "integrate.md"), "zh_CN.UTF-8"))

    def test_the_same_is_typed(self):
        typed = []
        for path in "docs/integrate.md", "docs/zh_CN/integrate.md":
            with open(os.path.join(SOURCE, path), encoding="utf-8") as f:
                typed.append([match["typed"] for match in BLOCK.finditer(f.read())])
        self.assertEqual(typed[0], [block.replace("交易日志|读卡 ", "Journal|Reading") for block in typed[1]])


if __name__ == "__main__":
    unittest.main()
