# SPDX-License-Identifier: Apache-2.0
"""The support bundle holds what it lists, and no PIN, key, id number or name, wherever they were planted."""
import os
import re
import tarfile
import unittest

import patient
import test_record

NAME, ID, PIN, KEY = "李四", "110101199003078515", "739182", "0F1E2D3C4B5A69788796A5B4C3D2E1F0"
BANK = "6217000010001234567"


class TestBundle(patient.Case):
    def plant(self):
        self.card = os.path.join(self.dir, "card.json")
        self.run_cli("sim", "make", "ssc-2.0", self.card, "--name", NAME, "--id", ID)
        self.tree.plist()
        self.tree.device()
        self.tree.write("/etc/os-release", 'NAME="Some Linux"\n')
        self.tree.write("/etc/sscard/sscardd.conf",
                        "# the PIN of %s is %s\n[daemon]\nqueue = 64\n[auth]\nkey-file = /root/%s.json\nunlock-pin = %s\n"
                        "master-key=%s\n[roles]\nuser:%s = biller\n; %s\n" % (NAME, PIN, KEY, PIN, KEY, NAME, ID) +
                        "[daemon]\nsocket = /home/{0}/run/s\njournal = /var/home/{0}/j.db\n[card]\nprofile = /home/{0}/p.ini\n"
                        "[sim]\nstate = /home/some body {0}/state\nimages = /home/{0}/a.json,/export/home/{0}/b.json\n"
                        "[readers]\ndriver = replay:/home/{0}/r.replay\n".format(NAME))
        self.tree.write("/var/log/kern.log", "Jan  1 host kernel: usb 1-2: opened /home/%s/card\n" % NAME +
                        "Jan  1 host kernel: usb 1-2: new full-speed USB device number 4\n"
                        "Jan  1 host kernel: usb 1-2: SerialNumber: S0001\n"
                        "Jan  1 host kernel: usb 1-2: read card of name=%s id %s pin=%s key=%s account %s\n"
                        "Jan  1 host kernel: eth0: link up for %s\n" % (NAME, ID, PIN, KEY, BANK, NAME))

    def make(self, *args):
        path = os.path.join(self.dir, "b.tar.gz")
        r = self.run_cli("--json", "--driver", "sim:" + self.card, "support-bundle", "--output", path, "--root", self.tree.root, *args)
        self.assertEqual(r.code, 0, r.out + r.err)
        self.assertEqual(os.stat(path).st_mode & 0o777, 0o600)
        with tarfile.open(path) as tar:
            return r.json(), {os.path.basename(m.name): tar.extractfile(m).read() for m in tar.getmembers()}

    def test_nothing_secret_is_inside(self):
        self.plant()
        _, members = self.make()
        whole = b"".join(members.values())
        for secret in NAME, ID, PIN, KEY, BANK:
            for form in (secret.encode(), secret.encode("gb18030"), secret.encode().hex().encode(),
                         secret.encode().hex().upper().encode(), secret.encode("gb18030").hex().upper().encode()):
                self.assertNotIn(form, whole, secret)
        self.assertNotIn(bytes.fromhex(KEY), whole)
        self.assertNotIn(KEY.lower().encode(), whole)
        bcd = b"19900307"
        self.assertNotIn(bcd, members["trace.txt"])

    def test_what_helps_is_inside(self):
        self.plant()
        answer, members = self.make()
        listed = {m["name"] for m in answer["members"]}
        self.assertEqual(listed | {"CONTENTS.txt"}, set(members))
        self.assertEqual(listed, {"versions.txt", "os-release", "sscardd.conf", "doctor.json", "usb.txt", "trace.txt", "kernel.txt"})
        for name in listed:
            self.assertIn(name.encode(), members["CONTENTS.txt"])
        self.assertIn(b"queue = 64", members["sscardd.conf"])
        self.assertIn(b"user:*** = biller", members["sscardd.conf"])
        for kept in ("socket = ~/run/s", "journal = ~/j.db", "profile = ~/p.ini", "state = ~/state", "images = ~/a.json,~/b.json",
                     "driver = replay:~/r.replay"):
            self.assertIn(kept.encode(), members["sscardd.conf"])
        self.assertIn(b"opened ~/card", members["kernel.txt"])
        self.assertIn(b"master-key = ***", members["sscardd.conf"])
        self.assertIn(b"new full-speed USB device", members["kernel.txt"])
        self.assertNotIn(b"eth0", members["kernel.txt"])
        self.assertIn(b"1d99:0013", members["usb.txt"])
        self.assertIn(b"12 01 00 02", members["usb.txt"])
        self.assertIn(b'"links"', members["doctor.json"])
        self.assertRegex(members["doctor.json"], b"ATR 3B[0-9A-F]{20}")  # no key, though it is as long as one
        self.assertIn(b"> 00A404000F", members["trace.txt"])

    def test_screens(self):
        self.plant()
        for lang, word in ("en", "Read it before you send it"), ("zh", "发送前请先查看"):
            path = os.path.join(self.dir, lang + ".tar.gz")
            r = self.run_cli("--driver", "sim:" + self.card, "support-bundle", "--output", path, "--root", self.tree.root, "--lang", lang)
            self.assertEqual(r.code, 0, r.err)
            self.assertIn(word, r.out)
            self.assertIn("trace.txt", r.out)

    def test_never_over_a_file(self):
        self.plant()
        path = os.path.join(self.dir, "there")
        with open(path, "w") as f:
            f.write("mine")
        for lang, word in ("en", "move the old file away"), ("zh", "请换一个文件名"):
            r = self.run_cli("--driver", "sim", "support-bundle", "--output", path, "--lang", lang)
            self.assertEqual(r.code, 2)
            for told in "[file_exists]", path, "--output", word:
                self.assertIn(told, r.err)
        with open(path) as f:
            self.assertEqual(f.read(), "mine")
        os.symlink("nowhere", path + ".link")
        r = self.run_cli("--driver", "sim", "support-bundle", "--output", path + ".link")
        self.assertIn("[file_exists]", r.err)

    def test_what_is_missing_is_listed(self):
        """A bare machine: no card, no configuration, no USB."""
        path = os.path.join(self.dir, "b.tar.gz")
        os.makedirs(self.tree.root + "/var/log")
        self.tree.write("/var/log/kern.log", "")
        r = self.run_cli("--json", "support-bundle", "--socket", "/run/none", "--output", path, "--root", self.tree.root)
        self.assertEqual(r.code, 0, r.out + r.err)
        missing = {m["name"]: m["why"] for m in r.json()["missing"]}
        self.assertEqual(set(missing), {"os-release", "sscardd.conf", "usb.txt", "trace.txt", "kernel.txt"})
        self.assertEqual(missing["sscardd.conf"], {"en": "there is no such file", "zh": "文件不存在"})
        with tarfile.open(path) as tar:
            contents = tar.extractfile("sscard-support/CONTENTS.txt").read().decode()
        for name, why in missing.items():
            self.assertRegex(contents, "%s +missing +%s\n" % (name, why["en"]))
        r = self.run_cli("support-bundle", "--socket", "/run/none", "--output", path + "2", "--root", self.tree.root, "--lang", "zh")
        self.assertRegex(r.out, "trace.txt +缺少 +未读到卡片")


class TestByTheService(test_record.Case):
    def test_a_reading_of_a_card_with_challenges(self):
        path = os.path.join(self.dir, "b.tar.gz")
        r = self.run_cli("support-bundle", "--output", path)
        self.assertEqual(r.code, 0, r.err)
        with tarfile.open(path) as tar:
            members = {os.path.basename(m.name): tar.extractfile(m).read() for m in tar.getmembers()}
        trace = members["trace.txt"].decode()
        plain = bytes.fromhex("".join(re.findall("[<>] ([0-9A-F]+)", trace))) + b"".join(members.values())
        for secret in test_record.SECRETS:
            self.assertNotIn(secret, plain)
        for command, answer in re.findall("> 00(?:88|84|82)......([0-9A-F]*) < ([0-9A-F]*)9000", trace):
            self.assertRegex(command + answer, "^(2A)*$")
        self.assertIn("> 0084000008 < 2A2A2A2A2A2A2A2A9000", trace)


if __name__ == "__main__":
    unittest.main()
