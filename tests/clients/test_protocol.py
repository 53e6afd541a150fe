# SPDX-License-Identifier: Apache-2.0
"""A client of protocol 1 and the service of today. tests/data/protocol-1.json holds a conversation as it was when the protocol was
promised: the requests, and of every answer the members and their types. It is held again with the service of today, as it was and with
members that the service does not know. What docs/versioning.md promises is looked for: nothing is gone, nothing is of another type.

    test_protocol.py --record     writes the file anew: only before its protocol is released
"""
import itertools
import json
import os
import socket
import subprocess
import sys
import unittest

import live

PATH = os.path.join(live.SOURCE, "tests", "data", "protocol-1.json")
R0, R1, SAM = live.R0, "Simulated reader 1", "Simulated SAM"
PIN = {"secret": "123456"}
WORDS = {str: "text", bool: "bool", int: "int", float: "number", type(None): "null"}

# method, params; a text "$name" is the member of that name in the newest answer that had one.
STEPS = [
    ("system.hello", {"client": "old", "protocol": 1}), ("system.hello", {"protocol": 999}), ("system.ping", {}), ("rpc.discover", {}),
    ("rpc.cancel", {"id": 1}), ("reader.list", {}), ("events.subscribe", {}),
    ("card.wait", {"reader": R0}), ("card.wait", {"state": "absent", "reader": R0, "deadline_ms": 50}),
    ("card.info", {"reader": R0}), ("card.info", {"reader": R1}), ("card.info", {}), ("card.info", {"card": "card-0000000000000000"}),
    ("card.identity", {"reader": R0}), ("card.identity", {"reader": R0, "parts": "full"}), ("card.identity", {"reader": R1}),
    ("card.read", {"reader": R0, "file": "SSSEEF05"}), ("card.read", {"reader": R0, "file": "SSSEEF99"}),
    ("card.acquire", {"reader": R0, "hold_ms": 60000}), ("reader.list", {}), ("pin.verify", {"lease": "$lease", "status": True}),
    ("pin.verify", {"lease": "$lease", "secret": "000000"}), ("pin.verify", {"lease": "$lease", "secret": "123456"}),
    ("purse.balance", {"lease": "$lease"}), ("card.release", {"lease": "$lease"}), ("card.release", {"lease": "$lease"}),
    ("pin.change", {"reader": R0, "op": "till-0000000000001", "old": "123456", "new": "654321"}),
    ("pin.change", {"reader": R0, "op": "till-0000000000002", "old": "654321", "new": "123456"}),
    ("pin.reload", {"reader": R0, "op": "till-0000000000003", "new": "123456"}),
    ("pin.unblock", {"reader": R0, "op": "till-0000000000004"}),
    ("card.write", {"reader": R0, "op": "till-0000000000005", "file": "DF01EF07", "element": "29", "text": "5"}),
    ("card.authenticate.begin", {"reader": R0, "hold_ms": 60000}),
    ("card.authenticate.complete", {"lease": "$lease", "internal": "0000000000000000", "external": "0000000000000000"}),
    ("card.release", {"lease": "$lease"}), ("card.authenticate.begin", {"reader": R0, "purpose": "key", "key": "RK1DF01"}),
    ("card.release", {"lease": "$lease"}),
    ("purse.balance", {"reader": R0, "pin": PIN}), ("purse.balance", {"reader": R1, "purse": "ep"}), ("purse.balance", {"reader": R0}),
    ("purse.debit", {"reader": R0, "amount": 1250, "op": "till-0000000000006", "pin": PIN}),
    ("purse.debit", {"reader": R0, "amount": 1250, "op": "till-0000000000006", "pin": PIN}),
    ("purse.debit", {"reader": R0, "amount": 1251, "op": "till-0000000000006", "pin": PIN}),
    ("purse.debit", {"reader": R0, "amount": 99999999, "op": "till-0000000000007", "pin": PIN}), ("purse.debit", {"amount": 1}),
    ("purse.debit", {"reader": R1, "purse": "ep", "amount": 1, "op": "till-0000000000008"}),
    ("purse.debit.begin", {"reader": R0, "amount": 100, "op": "till-0000000000009", "pin": PIN}),
    ("purse.debit.complete", {"lease": "$lease", "terminal_seq": "00000001", "time": "20260101000000", "mac1": "00000000"}),
    ("card.release", {"lease": "$lease"}),
    ("purse.debit.verified", {"op": "till-0000000000006", "mac2": "right"}), ("purse.debit.verified", {"op": "till-0000000000099", "mac2": "wrong"}),
    ("purse.load.begin", {"reader": R0, "amount": 100, "op": "till-0000000000010", "pin": PIN}),
    ("purse.load.complete", {"lease": "$lease", "host_time": "20260101000000", "mac2": "00000000"}), ("card.release", {"lease": "$lease"}),
    ("purse.log", {"reader": R0, "pin": PIN}), ("txn.get", {"op": "till-0000000000006"}), ("txn.get", {"id": 999}),
    ("txn.list", {"limit": 1}), ("txn.resolve", {"reader": R0, "pin": PIN}),
    ("sim.fault", {"reader": R0, "kind": "tear_after", "ins": "2C"}),
    ("purse.debit", {"reader": R0, "amount": 1, "op": "till-0000000000011", "pin": PIN}), ("sim.insert", {"reader": R0}),
    ("trace.start", {"reader": R0}), ("apdu.transmit", {"reader": R0, "command": "0084000008"}), ("trace.stop", {}),
    ("apdu.transmit", {"reader": R0, "command": "805001020B0000000001000000000001"}), ("card.reset", {"reader": R0}),
    ("sim.pin", {"reader": R0, "digits": "123456"}), ("sim.remove", {"reader": R0}), ("card.info", {"reader": R0}),
    ("no.such.method", {}), ("events.unsubscribe", {}),
]


def shape(value):
    """Members and types; a list is the shapes of its items, each once."""
    if isinstance(value, dict):
        return {name: shape(inner) for name, inner in value.items()}
    if isinstance(value, list):
        found = [shape(inner) for inner in value]
        return [found[i] for i in range(len(found)) if found[i] not in found[:i]]
    return WORDS[type(value)]


def missing(then, now, where):
    """What a client of then would not find now."""
    if isinstance(then, dict):
        if not isinstance(now, dict):
            return ["%s was an object" % where]
        return list(itertools.chain.from_iterable(missing(inner, now[name], where + "." + name) if name in now
                                                  else [where + "." + name + " is gone"] for name, inner in then.items()))
    if isinstance(then, list):
        if not isinstance(now, list):
            return ["%s was a list" % where]
        return ["%s[]: no item as it was: %s" % (where, found) for found in
                (min((missing(old, new, where) for new in now), key=len, default=["empty"]) for old in then) if found]
    return [] if then == "null" or now == then or (then, now) == ("number", "int") else ["%s was %s" % (where, then)]


class Talk:
    """One connection; notifications are kept by their type."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.socket.settimeout(30)
        self.lines, self.kept, self.notes, self.number = self.socket.makefile("rb"), {}, {}, 0

    def call(self, method, params, **more):
        self.number += 1
        params = {k: self.kept.get(v[1:], v) if isinstance(v, str) and v.startswith("$") else v for k, v in params.items()}
        request = {"jsonrpc": "2.0", "id": self.number, "method": method, "params": dict(params, **more)}
        self.socket.sendall(json.dumps(request).encode() + b"\n")
        while True:
            message = json.loads(self.lines.readline())
            if message.get("id") == self.number:
                break
            name = message["params"].get("type", message["method"])
            self.notes.setdefault(name, shape(message))
        if isinstance(message.get("result"), dict):
            self.kept.update(message["result"])
        return message

    def close(self):
        self.lines.close()
        self.socket.close()

    def hold(self, **more):
        """The whole conversation: [{method, params, result or error}]."""
        out = []
        for method, params in STEPS:
            if method == "sim.insert":
                self.call("card.wait", {"reader": R0, "state": "absent"})
            answer = self.call(method, params, **more)
            row = {"method": method, "params": params}
            if method == "rpc.discover":  # its content is compared by itself
                row["result"] = {"openrpc": "text", "methods": []}
            elif "error" in answer:
                row["error"] = {"code": answer["error"]["code"], "symbol": answer["error"]["data"]["symbol"], "shape": shape(answer["error"])}
            else:
                row["result"] = shape(answer["result"])
            out.append(row)
            if method == "sim.insert":
                self.call("card.wait", {"reader": R0})
                self.call("txn.resolve", {"reader": R0, "pin": PIN})
        return out


def methods():
    """Of each method: role, parameters, result."""
    document = json.loads(subprocess.run([os.environ["SSCARDD"], "--describe"], check=True, stdout=subprocess.PIPE).stdout)
    return {m["name"]: {"role": m["x-role"], "result": m["result"]["schema"],
                        "params": {p["name"]: {"required": p["required"], "schema": p["schema"]} for p in m["params"]}}
            for m in document["methods"]}, document["components"]


class TestProtocol(live.Case):
    cards = "ssc-3.0,pboc"

    def setUp(self):
        super().setUp()
        self.talk = Talk(self.path)
        while not any(psam["ok"] for psam in self.talk.call("system.ping", {})["result"]["psam"]):
            pass
        with open(PATH, encoding="utf-8") as f:
            self.then = json.load(f)

    def tearDown(self):
        self.talk.close()
        super().tearDown()

    def compare(self, **more):
        now, found = self.talk.hold(**more), []
        self.assertEqual([(r["method"], r["params"]) for r in self.then["talk"]], STEPS)
        for number, (old, new) in enumerate(zip(self.then["talk"], now)):
            where = "%d %s" % (number, old["method"])
            if "error" in old:
                self.assertIn("error", new, where)
                for part in "symbol", "code":
                    self.assertEqual(new["error"][part], old["error"][part], where)
                found += missing(old["error"]["shape"], new["error"]["shape"], where)
            else:
                self.assertIn("result", new, "%s: %s" % (where, new.get("error")))
                found += missing(old["result"], new["result"], where)
        for name, old in self.then["notes"].items():
            found += missing(old, self.talk.notes.get(name, {}), name)
        self.assertEqual(found, [])

    def test_as_it_was(self):
        self.compare()

    def test_with_members_that_join_later(self):
        self.compare(joined_later={"x": [1]}, also_later=None)

    def test_every_method_is_talked_about(self):
        self.assertEqual({r["method"] for r in self.then["talk"]} - {"no.such.method"}, set(self.then["methods"]))

    def test_the_table_only_grew(self):
        now, components = methods()
        types = components["schemas"]
        for name, old in self.then["methods"].items():
            new = now[name]
            roles = ["viewer", "reader", "biller", "operator", "perso", "admin"]
            self.assertLessEqual(roles.index(new["role"]), roles.index(old["role"]), name)
            for param, was in old["params"].items():
                self.accepts(new["params"][param], was, name + "." + param)
            for param, is_ in new["params"].items():
                self.assertFalse(is_["required"] and param not in old["params"], "%s: %s is asked for now" % (name, param))
            self.keeps(old["result"], new["result"], self.then["types"], types, name)
        for symbol, code in self.then["errors"].items():
            self.assertEqual(components["errors"][symbol]["code"], code)
        for name, old in self.then["types"].items():
            self.keeps(old, types[name], self.then["types"], types, name)

    def accepts(self, new, old, where):
        """All that was allowed is allowed."""
        self.assertTrue(old["required"] or not new["required"], where + " is asked for now")
        now, then = new["schema"], old["schema"]
        self.assertEqual(now.get("type"), then.get("type"), where)
        for low in "minimum", "minLength", "minProperties":
            self.assertLessEqual(now.get(low, 0), then.get(low, 0), where)
        for high in "maximum", "maxLength", "maxItems":
            self.assertGreaterEqual(now.get(high, 1 << 63), then.get(high, 1 << 63), where)
        self.assertEqual(now.get("pattern"), then.get("pattern"), where)
        if "enum" in now:
            self.assertLessEqual(set(then["enum"]), set(now["enum"]), where)
        self.assertLessEqual(set(then.get("properties", {})), set(now.get("properties", {})), where)

    def keeps(self, old, new, old_types, new_types, where):
        """All that was answered is answered."""
        self.assertEqual(old.get("type"), new.get("type"), where)
        self.assertEqual(old.get("$ref"), new.get("$ref"), where)  # the types are compared by themselves
        for name, inner in old.get("properties", {}).items():
            self.assertIn(name, new["properties"], where)
            if name in old["required"]:
                self.assertIn(name, new["required"], where)
            self.keeps(inner, new["properties"][name], old_types, new_types, where + "." + name)
        if "items" in old:
            self.keeps(old["items"], new["items"], old_types, new_types, where + "[]")
        for was, is_ in itertools.zip_longest(old.get("anyOf", []), new.get("anyOf", [])):
            self.assertTrue(was and is_, where)
            self.keeps(was, is_, old_types, new_types, where)
        self.assertLessEqual(set(old.get("enum", [])), set(new.get("enum", old.get("enum", []))), where)

    def test_unknown_protocol(self):
        for number in 2, 999:
            error = self.talk.call("system.hello", {"protocol": number})["error"]
            self.assertEqual((error["code"], error["data"]["symbol"]), (-7, "not_supported"))
            self.assertRegex(error["data"]["detail"], r"protocol: this daemon speaks \d")
        hello = self.talk.call("system.hello", {"protocol": 1})["result"]  # the connection is as good as before
        self.assertEqual((hello["protocol"], 1 in hello["protocols"]), (1, True))

    def test_the_comparison_finds_what_is_gone(self):
        then = {"a": "text", "b": [{"c": "int", "d": "null"}]}
        self.assertEqual(missing(then, {"a": "text", "b": [{"c": "int", "d": "bool", "e": "int"}], "f": []}, ""), [])
        for now in ({"a": "int", "b": [{"c": "int", "d": "null"}]}, {"b": [{"c": "int", "d": "null"}]}, {"a": "text", "b": []},
                    {"a": "text", "b": [{"d": "null"}]}, {"a": "text", "b": {}}, "text"):
            self.assertNotEqual(missing(then, now, ""), [])


class Record(live.Case):
    """No test, and named so that nobody takes it for one: who compares must not write what is compared."""
    cards = "ssc-3.0,pboc"

    def record(self):
        talk = Talk(self.path)
        while not talk.call("system.ping", {})["result"]["psam"][0]["ok"]:
            pass
        table, components = methods()
        whole = {"protocol": 1, "talk": talk.hold(), "notes": talk.notes, "methods": table, "types": components["schemas"],
                 "errors": {symbol: e["code"] for symbol, e in components["errors"].items()}}
        talk.close()
        text = ",\n".join('"%s": %s' % (part, rows(value)) for part, value in whole.items())
        with open(PATH, "w", encoding="utf-8") as f:
            f.write("{\n%s\n}\n" % text)


def rows(value):
    """One line for each row, so that a change can be read."""
    write = lambda v: json.dumps(v, ensure_ascii=False)  # noqa: E731
    if isinstance(value, dict):
        return "{\n%s\n}" % ",\n".join("%s: %s" % (write(k), write(v)) for k, v in value.items())
    return "[\n%s\n]" % ",\n".join(map(write, value)) if isinstance(value, list) else write(value)


if __name__ == "__main__":
    if sys.argv[1:] == ["--record"]:
        sys.exit(not unittest.TextTestRunner().run(Record("record")).wasSuccessful())
    unittest.main()
