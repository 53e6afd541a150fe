# SPDX-License-Identifier: Apache-2.0
"""What both clients share and nothing of which waits: lines, errors, the steps of a debit."""
from __future__ import annotations

import json
import os
import re
import secrets
import socket
import struct
import sys
import time
from typing import Any, Dict, Generator, List, Mapping, Optional, Tuple, cast

from ._types import LOCAL, PROTOCOL, SYMBOLS, ErrorData, Txn

__version__ = "0.1.0"
LINE_MAX = 4 * 1024 * 1024  # the service's longest answer is 1 MiB
DEADLINE_MS = 30000


def fitting(data: Mapping[str, Any]) -> Dict[str, Any]:
    """Members of a wrong type are left out: an error stays an error, whatever the service put into it."""
    def texts(value: Any) -> bool:
        return isinstance(value, dict) and all(isinstance(text, str) for text in value.values())

    checks = {"symbol": str, "detail": str, "detail_zh": str, "sw": str, "sw_name": str, "tries": int, "txn": dict}
    kept = {name: value for name, value in data.items() if isinstance(value, checks.get(name, object))}
    odd = [name for name in ("text", "remedy", "sw_text") if name in kept and not texts(kept[name])]
    if "sw" in kept and not re.fullmatch("[0-9A-Fa-f]{4}", kept["sw"]):
        odd.append("sw")
    if isinstance(kept.get("tries"), bool):
        odd.append("tries")
    return {name: value for name, value in kept.items() if name not in odd}


class SscardError(Exception):
    """A call that failed.

    symbol  the stable name, "no_card": what programs switch on
    code    the number of the service's error object
    data    all that the service said: text, remedy, and where they apply detail, sw, tries, txn
    sent    True: the connection or the time was lost after the request had left, so the service may have acted on it
    op      of a debit: give the same op again, and nothing happens twice
    """

    def __init__(self, error: Mapping[str, Any], sent: bool = False) -> None:
        code, message, data = error.get("code"), error.get("message"), error.get("data")
        self.code: int = code if isinstance(code, int) and not isinstance(code, bool) else SYMBOLS["parse_error"]
        self.data = cast(ErrorData, fitting(data if isinstance(data, dict) else {}))
        self.symbol: str = self.data.get("symbol", "")
        self.message: str = message if isinstance(message, str) else ""
        self.sw: Optional[int] = int(self.data["sw"], 16) if "sw" in self.data else None
        self.tries: Optional[int] = self.data.get("tries")
        self.txn: Optional[Txn] = self.data.get("txn")
        self.sent = sent
        self.op: Optional[str] = None
        super().__init__(": ".join(part for part in (self.symbol, self.message, self.detail()) if part))

    def text(self, lang: str = "en") -> str:
        """What happened, in "en" or "zh"."""
        return cast(Dict[str, str], self.data.get("text", {})).get(lang, self.message)

    def remedy(self, lang: str = "en") -> str:
        """What to do about it, in "en" or "zh"."""
        return cast(Dict[str, str], self.data.get("remedy", {})).get(lang, "")

    def detail(self, lang: str = "en") -> str:
        """What it was about, in "en" or "zh"."""
        detail = self.data.get("detail", "")
        return self.data.get("detail_zh", detail) if lang == "zh" else detail


def local_error(symbol: str, detail: str = "", sent: bool = False) -> SscardError:
    error = json.loads(json.dumps(LOCAL[symbol]))
    if detail:
        error["data"]["detail"] = detail
    return SscardError(error, sent)


def new_op(prefix: str = "sale") -> str:
    """A new idempotency key: prefix, time, and chance. prefix: at most 30 of A-Z a-z 0-9 . _ : -"""
    return "%s-%s-%s" % (prefix[:30], time.strftime("%Y%m%d%H%M%S", time.gmtime()), secrets.token_hex(8))


def now_ms() -> int:
    return time.monotonic_ns() // 1000000


def usual_places() -> List[Tuple[str, bool]]:
    """(path, only when this user or root serves it), best first."""
    named, runtime = os.environ.get("SSCARD_SOCKET"), os.environ.get("XDG_RUNTIME_DIR")
    places = [(named, False)] if named else [("/run/sscard/sscard.sock", False),
                                             ("/tmp/sscard-%d/sscard.sock" % os.getuid(), True)]
    if runtime and not named:
        places.insert(1, (runtime + "/sscard/sscard.sock", False))
    return places


def is_trusted(connection: socket.socket) -> bool:
    _, uid, _ = struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
    return uid in (0, os.getuid())


def why_not(e: Exception, place: str, before: Optional[SscardError]) -> SscardError:
    """Why a place could not be connected to; a socket that refuses tells more than one that is absent."""
    if isinstance(e, socket.timeout):
        return local_error("deadline_exceeded", place)
    if isinstance(e, PermissionError):
        return local_error("permission_denied", place)
    if not isinstance(e, OSError) or "too long" in str(e):  # no path at all
        return local_error("invalid_argument", repr(place))
    return before or local_error("daemon_absent", place)


def hello() -> Dict[str, Any]:
    program = os.path.basename(sys.argv[0]) if sys.argv and sys.argv[0] else "python"
    return {"client": "%s (sscard-python %s)" % (program[:64], __version__), "protocol": PROTOCOL}


def request_line(number: int, method: str, params: Mapping[str, Any], left_ms: int) -> bytes:
    """The service is told a little less than the caller allows (5 %, at most 500 ms), so that its answer arrives in time."""
    sent = {name: value for name, value in params.items() if value is not None}
    sent["deadline_ms"] = max(1, left_ms - min(500, left_ms // 20))
    try:
        text = json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": sent}, ensure_ascii=False, allow_nan=False)
        return text.encode() + b"\n"
    except (TypeError, ValueError) as e:
        raise local_error("invalid_argument", "params: %s" % type(e).__name__) from None


def refuse(constant: str) -> None:
    raise ValueError(constant)  # NaN and Infinity are not JSON


def is_answer(message: Mapping[str, Any]) -> bool:
    number = message.get("id")
    known = isinstance(message["error"], dict) if "error" in message else "result" in message
    return known and (number is None or type(number) is int)


def parse(line: bytes) -> Dict[str, Any]:
    """One object of the service: an answer or a notification."""
    try:
        message = json.loads(line.decode("utf-8", "strict"), parse_constant=refuse)
    except (ValueError, RecursionError):
        message = None
    if not isinstance(message, dict) or not (isinstance(message.get("method"), str) or is_answer(message)):
        raise local_error("parse_error", "the service sent something that is not JSON-RPC 2.0", True)
    return message


Steps = Generator[Tuple[Any, ...], Any, Any]
LOST = ("daemon_absent", "deadline_exceeded", "parse_error", "line_too_long")


def transaction(result: Any) -> Any:
    """An answer without one is no answer: the service has to be asked."""
    if not isinstance(result, dict) or not isinstance(result.get("txn"), dict) or not isinstance(result["txn"].get("state"), str):
        raise local_error("parse_error", "the answer holds no transaction", True)
    return result


def debit_steps(params: Dict[str, Any], deadline: int) -> Steps:
    """What a debit does, for a driver that performs ("call", method, params) and ("sleep", ms) and sends the result, or throws
    the error, in. The same op goes out until there is an answer: it can take money once at most."""
    while True:
        try:
            return transaction((yield "call", "purse.debit", params))
        except SscardError as e:
            e.op = params["op"]
            if not ((e.sent and e.symbol in LOST) or e.symbol == "op_in_progress") or now_ms() >= deadline:
                raise
            lost = e
        txn = yield from ask_steps(params["op"], deadline, lost)
        if txn and txn.get("state") in ("confirmed", "debited"):
            return {"txn": txn, "repeated": True}
        params = dict(params, lease=None)  # a lease does not outlive its connection


def ask_steps(op: str, deadline: int, lost: SscardError) -> Steps:
    """The journal's row once its outcome is known; None when there is none: then nothing was done."""
    while now_ms() < deadline:
        yield "sleep", 100
        try:
            txn = transaction((yield "call", "txn.get", {"op": op}))["txn"]
            if txn.get("final") or txn.get("state") == "unknown":  # a repeat of the op answers what it means
                return txn
        except SscardError as e:
            if e.symbol == "transaction_not_found":
                return None
            if e.symbol not in LOST:
                e.op = op
                raise
    raise lost
