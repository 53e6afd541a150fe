# SPDX-License-Identifier: Apache-2.0
"""What only a seam can show: the patients of patient_seam.c."""
import os
import subprocess
import unittest

import patient
import support


class TestSeam(patient.Case):
    def examine(self, name):
        done = subprocess.run([os.environ["SEAM"], name, self.tree.root], stdout=subprocess.PIPE, env=self.env, timeout=30)
        return support.Result(done.returncode, done.stdout.decode(), "")

    def test_well(self):
        r = self.examine("well")
        self.assertEqual((r.code, r.json()["ok"], r.json()["cause"]), (0, True, None))

    def test_clock_of_an_empty_battery(self):
        self.assertIn("1970-01-01", self.judge("clock_wrong", self.examine("battery"))["evidence"]["en"])

    def test_clock_of_another_century(self):
        self.judge("clock_wrong", self.examine("future"))

    def test_cable(self):
        r = self.examine("cable")
        self.assertIn("3 轮测试中有 1 轮读卡器断开", self.judge("contact_cable", r)["evidence"]["zh"])
        self.assertEqual((r.json()["vanished"], r.json()["power_failures"]), (1, 2))

    def test_flipped(self):
        self.assertIn("3 轮中有 1 轮", self.judge("contact_flipped", self.examine("flipped"))["evidence"]["zh"])


if __name__ == "__main__":
    unittest.main()
