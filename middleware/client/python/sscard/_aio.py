# SPDX-License-Identifier: Apache-2.0
"""The client for asyncio. One connection; calls of several tasks are under way at the same time."""
from __future__ import annotations

import asyncio
import socket
from types import TracebackType
from typing import Any, AsyncIterator, Dict, List, Mapping, Optional, Type, Union

from . import _types as t
from ._methods import LEASED, AsyncMethods
from ._wire import (DEADLINE_MS, LINE_MAX, SscardError, debit_steps, hello, is_trusted, local_error, new_op, now_ms, parse,
                    request_line, usual_places, why_not)


class _Connection:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.number = 0
        self.waiting: Dict[int, asyncio.Future[Any]] = {}
        self.notes: asyncio.Queue[Optional[Dict[str, Any]]] = asyncio.Queue()
        self.lost: Optional[SscardError] = None
        self.task = asyncio.ensure_future(self._read())

    @classmethod
    async def open(cls, path: Optional[str], deadline: int) -> _Connection:
        refused: Optional[SscardError] = None
        for place, check in [(path, False)] if path else usual_places():
            try:
                dialled = await cls._dial(place, deadline)
            except (OSError, ValueError) as e:
                refused = why_not(e, place, refused)
                continue
            if check and not is_trusted(dialled):
                dialled.close()
                refused = local_error("permission_denied", place)
                continue
            connection = cls(*await asyncio.open_unix_connection(sock=dialled, limit=LINE_MAX))
            try:
                await connection.call("system.hello", hello(), deadline)
            except BaseException:
                connection.close()
                raise
            return connection
        raise refused or local_error("daemon_absent")

    @staticmethod
    async def _dial(place: str, deadline: int) -> socket.socket:
        """As the waiting client's: asyncio takes a full queue for a connection."""
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
                    await asyncio.sleep(0.005)
        except BaseException:
            connection.close()
            raise

    async def _read(self) -> None:
        lost = local_error("daemon_absent", "the connection was lost", True)
        try:
            line = await self.reader.readline()
            while line.endswith(b"\n"):
                self._take(parse(line))
                line = await self.reader.readline()
        except ValueError:
            lost = local_error("line_too_long", "the service's answer is longer than this client takes", True)
        except SscardError as e:
            lost = e
        except OSError:
            pass
        finally:
            self.lost = lost
            self.writer.close()
            self.notes.put_nowait(None)
            for future in self.waiting.values():
                if not future.done():
                    future.set_exception(lost)

    def _take(self, message: Dict[str, Any]) -> None:
        number = message.get("id", -1)
        if number is None and len(self.waiting) == 1:  # a service that could not read the id answers null
            number = next(iter(self.waiting))
        future = self.waiting.get(number)
        if "method" in message:
            self.notes.put_nowait(message)
        elif future and not future.done():  # any other is late: its caller has given up
            if "error" in message:
                future.set_exception(SscardError(message["error"]))
            else:
                future.set_result(message["result"])

    async def call(self, method: str, params: Mapping[str, Any], deadline: int) -> Any:
        self.number += 1
        number = self.number
        line = request_line(number, method, params, deadline - now_ms())
        if self.lost:
            raise local_error("daemon_absent", "the connection was lost")
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self.waiting[number] = future
        try:
            self.writer.write(line)
            return await asyncio.wait_for(future, max(0.001, (deadline - now_ms()) / 1000))
        except asyncio.TimeoutError:
            raise local_error("deadline_exceeded", "the service did not answer in time", True) from None
        finally:
            del self.waiting[number]

    def close(self) -> None:
        self.task.cancel()
        self.writer.close()


class AsyncService(AsyncMethods):
    """As Service, for asyncio. A task that is cancelled gives up waiting; what the service has begun, it ends."""

    def __init__(self, path: Optional[str] = None, deadline_ms: int = DEADLINE_MS) -> None:
        self.path, self.deadline_ms = path, deadline_ms
        self._connection: Optional[_Connection] = None
        self._opening: Optional[asyncio.Lock] = None

    async def __aenter__(self) -> AsyncService:
        return self

    async def __aexit__(self, kind: Optional[Type[BaseException]], value: Optional[BaseException],
                        trace: Optional[TracebackType]) -> None:
        self.close()

    def close(self) -> None:
        """Hangs up; leases end with it."""
        connection, self._connection = self._connection, None
        if connection:
            connection.close()

    async def call(self, method: str, params: Optional[Mapping[str, Any]] = None, deadline_ms: Optional[int] = None) -> Any:
        """Any method by its name, for what is newer than this package."""
        return await self._call(method, dict(params or {}, deadline_ms=deadline_ms))

    async def _call(self, method: str, params: Mapping[str, Any]) -> Any:
        deadline = now_ms() + (params.get("deadline_ms") or self.deadline_ms)
        if self._opening is None:
            self._opening = asyncio.Lock()
        async with self._opening:
            connection = self._connection
            if connection is None or connection.lost:
                connection = self._connection = await _Connection.open(self.path, deadline)
        return await connection.call(method, params, deadline)

    def lease(self, **params: Any) -> AsyncLease:
        """async with service.lease(reader=..., hold_ms=...) as card: as Service.lease()."""
        return AsyncLease(self, params)

    def events(self) -> AsyncEvents:
        """async with service.events() as events: as Service.events()."""
        return AsyncEvents(self.path, self.deadline_ms)

    async def debit(self, amount: int, *, op: Optional[str] = None, self_pay: Optional[int] = None, pooled: Optional[int] = None,
                    purse: Optional[str] = None, time: Optional[str] = None, pin: Optional[t.Pin] = None,
                    reader: Optional[str] = None, card: Optional[str] = None, medium: Optional[str] = None,
                    lease: Union[None, str, AsyncLease] = None,
                    deadline_ms: Optional[int] = None) -> t.PurseDebitResult:
        """As Service.debit()."""
        deadline = now_ms() + (deadline_ms or self.deadline_ms)
        held = lease.id if isinstance(lease, AsyncLease) else lease
        steps = debit_steps({"amount": amount, "op": op or new_op(), "self_pay": self_pay, "pooled": pooled, "purse": purse,
                             "time": time, "pin": pin, "reader": reader, "card": card, "medium": medium, "lease": held}, deadline)
        step = next(steps)
        while True:
            try:
                if step[0] == "sleep":
                    await asyncio.sleep(step[1] / 1000)
                    step = steps.send(None)
                else:
                    try:
                        answer = await self._call(step[1], dict(step[2], deadline_ms=max(1, deadline - now_ms())))
                    except SscardError as e:
                        step = steps.throw(e)
                    else:
                        step = steps.send(answer)
            except StopIteration as done:
                result: t.PurseDebitResult = done.value
                return result


class AsyncLease(AsyncMethods):
    """As Lease."""

    def __init__(self, service: AsyncService, params: Mapping[str, Any]) -> None:
        self._service, self._params = service, params
        self.id = self.card = self.reader = self.expires = ""

    async def __aenter__(self) -> AsyncLease:
        granted = await self._service.card_acquire(**self._params)
        self.id, self.card = granted["lease"], granted["card"]
        self.reader, self.expires = granted["reader"], granted["expires"]
        return self

    async def __aexit__(self, kind: Optional[Type[BaseException]], value: Optional[BaseException],
                        trace: Optional[TracebackType]) -> None:
        try:
            await self._service.card_release(lease=self.id)
        except SscardError:  # over already: the card was taken out, the time ran out, the service is gone
            pass

    async def _call(self, method: str, params: Mapping[str, Any]) -> Any:
        return await self._service._call(method, dict(params, lease=self.id) if method in LEASED else params)


class AsyncEvents:
    """As Events."""

    def __init__(self, path: Optional[str], deadline_ms: int) -> None:
        self._path, self._deadline_ms = path, deadline_ms
        self._connection: Optional[_Connection] = None
        self._waiting: List[t.Event] = []
        self._closed = False
        self.seq = -1
        self.readers: List[t.Reader] = []

    async def __aenter__(self) -> AsyncEvents:
        self._closed = False
        await self._subscribe()
        return self

    async def __aexit__(self, kind: Optional[Type[BaseException]], value: Optional[BaseException],
                        trace: Optional[TracebackType]) -> None:
        self.close()

    def close(self) -> None:
        self._closed = True
        self._hang_up()

    def _hang_up(self) -> None:
        connection, self._connection = self._connection, None
        if connection:
            connection.close()

    async def _subscribe(self) -> None:
        deadline = now_ms() + self._deadline_ms
        connection = self._connection = await _Connection.open(self._path, deadline)
        params = {"from_seq": self.seq} if self.seq >= 0 else {}
        snapshot = await connection.call("events.subscribe", params, deadline)
        if self.seq >= 0:
            self._waiting += snapshot.get("missed", [{"seq": snapshot["seq"], "type": "subscription.renewed"}])
        self.seq, self.readers = snapshot["seq"], snapshot["readers"]

    async def __aiter__(self) -> AsyncIterator[t.Event]:
        while not self._closed:
            event = await self._wait()
            if event is not None:
                yield event

    async def next(self) -> t.Event:
        """The next event; asyncio.wait_for() gives it a deadline. daemon_absent: it was closed."""
        event = await self._wait()
        if event is None:
            raise local_error("daemon_absent", "these events were closed")
        return event

    async def _wait(self) -> Optional[t.Event]:
        while not self._waiting:
            if self._closed:
                self._hang_up()
                return None
            try:
                if self._connection is None:
                    await self._subscribe()
                    continue
            except SscardError as e:
                self._hang_up()
                if e.symbol not in ("daemon_absent", "shutting_down"):
                    raise
                await asyncio.sleep(0.2)
                continue
            note = await self._connection.notes.get()
            if note is None:
                self._hang_up()
            elif note["method"] == "event":
                self._waiting.append(note["params"])
        event = self._waiting.pop(0)
        self.seq = max(self.seq, event["seq"])
        if event["type"] == "subscription.dropped":  # we were too slow: the next call asks for what was missed
            self._hang_up()
        return event
