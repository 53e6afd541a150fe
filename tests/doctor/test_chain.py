# SPDX-License-Identifier: Apache-2.0
"""Each cause of the chain: sockets and disks for real, hardware as a tree of files, the service as a script."""
import os
import socket
import struct
import subprocess
import threading
import time
import unittest

import patient
import support
from patient import GENUINE, INFO, PSAM, listed, ping, reader

READ = [("system.ping", ping()), ("reader.list", listed(reader()))]


class TestService(patient.Case):
    def test_stopped(self):
        self.diagnose("service_stopped")

    def test_dead(self):
        path = os.path.join(self.dir, "s")
        with socket.socket(socket.AF_UNIX) as s:
            s.bind(path)
        self.assertIn("ECONNREFUSED", self.diagnose("service_dead", "--socket", path)["evidence"]["en"])

    @unittest.skipUnless(patient.can_be_nobody(), "needs root and setpriv")
    def test_denied(self):
        path = os.path.join(self.dir, "s")
        os.chmod(self.dir, 0o755)
        with socket.socket(socket.AF_UNIX) as s:
            s.bind(path)
            s.listen(1)
            os.chmod(path, 0o660)
            os.chown(path, 0, 65533)
            done = subprocess.run(patient.as_nobody([support.SSCARD, "--json", "doctor", "--socket", path]),
                                  stdout=subprocess.PIPE, env=self.env, timeout=30)
        cause = self.judge("service_denied", support.Result(done.returncode, done.stdout.decode(), ""))
        self.assertIn("0660", cause["evidence"]["zh"])
        self.assertIn("65534", cause["evidence"]["en"])

    @unittest.skipUnless(patient.can_be_nobody(), "needs root and setpriv")
    def test_no_group(self):
        """Nobody is told to join the group root, or one that may not open the socket either."""
        path = os.path.join(self.dir, "s")
        os.chmod(self.dir, 0o755)
        with socket.socket(socket.AF_UNIX) as s:
            s.bind(path)
            s.listen(1)
            for mode, group in (0o660, 0), (0o600, 65533):
                os.chmod(path, mode)
                os.chown(path, 0, group)
                done = subprocess.run(patient.as_nobody([support.SSCARD, "--json", "doctor", "--socket", path]),
                                      stdout=subprocess.PIPE, env=self.env, timeout=30)
                cause = self.judge("service_no_group", support.Result(done.returncode, done.stdout.decode(), ""))
                self.assertIn("%04o" % mode, cause["evidence"]["en"])

    def test_path(self):
        self.assertIn("ENOTSOCK", self.diagnose("service_path", "--socket", self.dir)["evidence"]["en"])
        self.assertIn("ENAMETOOLONG", self.diagnose("service_path", "--socket", "/" + "x" * 200)["evidence"]["zh"])

    def test_lost(self):
        """Killed while it is examined: not the card's fault, wherever it happens."""
        script = [("system.ping", ping()), ("reader.list", listed(reader())), ("card.info", INFO), ("card.identity", GENUINE)]
        for at in 1, 2, 3:
            method = script[at][0]
            cause = self.with_answers("service_lost", script[:at] + [(method, support.Service.HANG_UP)])
            self.assertIn(method, cause["evidence"]["en"])

    def test_service_of_another_version(self):
        """And one so old that it does not tell its driver."""
        daemon = {"ok": True, "version": "0.0.9", "pid": 4242}
        script = [("system.ping", {"daemon": daemon}), ("reader.list", listed(reader())), ("card.info", INFO)]
        r = self.with_answers("psam_missing", script)
        self.assertTrue(r)
        script = [("system.ping", ping(daemon=daemon))] + READ[1:] + [("card.info", INFO), ("card.identity", GENUINE), ("txn.list", {"txns": []})]
        self.assertIn("0.0.9", self.with_answers("service_other_version", script, remark=True)["evidence"]["zh"])

    def test_driver(self):
        """A recording that is none is not pcscd's fault."""
        self.tree.write("/x.replay", "nothing")
        cause = self.diagnose("driver_fault", "--driver", "replay:" + self.tree.root + "/x.replay")
        self.assertIn(self.tree.root + "/x.replay", cause["evidence"]["zh"])
        self.assertIn("card_image_invalid", cause["evidence"]["en"])
        for path, lang, words in (("/none.replay", "en", ("[file_missing]", "/none.replay", "is not there")),
                                  ("/none.replay", "zh", ("[file_missing]", "/none.replay", "文件不存在")),
                                  ("/x.replay", "en", ("[card_image_invalid]", "/x.replay:1"))):
            r = self.run_cli("--driver", "replay:" + self.tree.root + path, "info", "--lang", lang)
            self.assertEqual(r.code, 2)
            for word in words:
                self.assertIn(word, r.err)

    def test_role(self):
        self.with_answers("service_role", [("system.ping", support.error("permission_denied", -8))])

    def test_silent(self):
        self.with_answers("service_silent", [("system.ping", support.Service.SILENT)], "--deadline", "0.5")


class TestPcscd(patient.Case):
    """Where the service has lost pcscd; the tree says why."""
    LOST = [("system.ping", ping(pcsc=False)), ("reader.list", listed())]

    def test_missing(self):
        self.with_answers("pcscd_missing", list(self.LOST))

    def test_container(self):
        self.tree.write("/run/.containerenv")
        self.assertIn("podman", self.with_answers("pcscd_container", list(self.LOST))["evidence"]["zh"])

    def test_not_enabled(self):
        self.tree.write("/usr/sbin/pcscd")
        self.with_answers("pcscd_not_enabled", list(self.LOST))

    def test_stopped(self):
        self.tree.write("/usr/sbin/pcscd")
        self.tree.write("/etc/systemd/system/sockets.target.wants/pcscd.socket")
        self.with_answers("pcscd_stopped", list(self.LOST))

    def test_version(self):
        os.makedirs(self.tree.root + "/run/pcscd")
        with socket.socket(socket.AF_UNIX) as s:
            s.bind(self.tree.root + "/run/pcscd/pcscd.comm")
            s.listen(4)

            def answer():
                s.accept()[0].close()  # a knock on the door
                connection = s.accept()[0]
                connection.recv(64)
                connection.sendall(struct.pack("<iiI", 4, 9, 0x8010001E))
                connection.close()
            thread = threading.Thread(target=answer)
            thread.start()
            cause = self.with_answers("pcscd_version", list(self.LOST))
            thread.join()
            self.assertIn("protocol 4:9", cause["evidence"]["en"])

    def test_takes_connections_and_says_nothing(self):
        os.makedirs(self.tree.root + "/run/pcscd")
        with socket.socket(socket.AF_UNIX) as s:
            s.bind(self.tree.root + "/run/pcscd/pcscd.comm")
            s.listen(4)
            self.with_answers("pcscd_silent", list(self.LOST))

    def test_silent(self):
        self.with_answers("pcscd_silent", [("system.ping", ping()), ("reader.list", support.error("deadline_exceeded", -5))])


class TestUsb(patient.Case):
    NONE = [("system.ping", ping()), ("reader.list", listed())]

    def unserved(self, symbol, listed_too=True, **device):
        self.tree.plist(*([("0x1D99", "0x0013", "Desk Reader")] if listed_too else []))
        self.tree.device(**device)
        cause = self.with_answers(symbol, list(self.NONE))
        self.assertIn("1d99:0013", cause["evidence"]["zh"])
        return cause

    def test_no_usb(self):
        self.with_answers("usb_none", list(self.NONE))

    def test_not_plugged(self):
        self.tree.device(product="Keyboard", maker="K", content=patient.descriptors(3, b""))
        self.assertIn("USB devices: 1", self.with_answers("reader_not_plugged", list(self.NONE))["evidence"]["en"])

    def test_photographs_are_no_business_of_ours(self):
        self.tree.device(product="USB Card Reader", content=patient.descriptors(8, b""))
        self.with_answers("reader_not_plugged", list(self.NONE))

    def test_not_ccid(self):
        cause = self.unserved("reader_not_ccid", False, product="IC Card Reader", content=patient.descriptors(3, b""))
        self.assertIn("03", cause["evidence"]["en"])

    def test_lies(self):
        self.unserved("reader_lies", content=patient.descriptors(0x0B, patient.ccid_descriptor(message=3)))

    def test_unlisted(self):
        self.assertIn("/etc/libccid_Info.plist", self.unserved("reader_unlisted", False)["evidence"]["en"])

    def test_kernel_driver(self):
        self.assertIn("pn533_usb", self.unserved("reader_kernel_driver", driver="pn533_usb")["evidence"]["en"])

    def test_process(self):
        self.tree.process(812, "scdaemon", ["/dev/bus/usb/001/004"], unit="reader-thing.service")
        self.tree.process(813, "pcscd", ["/dev/bus/usb/001/004"])
        evidence = self.unserved("reader_process")["evidence"]["en"]
        self.assertIn("scdaemon (pid 812, reader-thing.service)", evidence)
        self.assertNotIn("813", evidence)

    def test_node_denied(self):
        self.tree.process(813, "pcscd", uid=999)
        self.tree.write("/dev/bus/usb/001/004")
        os.chmod(self.tree.root + "/dev/bus/usb/001/004", 0o644)
        self.assertIn("0644; pcscd runs as uid 999", self.unserved("reader_node_denied")["evidence"]["en"])

    def test_suspended(self):
        self.assertIn("suspended", self.unserved("reader_suspended", control="auto", status="suspended")["evidence"]["zh"])

    def test_not_served(self):
        self.unserved("reader_not_served")

    def test_listed_by_another_driver_than_libccid(self):
        """Ours, one that `sscard readers --bind` made, or a maker's."""
        self.tree.plist(("0x1D99", "0x0013", "Bound Reader"), path="/usr/lib/pcsc/drivers/ifd-other.bundle/Contents/Info.plist")
        self.unserved("reader_not_served", False)

    def beside(self, symbol, *rows):
        """A second device, with readers that are offered; the chain goes on to the card."""
        cause = self.with_answers(symbol, [("system.ping", ping()), ("reader.list", listed(*rows)),
                                           ("card.info", INFO), ("card.identity", GENUINE), ("txn.list", {"txns": []})], remark=True)
        return cause["evidence"]["en"]

    def test_named_beside_a_reader_that_works(self):
        self.tree.plist(("0x08E6", "0x3437", "PC Twin"))
        self.tree.device("1-2")
        self.tree.device("1-3", vid="08e6", pid="3437", product="PC Twin")
        self.assertIn("1d99:0013", self.beside("reader_unlisted", reader(name="PC Twin 00 00"), reader("empty", "PC Twin 00 01")))

    def test_one_of_two_that_are_alike(self):
        self.tree.plist(("0x1D99", "0x0013", "Desk Reader"))
        self.tree.device("1-2", serial="A")
        self.tree.device("1-3", serial="B", driver="pn533_usb")
        self.assertIn("pn533_usb", self.beside("reader_kernel_driver", reader(name="Desk Reader (A) 00 00")))

    def test_two_that_are_alike_and_work(self):
        self.tree.plist(("0x1D99", "0x0013", "Desk Reader"))
        self.tree.device("1-2", serial="")
        self.tree.device("1-3", serial="")
        rows = [reader(name="Desk Reader 00 00"), reader("empty", "Desk Reader 01 00")]
        self.with_answers("slot_empty", [("system.ping", ping()), ("reader.list", listed(*rows))], "--reader", "Desk Reader 01 00",
                          no_remarks=True)

    def test_held_by_pcscd_where_our_own_driver_wants_it(self):
        self.tree.device("1-2")
        self.tree.process(813, "pcscd", ["/dev/bus/usb/001/004"], unit="pcscd.service")
        cause = self.with_answers("reader_process", [("system.ping", ping(driver="ccid")),
                                                     ("reader.list", listed(reader("gone", "Desk Reader (1-2) 0")))])
        self.assertIn("pcscd (pid 813, pcscd.service)", cause["evidence"]["zh"])

    def test_quirk(self):
        self.tree.plist(("0x058F", "0x9540", "Alcor AU9540"))
        self.tree.device(vid="058f", pid="9540", product="AU9540")
        self.assertIn("speeds", self.beside("reader_quirk", reader(name="Alcor AU9540 00 00")))

    def test_voltage(self):
        self.tree.plist(("0x1D99", "0x0013", "Desk Reader"))
        self.tree.device(content=patient.descriptors(0x0B, patient.ccid_descriptor(voltages=2)))
        self.assertIn("3 V", self.with_answers("card_voltage", [("system.ping", ping()), ("reader.list", listed(reader("mute")))])
                      ["evidence"]["en"])


class TestReaderAndCard(patient.Case):
    def seen(self, symbol, row, *more):
        return self.with_answers(symbol, [("system.ping", ping()), ("reader.list", listed(row))] + list(more))

    def test_unknown(self):
        self.with_answers("reader_unknown", list(READ), "--reader", "Other")

    def test_held(self):
        self.tree.process(77, "opensc-tool", maps="7f00-7f01 r-xp 0 0:0 1 /usr/lib/libpcsclite.so.1.0.0\n")
        self.assertIn("opensc-tool (pid 77)", self.seen("reader_held", reader(in_use=True))["evidence"]["zh"])

    def test_wedged(self):
        self.assertIn("2026-01-02", self.seen("reader_wedged", reader("wedged"))["evidence"]["en"])

    def test_gone(self):
        self.seen("reader_gone", reader("gone"))

    def test_empty(self):
        self.seen("slot_empty", reader("empty"))

    def test_mute(self):
        self.seen("card_mute", reader("mute"))

    def test_answers_of_the_card(self):
        for symbol, error in (("card_protocol", "protocol_mismatch"), ("card_atr", "bad_atr"), ("card_unreadable", "reader_io_error"),
                              ("card_mute", "card_unpowered"), ("slot_empty", "card_removed"), ("reader_held", "reader_busy")):
            with self.subTest(error):
                self.seen(symbol, reader(), ("card.info", support.error(error)), ("reader.list", listed(reader()), True))

    def test_reader_that_goes_while_the_card_is_read(self):
        """A cable, not a dirty card."""
        for error, now in ("reader_removed", []), ("reader_not_found", []), ("reader_io_error", []), ("reader_io_error", [reader("gone")]):
            with self.subTest(error):
                cause = self.seen("reader_gone", reader(), ("card.info", support.error(error)), ("reader.list", listed(*now), True))
                self.assertIn(error, cause["evidence"]["zh"])

    def test_answer_to_reset_that_came_with_the_refusal(self):
        fresh = ("reader.list", listed(reader(atr="3BED00")), True)
        cause = self.seen("card_protocol", reader(atr=None), ("card.info", support.error("protocol_mismatch")), fresh)
        self.assertIn("ATR 3BED00", cause["evidence"]["en"])

    def test_not_ssc(self):
        self.seen("card_not_ssc", reader(), ("card.info", dict(INFO, kind="unknown")))


class TestKeys(patient.Case):
    def keys(self, symbol, psam, *more, **info):
        return self.with_answers(symbol, [("system.ping", ping(psam=psam)), ("reader.list", listed(reader())),
                                          ("card.info", dict(INFO, **info))] + list(more))

    def test_missing(self):
        self.keys("psam_missing", [])

    def test_fault(self):
        self.assertIn("card_mute", self.keys("psam_fault", [dict(PSAM, ok=False, error="card_mute")])["evidence"]["en"])

    def test_in_a_slot_that_is_not_known_for_it(self):
        script = [("system.ping", ping(psam=[])), ("reader.list", listed(reader(), reader(name="Slot B"))), ("card.info", INFO)]
        self.assertIn("psam = Slot B", self.with_answers("psam_unnamed", script)["remedy"]["en"])

    def test_the_same_readers_other_slot_comes_first(self):
        others = [reader(name="Slot B"), reader(name=reader()["name"][:-1] + "1"), reader(name="Slot C")]
        script = [("system.ping", ping(psam=[])), ("reader.list", listed(reader(), *others)), ("card.info", INFO)]
        self.assertIn("psam = Maker Desk Reader (S0001) 00 01 ", self.with_answers("psam_unnamed", script)["remedy"]["en"])

    def test_lent(self):
        self.assertIn(PSAM["reader"], self.keys("psam_lent", [dict(PSAM, ok=False, state="lent")])["evidence"]["en"])

    def test_still_being_opened(self):
        """The service has just started: a PSAM that is waited for, and then one that is no good."""
        opening = [dict(PSAM, ok=False, state="opening")]
        more = [("system.ping", ping(psam=opening)), ("system.ping", ping(psam=[dict(PSAM, ok=False, state="fault", error="no_psam")]))]
        script = [("system.ping", ping(psam=opening)), ("reader.list", listed(reader())), ("card.info", INFO)] + more
        self.assertIn("no_psam", self.with_answers("psam_fault", script)["evidence"]["en"])

    def test_algorithm(self):
        self.assertIn("SM4", self.keys("psam_algorithm", [dict(PSAM, algorithms=["3des"])])["evidence"]["en"])

    def test_key_level_and_region(self):
        for error in "psam_key_missing", "psam_region", "need_remote_authentication":
            with self.subTest(error):
                cause = self.keys("psam_key", [PSAM], ("card.identity", support.error(error)))
                self.assertIn("000000000001", cause["evidence"]["zh"])

    def test_wrong_keys(self):
        self.keys("psam_wrong_keys", [PSAM], ("card.identity", support.error("external_authentication_failed")))

    def test_pulled_while_it_is_read(self):
        self.keys("slot_empty", [PSAM], ("card.identity", support.error("card_removed")))

    def test_not_genuine(self):
        self.keys("card_not_genuine", [PSAM], ("card.identity", dict(GENUINE, genuine="no")))

    def test_people_are_not_in_the_report(self):
        os.makedirs(self.tree.root + "/run")
        service = support.Service(self.tree.root + "/run/s", READ + [("card.info", INFO), ("card.identity", GENUINE), ("txn.list", {"txns": []})])
        for args in ([], ["--json"]):
            if args:
                service = support.Service(self.tree.root + "/run/s", READ + [("card.info", INFO), ("card.identity", GENUINE),
                                                                             ("txn.list", {"txns": []})])
            r = self.run_cli("doctor", "--root", self.tree.root, "--socket", "/run/s", *args)
            service.join(20)
            os.unlink(self.tree.root + "/run/s")
            self.assertEqual(r.code, 0, r.out)
            for secret in "张三", "111111198101011110":
                self.assertNotIn(secret, r.out + r.err)


class TestBehind(patient.Case):
    WELL = READ + [("card.info", INFO), ("card.identity", GENUINE)]

    def test_clock_backwards(self):
        last = {"txns": [{"created": "2096-01-02T03:04:05+08:00"}]}
        self.with_answers("clock_backwards", self.WELL + [("txn.list", last)])

    def test_time_zone(self):
        self.env["TZ"] = "UTC"
        cause = self.with_answers("time_zone", self.WELL + [("txn.list", {"txns": []})], remark=True)
        self.assertIn("TZ=UTC, UTC+00:00", cause["evidence"]["zh"])

    def behind(self, symbol, remark=False, **of_ping):
        script = [("system.ping", ping(**of_ping))] + self.WELL[1:] + [("txn.list", {"txns": []})]
        return self.with_answers(symbol, script, remark=remark)

    def test_journal(self):
        self.assertIn("journal_unavailable", self.behind("journal_fault", journal={"ok": False, "error": "journal_unavailable"})
                      ["evidence"]["zh"])

    def test_journal_is_where_the_service_says(self):
        self.tree.write("/srv/till/x")
        cause = self.behind("journal_fault", journal={"ok": False, "file": "/srv/till/j.db", "error": "journal_unavailable"})
        self.assertIn("/srv/till/j.db", cause["evidence"]["en"])

    def test_journal_gone(self):
        """A real service whose journal is taken away under it."""
        journal, path = os.path.join(self.dir, "j.db"), os.path.join(self.dir, "s")
        service = subprocess.Popen([os.environ["SSCARDD"], "--sim", "--socket", path, "--journal", journal,
                                    "--log-level", "error"], env=self.env)
        try:
            for _ in range(500):  # up, and done with its PSAM: the journal comes after it in the chain
                if os.path.exists(path) and '"terminal": "' in self.run_cli("--json", "ping", "--socket", path).out:
                    break
                time.sleep(0.01)
            os.rename(journal, journal + ".away")
            cause = self.diagnose("journal_gone", "--socket", path)
            self.assertIn(journal, cause["evidence"]["en"])
            self.assertIn("/proc/%d/fd" % service.pid, cause["remedy"]["zh"])
            os.rename(journal + ".away", journal)
            self.assertEqual(self.run_cli("doctor", "--socket", path).code, 0)
        finally:
            service.terminate()
            service.wait(20)

    def test_unsettled(self):
        self.behind("unsettled", True, journal={"ok": True, "unsettled": 2})

    @unittest.skipUnless(os.geteuid() == 0, "needs root for a small disk")
    def test_full_disk(self):
        """The service itself on a disk of two megabytes."""
        disk, path = os.path.join(self.dir, "disk"), os.path.join(self.dir, "s")
        os.mkdir(disk)
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", disk], stderr=subprocess.DEVNULL).returncode != 0:
            self.skipTest("mount is not allowed here")
        service = subprocess.Popen([os.environ["SSCARDD"], "--sim", "--socket", path, "--journal", disk + "/journal.db",
                                    "--log-level", "error"], env=self.env)
        try:
            for _ in range(500):
                if os.path.exists(path):
                    break
                time.sleep(0.01)
            cause = self.diagnose("disk_full", "--socket", path)
            self.assertIn(disk, cause["evidence"]["en"])
        finally:
            service.terminate()
            service.wait(20)
            subprocess.run(["umount", disk], check=True)


if __name__ == "__main__":
    unittest.main()
