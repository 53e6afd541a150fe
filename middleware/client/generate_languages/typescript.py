# SPDX-License-Identifier: Apache-2.0
"""TypeScript: interfaces for what goes out and comes back, and a function for each method."""
HEAD = "// SPDX-License-Identifier: Apache-2.0\n// Made by middleware/client/generate.py from what sscardd says of itself; do not edit.\n"
PLAIN = {"text": "string", "int": "number", "number": "number", "bool": "boolean", "object": "Record<string, unknown>",
         "id": "number | string"}


def spell(t, given=False):
    if t.kind == "list":
        name = "Array<%s>" % spell(t.item, given)
    elif t.kind == "named":
        name = t.name
    elif t.values:  # a newer service may answer more of them
        name = " | ".join(['"%s"' % v for v in t.values] + ([] if given else ["(string & {})"]))
    else:
        name = PLAIN[t.kind]
    return name + " | null" if t.null else name


def comment(text, indent=""):
    return "%s/** %s */\n" % (indent, text.replace("*/", "* /")) if text else ""


def interface(name, help_, members, given=False):
    rows = "".join("%s  %s%s: %s;\n" % (comment(m.help, "  "), m.name, "" if m.required else "?", spell(m.type, given))
                   for m in members)
    return "%sexport interface %s {\n%s}\n" % (comment(help_), name, rows)


def camel(name, first=False):
    parts = name.replace("_", ".").split(".")
    return "".join(p if i == 0 and not first else p[:1].upper() + p[1:] for i, p in enumerate(parts))


def function(m):
    optional = not any(p.required for p in m.params)
    result = spell(m.result) if m.result else "void"
    return "%s  %s(params: %sParams%s): Promise<%s> {\n    return this.call(\"%s\", params) as Promise<%s>;\n  }\n" % (
        comment("%s Role: %s." % (m.help, m.role), "  "), camel(m.name), camel(m.name, True), " = {}" if optional else "", result,
        m.name, result)


def methods(model):
    out = [HEAD, "export const PROTOCOL = %d;\n" % model.protocol]
    out.append("/** Every symbol of an error; a newer service may know more. */\nexport type ErrorSymbol =\n%s  | (string & {});\n" %
               "".join('  | "%s"\n' % s for s in model.symbols))
    out += [interface(name, *row) for name, row in model.types.items()]
    out += [interface(camel(m.name, True) + "Params", "", m.params, True) for m in model.methods]
    out.append("/** The methods that work under a lease. */\nexport const LEASED: ReadonlySet<string> = new Set([\n%s]);\n" %
               "".join('  "%s",\n' % m.name for m in model.methods if m.leased))
    local = "".join("  %s: { code: %d, en: %s, zh: %s, remedyEn: %s, remedyZh: %s },\n" % (
        (s, e["code"]) + tuple(quoted(e["data"][part][lang]) for part in ("text", "remedy") for lang in ("en", "zh")))
        for s, e in model.local.items())
    out.append("/** The errors that a client can meet by itself, as the service would tell them. */\nexport const LOCAL = {\n%s} as const;\n" % local)
    out.append("/** One function for each method of the service. */\nexport abstract class Methods {\n"
               "  protected abstract call(method: string, params: object): Promise<unknown>;\n\n%s}\n" %
               "\n".join(function(m) for m in model.methods))
    return "\n".join(out)


def quoted(text):
    return '"%s"' % text.replace("\\", "\\\\").replace('"', '\\"')
