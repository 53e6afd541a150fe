# SPDX-License-Identifier: Apache-2.0
"""docs/national-library.md in both languages says what the tables say. test_guide.py --write puts the codes in."""
import os
import re
import sys
import unittest

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
PAGES = {"en": ("docs", "national-library.md"), "zh": ("docs", "zh_CN", "national-library.md")}
HEAD = {"en": "| code | text | meaning | symbol |", "zh": "| 返回码 | 文字 | 处理办法 | symbol |"}


def read(*path):
    with open(os.path.join(ROOT, *path), encoding="utf-8") as f:
        return f.read()


def errors():
    """(national, symbol, en, zh, remedy_zh), in the order of the table."""
    text = re.sub(r"/\*.*?\*/", "", read("apdu", "errors.def"), flags=re.S)
    for numbers, texts in re.findall(r'SSC_ERROR\((\w+, \d+, -?\d+),((?:\s*"(?:[^"\\]|\\.)*"\s*,?)+)\)', text):
        symbol, en, zh, _, remedy_zh = re.findall(r'"((?:[^"\\]|\\.)*)"', texts)
        yield int(numbers.split(", ")[2]), symbol, en, zh, remedy_zh


def codes(language):
    rows = sorted(errors(), key=lambda row: -row[0])  # stable: within a code as in the table
    lines = [HEAD[language], "|---|---|---|---|"]
    for national, symbol, en, zh, remedy in rows:
        lines.append("| %d | %s | %s | `%s` |" % (national, zh, en if language == "en" else remedy, symbol))
    return "<!-- codes -->\n%s\n<!-- /codes -->" % "\n".join(lines)


def section(page):
    return re.search(r"<!-- codes -->\n.*?<!-- /codes -->", page, re.S).group()


class TestGuide(unittest.TestCase):
    maxDiff = None

    def test_codes(self):
        self.assertGreater(len(list(errors())), 80)
        self.assertEqual(len(list(errors())), read("apdu", "errors.def").count("\nSSC_ERROR("))
        for language, path in PAGES.items():
            self.assertEqual(section(read(*path)), codes(language), "build the target docs")

    def test_sizes(self):
        table = re.findall(r"^SSC_SHIM_FUNCTION\((\w+), (\d+),", read("middleware", "shim", "functions.def"), re.M)
        self.assertEqual(len(table), 23)
        for language, path in PAGES.items():
            rows = re.findall(r"^\| `(i\w+)` \| (\d+) \|", read(*path), re.M)
            self.assertEqual(rows, table, language)

    def test_regional_sizes(self):
        enum = read("middleware", "shim", "region", "heasec.h")
        for name, size in ("CARD", 2048), ("BUSI", 8192), ("TEXT", 1024):
            self.assertIn("HEASEC_%s = %d" % (name, size), enum)
            for path in PAGES.values():
                self.assertIn(str(size), read(*path))

    def test_fallback_codes(self):
        known = {national for national, *_ in errors()}
        for code in -2201, -2202, -2203, -24, -27272:
            self.assertIn(code, known)
            for path in PAGES.values():
                self.assertIn(str(code), read(*path))


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        for language, path in PAGES.items():
            page = read(*path)
            with open(os.path.join(ROOT, *path), "w", encoding="utf-8") as f:
                f.write(page.replace(section(page), codes(language)))
    else:
        unittest.main()
