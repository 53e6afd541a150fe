# SPDX-License-Identifier: Apache-2.0
"""Plays a table of cases with one caller: run_cases.py TABLE CALLER...   (a caller gets the library's path as its last word)

A table is UTF-8 text, line by line:
  library NAME                       the shared library, in $SHIM_LIBRARIES
  function NAME PARAMETER...         int, long, char, text, out:SIZE, bytes:SIZE, or length (of the buffer before it)
  service IMAGES [section.key=value] a fresh sscardd --sim=IMAGES with this configuration; none: no service
  config KEY = VALUE                 a line for the library's own configuration file ($SHIM_CONFIG names the variable); alone: empties it
  sim.METHOD [key=value]             a call of the simulator; the reader is "Simulated reader 0" unless given, "sam" the PSAM's
  image NAME BASE MEMBER=JSON        ${NAME} is a card image with one member changed: keys.root=null
  helper ENTRY=DIGITS ...            what ${HELPER}, a program that asks for PINs, answers: enter, old, new, again; what is missing is cancelled
  call NAME VALUE...                 a number, "text" or 'text' (sent as GB18030), hex:BYTES, NULL, out:SIZE; buffers may be left out: the function's are used
  = RESULT [TEXT]                    what the call must answer: exactly this text, nothing without one, hex for bytes; RESULT + is any from 0
  ~ RESULT PATTERN                   or a text that the regular expression matches as a whole
  & TEXT                             the text of the next buffer; without such a line it must be empty
  keep NAME [N | result]             ${NAME} in later lines is the last text, its item N (from 1) between |, or the number
  hsm NAME PURPOSE VALUE...          ${NAME} is what the back office's key machine answers ($SHIM_HSM PURPOSE VALUE...)
  charset NAME                       of texts from now on: gb18030 or utf-8
"""
import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time


class Failed(Exception):
    pass


class Dead(Exception):
    """There is no sense in going on."""


class Service:
    def __init__(self, folder, images, options):
        self.socket = os.path.join(folder, "s")
        conf = os.path.join(folder, "sscardd.conf")
        with open(conf, "w") as f:
            for option in options:
                name, _, value = option.partition("=")
                f.write("[%s]\n%s = %s\n" % (*name.split(".", 1), value))
        self.log = open(os.path.join(folder, "log"), "ab")
        self.process = subprocess.Popen([os.environ["SSCARDD"], "--sim=" + images, "--config", conf, "--socket", self.socket, "--journal",
                                         os.path.join(folder, "journal.db")], stdout=self.log, stderr=self.log)
        limit = time.monotonic() + 20
        self.connection = socket.socket(socket.AF_UNIX)
        while self.connection.connect_ex(self.socket) != 0:
            if self.process.poll() is not None or time.monotonic() > limit:
                raise Failed("the service does not listen")
            time.sleep(0.01)
        self.lines = self.connection.makefile("rb")

    def call(self, method, **params):
        self.connection.sendall(json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode() + b"\n")
        answer = json.loads(self.lines.readline())
        if "error" in answer:
            raise Failed("%s: %s" % (method, answer["error"]))
        return answer["result"]

    def wait(self, reader, present):
        if reader == "Simulated SAM":
            limit = time.monotonic() + 20
            while present != any(p["ok"] for p in self.call("system.ping")["psam"]):
                if time.monotonic() > limit:
                    raise Failed("the PSAM does not change")
                time.sleep(0.01)
        else:
            self.call("card.wait", reader=reader, state="present" if present else "absent")

    def leases(self):
        return [r["name"] for r in self.call("reader.list")["readers"] if r["lease"]]

    def stop(self):
        self.lines.close()
        self.connection.close()
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(30)
        self.log.close()
        if code:
            raise Failed("the service ended with %d" % code)


class Table:
    def __init__(self, caller, folder):
        self.command, self.folder = caller, folder
        self.functions, self.kept, self.config, self.charset = {}, {}, [], "gb18030"
        self.kept["HELPER"] = os.path.join(folder, "helper")
        self.caller = self.service = self.library = self.result = self.outputs = None
        self.calls, self.called = 0, set()

    # ---- the world ----

    def do_library(self, rest):
        self.library = os.path.join(os.environ["SHIM_LIBRARIES"], rest)
        self.stop_caller()

    def do_function(self, rest):
        name, *parameters = rest.split()
        self.functions[name] = parameters

    def do_config(self, rest):
        self.config = self.config + [rest] if rest else []
        self.stop_caller()

    def do_charset(self, rest):
        self.charset = rest

    def do_service(self, rest):
        if self.service:
            self.service.stop()
            self.service = None
        images, *options = rest.split()
        shutil.rmtree(os.path.join(self.folder, "service"), ignore_errors=True)
        os.mkdir(os.path.join(self.folder, "service"))
        if images != "none":
            self.service = Service(os.path.join(self.folder, "service"), images, options)

    def sim(self, verb, rest):
        params = {"reader": "Simulated reader 0"}
        for pair in shlex.split(rest):
            name, _, value = pair.partition("=")
            params[name] = int(value) if name in ("nth", "arg") else value
        if params["reader"] == "sam":
            params["reader"] = "Simulated SAM"
        self.service.call("sim." + verb, **params)
        if verb in ("insert", "remove"):
            self.service.wait(params["reader"], verb == "insert")

    def do_image(self, rest):
        name, base, change = rest.split(" ", 2)
        members, _, value = change.partition("=")
        with open(os.path.join(os.environ["SHIM_IMAGES"], base + ".json"), encoding="utf-8") as f:
            image = at = json.load(f)
        *path, last = members.split(".")
        for member in path:
            at = at.setdefault(member, {})
        at[last] = json.loads(value)
        self.kept[name] = os.path.join(self.folder, name + ".json")
        with open(self.kept[name], "w", encoding="utf-8") as f:
            json.dump(image, f)

    def do_helper(self, rest):
        with open(self.kept["HELPER"] + ".new", "w") as f:
            f.write("#!/bin/sh\ncase $1 in\n")
            f.writelines("%s) echo %s ;;\n" % tuple(pair.split("=")) for pair in rest.split())
            f.write("esac\n")
        os.chmod(self.kept["HELPER"] + ".new", 0o700)
        os.rename(self.kept["HELPER"] + ".new", self.kept["HELPER"])

    # ---- the caller ----

    def start_caller(self):
        config = os.path.join(self.folder, "shim.conf")
        with open(config, "w") as f:
            f.writelines(line + "\n" for line in self.config)
        environment = dict(os.environ, SSCARD_SOCKET=os.path.join(self.folder, "service", "s"), LD_LIBRARY_PATH=os.environ["SHIM_LIBRARIES"])
        environment[os.environ["SHIM_CONFIG"]] = config
        if "SHIM_PRELOAD" in os.environ and self.command[0] != os.environ["SHIM_CALLER_C"]:
            environment.update(LD_PRELOAD=os.environ["SHIM_PRELOAD"], ASAN_OPTIONS="detect_leaks=0")  # the interpreter's own
        self.caller = subprocess.Popen(self.command + [self.library], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment)

    def stop_caller(self):
        if self.caller:
            self.caller.stdin.close()
            code = self.caller.wait(30)
            self.caller.stdout.close()
            self.caller = None
            if code:
                raise Failed("the caller ended with %d" % code)

    def word(self, kind, value, before):
        if value == "NULL":
            return "n"
        if value[0] in "\"'":
            return "s:" + value[1:-1].encode(self.charset).hex().upper()
        if value.startswith("hex:"):
            return "s:" + value[4:].upper()
        if kind == "length" and value == kind:
            value = before.partition(":")[2] or "0"
        if value.startswith(("out:", "bytes:")):
            return value[0] + ":" + value.partition(":")[2]
        return {"int": "i", "length": "i", "long": "l", "char": "c"}[kind] + ":" + str(int(value, 0))

    def do_call(self, rest):
        self.expect_nothing_more()
        name, *values = re.findall(r"'[^']*'|\"[^\"]*\"|\S+", rest)
        parameters = self.functions[name]
        own = [p for p in parameters if p == "length" or ":" in p]
        if len(values) == len(parameters) - len(own):
            values = iter(values)
            values = [p if p in own else next(values) for p in parameters]
        if len(values) != len(parameters):
            raise Failed("%s takes %s" % (name, parameters))
        words, before = [], ""
        for kind, value in zip(parameters, values):
            words.append(self.word(kind.partition(":")[0], value, before))
            before = value
        if not self.caller:
            self.start_caller()
        self.caller.stdin.write(" ".join([name] + words).encode() + b"\n")
        self.caller.stdin.flush()
        answer = self.caller.stdout.readline().decode().split()
        if not answer:
            code = self.caller.wait(30)
            self.caller = None
            raise Dead("the caller died: %d" % code)
        if answer[0] == "BROKEN":
            raise Failed(" ".join(answer))
        kinds = [w[0] for w in words if w[0] in "ob"]
        self.result, self.outputs = int(answer[0]), [self.text(k, o) for k, o in zip(kinds, answer[1:])]
        self.calls += 1
        self.called.add(name)

    def text(self, kind, output):
        if output == "-":
            return ""
        return bytes.fromhex(output).decode(self.charset) if kind == "o" and output != "NO-END" else output

    # ---- what must come of it ----

    def answered(self, rest, fits):
        result, _, wanted = rest.partition(" ")
        text = self.outputs.pop(0) if self.outputs else ""
        number = self.result >= 0 if result == "+" else int(result) == self.result
        if not number or not fits(wanted, text):
            raise Failed("wanted %s %s\n       got %d %s" % (result, wanted, self.result, text))
        self.last = text

    def expect_nothing_more(self):
        rest = [o for o in self.outputs or [] if o]
        self.outputs = None
        if rest:
            raise Failed("nobody wanted: %s" % rest)

    def do_keep(self, rest):
        name, _, item = rest.partition(" ")
        if item == "result":
            self.kept[name] = str(self.result)
            return
        self.kept[name] = self.last.split("|")[int(item) - 1] if item else self.last

    def do_hsm(self, rest):
        name, *arguments = rest.split()
        self.kept[name] = subprocess.run([os.environ["SHIM_HSM"], *arguments], stdout=subprocess.PIPE, check=True).stdout.decode().strip()

    def line(self, line):
        line = re.sub(r"\$\{(\w+)\}", lambda m: self.kept[m.group(1)], line.strip())
        word, _, rest = line.partition(" ")
        if not word or word.startswith("#"):
            return
        if word == "=":
            self.answered(rest, lambda wanted, text: wanted == text)
        elif word == "~":
            self.answered(rest, lambda wanted, text: re.fullmatch(wanted, text, re.S))
        elif word == "&":
            self.answered("%d %s" % (self.result, rest), lambda wanted, text: wanted == text)
        elif word.startswith("sim."):
            self.sim(word[4:], rest)
        else:
            getattr(self, "do_" + word)(rest.strip())

    def end(self):
        self.expect_nothing_more()
        never = sorted(set(self.functions) - self.called)
        if never:
            raise Failed("never called: %s" % never)
        self.stop_caller()
        if self.service:
            if self.service.leases():
                raise Failed("a lease was left behind")
            self.service.stop()
            self.service = None


def main():
    failures, number, folder = 0, 0, tempfile.mkdtemp(prefix="sscard-shim-")
    table = Table(sys.argv[2:], folder)
    try:
        with open(sys.argv[1], encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                try:
                    table.line(line)
                except (Failed, ValueError, OSError, LookupError, TypeError, AttributeError, subprocess.SubprocessError) as failed:
                    failures += 1
                    print("%s:%d: %s       %s" % (sys.argv[1], number, line, str(failed) or repr(failed)))
        table.end()
    except (Failed, Dead) as failed:
        failures += 1
        print("%s:%d: %s" % (sys.argv[1], number, failed))
    finally:
        for left in (table.caller, table.service and table.service.process):
            if left:
                left.kill()
                left.wait()
        shutil.rmtree(folder)
    print("%d calls, %d failures" % (table.calls, failures))
    return 1 if failures or not table.calls else 0


if __name__ == "__main__":
    sys.exit(main())
