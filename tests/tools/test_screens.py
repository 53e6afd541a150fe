# SPDX-License-Identifier: Apache-2.0
"""What people see. golden/*.txt hold commands ("$ sscard ...") and what they print, with "[N]" for an exit code that is
not 0. SSCARD_UPDATE=1 writes them anew: look at the difference before keeping it."""
import glob
import json
import os
import re
import shlex
import unittest

import support

GOLDEN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "golden")


def stable(text, folder):
    text = re.sub(r"\d+ ms", "N ms", text)
    text = re.sub(r'"(elapsed_ms|wire_ms)": [0-9.]+', r'"\1": N', text)
    return text.replace(folder, "DIR")


class TestScreens(support.Case):
    def block(self, command):
        args = shlex.split(command.replace("DIR", self.dir))
        assert args[0] == "sscard", command
        r = self.run_cli(*args[1:])
        text = "$ " + command + "\n" + stable(r.err + r.out, self.dir)
        return text + ("[%d]\n" % r.code if r.code else "")

    def test_every_made_card_is_another(self):
        ids = set()
        for name in "a.json", "b.json":
            self.assertEqual(self.run_cli("sim", "make", "ssc-3.0", name).code, 0)
            who = self.run_cli("--driver", "sim:" + os.path.join(self.dir, name), "identity", "--json").json()
            self.assertEqual(who["genuine"], "yes")
            ids.add(who["card_id"])
        self.assertEqual(len(ids), 2)

    def test_golden(self):
        files = sorted(glob.glob(os.path.join(GOLDEN, "*.txt")))
        self.assertGreater(len(files), 5)
        for path in files:
            with self.subTest(os.path.basename(path)):
                with open(path, encoding="utf-8") as f:
                    wanted = f.read()
                commands = re.findall(r"^\$ (.*)$", wanted, re.M)
                got = "".join(self.block(command) for command in commands)
                if os.environ.get("SSCARD_UPDATE"):
                    with open(path, "w", encoding="utf-8") as f:
                        f.write(got)
                else:
                    self.assertMultiLineEqual(wanted, got)

    def test_every_command_has_help(self):
        names = re.findall(r"^  ([a-z-]+) ", self.run_cli("help").out.split("Options:")[0], re.M)
        self.assertEqual(len(names), 20)
        for name in names:
            for lang in "en", "zh":
                r = self.run_cli("help", name, "--lang", lang)
                self.assertEqual(r.code, 0)
                self.assertIn("sscard " + name, r.out)
                self.assertEqual(r.out, self.run_cli(name, "--help", "--lang", lang).out)
            self.assertEqual(self.run_cli(name, "--no-such-option").code, 2)

    def test_json_is_one_object(self):
        for args in (["readers"], ["info"], ["identity"], ["read", "SSSEEF05"], ["apdu", "0084000008"]):
            r = self.run_cli("--driver", "sim", "--json", *args)
            self.assertEqual(r.code, 0, r.err)
            self.assertIsInstance(r.json(), dict)
            self.assertEqual(r.err, "")
        for args, code in ((["identity", "--driver", "sim:"], 4), (["balance", "--driver", "sim"], 6), (["ping"], 3),
                           (["debit", "1.234"], 2), (["apdu", "--driver", "sim", "0084000004", "zz"], 2),
                           (["read", "--driver", "sim", "DF09EF01"], 2)):
            r = self.run_cli("--json", *args)
            self.assertEqual(r.code, code, r.out)
            self.assertIn("symbol", r.json()["error"]["data"])

    def test_identity_fields(self):
        who = self.run_cli("--driver", "sim", "--json", "identity").json()
        self.assertEqual(who["name"], "张三")
        self.assertEqual(who["citizen_id"], "111111198101011110")
        self.assertEqual(who["genuine"], "yes")
        self.assertTrue(who["line"].startswith("639900|111111198101011110|"))

    def test_made_card(self):
        card = os.path.join(self.dir, "card.json")
        make = ["sim", "make", "ssc-2.0", card, "--name", "李四", "--id", "110101199003078515", "--balance", "200.05"]
        self.assertEqual(self.run_cli(*make).code, 0)
        self.assertEqual(os.stat(card).st_mode & 0o777, 0o600)
        self.assertEqual(self.run_cli(*make).code, 1)  # never over a card that exists
        self.assertEqual(self.run_cli(*make, "--force").code, 0)
        with open(card, encoding="utf-8") as f:
            self.assertEqual(json.load(f)["purse"]["balance"], 20005)
        who = self.run_cli("--driver", "sim:" + card, "--json", "identity").json()
        self.assertEqual((who["name"], who["citizen_id"], who["birth_date"], who["sex"]),
                         ("李四", "110101199003078515", "19900307", "1"))
        for wrong in (["--id", "123"], ["--id", "110101199013078515"], ["--balance", "x"]):
            self.assertIn(self.run_cli("sim", "make", "ssc-2.0", card + "2", *wrong).code, (1, 2))
            self.assertFalse(os.path.exists(card + "2"))

    def test_recording_is_a_card(self):
        path = os.path.join(self.dir, "r.replay")
        r = self.run_cli("--driver", "sim", "trace", "--output", path, "--unredacted", "read", "SSSEEF05")
        self.assertEqual(r.code, 0, r.err)
        again = self.run_cli("--driver", "replay:" + path, "read", "SSSEEF05")
        self.assertEqual((again.code, again.out), (0, r.out), again.err)

    def test_recording_that_fails_leaves_the_older_one(self):
        path = os.path.join(self.dir, "r.replay")
        self.assertEqual(self.run_cli("--driver", "sim", "trace", "record", path, "info").code, 0)
        self.assertEqual(os.stat(path).st_mode & 0o777, 0o600)
        with open(path) as f:
            before = f.read()
        for wrong, code in ((["--socket", "absent", "trace", "record", path, "info"], 3),
                            (["--driver", "sim", "trace", "record", path], 2),
                            (["--driver", "sim", "trace", "record", path, "what"], 2),
                            (["--driver", "sim", "-r", "absent", "trace", "record", path, "info"], 4),
                            (["trace", "record", path, "info", "--driver", "sim"], 2),
                            (["trace", "record", path, "--socket", "s", "info"], 2),
                            (["--driver", "replay:" + self.dir, "trace", "record", path, "info"], 1)):
            self.assertEqual(self.run_cli(*wrong).code, code, wrong)
            with open(path) as f:
                self.assertEqual(f.read(), before, wrong)
        self.assertEqual(self.run_cli("--driver", "replay:" + path, "trace", "record", path, "info").code, 0)
        with open(path) as f:
            self.assertEqual(f.read(), before)

    def test_trace_hides_the_holder(self):
        card = os.path.join(self.dir, "card.json")
        self.run_cli("sim", "make", "ssc-3.0", card, "--name", "李四", "--id", "110101199003078515")
        r = self.run_cli("--driver", "sim:" + card, "trace", "identity")
        self.assertEqual(r.code, 0)
        self.assertIn("李四", r.out)
        for secret in "李四".encode("gb18030"), b"110101199003078515", bytes.fromhex("19900307"):
            self.assertNotIn(secret.hex().upper(), r.err)

    def test_script(self):
        path = os.path.join(self.dir, "s.apdu")
        with open(path, "w") as f:
            f.write("# select the environment\n00A404000F7378312E73682EC9E7BBE1B1A3D5CF = 9000,61xx\n"
                    "00A40200 02 EF05 = 9000\n00B2010400 = 6A83 # really 9000 or 6Cxx\n")
        r = self.run_cli("--driver", "sim", "apdu", "--file", path)
        self.assertEqual(r.code, 1)
        self.assertIn("line 4: expected 6A83", r.err)
        whole = self.run_cli("--driver", "sim", "--json", "apdu", "--file", path).json()
        self.assertEqual((whole["ok"], len(whole["exchanges"])), (False, 3))
        with open(path, "a") as f:
            f.write("what is this\n")
        self.assertEqual(self.run_cli("--driver", "sim", "apdu", "--file", path).code, 2)
        self.assertEqual(self.run_cli("--driver", "sim", "apdu", stdin="00A4040000 = xxxx\n").code, 0)
        for money in ("805401000F" + "00" * 15, "B02C010014" + "00" * 20, "8052000004" + "00" * 4):
            r = self.run_cli("--driver", "sim", "apdu", money)
            self.assertEqual(r.code, 1)
            self.assertIn("permission_denied", r.err)

    def test_language(self):
        for env, word in (({"LC_ALL": "zh_CN.UTF-8"}, "用法"), ({"LC_ALL": "C", "LANG": "zh_CN"}, "Usage"),
                          ({"LC_ALL": "", "LANG": "zh_CN.GB18030"}, "用法")):
            self.assertIn(word, self.run_cli("help", env=env).out)
        self.assertIn("Usage", self.run_cli("help", "--lang", "en", env={"LC_ALL": "zh_CN.UTF-8"}).out)

    def test_colour(self):
        args = ["--driver", "sim", "readers"]
        self.assertNotIn("\033", self.run_cli(*args).out)
        self.assertIn("\033[32m", self.run_cli(*args, "--color=always").out)
        self.assertNotIn("\033", self.run_cli(*args, "--color=never").out)

    def test_full_disk(self):
        import subprocess
        with open("/dev/full", "w") as full:
            done = subprocess.run([support.SSCARD, "help"], stdout=full, env=self.env)
        self.assertEqual(done.returncode, 1)

    def test_main_commands(self):
        """Also run under valgrind."""
        for args in (["help"], ["help", "debit"], ["help", "--man"], ["readers"], ["info"], ["identity"], ["identity", "--line"],
                     ["read", "SSSEEF06"], ["read", "--list"], ["apdu", "0084000008"], ["sim", "list"],
                     ["trace", "info"], ["completion", "bash"]):
            local = args[0] in ("help", "sim", "completion")
            r = self.run_cli(*([] if local else ["--driver", "sim"]), *args)
            self.assertEqual(r.code, 0, r.err)
        self.assertEqual(self.run_cli("balance", "--driver", "sim").code, 6)
        self.assertEqual(self.run_cli("info", "--driver", "sim:nothing").code, 2)
        self.assertEqual(self.run_cli("debit", "12.50").code, 3)


if __name__ == "__main__":
    unittest.main()
