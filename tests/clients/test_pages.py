# SPDX-License-Identifier: Apache-2.0
"""README and docs hang together: every link leads somewhere, every page is reached, each language has the same, and what is
quoted is what it is quoted from."""
import glob
import os
import re
import subprocess
import unittest

SOURCE, CLI = os.environ["SOURCE"], os.environ["SSCARD"]
README = {"en": "README.md", "zh": "README.zh-CN.md"}
MADE = {"api.md", "errors.md"}  # from tables, with a test of their own


def read(path):
    with open(os.path.join(SOURCE, path), encoding="utf-8") as f:
        return f.read()


def pages():
    return [os.path.relpath(path, SOURCE) for pattern in ("*.md", "docs/*.md", "docs/zh_CN/*.md", "middleware/client/*/*.md")
            for path in glob.glob(os.path.join(SOURCE, pattern))]


def anchor(title):
    return re.sub(r"[^\w\- ]", "", title.strip().lower()).replace(" ", "-")


def links(page):
    """(file, place) of each link that stays in the tree."""
    text = re.sub(r"```.*?```", "", read(page), flags=re.S)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if "://" not in target:
            path, _, place = target.partition("#")
            yield os.path.normpath(os.path.join(os.path.dirname(page), path)) if path else page, place


class TestPages(unittest.TestCase):
    maxDiff = None

    def test_links(self):
        self.assertGreater(len(pages()), 20)
        for page in pages():
            for path, place in links(page):
                with self.subTest(page, link=path + "#" + place):
                    self.assertTrue(os.path.exists(os.path.join(SOURCE, path)))
                    if place:
                        self.assertIn(place, [anchor(title) for title in re.findall(r"^#+ (.*)$", read(path), re.M)])

    def test_chinese_stays_chinese(self):
        for page in pages():
            if "zh_CN" in page or page == README["zh"]:
                for path, _ in links(page):
                    twin = os.path.join("docs", "zh_CN", os.path.basename(path))
                    own = os.path.basename(path) == os.path.basename(page)
                    if os.path.dirname(path) == "docs" and not own:
                        self.assertFalse(os.path.exists(os.path.join(SOURCE, twin)), page + " leads to " + path)

    def test_every_page_is_reached(self):
        for language, start in README.items():
            seen, todo = set(), [start]
            while todo:
                page = todo.pop()
                if page not in seen:
                    seen.add(page)
                    todo += [path for path, _ in links(page) if path.endswith(".md") and not path.startswith("README")]
            wanted = {page for page in pages() if page.startswith("docs/zh_CN/")} if language == "zh" else \
                {page for page in pages() if page.startswith("docs/") and "zh_CN" not in page}
            self.assertEqual(wanted - seen, set())

    def test_both_languages(self):
        english = {os.path.basename(path) for path in glob.glob(os.path.join(SOURCE, "docs", "*.md"))}
        chinese = {os.path.basename(path) for path in glob.glob(os.path.join(SOURCE, "docs", "zh_CN", "*.md"))}
        self.assertEqual(chinese - english, set())
        for readme, words in ("README.md", r"in English only: (.*?);"), ("README.zh-CN.md", "只有英文的是：(.*?)；"):
            listed = re.findall(r"[\w-]+", re.search(words, read(readme), re.S)[1])
            self.assertEqual({name + ".md" for name in listed}, english - chinese - {"national-declarations.md"})
        for name in chinese - MADE:
            for kind, pattern in ("titles", r"^#+ "), ("rows", r"^\|"), ("boxes", r"^```"):
                counts = [len(re.findall(pattern, read(folder + name), re.M)) for folder in ("docs/", "docs/zh_CN/")]
                with self.subTest(name, what=kind):
                    self.assertEqual(*counts)

    def test_readme_quotes(self):
        for language, readme in README.items():
            text = read(readme)
            with self.subTest(readme):
                self.assertIn(re.sub(r"^#!.*\n# SPDX.*\n", "", read("docs/examples/identity.py")), text)
                self.assertIn(read("docs/examples/identity.sh").split("\n", 2)[2], text)
                told = subprocess.run([CLI, "--lang", language, "help"], stdout=subprocess.PIPE, check=True).stdout.decode()
                usage, commands, _, codes, *_ = told.split("\n\n")[1:]
                self.assertIn("```\n%s\n\n%s\n```\n" % (commands, codes), text, usage)


if __name__ == "__main__":
    unittest.main()
