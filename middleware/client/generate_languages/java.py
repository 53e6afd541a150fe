# SPDX-License-Identifier: Apache-2.0
"""Java: records for what comes back, a class of parameters and a function for each method."""
from .typescript import camel, quoted

HEAD = "// SPDX-License-Identifier: Apache-2.0\n// Made by middleware/client/generate.py from what sscardd says of itself; do not edit.\n"
PLAIN = {"text": "String", "int": "long", "number": "double", "bool": "boolean", "object": "Map<String, Object>", "id": "Object"}
BOXED = {"long": "Long", "double": "Double", "boolean": "Boolean"}
KEYWORDS = {"new": "newPin", "final": "isFinal", "protected": "isProtected"}  # and what they are here


def spell(t, box=False):
    if t.kind == "list":
        name = "List<%s>" % spell(t.item, True)
    elif t.kind == "named":
        name = t.name
    else:
        name = PLAIN[t.kind]
    return BOXED.get(name, name) if box or t.null else name


def word(name):
    return KEYWORDS.get(name, camel(name))


def comment(text, indent="    "):
    return "%s/** %s */\n" % (indent, text.replace("*/", "* /").replace("&", "&amp;").replace("<", "&lt;").replace("{", "&#123;")
                              .replace("}", "&#125;")) if text else ""


def component(m):
    """A keyword is called otherwise in Java, and the same on the wire."""
    told = '@SerializedName("%s") ' % m.name if m.name in KEYWORDS else ""
    return "%s%s %s" % (told, spell(m.type, not m.required), word(m.name))


def record(name, help_, members):
    inner = ",\n            ".join(component(m) for m in members)
    hide = ""
    if any(m.name == "secret" for m in members):
        hide = '        @Override\n        public String toString() {\n            return "%s";\n        }\n' % name  # it may be logged
    return "%s    public record %s(\n            %s) {\n%s    }\n" % (comment(help_), name, inner, hide)


def params(m):
    name = camel(m.name, True) + "Params"
    required = [p for p in m.params if p.required]
    out = ["%s    public static final class %s extends Params {\n" % (comment("Parameters of %s." % m.name), name)]
    if required:
        told = "".join(comment("%s: %s" % (word(p.name), p.help), "        ") for p in required)
        out.append("%s        public %s(%s) {\n%s        }\n\n" % (
            told if len(required) == 1 else comment(" ".join("%s: %s" % (word(p.name), p.help) for p in required), "        "), name,
            ", ".join("%s %s" % (spell(p.type), word(p.name)) for p in required),
            "".join('            put("%s", %s);\n' % (p.name, word(p.name)) for p in required)))
    for p in m.params:
        if not p.required:
            out.append("%s        public %s %s(%s value) {\n            put(\"%s\", value);\n            return this;\n        }\n\n" % (
                comment(p.help, "        "), name, word(p.name), spell(p.type), p.name))
    return "".join(out).rstrip("\n") + "\n    }\n"


def function(m):
    name, given = camel(m.name), camel(m.name, True) + "Params"
    result = spell(m.result) if m.result else "void"
    kind = {"Map<String, Object>": "Map.class"}.get(result, result + ".class" if m.result else "Object.class")
    told = comment("%s Role: %s." % (m.help, m.role))
    cast = '@SuppressWarnings("unchecked")\n    ' if kind == "Map.class" else ""
    out = "%s    %spublic %s %s(%s params) throws SscardException {\n        %scall(\"%s\", params, %s);\n    }\n" % (
        told, cast, result, name, given, "return " if m.result else "", m.name, kind)
    if not any(p.required for p in m.params):
        out += "\n%s    public %s %s() throws SscardException {\n        %s%s(new %s());\n    }\n" % (
            told, result, name, "return " if m.result else "", name, given)
    return out


def methods(model):
    out = [HEAD + "package sscard;\n\nimport com.google.gson.annotations.SerializedName;\nimport java.util.LinkedHashMap;\nimport java.util.List;\nimport java.util.Map;\nimport java.util.Set;\n\n"
           "/** One function for each method of the service. What may be absent is null. docs/api.md says more. */\n"
           "public abstract class Methods {\n    public static final int PROTOCOL = %d;\n" % model.protocol]
    out.append(comment("The methods that work under a lease.") + "    static final Set<String> LEASED = Set.of(\n            %s);\n" %
               ",\n            ".join('"%s"' % m.name for m in model.methods if m.leased))
    local = ",\n            ".join('"%s", new SscardException.Known(%d,\n                    %s)' % (
        s, e["code"], ",\n                    ".join(quoted(e["data"][part][lang]) for part in ("text", "remedy") for lang in ("en", "zh")))
        for s, e in model.local.items())
    out.append(comment("The errors that a client can meet by itself, as the service would tell them.") +
               "    static final Map<String, SscardException.Known> LOCAL = Map.of(\n            %s);\n" % local)
    out.append(comment("The symbols of errors: what programs switch on.") + "    public static final class Symbols {\n%s\n"
               "        private Symbols() {\n        }\n    }\n" % "".join(
                   '        public static final String %s = "%s";\n' % (s.upper(), s) for s in model.symbols))
    out.append(comment("What a call is given.") + "    public abstract static class Params {\n"
               "        final Map<String, Object> values = new LinkedHashMap<>();\n\n"
               "        void put(String name, Object value) {\n            values.put(name, value);\n        }\n    }\n")
    out += [record(name, *row) for name, row in model.types.items()]
    out += [params(m) for m in model.methods]
    out.append("    abstract <T> T call(String method, Params params, Class<T> result) throws SscardException;\n")
    out += [function(m) for m in model.methods]
    return "\n".join(out) + "}\n"
