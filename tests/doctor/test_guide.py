# SPDX-License-Identifier: Apache-2.0
"""The field guides are true: each block behind <!-- case NAME --> is what its own command says, and every other command in
them runs. SSCARD_UPDATE=1 writes the blocks anew."""
import os
import re
import shlex
import subprocess
import time
import unittest

import patient
import support
from patient import GENUINE, INFO, PSAM, listed, ping, reader

DOCS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "docs")
BLOCK = r"<!-- case (\w+) -->\n```\n\$ sscard( [^\n]*)\n(.*?)```"
# What is another each time, and what stands for it in the guide when a block is written anew.
VOLATILE = [(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "2026-01-05 08:30:00"), (r"^(Machine|主机)  .*$", r"\1  counter-3"),
            (r"^ +(the clock is not synchronised by the network|时钟未与网络同步)\n", "")]
MEASURED = [r"\d+(\.\d)? ms", r"(?<=slowest )\d+\.\d", r"(?<=最慢 )\d+\.\d", r" +\d+ (bytes|字节)"]


def sample(text):
    for pattern, value in VOLATILE:
        text = re.sub(pattern, value, text, flags=re.M)
    return text


def measured(text):
    for pattern in MEASURED:
        text = re.sub(pattern, "#", text)
    return text


class TestGuide(patient.Case):
    def tell(self, *args, stdin=""):
        return self.run_cli(*args, "--lang", self.lang, stdin=stdin).out

    def script(self, args, script):
        """A service that follows a script, in the tree that stands for the machine."""
        os.makedirs(self.tree.root + "/run", exist_ok=True)
        service = support.Service(self.tree.root + "/run/s", script)
        out = self.tell(*args, "--root", self.tree.root, "--socket", "/run/s")
        service.join(20)
        self.assertIsNone(service.fault)
        self.assertEqual(service.script, [], out)
        return out.replace("/run/s\n", "/run/sscard/sscard.sock\n")

    def seen(self, args, *rows, pcsc=True, psam=None, more=()):
        return self.script(args, [("system.ping", ping(pcsc=pcsc, psam=psam)), ("reader.list", listed(*rows)), *more])

    WELL = [("card.info", INFO), ("card.identity", GENUINE), ("txn.list", {"txns": []})]

    def plugged(self, **device):
        self.tree.plist(("0x1D99", "0x0013", "Desk Reader"))
        self.tree.device(**device)

    def case_service(self, args):
        return self.tell(*args, "--root", self.tree.root, "--socket", "/run/sscard/sscard.sock")

    def case_pcscd(self, args):
        self.tree.write("/usr/sbin/pcscd")
        return self.seen(args, pcsc=False)

    def case_unlisted(self, args):
        self.tree.plist()
        self.tree.device()
        return self.seen(args)

    def case_bind(self, args):
        self.tree.plist()
        self.tree.device()
        return self.tell(*args, "--root", self.tree.root)

    def case_kernel(self, args):
        self.plugged(driver="pn533_usb")
        return self.seen(args)

    def case_beside(self, args):
        self.plugged()
        self.tree.device("1-3", vid="08e6", pid="3437", product="Twin Reader", serial="")
        return self.seen(args, reader(), more=self.WELL)

    def case_held(self, args):
        self.plugged()
        self.tree.process(77, "scdaemon", maps="7f00-7f01 r-xp 0 0:0 1 /usr/lib/libpcsclite.so.1.0.0\n")
        return self.seen(args, reader(in_use=True))

    def case_mute(self, args):
        self.plugged()
        return self.seen(args, reader("mute"))

    def case_psam(self, args):
        self.plugged()
        return self.seen(args, reader(), psam=[], more=[("card.info", INFO)])

    def case_unnamed(self, args):
        self.plugged()
        rows = reader(), reader(name="Maker Desk Reader (S0001) 00 01")
        return self.seen(args, *rows, psam=[], more=[("card.info", INFO)])

    def case_well(self, args):
        self.plugged()
        return self.seen(args, reader(), psam=[PSAM], more=self.WELL)

    def case_contact(self, args):
        return self.tell("--driver", "sim", *args)

    def case_worn(self, args):
        if not patient.have_pcscd():
            self.skipTest("no pcscd on this machine")
        pcscd = patient.Pcscd(os.path.join(self.dir, "p"), ["Desk Reader"])
        self.env["PCSCLITE_CSOCK_NAME"] = pcscd.socket
        pcscd.fault(0, "00B2 communication-error\n")
        pcscd.insert(0, "ssc-3.0")
        try:
            pcscd.start()
            return self.tell(*args)
        finally:
            pcscd.stop()

    def case_acceptance(self, args):
        return self.tell("--driver", "sim", *args)

    def case_bundle(self, args):
        return self.tell("--driver", "sim", *args, "--root", self.tree.root)

    def case_record(self, args):
        return self.tell("--driver", "sim", *args)

    def case_replay(self, args):
        self.tell("--driver", "sim", "trace", "record", "card.replay", "identity")
        return self.tell(*args)

    def inline(self, args):
        """In the text: with a service on simulated readers, its clerk and its files."""
        self.tell("--driver", "sim", "trace", "record", "card.replay", "identity")
        self.env["SSCARD_SOCKET"] = os.path.join(self.dir, "s")
        service = subprocess.Popen([os.environ["SSCARDD"], "--sim=ssc-3.0", "--socket", self.env["SSCARD_SOCKET"], "--journal",
                                    os.path.join(self.dir, "journal.db"), "--log-level", "error"], env=self.env)
        try:
            for _ in range(500):
                if os.path.exists(self.env["SSCARD_SOCKET"]):
                    break
                time.sleep(0.01)
            pin = ["--pin-fd", "0"] if "debit" in args else []
            driver = ["--driver", "sim"] if "--direct" in args else []
            return self.run_cli(*driver, *args, *pin, stdin="123456\n")
        finally:
            service.terminate()
            service.wait(20)

    def again(self):
        self.tearDown()
        self.setUp()

    def check(self, path, lang):
        self.lang = lang
        with open(path, encoding="utf-8") as f:
            wanted = f.read()

        def block(match):
            self.again()
            out = sample(getattr(self, "case_" + match[1])(shlex.split(match[2])))
            old = match[3] if measured(match[3]) == measured(out) else out
            return "<!-- case %s -->\n```\n$ sscard%s\n%s```" % (match[1], match[2], old)
        got = re.sub(BLOCK, block, wanted, flags=re.S)
        if os.environ.get("SSCARD_UPDATE"):
            with open(path, "w", encoding="utf-8") as f:
                f.write(got)
        else:
            self.assertMultiLineEqual(wanted, got)
        self.assertEqual(set(re.findall(r"<!-- case (\w+)", got)), {name[5:] for name in dir(self) if name.startswith("case_")})
        for command in set(re.findall(r"`sscard( [^`\n]*)`", re.sub(BLOCK, "", got, flags=re.S))):
            with self.subTest(command):
                self.again()
                r = self.inline(shlex.split(command))
                # a simulated reader is listed nowhere, and no counter
                codes = (0, 3) if "--bind" in command else (1,) if "--acceptance" in command else (0,)
                self.assertIn(r.code, codes, r.err + r.out)
        self.assertNotRegex(re.sub(BLOCK + "|`[^`\n]*`", "", got, flags=re.S), r"sscard (doctor|readers|trace|support-bundle|--)")

    def test_english(self):
        self.check(os.path.join(DOCS, "field-guide.md"), "en")

    def test_chinese(self):
        self.check(os.path.join(DOCS, "zh_CN", "field-guide.md"), "zh")


if __name__ == "__main__":
    unittest.main()
