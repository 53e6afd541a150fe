# SPDX-License-Identifier: Apache-2.0
"""Python: TypedDicts for what comes back, and a function for each method, waiting or awaiting."""
import textwrap

HEAD = '# SPDX-License-Identifier: Apache-2.0\n# Made by middleware/client/generate.py from what sscardd says of itself; do not edit.\n'
PLAIN = {"text": "str", "int": "int", "number": "float", "bool": "bool", "object": "Dict[str, Any]", "id": "Union[int, str]"}


def spell(t, prefix="", literal=False):
    if t.kind == "list":
        name = "List[%s]" % spell(t.item, prefix, literal)
    elif t.kind == "named":
        name = prefix + t.name
    elif t.values and literal:
        name = "Literal[%s]" % ", ".join('"%s"' % v for v in t.values)
    else:
        name = PLAIN[t.kind]
    return "Optional[%s]" % name if t.null else name


def fields(members):
    for m in members:
        yield "    %s: %s%s" % (m.name, spell(m.type), "  # " + " | ".join(m.type.values) if m.type.values else "")


def types(model):
    out = [HEAD + '"""What the service answers. A newer service may add members: they are passed on."""\n'
           "from typing import Any, Dict, List, Optional, TypedDict\n\n__all__ = (\n%s)" % textwrap.indent(textwrap.fill(
               ", ".join('"%s"' % name for name in model.types), 110) + "\n", "    ")]
    for name, (help_, members) in model.types.items():
        required, optional = [m for m in members if m.required], [m for m in members if not m.required]
        doc = '    """%s"""\n' % help_ if help_ else ""
        if required and optional:
            out.append("class _%s(TypedDict):\n%s" % (name, "\n".join(fields(required))))
            out.append("class %s(_%s, total=False):\n%s" % (name, name, doc + "\n".join(fields(optional))))
        else:
            total = "" if required else ", total=False"
            out.append("class %s(TypedDict%s):\n%s" % (name, total, doc + "\n".join(fields(members))))
    codes = "".join('    "%s": %d,\n' % row for row in model.symbols.items())
    out.append("PROTOCOL = %d\n\n# Every symbol of an error, and its number.\nSYMBOLS: Dict[str, int] = {\n%s}" % (model.protocol, codes))
    local = "".join('    "%s": %r,\n' % (s, {"code": e["code"], "message": e["message"],
                                           "data": {k: e["data"][k] for k in ("symbol", "text", "remedy")}})
                    for s, e in model.local.items())
    out.append("# The errors that a client can meet by itself, as the service would tell them.\nLOCAL: Dict[str, Any] = {\n%s}" % local)
    return "\n\n\n".join(part.rstrip("\n") for part in out) + "\n"


def function(m, is_async):
    name = m.name.replace(".", "_")
    params = sorted(m.params, key=lambda p: not p.required)
    spelt = ["%s: %s%s" % (p.name, spell(p.type, "t.", True) if p.required else "Optional[%s]" % spell(p.type, "t.", True),
                           "" if p.required else " = None") for p in params]
    result = spell(m.result, "t.") if m.result else "None"
    start = "    %sdef %s(" % ("async " if is_async else "", name)
    whole = [part.replace(" ", "\0") for part in ["self", "*"] + spelt]  # a line ends between parameters only
    whole[-1] += (") -> %s:" % result).replace(" ", "\0")
    lines = textwrap.fill(", ".join(whole), 118 - len(start), break_long_words=False, break_on_hyphens=False)
    lines = lines.replace("\0", " ").split("\n")
    out = [start + lines[0]] + [" " * len(start) + line for line in lines[1:]]
    doc = textwrap.fill(m.help + (" Role: %s." % m.role), 110, break_long_words=False, break_on_hyphens=False)
    told = [textwrap.fill("%s: %s" % (p.name, p.help), 110, subsequent_indent="    ", break_long_words=False, break_on_hyphens=False)
            for p in params]
    out.append(textwrap.indent('"""%s"""' % (doc if is_async else "\n\n".join([doc, "\n".join(told)]) + "\n"), " " * 8)
               .replace('\\', '\\\\'))
    sent = textwrap.fill("{%s}" % ", ".join('"%s": %s' % (p.name, p.name) for p in params), 100, break_long_words=False)
    sent = sent.replace("\n", "\n" + " " * 12)
    call = "%sself._call(\n            \"%s\", %s)" % ("await " if is_async else "", m.name, sent)
    out.append("        result: %s = %s\n        return result" % (result, call) if m.result else "        " + call)
    return "\n".join(out)


def methods(model):
    leased = textwrap.fill(", ".join('"%s"' % m.name for m in model.methods if m.leased), 110)
    out = [HEAD + '"""The methods of the service. docs/api.md says more."""\nfrom __future__ import annotations\n\n'
           "from typing import Any, Dict, List, Literal, Mapping, Optional, Union\n\nfrom . import _types as t\n\n"
           "# The methods that work under a lease.\nLEASED = frozenset((\n%s))" % textwrap.indent(leased, "    ")]
    for is_async in False, True:
        prefix = "async " if is_async else ""
        out.append("class %sMethods:\n    %sdef _call(self, method: str, params: Mapping[str, Any]) -> Any:\n"
                   "        raise NotImplementedError\n\n%s"
                   % ("Async" if is_async else "", prefix, "\n\n".join(function(m, is_async) for m in model.methods)))
    return "\n\n\n".join(out) + "\n"
