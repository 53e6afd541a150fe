# SPDX-License-Identifier: Apache-2.0
"""The field guides show what the doctor really says: each block behind <!-- case NAME --> is made by a run.
SSCARD_UPDATE=1 writes them anew."""
import os
import re
import unittest

import patient
import support
from patient import GENUINE, INFO, listed, ping, reader

DOCS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "docs")
NONE = [("system.ping", ping()), ("reader.list", listed())]
SEEN = [("system.ping", ping()), ("reader.list", listed(reader()))]


class TestGuide(patient.Case):
    def script(self, lang, script, *args):
        os.makedirs(self.tree.root + "/run", exist_ok=True)
        service = support.Service(self.tree.root + "/run/s", script)
        r = self.run_cli("doctor", "--root", self.tree.root, "--socket", "/run/s", "--lang", lang, *args)
        service.join(20)
        os.unlink(self.tree.root + "/run/s")
        return r.out.replace("/run/s", "/run/sscard/sscard.sock")

    def case_service(self, lang):
        return self.run_cli("doctor", "--root", self.tree.root, "--socket", "/run/sscard/sscard.sock", "--lang", lang).out

    def case_pcscd(self, lang):
        self.tree.write("/usr/sbin/pcscd")
        return self.script(lang, [("system.ping", ping(pcsc=False)), ("reader.list", listed())])

    def case_unlisted(self, lang):
        self.tree.plist()
        self.tree.device()
        return self.script(lang, list(NONE))

    def case_kernel(self, lang):
        self.tree.plist(("0x1D99", "0x0013", "Desk Reader"))
        self.tree.device(driver="pn533_usb")
        return self.script(lang, list(NONE))

    def case_held(self, lang):
        self.tree.process(77, "scdaemon", maps="7f00-7f01 r-xp 0 0:0 1 /usr/lib/libpcsclite.so.1.0.0\n")
        return self.script(lang, [("system.ping", ping()), ("reader.list", listed(reader(in_use=True)))])

    def case_mute(self, lang):
        return self.script(lang, [("system.ping", ping()), ("reader.list", listed(reader("mute")))])

    def case_psam(self, lang):
        return self.script(lang, [("system.ping", ping(psam=[])), ("reader.list", listed(reader())), ("card.info", INFO)])

    def case_well(self, lang):
        self.tree.plist(("0x1D99", "0x0013", "Desk Reader"))
        self.tree.device()
        return self.script(lang, SEEN + [("card.info", INFO), ("card.identity", GENUINE), ("txn.list", {"txns": []})])

    def case_contact(self, lang):
        return self.run_cli("--driver", "sim", "doctor", "--contact", "50", "--lang", lang).out

    def case_acceptance(self, lang):
        return self.run_cli("--driver", "sim", "doctor", "--acceptance", "--lang", lang).out

    def case_bundle(self, lang):
        return self.run_cli("--driver", "sim", "support-bundle", "--output", "clinic-12.tar.gz", "--root", self.tree.root,
                            "--lang", lang).out

    @staticmethod
    def stable(text):
        text = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "2026-01-05 08:30:00", text)
        text = re.sub(r"^(Machine|主机)  .*$", r"\1  counter-3", text, flags=re.M)
        text = re.sub(r"(identity in|身份信息) \d+ ms", r"\1 9 ms", text)
        text = re.sub(r"\d+\.\d ms each|每次 \d+\.\d ms$", lambda m: re.sub(r"\d+\.\d", "0.0", m[0]), text, flags=re.M)
        text = re.sub(r"^(Power-on|上电用时)( +)\d+ ms", r"\1\g<2>0 ms", text, flags=re.M)
        text = re.sub(r"^(Exchange|每次交互)( +)\d+\.\d ms", r"\1\g<2>0.0 ms", text, flags=re.M)
        text = re.sub(r"(slowest|最慢) \d+\.\d", r"\1 0.0", text)
        text = re.sub(r"^.*(not synchronised|未与网络同步).*\n", "", text, flags=re.M)
        return re.sub(r" +\d+ (bytes|字节)", r"  ... \1", text)

    def check(self, path, lang):
        with open(path, encoding="utf-8") as f:
            wanted = f.read()

        def block(match):
            self.tearDown()
            self.setUp()
            out = self.stable(getattr(self, "case_" + match[1])(lang))
            return "<!-- case %s -->\n```\n%s%s```" % (match[1], match[2], out)
        got, count = re.subn(r"<!-- case (\w+) -->\n```\n(\$ [^\n]*\n)(.*?)```", block, wanted, flags=re.S)
        self.assertGreater(count, 8)
        if os.environ.get("SSCARD_UPDATE"):
            with open(path, "w", encoding="utf-8") as f:
                f.write(got)
        else:
            self.assertMultiLineEqual(wanted, got)

    def test_english(self):
        self.check(os.path.join(DOCS, "field-guide.md"), "en")

    def test_chinese(self):
        self.check(os.path.join(DOCS, "zh_CN", "field-guide.md"), "zh")


if __name__ == "__main__":
    unittest.main()
