# SPDX-License-Identifier: Apache-2.0
"""What a technician sees: on a narrow terminal, in two languages, and when he loses patience."""
import json
import os
import re
import signal
import unicodedata
import unittest

import patient
from test_terminal import Terminal

NARROW = 44


def width(line):
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line)


class TestScreens(patient.Case):
    def setUp(self):
        super().setUp()
        self.env["TZ"] = "UTC"  # a remark

    def lines(self, *args):
        t = Terminal(self, *args, columns=NARROW)
        code = t.end()
        text = re.sub(r"\033\[[0-9;]*[mK]", "", t.text).replace("\r\n", "\n")
        return code, [line for line in text.split("\n") if "\r" not in line]

    def test_no_line_is_broken_by_the_terminal(self):
        for args in (["doctor"], ["--driver", "sim", "doctor"], ["--driver", "sim", "doctor", "--acceptance"],
                     ["--driver", "sim", "doctor", "--contact", "3"], ["--driver", "sim", "support-bundle", "--output", "b"]):
            for lang in "en", "zh":
                with self.subTest(args=args, lang=lang):
                    if "support-bundle" in args:
                        args = args[:-1] + [lang]
                    _, lines = self.lines(*args, "--lang", lang)
                    self.assertGreater(len(lines), 5)
                    for line in lines:  # a single word may be longer: it is there to be copied
                        self.assertTrue(width(line) < NARROW + 1 or " " not in line.strip(), line)

    def test_further_lines_stand_below_the_first(self):
        _, lines = self.lines("doctor")
        at = next(i for i, line in enumerate(lines) if line.startswith("Remedy:"))
        self.assertTrue(lines[at + 1].startswith(" " * 10) and lines[at + 1][10] != " ", lines)
        _, lines = self.lines("doctor", "--lang", "zh")
        at = next(i for i, line in enumerate(lines) if line.startswith("处理:"))
        self.assertTrue(lines[at + 1].startswith(" " * 6) and lines[at + 1][6] != " ", lines)

    def test_paper_is_eighty_columns_wide(self):
        for lang in "en", "zh":
            for line in self.run_cli("--driver", "sim", "doctor", "--acceptance", "--lang", lang).out.split("\n"):
                self.assertLessEqual(width(line), 80)

    def test_remarks_are_not_followed_by_all_is_well(self):
        out = self.run_cli("--driver", "sim", "doctor").out
        self.assertIn("mend what is marked with !", out)
        self.assertNotIn("Everything works", out)
        self.env["TZ"] = "Asia/Shanghai"
        self.assertIn("Everything works", self.run_cli("--driver", "sim", "doctor").out)

    def test_interrupted(self):
        """The rounds until then count."""
        t = Terminal(self, "--driver", "sim", "doctor", "--contact", "100000", columns=80)
        t.until(r"\[#*\.+\] \d+/100000")
        os.kill(t.pid, signal.SIGINT)
        self.assertEqual(t.end(), 0, t.text[-500:])
        rounds = int(re.search(r"Rounds +\S*?(\d+)\r", re.sub(r"\033\[[0-9;]*[mK]", "", t.text))[1])
        self.assertTrue(0 < rounds < 100000, rounds)

    def test_json_knows_no_terminal(self):
        t = Terminal(self, "--driver", "sim", "--json", "doctor", "--contact", "3", columns=NARROW)
        t.end()
        self.assertEqual(json.loads(t.text)["rounds"], 3)

    def test_one_thing_at_a_time(self):
        self.assertEqual(self.run_cli("doctor", "--contact", "3", "--acceptance").code, 2)


if __name__ == "__main__":
    unittest.main()
