# SPDX-License-Identifier: Apache-2.0
"""The client that waits. One connection, safe for several threads: they take turns."""
from __future__ import annotations

import os
import socket
import threading
from time import sleep
from types import TracebackType
from typing import Any, Dict, Iterator, List, Mapping, Optional, Type, Union

from . import _types as t
from ._methods import LEASED, Methods
from ._wire import (DEADLINE_MS, LINE_MAX, SscardError, debit_steps, hello, is_trusted, local_error, new_op, now_ms, parse,
                    request_line, usual_places, why_not)


def _dial(place: str, deadline: int) -> socket.socket:
    """A local connect succeeds or fails at once, or the listener's queue is full: that is waited for."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.setblocking(False)
        while True:
            try:
                connection.connect(place)
                return connection
            except BlockingIOError:
                if now_ms() >= deadline:
                    raise socket.timeout from None
                sleep(0.005)
    except BaseException:
        connection.close()
        raise


def _connect(path: Optional[str], deadline: int) -> socket.socket:
    refused: Optional[SscardError] = None
    for place, check in [(path, False)] if path else usual_places():
        try:
            connection = _dial(place, deadline)
        except (OSError, ValueError) as e:
            refused = why_not(e, place, refused)
        else:
            if not check or is_trusted(connection):
                return connection
            connection.close()
            refused = local_error("permission_denied", place)
    raise refused or local_error("daemon_absent")


class _Connection:
    """A socket, its bytes, and the notifications that came meanwhile."""

    def __init__(self, path: Optional[str], deadline: int) -> None:
        self.socket = _connect(path, deadline)
        self.owner = os.getpid()
        self.bytes = bytearray()
        self.scanned = 0
        self.number = 0
        self.notes: List[Dict[str, Any]] = []
        try:
            self.call("system.hello", hello(), deadline)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Ends it, whoever else has a copy: a forked child would keep the lease, another thread would go on waiting. What a child
        closes is only its own copy."""
        if self.owner == os.getpid():
            try:
                self.socket.shutdown(socket.SHUT_RDWR)
            except OSError:  # the service has hung up
                pass
        self.socket.close()

    def line(self, deadline: int) -> bytes:
        """socket.timeout at the deadline, EOFError when the connection is closed."""
        while True:
            end = self.bytes.find(b"\n", self.scanned)
            if end >= 0:
                line = bytes(self.bytes[:end])
                del self.bytes[:end + 1]
                self.scanned = 0
                return line
            self.scanned = len(self.bytes)
            if self.scanned > LINE_MAX:
                raise local_error("line_too_long", "the service's answer is longer than this client takes", True)
            self.socket.settimeout(max(0.0001, (deadline - now_ms()) / 1000))
            piece = self.socket.recv(65536)
            if not piece:
                raise EOFError
            self.bytes += piece

    def call(self, method: str, params: Mapping[str, Any], deadline: int) -> Any:
        self.number += 1
        line = request_line(self.number, method, params, deadline - now_ms())
        self.socket.settimeout(max(0.001, (deadline - now_ms()) / 1000))
        try:
            self.socket.sendall(line)
        except socket.timeout:  # half a line on the wire cannot be taken back
            raise ConnectionError from None
        while True:
            message = parse(self.line(deadline))
            if "method" in message:
                self.notes.append(message)
            elif message.get("id") in (self.number, None):  # any other is late: its caller has given up
                if "error" in message:
                    raise SscardError(message["error"])
                return message["result"]

    def note(self, deadline: int) -> Dict[str, Any]:
        while not self.notes:
            message = parse(self.line(deadline))
            if "method" in message:
                self.notes.append(message)
        return self.notes.pop(0)


class Service(Methods):
    """path: the socket; the usual places without it. deadline_ms: of calls that name none. It connects at the first call and
    again after a connection was lost, which is told once, as daemon_absent. Leases do not outlive their connection. A forked child
    connects for itself; the leases stay its parent's."""

    def __init__(self, path: Optional[str] = None, deadline_ms: int = DEADLINE_MS) -> None:
        self.path, self.deadline_ms = path, deadline_ms
        self._connection: Optional[_Connection] = None
        self._lock = threading.Lock()
        self._owner = os.getpid()

    def __enter__(self) -> Service:
        return self

    def __exit__(self, kind: Optional[Type[BaseException]], value: Optional[BaseException], trace: Optional[TracebackType]) -> None:
        self.close()

    def close(self) -> None:
        """Hangs up; leases end with it."""
        connection, self._connection = self._connection, None
        if connection:
            connection.close()

    def call(self, method: str, params: Optional[Mapping[str, Any]] = None, deadline_ms: Optional[int] = None) -> Any:
        """Any method by its name, for what is newer than this package."""
        return self._call(method, dict(params or {}, deadline_ms=deadline_ms))

    def _call(self, method: str, params: Mapping[str, Any]) -> Any:
        allowed = params.get("deadline_ms") or self.deadline_ms
        deadline = now_ms() + allowed
        if self._owner != os.getpid():  # forked: the connection is the parent's, the lock perhaps a thread's that is not here
            self._owner, self._lock = os.getpid(), threading.Lock()
            self.close()
        if not self._lock.acquire(timeout=allowed / 1000):
            raise local_error("deadline_exceeded", "another thread's call lasts")
        try:
            return self._locked(method, params, deadline)
        finally:
            self._lock.release()

    def _locked(self, method: str, params: Mapping[str, Any], deadline: int) -> Any:
        connection = self._connection
        sent = False
        try:
            if connection is None:
                connection = self._connection = _Connection(self.path, deadline)
            sent = True
            return connection.call(method, params, deadline)
        except socket.timeout:  # the answer that comes late has another number
            raise local_error("deadline_exceeded", "the service did not answer in time", sent) from None
        except (OSError, EOFError):
            self.close()
            raise local_error("daemon_absent", "the connection was lost", sent) from None
        except SscardError as e:
            if e.sent:  # what came was no answer
                self.close()
            raise
        except BaseException:  # a signal's handler raised in the middle of a line
            self.close()
            raise

    def lease(self, **params: Any) -> Lease:
        """with service.lease(reader=..., hold_ms=...) as card: the calls of `card` use the card under one lease; parameters as
        of card_acquire()."""
        return Lease(self, params)

    def events(self) -> Events:
        """with service.events() as events: what happens at the readers, on a connection of its own."""
        return Events(self.path, self.deadline_ms)

    def debit(self, amount: int, *, op: Optional[str] = None, self_pay: Optional[int] = None, pooled: Optional[int] = None,
              purse: Optional[str] = None, time: Optional[str] = None, pin: Optional[t.Pin] = None, reader: Optional[str] = None,
              card: Optional[str] = None, medium: Optional[str] = None, lease: Union[None, str, Lease] = None,
              deadline_ms: Optional[int] = None) -> t.PurseDebitResult:
        """purse_debit() that sees it through: when the connection or the answer is lost it asks the service what happened, or
        sends the same op again, until deadline_ms. op: your own key for the sale, kept before you call; a new one without it.
        An SscardError carries op: whatever it says, debit() with the same op goes on from there and takes no money twice."""
        allowed = deadline_ms or self.deadline_ms
        deadline = now_ms() + allowed
        held = lease.id if isinstance(lease, Lease) else lease
        steps = debit_steps({"amount": amount, "op": op or new_op(), "self_pay": self_pay, "pooled": pooled, "purse": purse,
                             "time": time, "pin": pin, "reader": reader, "card": card, "medium": medium, "lease": held}, deadline)
        step = next(steps)
        while True:
            try:
                if step[0] == "sleep":
                    sleep(step[1] / 1000)
                    step = steps.send(None)
                else:
                    left = max(1, deadline - now_ms())
                    try:
                        answer = self._call(step[1], dict(step[2], deadline_ms=left))
                    except SscardError as e:
                        step = steps.throw(e)
                    else:
                        step = steps.send(answer)
            except StopIteration as done:
                result: t.PurseDebitResult = done.value
                return result


class Lease(Methods):
    """A card held for several calls. id, card, reader, expires: of the lease, once it is taken."""

    def __init__(self, service: Service, params: Mapping[str, Any]) -> None:
        self._service, self._params = service, params
        self.id = self.card = self.reader = self.expires = ""

    def __enter__(self) -> Lease:
        granted = self._service.card_acquire(**self._params)
        self.id, self.card = granted["lease"], granted["card"]
        self.reader, self.expires = granted["reader"], granted["expires"]
        return self

    def __exit__(self, kind: Optional[Type[BaseException]], value: Optional[BaseException], trace: Optional[TracebackType]) -> None:
        try:
            self._service.card_release(lease=self.id)
        except SscardError:  # over already: the card was taken out, the time ran out, the service is gone
            pass

    def _call(self, method: str, params: Mapping[str, Any]) -> Any:
        return self._service._call(method, dict(params, lease=self.id) if method in LEASED else params)


class Events:
    """Iterates over t.Event. readers: the snapshot from which they count. A lost connection is made again; when events were
    missed that the service does not know any more, one of type "subscription.renewed" comes, and readers is new. close(), from
    whatever thread, ends it."""

    def __init__(self, path: Optional[str], deadline_ms: int) -> None:
        self._path, self._deadline_ms = path, deadline_ms
        self._connection: Optional[_Connection] = None
        self._waiting: List[t.Event] = []
        self._closed = False
        self.seq = -1
        self.readers: List[t.Reader] = []

    def __enter__(self) -> Events:
        self._closed = False
        self._subscribe()
        return self

    def __exit__(self, kind: Optional[Type[BaseException]], value: Optional[BaseException], trace: Optional[TracebackType]) -> None:
        self.close()

    def close(self) -> None:
        self._closed = True
        self._hang_up()

    def _hang_up(self) -> None:
        connection, self._connection = self._connection, None
        if connection:
            connection.close()

    def _subscribe(self) -> None:
        deadline = now_ms() + self._deadline_ms
        connection = self._connection = _Connection(self._path, deadline)
        params = {"from_seq": self.seq} if self.seq >= 0 else {}
        snapshot = connection.call("events.subscribe", params, deadline)
        if self.seq >= 0:
            self._waiting += snapshot.get("missed", [{"seq": snapshot["seq"], "type": "subscription.renewed"}])
        self.seq, self.readers = snapshot["seq"], snapshot["readers"]

    def __iter__(self) -> Iterator[t.Event]:
        while not self._closed:
            event = self.next(3600000)
            if event is not None:
                yield event

    def next(self, timeout_ms: int) -> Optional[t.Event]:
        """The next event; None when none came in time, or it was closed."""
        deadline = now_ms() + timeout_ms
        while not self._waiting:
            connection = self._connection
            try:
                if self._closed:
                    self._hang_up()
                    return None
                if connection is None or connection.owner != os.getpid():
                    self._hang_up()
                    self._subscribe()
                else:
                    note = connection.note(deadline)
                    if note["method"] == "event":
                        self._waiting.append(note["params"])
            except socket.timeout:
                return None
            except (OSError, EOFError, SscardError) as e:
                self._hang_up()
                if isinstance(e, SscardError) and e.symbol not in ("daemon_absent", "shutting_down"):
                    raise
                if now_ms() >= deadline:
                    return None
                sleep(min(0.2, (deadline - now_ms()) / 1000))
        event = self._waiting.pop(0)
        self.seq = max(self.seq, event["seq"])
        if event["type"] == "subscription.dropped":  # we were too slow: the next call asks for what was missed
            self._hang_up()
        return event
