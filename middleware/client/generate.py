#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the typed layer of the Python, TypeScript and Java clients from what the service says of itself.

usage: generate.py SSCARDD [--check]

SSCARDD is the program; its --describe prints the OpenRPC document. --check compares and writes nothing. Standard library only.
"""
import json
import os
import subprocess
import sys

from generate_languages import java, python, typescript

HERE = os.path.dirname(os.path.abspath(__file__))
RENAMED = {"Error": "ErrorData"}  # Error is a name of the languages' own
LOCAL = ("cancelled", "daemon_absent", "deadline_exceeded", "invalid_argument", "line_too_long", "parse_error",
         "permission_denied")  # what a client can meet by itself
DEADLINE = {"name": "deadline_ms", "required": False, "schema": {"type": "integer"},
            "description": "The answer comes within this time; the client's own default without it."}
OUTPUTS = (("python/sscard/_types.py", python.types), ("python/sscard/_methods.py", python.methods),
           ("typescript/src/methods.ts", typescript.methods), ("java/src/main/java/sscard/Methods.java", java.methods))


def camel(*names):
    return "".join(part[:1].upper() + part[1:] for name in names for part in name.replace(".", "_").split("_"))


class Type:
    """kind: text, int, number, bool, object (anything), id (number or text), list (of item) or named (name, a member of Model.types)."""

    def __init__(self, kind, item=None, name=None, values=(), null=False):
        self.kind, self.item, self.name, self.values, self.null = kind, item, name, values, null


class Member:
    def __init__(self, name, type_, required, help_=""):
        self.name, self.type, self.required, self.help = name, type_, required, help_


class Method:
    def __init__(self, name, help_, role, params, result):
        self.name, self.help, self.role, self.params, self.result = name, help_, role, params, result
        self.leased = any(p.name == "lease" for p in params)


class Model:
    """types: name -> (help, [Member]), in the order in which they may know each other."""

    KINDS = {"string": "text", "integer": "int", "number": "number", "boolean": "bool"}

    def __init__(self, document):
        self.types, self.documents = {}, document["components"]["schemas"]
        for name in self.documents:
            self.named(name)
        self.methods = [self.method(m) for m in document["methods"]]
        errors = document["components"]["errors"]
        self.symbols = {symbol: e["code"] for symbol, e in errors.items()}
        self.local = {symbol: errors[symbol] for symbol in LOCAL}
        self.protocol, self.version = document["info"]["x-protocol"], document["info"]["version"]

    def named(self, name):
        new = RENAMED.get(name, name)
        if new not in self.types:
            schema = self.documents[name]
            self.add(new, schema, schema["description"])
        return Type("named", name=new)

    def add(self, name, schema, help_):
        members = [Member(member, self.type(inner, camel(name, member)), member in schema["required"])
                   for member, inner in schema["properties"].items()]
        self.types[name] = (help_, members)
        return Type("named", name=name)

    def type(self, schema, name):
        if "$ref" in schema:
            found = self.named(schema["$ref"].rsplit("/", 1)[1])
        elif "anyOf" in schema:
            found = self.any_of(schema["anyOf"], name)
        elif schema["type"] == "array":
            found = Type("list", item=self.type(schema["items"], name))
        elif schema["type"] == "object":
            found = self.add(name, schema, "") if "required" in schema else Type("object")
        elif isinstance(schema["type"], list):
            found = Type("id")
        else:
            found = Type(self.KINDS[schema["type"]], values=schema.get("enum", ()))
        return found

    def any_of(self, options, name):
        """Null beside something is that something; objects beside each other are one whose members may all be absent."""
        real = [o for o in options if o.get("type") != "null"]
        if len(real) == 1:
            found = self.type(real[0], name)
        else:
            whole = {"properties": {}, "required": []}
            for option in real:
                ref = option.get("$ref")
                whole["properties"].update((self.documents[ref.rsplit("/", 1)[1]] if ref else option)["properties"])
            found = self.add(name, whole, "")
        found.null = len(real) < len(options)
        return found

    def param(self, p, name):
        schema = p["schema"]
        if schema["type"] == "object":  # members of these are all optional
            schema = {"type": "object", "properties": {k: {"type": "string", **({"enum": [v["const"]]} if "const" in v else {})}
                                                       for k, v in schema["properties"].items()}, "required": []}
            name = camel(p["name"])  # the same wherever it occurs
        return Member(p["name"], self.type(schema, name), p["required"], p["description"])

    def method(self, m):
        params = [self.param(p, camel(m["name"], p["name"])) for p in m["params"]]
        if not any(p.name == "deadline_ms" for p in params):
            params.append(self.param(DEADLINE, "DeadlineMs"))
        schema = m["result"]["schema"]
        empty = schema.get("properties") == {}
        result = None if empty else self.type(schema, camel(m["name"], "result"))
        return Method(m["name"], m["description"], m["x-role"], params, result)


def main(arguments):
    if len(arguments) not in (1, 2) or arguments[1:] not in ([], ["--check"]):
        sys.exit(__doc__)
    text = subprocess.run([arguments[0], "--describe"], check=True, stdout=subprocess.PIPE).stdout
    model, status = Model(json.loads(text)), 0
    for path, make in OUTPUTS:
        path, made = os.path.join(HERE, path), make(model)
        if arguments[1:]:
            with open(path, encoding="utf-8") as f:
                if f.read() != made:
                    print("%s is not what the service says now: run middleware/client/generate.py" % path, file=sys.stderr)
                    status = 1
        else:
            with open(path, "w", encoding="utf-8") as f:
                f.write(made)
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
