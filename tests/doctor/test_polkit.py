# SPDX-License-Identifier: Apache-2.0
"""A pcscd that asks polkit, for real: polkit, D-Bus and /proc in a mount namespace of their own."""
import os
import subprocess
import unittest

import patient
import support

HERE = os.path.dirname(os.path.abspath(__file__))
ALLOW = "if (action.id.indexOf('org.debian.pcsc-lite.') == 0) return polkit.Result.YES;"
REFUSE = "if (action.id.indexOf('org.debian.pcsc-lite.') == 0) return polkit.Result.NO;"
NO_CARD = "if (action.id == 'org.debian.pcsc-lite.access_card') return polkit.Result.NO; " + ALLOW


class TestPolkit(patient.Case):
    @classmethod
    def setUpClass(cls):
        why = patient.without_polkit()
        if why:
            raise unittest.SkipTest(why)

    def setUp(self):
        super().setUp()
        os.chmod(self.dir, 0o755)
        self.pcscd = patient.Pcscd(os.path.join(self.dir, "p"), ["Desk", "Desk SAM"])
        self.pcscd.insert(0, "ssc-3.0")
        self.pcscd.insert(1, "psam")

    def examine(self, *command, rule=ALLOW, hidepid="", bus="yes"):
        env = dict(self.env, RULE=rule, HIDEPID=hidepid, BUS=bus, POLKIT_PCSCD=patient.polkit_pcscd())
        done = subprocess.run(["unshare", "-m", os.path.join(HERE, "polkit_ns"), self.pcscd.folder, *command],
                              stdout=subprocess.PIPE, env=env, timeout=60)
        return support.Result(done.returncode, done.stdout.decode(), "")

    def doctor(self, **machine):
        return self.examine(*patient.as_nobody([support.SSCARD, "--json", "doctor", "--direct"]), **machine)

    def test_allowed(self):
        r = self.doctor()
        self.assertEqual((r.code, r.json()["cause"]), (0, None), r.out)

    def test_refused(self):
        for rule in REFUSE, "":  # by a rule, and by pcscd's own policy: this is no session at a screen
            with self.subTest(rule):
                cause = self.judge("pcscd_polkit", self.doctor(rule=rule))
                self.assertIn("uid 65534: access_pcsc", cause["evidence"]["en"])

    def test_refused_the_card_alone(self):
        self.assertIn("access_card", self.judge("pcscd_polkit", self.doctor(rule=NO_CARD))["evidence"]["zh"])

    def test_hidepid(self):
        for option, shown in ("2", "hidepid=invisible"), ("1", "hidepid=noaccess"):
            with self.subTest(option):
                evidence = self.judge("pcscd_hidepid", self.doctor(hidepid=option))["evidence"]
                self.assertIn(shown, evidence["en"])
                self.assertIn("65534", evidence["zh"])

    def test_hidepid_that_lets_polkit_see(self):
        with open("/etc/group", encoding="utf-8") as groups:
            gid = [line.split(":")[2] for line in groups if line.startswith("polkitd:")]
        self.assertEqual(self.doctor(hidepid="2,gid=" + gid[0]).code, 0)
        self.judge("pcscd_polkit", self.doctor(hidepid="2,gid=" + gid[0], rule=REFUSE))

    def test_without_polkit_everybody_is_refused(self):
        self.judge("pcscd_polkit_down", self.doctor(bus="no"))
        r = self.examine(support.SSCARD, "--json", "doctor", "--direct", bus="no")  # root, too
        self.assertIn("uid 0;", self.judge("pcscd_polkit_down", r)["evidence"]["en"])

    def test_the_service_is_refused_and_the_technician_is_not(self):
        home = os.path.join(self.dir, "service")
        os.makedirs(home)
        os.chown(home, 65534, 65534)
        script = """set -eu
            setpriv --reuid 65534 --regid 65534 --clear-groups "$1" --socket "$0/s" --journal "$0/j.db" --log-level error &
            for _ in $(seq 100); do [ ! -S "$0/s" ] || break; sleep 0.05; done
            "$2" --json doctor --direct >"$0/straight" || true
            "$2" --json doctor --socket "$0/s" || code=$?
            kill $!; wait $! || true; exit ${code:-0}"""
        cause = self.judge("pcscd_polkit", self.examine("bash", "-c", script, home, os.environ["SSCARDD"], support.SSCARD, rule=REFUSE))
        self.assertIn("uid 65534", cause["evidence"]["en"])
        self.assertIn("sscard.rules", cause["remedy"]["zh"])
        with open(os.path.join(home, "straight"), encoding="utf-8") as f:
            self.assertIn('"cause": null', f.read())


if __name__ == "__main__":
    unittest.main()
