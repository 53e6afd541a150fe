# SPDX-License-Identifier: Apache-2.0
"""libsscard's face: what it exports, what its header declares and what its manual explains are the same."""
import os
import re
import subprocess
import tempfile
import unittest

SOURCE, LIBRARY = os.environ["SOURCE"], os.environ["LIBSSCARD"]
SANITIZED = ["-fsanitize=" + os.environ["SANITIZE"]] if os.environ.get("SANITIZE") else []


def read(*path):
    with open(os.path.join(SOURCE, *path), encoding="utf-8") as f:
        return f.read()


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True, env=dict(os.environ, LC_ALL="C")).stdout


def squeeze(text):
    """One form for a declaration, whoever broke its lines."""
    return re.sub(r"\s*([(),*])\s*", r"\1", re.sub(r"\s+", " ", text)).strip()


def declared():
    text = re.sub(r"/\*.*?\*/", "", read("middleware", "client", "sscard.h"), flags=re.S)
    return {squeeze(d) for d in re.findall(r"^SSCARD_API ([^;]+);", text, flags=re.M)}


def names(declarations):
    return {re.search(r"(sscard_\w+)\(", d).group(1) for d in declarations}


class TestLibrary(unittest.TestCase):
    maxDiff = None

    def test_exports(self):
        """A name that leaves this list, or changes its version, breaks programs that are in use."""
        lines = [line.split()[-1] for line in run("nm", "-D", "--defined-only", "--with-symbol-versions", LIBRARY).splitlines()]
        exported = sorted(name for name in lines if not name.startswith("SSCARD_"))
        self.assertEqual(exported, read("tests", "data", "libsscard.symbols").split())
        self.assertEqual({name.split("@@")[0] for name in exported}, names(declared()))

    def test_soname_and_needs(self):
        dynamic = run("readelf", "-d", LIBRARY)
        self.assertIn("soname: [libsscard.so.0]", dynamic)
        needed = set(re.findall(r"NEEDED.*\[([^]]+)\]", dynamic))
        self.assertLessEqual({n.split(".so")[0] for n in needed},
                             {"libc", "libjansson", "libasan", "libubsan", "libtsan", "libgcov", "libgcc_s"})

    def test_manual(self):
        """Each declaration stands in the synopsis of one page, with the same words."""
        found = set()
        for page in sorted(os.listdir(os.path.join(SOURCE, "docs", "man"))):
            if page.endswith(".3"):
                text = run("man", "--warnings", "-E", "UTF-8", "-l", os.path.join(SOURCE, "docs", "man", page))
                text = re.sub(r".\x08", "", text)  # bold is overstruck when no terminal reads it
                synopsis = text.split("SYNOPSIS")[1].split("DESCRIPTION")[0]
                found |= {squeeze(d) for d in re.findall(r"((?:int|void|bool|int64_t|const)\b[^;]*?\([^;]*?\));", synopsis)}
        self.assertEqual(found, declared())

    def test_examples(self):
        """Each page has one for its functions, as a program that a C compiler takes without a word, and that comes to its end."""
        head = "".join("#include <%s>\n" % name for name in ("poll.h", "sscard.h", "stdio.h", "string.h"))
        shown = ""
        with tempfile.TemporaryDirectory(prefix="sscard-man-") as work:
            for page in sorted(os.listdir(os.path.join(SOURCE, "docs", "man"))):
                text = read("docs", "man", page)
                examples = re.findall(r"^\.EX\n(.*?)^\.EE", text.split(".SH EXAMPLES")[-1], flags=re.S | re.M) if page.endswith(".3") else []
                self.assertEqual(bool(examples), page.endswith(".3"), page)
                for number, example in enumerate(examples):
                    code = example.replace("\\e", "\\").replace("\\-", "-")
                    shown += code
                    program = os.path.join(work, page + str(number))
                    with open(program + ".c", "w", encoding="utf-8") as f:
                        f.write(head + "int main(void)\n{\n" + code + "return 0;\n}\n")
                    subprocess.run([os.environ.get("CC", "cc"), "-std=c17", "-D_POSIX_C_SOURCE=200809L", "-Wall", "-Wextra", "-Werror",
                                    "-I", os.path.join(SOURCE, "middleware", "client"), program + ".c", "-o", program,
                                    LIBRARY, "-Wl,-rpath," + os.path.dirname(LIBRARY)] + SANITIZED, check=True)
                    done = subprocess.run([program], stdout=subprocess.PIPE, env=dict(os.environ, SSCARD_SOCKET=work + "/none"), timeout=60)
                    self.assertEqual(done.returncode, 0, page)
        self.assertEqual({name for name in names(declared()) if name + "(" not in shown}, set())

    def test_every_parameter_is_explained(self):
        text = read("middleware", "client", "sscard.h")
        for comment, declaration in re.findall(r"/\*((?:(?!\*/).)*)\*/\nSSCARD_API ([^;]+);", text, flags=re.S):
            shared = text[:text.index(declaration)].rsplit("The last failure on this handle", 1)
            about = comment + (shared[1] if "sscard_error_" in declaration else "")
            for parameter in re.findall(r"(\w+)(?=[,)])", declaration):
                if parameter != "void":
                    self.assertRegex(about, r"\b%s\b" % parameter, declaration)


if __name__ == "__main__":
    unittest.main()
