# SPDX-License-Identifier: Apache-2.0
"""The conversation with the service: what is asked, what is shown, which exit code, when things go wrong."""
import json
import re
import unittest

import support
from support import Events, Service, error

TXN = {"id": 7, "op": "pharmacy1-0000042", "kind": "debit", "purse": "medical", "state": "confirmed",
       "evidence": "reply_mac2", "final": True, "amount": 1250, "self_pay": 0, "pooled": 0, "balance_before": 100000,
       "balance_after": 98750, "card": "00BF7C7A", "counter": 5, "terminal": "410100813475", "terminal_seq": "00000001",
       "time": "2026-01-01T12:00:00+08:00", "tac": "A1B2C3D4", "test_keys": False}
OPEN = dict(TXN, state="unknown", final=False, balance_after=None, evidence="none")
OP = ["--op", "pharmacy1-0000042"]


class TestService(support.Case):
    def test_debit(self):
        r, seen = self.with_service([("purse.debit", {"txn": TXN, "repeated": False})], "debit", "12.50", *OP, "--purse",
                                    "medical", "--self-pay", "3", "--pooled", "0.07", "--deadline", "10")
        self.assertEqual(r.code, 0, r.err)
        params = seen[0][1]
        self.assertTrue(9000 <= params.pop("deadline_ms") <= 9500)
        self.assertEqual(params, {"op": OP[1], "amount": 1250, "purse": "medical", "self_pay": 300, "pooled": 7})
        for text in ("confirmed", "12.50 yuan", "987.50 yuan", "A1B2C3D4", "MAC2 right", "pharmacy1-0000042"):
            self.assertIn(text, r.out)

    def test_debit_makes_an_op(self):
        r, seen = self.with_service([("purse.debit", {"txn": TXN, "repeated": False})], "debit", "0.01")
        op = seen[0][1]["op"]
        self.assertTrue(re.fullmatch(r"[A-Za-z0-9._:-]{16,64}", op))
        self.assertIn(op, r.err)

    def test_a_made_op_is_told_to_programs(self):
        r, seen = self.with_service([("purse.debit", {"txn": TXN, "repeated": False})], "debit", "0.01", "--json")
        self.assertEqual(r.json()["op"], seen[0][1]["op"])
        self.assertEqual(r.json()["txn"]["id"], 7)
        r, seen = self.with_service([("purse.debit", error("insufficient_funds"))], "debit", "0.01", "--json")
        self.assertEqual(r.json()["op"], seen[0][1]["op"])
        r, _ = self.with_service([("purse.debit", {"txn": TXN, "repeated": False})], "debit", "0.01", *OP, "--json")
        self.assertNotIn("op", r.json())

    def test_a_repeat_wants_no_pin(self):
        """An op of the caller's own may be a repeat: the PIN is read when the service asks for it."""
        done = ("purse.debit", {"txn": TXN, "repeated": True})
        r, seen = self.with_service([done], "debit", "12.50", *OP, "--pin-fd", "0", stdin="")
        self.assertEqual((r.code, seen[0][1].get("pin")), (0, None), r.err)
        r, seen = self.with_service([("purse.debit", error("pin_required", -86)), done], "debit", "12.50", *OP, "--pin-fd", "0",
                                    stdin="123456\n")
        self.assertEqual((r.code, seen[1][1]["pin"]), (0, {"secret": "123456"}))
        r, seen = self.with_service([done], "debit", "12.50", "--pin-fd", "0", stdin="123456\n")
        self.assertEqual(seen[0][1]["pin"], {"secret": "123456"})

    def test_pin_through_the_back_office(self):
        begun = {"lease": "L1", "algorithm": "03", "key": "PUK", "address": "0090", "reset_info": "00",
                 "external": {"factor": "1122334455667788", "original": "8877665544332211"}}
        asked = {"challenge": "0102030405060708", "header": "8424000004", "algorithm": "03", "address": "0173"}
        lease = ("card.acquire", {"lease": "L1", "card": "c", "reader": "R", "expires": ""})
        script = [lease, ("card.authenticate.begin", begun), ("card.authenticate.complete", {"key": "PUK"}),
                  ("pin.unblock", asked), ("pin.unblock", {"repeated": False})]
        answers = "AABBCCDDEEFF0011\n842400000401020304\n"
        r, seen = self.with_service(list(script), "pin", "unblock", "--remote", stdin=answers)
        self.assertEqual(r.code, 0, r.err)
        for text in ("0090", "0173", "1122334455667788", "8877665544332211", "0102030405060708", "8424000004"):
            self.assertIn(text, r.out)
        for _, params in seen:
            params.pop("deadline_ms", 0)
        self.assertEqual(seen[2][1], {"lease": "L1", "external": "AABBCCDDEEFF0011"})
        op = seen[3][1].pop("op")
        self.assertEqual(seen[3][1], {"lease": "L1", "remote": True})
        self.assertEqual(seen[4][1], {"lease": "L1", "op": op, "command": "842400000401020304"})
        r, _ = self.with_service(list(script), "pin", "unblock", "--remote", "--json", stdin=answers)
        self.assertEqual(r.json(), {"repeated": False, "op": r.json()["op"]})
        self.assertIn('"challenge":"0102030405060708"', r.err)
        # a purse has no key PUK; a repeated op needs no answers
        r, seen = self.with_service([lease, ("pin.unblock", {"repeated": True})], "pin", "unblock", "--remote", "--purse", "ep",
                                    *OP, stdin="")
        self.assertEqual(r.code, 0, r.err)
        r, seen = self.with_service([("pin.reload", {"repeated": False})], "pin", "reload", "--command", "805E000007", *OP)
        self.assertEqual((r.code, seen[0][1]["command"]), (0, "805E000007"))
        self.assertEqual(self.run_cli("pin", "verify", "--remote").code, 2)
        self.assertEqual(self.with_service([lease, ("card.authenticate.begin", begun)], "pin", "unblock", "--remote", stdin="")[0].code, 1)

    def test_debit_repeated(self):
        r, _ = self.with_service([("purse.debit", {"txn": TXN, "repeated": True})], "debit", "12.50", *OP, "--lang", "zh")
        self.assertEqual(r.code, 0)
        self.assertIn("本次未动账", r.out)

    def test_debit_refused(self):
        for symbol, code in (("insufficient_funds", 1), ("op_conflict", 1), ("unsettled_transaction", 5), ("pin_wrong", 6),
                             ("reader_wedged", 3), ("card_removed", 4), ("journal_unavailable", 1), ("invalid_params", 2)):
            r, _ = self.with_service([("purse.debit", error(symbol, tries=2, sw="63C2", sw_text={"en": "wrong PIN", "zh": "x"}))],
                                     "debit", "12.50", *OP)
            self.assertEqual((r.code, r.out), (code, ""))
            for text in (symbol + " in English", "[%s]" % symbol, "mend it", "63C2 wrong PIN", "tries left: 2"):
                self.assertIn(text, r.err)

    def test_outcome_unknown_without_a_terminal(self):
        r, _ = self.with_service([("purse.debit", error("outcome_unknown", -102, txn=OPEN))], "debit", "12.50", *OP)
        self.assertEqual(r.code, 5)
        self.assertIn("sscard txn get " + OP[1], r.err)

    def test_outcome_unknown_is_settled(self):
        script = [("purse.debit", error("outcome_unknown", -102, txn=OPEN)), ("txn.get", {"txn": OPEN}),
                  ("card.wait", error("no_card", -26)), ("txn.get", {"txn": OPEN}),
                  ("card.wait", {"reader": "r", "card": "c", "atr": None}), ("txn.resolve", {"settled": 1, "txns": []})]
        for state, code, word in (("confirmed", 0, "The sale is paid"), ("not_debited", 1, "no money has moved"),
                                  ("unproven", 5, "Give no goods")):
            end = [("txn.get", {"txn": dict(TXN, state=state)})]
            r, seen = self.with_service(script + end, "debit", "12.50", *OP, "--wait", "always")
            self.assertEqual(r.code, code, r.err)
            self.assertIn("SAME card", r.err)
            self.assertIn(word, r.err)
            self.assertEqual(sum(method == "purse.debit" for method, _ in seen), 1)

    def test_settling_may_want_the_pin(self):
        script = [("purse.debit", error("pin_required", -86)), ("purse.debit", error("outcome_unknown", -102, txn=OPEN)), ("txn.get", {"txn": OPEN}), ("card.wait", {"reader": "r"}),
                  ("txn.resolve", error("pin_required", -86)), ("txn.resolve", {"settled": 1, "txns": []}),
                  ("txn.get", {"txn": dict(TXN, state="not_debited")})]
        r, seen = self.with_service(script, "debit", "12.50", *OP, "--wait", "always", "--pin-fd", "0", stdin="111111\n222222\n")
        self.assertEqual(r.code, 1, r.err)
        self.assertEqual([p.get("pin") for _, p in seen],
                         [None, {"secret": "111111"}, None, None, None, {"secret": "222222"}, None])
        r, _ = self.with_service(script[:5], "debit", "12.50", *OP, "--wait", "always", "--pin-fd", "0", stdin="111111\n")
        self.assertEqual(r.code, 5, r.err)
        self.assertIn("sscard txn get", r.err)

    def test_service_dies_after_the_request(self):
        script = [("purse.debit", Service.HANG_UP), ("txn.get", {"txn": TXN})]
        r, _ = self.with_service(script, "debit", "12.50", *OP, "--wait", "always")
        self.assertEqual(r.code, 0, r.err)
        self.assertIn("The sale is paid", r.err)
        script = [("purse.debit", Service.HANG_UP), ("txn.get", error("transaction_not_found", -111), True)]
        r, seen = self.with_service(script, "debit", "12.50", *OP, "--wait", "always", "--deadline", "0.7")
        self.assertEqual(r.code, 3)
        self.assertGreater(len(seen), 2)  # it may still have been on its way
        self.assertIn("no money has moved", r.err)
        r, _ = self.with_service(script[:1], "debit", "12.50", *OP)
        self.assertEqual(r.code, 5)
        self.assertIn("sscard txn get", r.err)

    def test_late_answer(self):
        r, _ = self.with_service([("purse.debit", Service.SILENT)], "debit", "12.50", *OP, "--deadline", "0.2")
        self.assertEqual(r.code, 5)
        self.assertIn("deadline_exceeded", r.err)

    def test_garbage(self):
        for junk in (b"HTTP/1.1 200 OK\n", b"{}\n", b"\xff\xfe\n", b"{\"id\":1,\"result\":"):
            r, _ = self.with_service([("reader.list", junk)], "readers")
            self.assertIn(r.code, (1, 3))
            self.assertIn("sscard: ", r.err)

    def test_a_card_may_not_command_the_terminal(self):
        who = {"name": "\x1b[2J\x1b]0;x\x07张", "citizen_id": "1\r2", "genuine": "no", "findings": [], "exchanges": 1,
               "elapsed_ms": 1}
        r, _ = self.with_service([("card.identity", who)], "identity", "--color=never")
        self.assertNotIn("\x1b", r.out)
        self.assertNotIn("\r", r.out)
        self.assertIn("张", r.out)
        self.assertIn("NO", r.out)

    def test_waits_for_a_card(self):
        script = [("card.info", error("no_card", -26)), ("card.wait", {"reader": "r"}),
                  ("card.info", {"kind": "ssc", "atr": "3B00", "atr_items": [], "generation": "2.0"})]
        r, seen = self.with_service(script, "info", "--wait", "always", "--reader", "R1")
        self.assertEqual(r.code, 0)
        self.assertIn("Insert the card", r.err)
        self.assertEqual([p["reader"] for _, p in seen], ["R1"] * 3)
        r, _ = self.with_service(script[:1], "info")
        self.assertEqual(r.code, 4)

    def test_pin_pad(self):
        r, seen = self.with_service([("purse.balance", {"purse": "medical", "amount": 5, "year": 2026, "year_self_pay": 0,
                                                        "year_pooled": 12345678})], "balance", "--pin-pad")
        self.assertEqual((r.code, seen[0][1]["pin"]), (0, {"entry": "pinpad"}))
        self.assertIn("0.05 yuan", r.out)
        self.assertIn("123456.78 yuan", r.out)

    def test_pin_from_a_descriptor(self):
        balance = {"purse": "medical", "amount": 5}
        r, seen = self.with_service([("purse.balance", balance)], "balance", "--pin-fd", "0", stdin="123456\n")
        self.assertEqual((r.code, seen[0][1]["pin"]), (0, {"secret": "123456"}))
        r, seen = self.with_service([("pin.change", {})], "pin", "change", "--pin-fd=0", stdin="111111\n222222\nrest")
        self.assertEqual((r.code, seen[0][1]["old"], seen[0][1]["new"]), (0, "111111", "222222"))
        for wrong in ("12345x\n", "123\n", "12345678901234567\n", ""):
            self.assertEqual(self.run_cli("pin", "verify", "--pin-fd", "0", stdin=wrong).code, 6)
        for fd in ("77", "-1", "x", "99999999999"):
            self.assertEqual(self.run_cli("pin", "verify", "--pin-fd", fd).code, 2)

    def test_pin_needs_a_terminal(self):
        for args in (["balance"], ["pin", "verify"], ["pin", "change"]):
            script = [("purse.balance", error("pin_required", -86))] if args == ["balance"] else []
            r, _ = self.with_service(script, *args, stdin="123456\n") if script else (self.run_cli(*args, stdin="123456\n"), 0)
            self.assertEqual(r.code, 6)

    def test_ping(self):
        ping = {"daemon": {"ok": True, "version": "0.1.0", "pid": 4711, "uptime_ms": 5},
                "pcsc": {"ok": False, "driver": "pcsc"}, "readers": [{"name": "ACS 00", "ok": True, "state": "card"}],
                "psam": [{"reader": "SAM", "ok": True, "serial": "1", "terminal": "410100813475", "algorithms": ["sm4"]}],
                "hsm": {"configured": False}, "journal": {"ok": True, "unsettled": 2}, "link": {"configured": False},
                "test_keys": True}
        for lang, words in (("en", ["fault", "pid 4711", "ACS 00 (card)", "Unsettled", "test keys"]),
                            ("zh", ["故障", "未确认交易", "测试密钥", "未配置"])):
            r, _ = self.with_service([("system.ping", ping)], "ping", "--lang", lang)
            self.assertEqual(r.code, 0)
            for word in words:
                self.assertIn(word, r.out)
        r, _ = self.with_service([("system.ping", ping)], "ping", "--json")
        self.assertEqual(r.json(), ping)

    def test_txn(self):
        r, seen = self.with_service([("txn.list", {"txns": [TXN, OPEN], "more": True})], "txn", "list", "--unsettled",
                                    "--limit", "2", "--card", "00BF7C7A")
        self.assertEqual(r.code, 0)
        seen[0][1].pop("deadline_ms")
        self.assertEqual(seen[0][1], {"unsettled": True, "limit": 2, "serial": "00BF7C7A"})
        self.assertIn("OUTCOME UNKNOWN", r.out)
        for key, params in (("7", {"id": 7}), ("pharmacy1-0000042", {"op": "pharmacy1-0000042"}),
                            ("20260101000000000042", {"op": "20260101000000000042"})):
            r, seen = self.with_service([("txn.get", {"txn": TXN})], "txn", "get", key)
            seen[0][1].pop("deadline_ms")
            self.assertEqual((r.code, seen[0][1]), (0, params))
        r, seen = self.with_service([("txn.resolve", {"settled": 1, "txns": [TXN]})], "txn", "resolve", "7", "--decision", "done")
        seen[0][1].pop("deadline_ms")
        self.assertEqual(seen[0][1], {"id": 7, "decision": "done"})
        r, seen = self.with_service([("purse.debit.verified", {"txn": dict(TXN, evidence="host_mac2"), "repeated": False})],
                                    "txn", "verified", "pharmacy1-0000042", "--mac2=right")
        seen[0][1].pop("deadline_ms")
        self.assertEqual((r.code, seen[0][1]), (0, {"op": "pharmacy1-0000042", "mac2": "right"}))
        self.assertIn("found MAC2 right", r.out)
        disputed = dict(TXN, state="unproven", evidence="host_mac2_wrong")
        r, seen = self.with_service([("purse.debit.verified", error("debit_disputed", -117, txn=disputed))],
                                    "txn", "verified", "7", "--mac2", "wrong")
        self.assertEqual((r.code, seen[0][1]["id"]), (5, 7))
        self.assertIn("debit_disputed", r.err)
        r, _ = self.with_service([("txn.get", {"txn": disputed})], "txn", "get", "7", "--lang", "zh")
        self.assertIn("后台校验 MAC2 不符", r.out)
        self.assertEqual(self.run_cli("txn", "verified", "7").code, 2)
        r, _ = self.with_service([("txn.list", {"txns": [], "more": False})], "txn", "--lang", "zh")
        self.assertEqual(r.out, "没有交易。\n")

    def test_log_and_load(self):
        entry = {"record": 1, "counter": 4, "type": "32", "amount": 1250, "self_pay": 1, "pooled": 0, "terminal": "410100813475",
                 "time": "2026-01-01T12:00:00"}
        r, _ = self.with_service([("purse.log", {"purse": "medical", "entries": [entry, dict(entry, type=0x31)]})], "log")
        self.assertIn("Debit", r.out)
        self.assertIn("Load", r.out)
        begun = {"lease": "L1", "expires": "", "txn": dict(TXN, kind="load", state="prepared"),
                 "host": {"random": "01020304", "counter": 5, "mac1": "0A0B0C0D"}}
        script = [("purse.load.begin", begun), ("purse.load.complete", {"txn": dict(TXN, kind="load", evidence="load_tac")})]
        r, seen = self.with_service(script, "load", "100", *OP, stdin="20260101120000 A1B2C3D4\n")
        self.assertEqual(r.code, 0, r.err)
        seen[1][1].pop("deadline_ms")
        self.assertEqual(seen[1][1], {"lease": "L1", "id": 7, "host_time": "20260101120000", "mac2": "A1B2C3D4"})
        self.assertIn("0A0B0C0D", r.out)
        r, _ = self.with_service(list(script), "load", "100", *OP, "--json", stdin="20260101120000 A1B2C3D4\n")
        self.assertEqual(r.json()["txn"]["kind"], "load")  # one object, the result
        self.assertEqual(json.loads(r.err), begun["host"])
        r, _ = self.with_service(script[:1], "load", "100", *OP, stdin="hello\n")
        self.assertEqual(r.code, 2)

    def test_watch(self):
        events = Events([{"seq": 1, "type": "card.removed", "reader": "R"}, {"seq": 2, "type": "card.inserted", "reader": "R"}],
                        {"seq": 0, "readers": [{"name": "R", "state": "card"}, {"name": "S", "state": "empty"}]})
        info = {"kind": "ssc", "generation": "3.0", "algorithm": "sm4", "historical": {"region": "4115"}}
        script = [("events.subscribe", events), ("card.info", info), ("card.info", info)]
        r, _ = self.with_service(script, "watch", "--count", "2")
        self.assertEqual(r.code, 0, r.err)
        self.assertEqual(re.sub(r"^\S+ ", "", r.out, flags=re.M),
                         " R  card: social security card 3.0, SM4, region 4115\n S  empty\n R  card removed\n"
                         " R  card inserted: social security card 3.0, SM4, region 4115\n")
        r, _ = self.with_service([("events.subscribe", events)], "watch", "--count", "2", "--json")
        self.assertEqual([json.loads(line)["type"] for line in r.out.splitlines()],
                         ["snapshot", "card.removed", "card.inserted"])

    def test_watch_survives_a_restart(self):
        first = b'{"jsonrpc":"2.0","id":1,"result":{"seq":0,"readers":[]}}\n{half'
        again = Events([{"seq": 1, "type": "card.removed", "reader": "R"}], {"seq": 0, "readers": []})
        r, _ = self.with_service([("events.subscribe", first), ("events.subscribe", again)], "watch", "--count", "1")
        self.assertEqual(r.code, 0, r.err)
        self.assertIn("the service is gone", r.out)
        self.assertIn("card removed", r.out)

    def test_trace(self):
        line = "2026-01-01T00:00:00Z R > 00B2010400 < 9000 1.0 ms"
        script = [("reader.list", {"readers": [{"name": "R", "medium": "contact", "atr": "3B00"}]}),
                  ("trace.start", Events([{"reader": "R", "line": line}, {"reader": "other", "line": line}], {}, "trace"))]
        r, _ = self.with_service(script, "trace", "--output", "r.replay", "help")
        self.assertEqual(r.code, 0, r.err)
        self.assertEqual(r.err.count("00B2010400"), 1)
        with open(self.dir + "/r.replay") as f:
            self.assertEqual(f.read(), "# recorded by sscard trace\nredacted\nreader R\nmedium contact\natr 3B00\n> 00B2010400\n< 9000\n")

    def test_recording_of_what_failed(self):
        """Symbols that begin like hexadecimal are no answers, and a reader may be called anything."""
        name = "R > 00A4 < 9000\n< 6A82 \x1b[2J"
        lines = ["t %s > %s < %s 1.0 ms" % (name, c, a) for c, a in (
            ("00B2010400", "deadline_exceeded"), ("0084000008", "card_removed"), ("0084000008", "bad_response"),
            ("0084000008", "01029000"))]
        script = [("reader.list", {"readers": [{"name": name, "medium": "contact", "atr": "3B00"}]}),
                  ("trace.start", Events([{"reader": name, "line": line} for line in lines], {}, "trace"))]
        r, _ = self.with_service(script, "trace", "record", "r.replay", "help")
        self.assertEqual(r.code, 0, r.err)
        with open(self.dir + "/r.replay") as f:
            self.assertEqual(f.read(), "# recorded by sscard trace\nredacted\nreader R > 00A4 < 9000?< 6A82 ?[2J\nmedium contact\natr 3B00\n"
                             "# > 00B2010400\n# deadline_exceeded\n# > 0084000008\n# card_removed\n"
                             "# > 0084000008\n# bad_response\n> 0084000008\n< 01029000\n")
        self.assertEqual(self.run_cli("--driver", "replay:r.replay", "readers").code, 0)

    def test_apdu_holds_a_lease(self):
        answer = {"response": "9000", "data": "", "sw": "9000", "sw_name": "ok", "sw_text": {"en": "done", "zh": "成功"}}
        script = [("card.acquire", {"lease": "L", "card": "c", "reader": "r"}), ("apdu.transmit", answer),
                  ("apdu.transmit", answer), ("card.release", {})]
        r, seen = self.with_service(script, "apdu", "00A4040000", "0084000008")
        self.assertEqual(r.code, 0, r.err)
        self.assertEqual([p.get("lease") for _, p in seen], [None, "L", "L", "L"])

    def test_sim(self):
        for args, method, params in (
                (["insert", "ssc-2.0"], "sim.insert", {"image": "ssc-2.0"}), (["remove"], "sim.remove", {}),
                (["fault", "tear_after", "--ins", "2C", "--nth", "2"], "sim.fault", {"kind": "tear_after", "ins": "2C", "nth": 2}),
                (["pin", "123456"], "sim.pin", {"digits": "123456"})):
            r, seen = self.with_service([(method, {})], "sim", *args)
            seen[0][1].pop("deadline_ms")
            self.assertEqual((r.code, seen[0][1]), (0, dict(params, reader="Simulated reader 0")))

    def test_write(self):
        r, seen = self.with_service([("card.write", {"repeated": False})], "write", "DF01EF06", "phone", "13800000000", *OP)
        seen[0][1].pop("deadline_ms")
        self.assertEqual(seen[0][1], {"op": OP[1], "file": "DF01EF06", "element": "phone", "text": "13800000000"})
        r, seen = self.with_service([("card.write", {})], "write", "SSSEEF08", "00FF", "--hex", "--offset", "16", *OP)
        seen[0][1].pop("deadline_ms")
        self.assertEqual(seen[0][1], {"op": OP[1], "file": "SSSEEF08", "hex": "00FF", "offset": 16})


if __name__ == "__main__":
    unittest.main()
