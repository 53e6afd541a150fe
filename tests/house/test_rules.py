# SPDX-License-Identifier: Apache-2.0
"""What keeps the house simple and no compiler looks at: its direction, the size of files and functions, one exit, braces,
the layout of .clang-format."""
import functools
import os
import re
import subprocess
import unittest

SOURCE, CLANG_FORMAT = os.environ["SOURCE"], os.environ["CLANG_FORMAT"]
FORMATTED_BY = "version 14."  # another one lays some lines out otherwise
FILE_LINES, FUNCTION_LINES = 500, 60

# A room may know those that it names, and what is in itself.
KNOWS = {
    "apdu": (),
    "drivers": ("apdu",),
    "middleware/client": ("apdu",),
    "middleware/shim": ("apdu", "middleware/client"),
    "middleware": ("apdu", "drivers"),
    "daemon": ("apdu", "drivers", "middleware"),
    "tools": ("apdu", "drivers", "middleware", "middleware/client"),
}
ROOMS = sorted(KNOWS, key=len, reverse=True)  # the inner ones first


def room_of(path):
    return next((room for room in ROOMS if path.startswith(room + "/")), None)


def sources(*tops):
    for top in tops:
        for folder, _, names in os.walk(os.path.join(SOURCE, top)):
            for name in sorted(names):
                if name.endswith((".c", ".h")):
                    path = os.path.join(folder, name)
                    with open(path, encoding="utf-8") as f:
                        yield os.path.relpath(path, SOURCE), f.read()


PRODUCT = dict(sources("apdu", "drivers", "middleware", "daemon", "tools"))
TREE = dict(PRODUCT, **dict(sources("tests", "docs")))


@functools.cache
def bare(text):
    """Without what is in comments and strings, and without macros; every line stays where it is."""
    def blank(m):
        return re.sub(r"[^\n]", " ", m.group())
    text = re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', blank, text, flags=re.S)
    return re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", blank, text, flags=re.M)


def functions(text):
    """(line, body) of each."""
    for m in re.finditer(r"^\{\n(.*?)^\}\n", bare(text), re.M | re.S):
        yield text.count("\n", 0, m.start()) + 1, m.group(1)


def statement_behind(text, at):
    """Where the statement begins that an `if (...)`, `for (...)` or `while (...)` rules; `at` is its parenthesis."""
    depth = 0
    for end in range(at, len(text)):
        depth += {"(": 1, ")": -1}.get(text[end], 0)
        if depth == 0:
            return end + 1
    raise ValueError("a parenthesis is not closed")


def without_braces(text):
    """The lines of statements that stand without braces."""
    text = bare(text)
    for m in re.finditer(r"\b(if|for|while|\w*_foreach)\s*(?=\()|\belse\b", text):
        rest = text[statement_behind(text, m.end()) if m.group(1) else m.end():].lstrip()
        do_while = m.group(1) == "while" and rest.startswith(";")
        if not rest.startswith("{") and not do_while and not (not m.group(1) and rest.startswith("if")):
            yield text.count("\n", 0, m.start()) + 1


class Rules(unittest.TestCase):
    maxDiff = None

    def none(self, found):
        self.assertEqual([], sorted(found))

    def test_the_tests_can_fail(self):
        self.assertEqual([2], list(without_braces("{\n  if (f(1))\n    g();\n  else if (b) {\n  }\n  do {\n  } while (a);\n}")))
        (line, body), = functions("int f(void)\n{\n  return 1; /* return */\n}\n")
        self.assertEqual((2, 1), (line, body.count("return")))
        self.assertEqual("middleware/client", room_of("middleware/client/jsonline.h"))
        self.assertTrue(len(PRODUCT) > 200)

    def test_one_direction_only(self):
        found = []
        for path, text in PRODUCT.items():
            for name in re.findall(r'^#\s*include "([^"]+)"', text, re.M):
                own, other = room_of(path), room_of(name)
                if other != own and other not in KNOWS[own]:
                    found.append(f"{path} includes {name}")
        self.none(found)

    def test_every_file_names_its_licence(self):
        self.none(path for path, text in TREE.items() if not text.startswith("/* SPDX-License-Identifier: Apache-2.0 */\n"))

    def test_files_and_functions_fit(self):
        found = [f"{path}: {text.count(chr(10))} lines" for path, text in PRODUCT.items() if text.count("\n") > FILE_LINES]
        for path, text in PRODUCT.items():
            found += [f"{path}:{line}: a function of {n} lines" for line, body in functions(text)
                      if (n := body.count("\n") + 2) > FUNCTION_LINES]
        self.none(found)

    def test_one_exit(self):
        self.none(f"{path}:{line}" for path, text in PRODUCT.items() for line, body in functions(text)
                  if len(re.findall(r"\breturn\b", body)) > 1)

    def test_braces(self):
        self.none(f"{path}:{line}" for path, text in TREE.items() for line in without_braces(text))

    def test_what_is_never_called(self):
        heap = r"\b(?:malloc|calloc|realloc|strdup|asprintf)\s*\("
        self.none(f"{path}: {call}" for path, text in PRODUCT.items()
                  for call in re.findall(r"\b(?:sprintf|vsprintf|strcpy|strcat|gets|alloca)\s*\(", bare(text)) +
                  (re.findall(heap, bare(text)) if path.startswith("apdu/") else []))

    def test_layout(self):
        if not CLANG_FORMAT or FORMATTED_BY not in subprocess.run(
                [CLANG_FORMAT, "--version"], capture_output=True, text=True, check=True).stdout:
            self.skipTest("clang-format " + FORMATTED_BY + "x is not here")
        done = subprocess.run([CLANG_FORMAT, "--dry-run", "-Werror", *sorted(TREE)], cwd=SOURCE, capture_output=True, text=True)
        self.assertEqual("", done.stderr)


if __name__ == "__main__":
    unittest.main()
