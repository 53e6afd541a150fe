# SPDX-License-Identifier: Apache-2.0
"""Running sscard, and a service that follows a script. Standard library only."""
import json
import os
import shlex
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest

SSCARD = os.environ["SSCARD"]
UNDER = shlex.split(os.environ.get("SSCARD_UNDER", ""))


def freeze(process):
    """SIGSTOP, and waits until no thread of it runs any more: that may be long after kill(2)."""
    process.send_signal(signal.SIGSTOP)
    os.waitpid(process.pid, os.WUNTRACED)


class Stopwatch:
    """with Stopwatch() as watch: ...; then watch.fair is in seconds, without what the machine owed. See tests/stopwatch/stopwatch.h."""
    TICK = 0.003

    def __enter__(self):
        self.over, self.owed = threading.Event(), [0]
        self.watchers = [threading.Thread(target=self.watch, args=(processor,)) for processor in sorted(os.sched_getaffinity(0))[:8]]
        for watcher in self.watchers:
            watcher.start()
        self.start = time.monotonic()
        return self

    def watch(self, processor):
        os.sched_setaffinity(0, {processor})  # of this thread alone
        owed = 0.0
        while not self.over.is_set():
            due = time.monotonic() + self.TICK
            time.sleep(self.TICK)
            owed += max(0.0, time.monotonic() - due)
        self.owed.append(owed)

    def __exit__(self, *failure):
        took = time.monotonic() - self.start
        self.over.set()
        for watcher in self.watchers:
            watcher.join()
        self.fair = max(0.0, took - max(self.owed))


class Result:
    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err

    def json(self):
        return json.loads(self.out)


def error(symbol, code=-1, **data):
    data.update(symbol=symbol, text={"en": symbol + " in English", "zh": symbol + " 中文"},
                remedy={"en": "mend it", "zh": "处理"})
    return {"error": {"code": code, "message": symbol, "data": data}}


class Service(threading.Thread):
    """Answers each request with the next row of the script: (method, answer), or for ever (method, answer, True). An answer is a result, an error(),
    HANG_UP, bytes sent as they are (half a line: then it hangs up), or a function of the params. Events may be sent with a result: Events([...], result)."""

    HANG_UP = object()
    SILENT = object()

    def __init__(self, path, script):
        super().__init__(daemon=True)
        self.path, self.script, self.seen, self.fault = path, list(script), [], None
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        self.listener.listen(8)
        self.listener.settimeout(20)
        self.start()

    def run(self):
        try:
            while self.script:
                connection, _ = self.listener.accept()
                connection.settimeout(20)
                with connection, connection.makefile("rb") as lines:
                    self.serve(connection, lines)
        except Exception as e:  # told by the test
            self.fault = e
        finally:
            self.listener.close()

    def serve(self, connection, lines):
        while self.script:
            line = lines.readline()
            if not line:
                if len(self.script[0]) == 3:
                    self.script.pop(0)
                return
            request = json.loads(line)
            self.seen.append((request["method"], request["params"]))
            method, answer, *again = self.script[0]
            if not again:
                self.script.pop(0)
            if method != request["method"]:
                self.fault = AssertionError("wanted %s, got %s" % (method, request["method"]))
                self.script = []
                return
            if callable(answer):
                answer = answer(request["params"])
            if answer is self.HANG_UP:
                return
            if answer is self.SILENT:
                continue
            if isinstance(answer, bytes):
                connection.sendall(answer)
                if not answer.endswith(b"\n"):  # half a line is the last that is heard
                    return
                continue
            if isinstance(answer, Events):
                for event in answer.events:
                    self.send(connection, {"method": answer.method, "params": event})
                answer = answer.result
            whole = {"id": request["id"]}
            whole.update(answer if isinstance(answer, dict) and "error" in answer else {"result": answer})
            self.send(connection, whole)
        try:
            lines.readline()  # the client leaves first
        except OSError:
            pass

    @staticmethod
    def send(connection, message):
        message["jsonrpc"] = "2.0"
        connection.sendall(json.dumps(message, ensure_ascii=False).encode() + b"\n")


class Events:
    def __init__(self, events, result, method="event"):
        self.events, self.result, self.method = events, result, method


class Case(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.dir = tempfile.mkdtemp(prefix="sscard-tools-")
        self.env = {"PATH": os.environ["PATH"], "HOME": self.dir, "LC_ALL": "C.UTF-8", "TERM": "xterm", "TZ": "UTC",
                    "SSCARD_SOCKET": os.path.join(self.dir, "absent.sock")}
        for name in os.environ:
            if name.endswith("SAN_OPTIONS"):
                self.env[name] = os.environ[name]

    def tearDown(self):
        shutil.rmtree(self.dir)

    def run_cli(self, *args, stdin="", env=None, timeout=60):
        whole = dict(self.env, **(env or {}))
        done = subprocess.run(UNDER + [SSCARD, *args], input=stdin.encode(), stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, env=whole, cwd=self.dir, timeout=timeout, start_new_session=True)
        result = Result(done.returncode, done.stdout.decode(), done.stderr.decode())
        self.assertNotIn(done.returncode, (99, -6, -11), result.err)
        return result

    def with_service(self, script, *args, **kwargs):
        """Runs sscard against a scripted service. Returns the result and the requests seen."""
        path = os.path.join(self.dir, "s")
        service = Service(path, script)
        try:
            result = self.run_cli("--socket", path, *args, **kwargs)
        finally:
            service.join(20)
            os.unlink(path)
        if service.fault:
            raise service.fault
        self.assertEqual(service.script, [], "the script was not used up: %s" % result.err)
        return result, service.seen


class DaemonCase(Case):
    """With a service of its own on simulated readers; its journal outlives stop() and start()."""

    def setUp(self):
        super().setUp()
        self.socket = os.path.join(self.dir, "sscard.sock")
        self.env.update(SSCARD_SOCKET=self.socket, SSCARD_READER="Simulated reader 0")
        self.start()

    def start(self, *args, journal="journal.db"):
        self.log = open(os.path.join(self.dir, "log"), "ab")
        self.daemon = subprocess.Popen([os.environ["SSCARDD"], *(args or ("--sim", "--state", self.dir)), "--socket", self.socket,
                                        "--journal", os.path.join(self.dir, journal)], stdout=self.log, stderr=self.log, env=self.env)
        for _ in range(200):
            probe = socket.socket(socket.AF_UNIX)
            try:
                probe.connect(self.socket)
                return
            except OSError:
                time.sleep(0.05)
            finally:
                probe.close()
        self.fail("the service does not listen")

    def stop(self):
        self.daemon.send_signal(signal.SIGTERM)
        self.assertEqual(self.daemon.wait(20), 0)
        self.log.close()

    def tearDown(self):
        self.stop()
        with open(os.path.join(self.dir, "log"), "rb") as f:
            log = f.read()
        for secret in (b"123456\n", b"111111198101011110", "张三".encode()):
            self.assertNotIn(secret, log)
        super().tearDown()
