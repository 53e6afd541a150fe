# SPDX-License-Identifier: Apache-2.0
"""Each row of causes.def was told by a test that ran, cause and remedy, in both languages. Runs behind the others."""
import os
import re
import unittest

import patient

# What this machine cannot show.
FOR_ROOT = {"service_denied", "service_no_group", "pcscd_socket_denied", "disk_full"}
OF_PCSCD = {"contact_worn", "contact_slow", "pcscd_lost", "pcscd_full"}
OF_POLKIT = {"pcscd_polkit", "pcscd_polkit_down", "pcscd_hidepid"}


class TestEveryWord(unittest.TestCase):
    def test_words_of_other_rooms_are_known_in_chinese(self):
        """Quirks, exchange levels and what is wrong with descriptors are told in English where they are found."""
        def read(*path):
            with open(os.path.join(os.path.dirname(os.environ["CAUSES"]), "..", "..", *path), encoding="utf-8") as f:
                return f.read()
        source = read("drivers", "ccid", "descriptor.c")
        used = set(re.findall(r'QUIRK\((?:[^"]*"){3}([^"]+)"', read("drivers", "ccid", "quirks.def")))
        used |= set(re.findall(r'(?:why|reason) = [^;]*?"([^"]+)";', source))
        used |= set(re.findall(r'"([^"]+)"', re.search(r"names\[\] = \{([^}]+)\}", source)[1]))
        self.assertGreater(len(used), 20)
        known = dict(re.findall(r'^WORD\("([^"]+)", "([^"]+)"\)', read("tools", "doctor", "words.def"), re.M))
        self.assertEqual(used - set(known), set())
        for chinese in known.values():
            self.assertRegex(chinese, "[\u4e00-\u9fff]")


class TestEveryCause(unittest.TestCase):
    def test_words_are_wanted_of_each(self):
        self.assertEqual(patient.symbols(), set(patient.TEXTS))
        for symbol, (cause_en, remedy_en, cause_zh, remedy_zh) in patient.TEXTS.items():
            self.assertTrue(cause_en and remedy_en and remedy_zh, symbol)
            self.assertRegex(cause_zh, "[\u4e00-\u9fff]", symbol)

    def test_each_was_told(self):
        told = set()
        for name in os.listdir(os.environ["TOLD"]):
            with open(os.path.join(os.environ["TOLD"], name), encoding="utf-8") as f:
                told |= set(f.read().split())
        able = patient.symbols()
        able -= set() if patient.can_be_nobody() else FOR_ROOT
        able -= set() if patient.have_pcscd() else OF_PCSCD
        able -= set() if patient.without_polkit() == "" else OF_POLKIT
        self.assertEqual(able - told, set())


if __name__ == "__main__":
    unittest.main()
