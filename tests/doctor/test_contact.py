# SPDX-License-Identifier: Apache-2.0
"""Binding; the contact test without hardware."""
import os
import shutil
import subprocess
import unittest

import patient
import support


class TestContact(patient.Case):
    def test_good(self):
        for lang, word in ("en", "The contact is good."), ("zh", "触点良好。"):
            r = self.run_cli("--driver", "sim", "doctor", "--contact", "7", "--lang", lang)
            self.assertEqual(r.code, 0, r.err)
            self.assertIn(word, r.out)
        figures = self.run_cli("--json", "--driver", "sim", "doctor", "--contact", "7").json()
        self.assertEqual((figures["ok"], figures["cause"], figures["rounds"], figures["retries"]), (True, None, 7, 0))
        self.assertAlmostEqual(figures["wire_ms"], 56, delta=15)  # the simulator's own model

    def test_wrong_count(self):
        for count in "0", "-1", "x", "9999999":
            self.assertEqual(self.run_cli("--driver", "sim", "doctor", "--contact", count).code, 2)


class TestByTheService(patient.Case, support.DaemonCase):
    """What a service holds for itself is tested through it."""

    def test_contact(self):
        for lang, word in ("en", "The contact is good."), ("zh", "触点良好。"):
            r = self.run_cli("doctor", "--contact", "5", "--lang", lang)
            self.assertEqual((r.code, r.err), (0, ""))
            self.assertIn(word, r.out)
            self.assertIn("Simulated reader 0", r.out)
        figures = self.run_cli("--json", "doctor", "--contact", "5").json()
        self.assertEqual((figures["rounds"], figures["powers"], figures["power_failures"], figures["retries"]), (5, 5, 0, 0))
        self.assertGreaterEqual(figures["exchanges"], 10)
        self.assertGreater(figures["wire_ms"], 1)
        lease = [r["lease"] for r in self.run_cli("--json", "readers").json()["readers"]]
        self.assertEqual(set(map(str, lease)), {"None"})

    def test_bad_contact(self):
        self.assertEqual(self.run_cli("sim", "fault", "lose_reply", "--ins", "A4", "--nth", "0").code, 0)
        r = self.run_cli("--json", "doctor", "--contact", "3")
        self.assertEqual(r.code, 1)
        self.assertEqual(r.json()["cause"]["symbol"], "contact_worn")
        self.assertEqual(r.json()["retries"], 3)

    def test_acceptance(self):
        sheet = self.run_cli("--json", "doctor", "--acceptance").json()
        row = sheet["items"][-1]
        self.assertEqual((row["item"]["en"], row["result"]), ("Contact, 20 rounds", "pass"), row)
        self.assertEqual(sheet["contact"]["rounds"], 20)
        # a simulated reader is no counter
        usb = sheet["items"][2]
        self.assertEqual((usb["result"], usb["needed"], sheet["accepted"]), ("not_tested", True, False))

    def test_acceptance_with_test_keys(self):
        path, config = os.path.join(self.dir, "keys.json"), os.path.join(self.dir, "c.conf")
        with open(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w") as f:
            root = "0123456789ABCDEFFEDCBA9876543210"
            f.write('{"format": 1, "test": true, "roots": {"3des": {"*": "%s"}, "sm4": {"*": "%s"}}, "purse_levels": 1, '
                    '"terminal": "410100813475", "state": "terminal-number"}' % (root, root))
        with open(config, "w") as f:
            f.write("[auth]\nkey-file = %s\ntest-keys = yes\n[readers]\npsam = none\n" % path)
        self.stop()
        self.start("--sim", "--state", self.dir, "--config", config)
        for lang, words in ("en", r"Keys +FAIL +test keys are in use"), ("zh", "密钥 +不合格 +正在使用测试密钥"):
            r = self.run_cli("doctor", "--acceptance", "--lang", lang)
            self.assertNotEqual(r.code, 0)
            self.assertRegex(r.out, words)

    @unittest.skipUnless(patient.can_be_nobody(), "needs root and setpriv")
    def test_role(self):
        """To power a card as often as one likes is an administrator's right; which role is missing is said."""
        config = os.path.join(self.dir, "c.conf")
        with open(config, "w") as f:
            f.write("[roles]\nuser:nobody = reader\n")
        self.stop()
        self.start("--sim", "--state", self.dir, "--config", config)
        os.chmod(self.dir, 0o755)
        os.chmod(self.socket, 0o666)

        def nobody(*args):
            done = subprocess.run(patient.as_nobody([support.SSCARD, *args]), capture_output=True, env=self.env, timeout=60)
            return support.Result(done.returncode, done.stdout.decode(), done.stderr.decode())
        for lang, words in ("en", "needs the role admin"), ("zh", "需要角色 admin"):
            r = nobody("doctor", "--contact", "3", "--lang", lang)
            self.assertEqual(r.code, 1)
            self.assertIn(words, r.err)
        row = nobody("--json", "doctor", "--acceptance").json()["items"][-1]
        self.assertEqual((row["result"], row["needed"]), ("not_tested", True))
        self.assertIn("needs the role admin", row["detail"]["en"])
        self.assertIn("需要角色 admin", row["detail"]["zh"])
        self.assertEqual(self.run_cli("doctor", "--contact", "1").code, 0)  # nobody's lease is left behind


class TestBind(patient.Case):
    def test_list_of_libccid(self):
        self.tree.plist()
        r = self.run_cli("readers", "--bind", "1d99:0013", "--root", self.tree.root)
        self.assertEqual(r.code, 0, r.err)
        self.assertIn("/etc/libccid_Info.plist", r.out)
        command = self.run_cli("--json", "readers", "--bind", "1d99:0013", "--root", self.tree.root).json()["command"]
        sed = command.split(" && ")[0].replace("/etc/libccid_Info.plist", self.tree.root + "/etc/libccid_Info.plist")
        subprocess.run(["sh", "-c", sed], check=True)  # what is printed does what it says
        r = self.run_cli("readers", "--bind", "1d99:0013", "--root", self.tree.root, "--lang", "zh")
        self.assertIn("已列入", r.out)
        r = self.run_cli("readers", "--bind", "08e6:3437", "--root", self.tree.root)
        self.assertIn("Gemalto PC Twin Reader", r.out)

    def test_names_that_are_not_plain(self):
        """A reader may call itself anything: what is printed is run by root."""
        self.tree.plist()
        for product in (b"a|b", b"$(id)", b"`id`", b"x' y", b"a & b <c>", b"\x1b[2J", b"cut \xe8\xaf", "读卡器".encode(), b"n" * 100):
            with self.subTest(product):
                shutil.rmtree(self.tree.root + "/sys", ignore_errors=True)
                self.tree.device(driver=None)
                self.tree.write("/sys/bus/usb/devices/1-2/product", product + b"\n")
                answer = self.run_cli("--json", "readers", "--bind", "1d99:0013", "--root", self.tree.root).json()
                self.assertEqual(answer["entries"][2]["line"], "<string>CCID reader 1d99:0013</string>")

    def test_own_handler(self):
        self.tree.plist()
        for folder in "/usr/lib/pcsc/drivers", "/usr/lib/x86_64-linux-gnu/pcsc/drivers", "/usr/lib64/pcsc/drivers":
            self.tree.write(folder + "/ifd-sscard-ccid.bundle/Contents/Linux/libifdsscard-ccid.so")
        answer = self.run_cli("--json", "readers", "--bind", "1d99:0013", "--root", self.tree.root).json()
        self.assertTrue(answer["file"].endswith("ifd-sscard-1d99-0013.bundle/Contents/Info.plist"))
        self.assertIn("0x1D99", answer["content"])

    def test_wrong(self):
        for wrong in "1d99", "1d99:13", "xxxx:0013", "1d99:0013x":
            self.assertEqual(self.run_cli("readers", "--bind", wrong).code, 2)
        self.assertEqual(self.run_cli("readers", "--bind", "1d99:0013", "--root", self.tree.root).code, 3)


if __name__ == "__main__":
    unittest.main()
