# SPDX-License-Identifier: Apache-2.0
# Made by middleware/client/generate.py from what sscardd says of itself; do not edit.
"""The methods of the service. docs/api.md says more."""
from __future__ import annotations

from typing import Any, Dict, List, Literal, Mapping, Optional, Union

from . import _types as t

# The methods that work under a lease.
LEASED = frozenset((
    "card.acquire", "card.release", "card.info", "card.identity", "card.read", "card.write",
    "card.authenticate.begin", "card.authenticate.complete", "pin.verify", "pin.change", "pin.reload",
    "pin.unblock", "purse.balance", "purse.debit", "purse.debit.begin", "purse.debit.complete",
    "purse.load.begin", "purse.load.complete", "purse.log", "txn.resolve", "card.reset", "apdu.transmit"))


class Methods:
    def _call(self, method: str, params: Mapping[str, Any]) -> Any:
        raise NotImplementedError

    def system_hello(self, *, client: Optional[str] = None, protocol: Optional[int] = None,
                     lang: Optional[Literal["en", "zh"]] = None,
                     deadline_ms: Optional[int] = None) -> t.SystemHelloResult:
        """Who serves here, and what the caller may do. Role: viewer.

        client: Name and version of the calling program, for the log.
        protocol: The protocol the caller speaks; not_supported when the daemon does not.
        lang: Language of error.message on this connection, English without it; data carries both in any case.
        deadline_ms: The answer comes within this time; the client's own default without it.
        """
        result: t.SystemHelloResult = self._call(
            "system.hello", {"client": client, "protocol": protocol, "lang": lang, "deadline_ms": deadline_ms})
        return result

    def system_ping(self, *, deadline_ms: Optional[int] = None) -> t.SystemPingResult:
        """Is everything that a sale needs in order? Each part is answered on its own. Role: viewer.

        deadline_ms: The answer comes within this time from receipt; the configuration sets default and maximum.
        """
        result: t.SystemPingResult = self._call(
            "system.ping", {"deadline_ms": deadline_ms})
        return result

    def rpc_discover(self, *, deadline_ms: Optional[int] = None) -> Dict[str, Any]:
        """This table, as an OpenRPC document. Role: viewer.

        deadline_ms: The answer comes within this time; the client's own default without it.
        """
        result: Dict[str, Any] = self._call(
            "rpc.discover", {"deadline_ms": deadline_ms})
        return result

    def rpc_cancel(self, *, id: Union[int, str], deadline_ms: Optional[int] = None) -> t.RpcCancelResult:
        """Gives up a call of the same connection. It is then answered with the symbol cancelled. A write that the card
        has already begun is not cancelled. Role: viewer.

        id: The id of the call to give up.
        deadline_ms: The answer comes within this time; the client's own default without it.
        """
        result: t.RpcCancelResult = self._call(
            "rpc.cancel", {"id": id, "deadline_ms": deadline_ms})
        return result

    def reader_list(self, *, deadline_ms: Optional[int] = None) -> t.ReaderListResult:
        """All readers and what is in them. Role: viewer.

        deadline_ms: The answer comes within this time; the client's own default without it.
        """
        result: t.ReaderListResult = self._call(
            "reader.list", {"deadline_ms": deadline_ms})
        return result

    def events_subscribe(self, *, from_seq: Optional[int] = None,
                         deadline_ms: Optional[int] = None) -> t.EventsSubscribeResult:
        """A snapshot, then a notification for everything that changes: {"jsonrpc":"2.0","method":"event","params":{seq,
        type, ..}}. Types: reader.added, reader.removed, card.inserted, card.removed, card.mute, reader.wedged,
        reader.recovered, lease.granted, lease.released, txn.settled, txn.unknown, service.lost, service.back,
        subscription.dropped. Numbers have no gap; missed are those since from_seq, when they are still known. Amounts
        and op of a transaction are told only to its owner and to operators. Role: viewer.

        from_seq: The last number seen before a connection was lost.
        deadline_ms: The answer comes within this time; the client's own default without it.
        """
        result: t.EventsSubscribeResult = self._call(
            "events.subscribe", {"from_seq": from_seq, "deadline_ms": deadline_ms})
        return result

    def events_unsubscribe(self, *, deadline_ms: Optional[int] = None) -> None:
        """No more events on this connection. Role: viewer.

        deadline_ms: The answer comes within this time; the client's own default without it.
        """
        self._call(
            "events.unsubscribe", {"deadline_ms": deadline_ms})

    def card_wait(self, *, state: Optional[Literal["present", "absent"]] = None,
                  medium: Optional[Literal["contact", "contactless", "contact_first", "contactless_first"]] = None,
                  reader: Optional[str] = None, deadline_ms: Optional[int] = None) -> t.CardWaitResult:
        """Answers as soon as a card is there, or is gone. When the time is over: no_card when none came,
        card_still_there when it was not taken out; card_mute when one came that does not answer. Role: reader.

        state: What to wait for; present without it.
        medium: Only readers of this kind; of the preferred kind first when there are cards in both.
        reader: Name of the reader. Without reader, card and lease: the only reader with a card.
        deadline_ms: The answer comes within this time from receipt; the configuration sets default and maximum.
        """
        result: t.CardWaitResult = self._call(
            "card.wait", {"state": state, "medium": medium, "reader": reader, "deadline_ms": deadline_ms})
        return result

    def card_acquire(self, *, expect: Optional[t.Expect] = None, hold_ms: Optional[int] = None,
                     reader: Optional[str] = None, card: Optional[str] = None, lease: Optional[str] = None,
                     medium: Optional[Literal["contact", "contactless", "contact_first", "contactless_first"]] = None,
                     deadline_ms: Optional[int] = None) -> t.CardAcquireResult:
        """Takes the card for several calls, first come first served. The lease ends when it is released, when hold_ms is
        over, when the connection closes, when the card is removed. PIN and key rights do not outlive it. Role:
        reader.

        expect: The lease is granted only when the card is this one: {"card_id":"32 hexadecimal digits",
            "card_number":".."}, one of them or both; else card_mismatch. Both are read without authentication.
        hold_ms: How long to hold it; the configuration sets default and maximum.
        reader: Name of the reader. Without reader, card and lease: the only reader with a card.
        card: Card handle; a handle of a card that was removed is answered with stale_card.
        lease: Use the card under this lease instead of taking one for this call.
        medium: Without reader, card and lease: the only card of this kind, or of the preferred kind when there is
            one; the only card of any kind without it.
        deadline_ms: The answer comes within this time from receipt; the configuration sets default and maximum.
        """
        result: t.CardAcquireResult = self._call(
            "card.acquire", {"expect": expect, "hold_ms": hold_ms, "reader": reader, "card": card, "lease": lease, "medium":
            medium, "deadline_ms": deadline_ms})
        return result

    def card_release(self, *, lease: str, deadline_ms: Optional[int] = None) -> None:
        """Gives the card back. Role: reader.

        lease: The lease that holds the card.
        deadline_ms: The answer comes within this time; the client's own default without it.
        """
        self._call(
            "card.release", {"lease": lease, "deadline_ms": deadline_ms})

    def card_info(self, *, reader: Optional[str] = None, card: Optional[str] = None, lease: Optional[str] = None,
                  medium: Optional[Literal["contact", "contactless", "contact_first", "contactless_first"]] = None,
                  deadline_ms: Optional[int] = None) -> t.CardInfoResult:
        """What kind of card this is: answer to reset explained, generation, algorithm, city, purses. Role: reader.

        reader: Name of the reader. Without reader, card and lease: the only reader with a card.
        card: Card handle; a handle of a card that was removed is answered with stale_card.
        lease: Use the card under this lease instead of taking one for this call.
        medium: Without reader, card and lease: the only card of this kind, or of the preferred kind when there is
            one; the only card of any kind without it.
        deadline_ms: The answer comes within this time from receipt; the configuration sets default and maximum.
        """
        result: t.CardInfoResult = self._call(
            "card.info", {"reader": reader, "card": card, "lease": lease, "medium": medium, "deadline_ms": deadline_ms})
        return result

    def card_identity(self, *, verify: Optional[bool] = None, parts: Optional[Literal["basic", "full"]] = None,
                      reader: Optional[str] = None, card: Optional[str] = None, lease: Optional[str] = None,
                      medium: Optional[Literal["contact", "contactless", "contact_first", "contactless_first"]] = None,
                      deadline_ms: Optional[int] = None) -> t.Identity:
        """Who holds the card, and whether it is genuine. need_remote_authentication: go on with card.authenticate.begin.
        Role: reader.

        verify: Authenticate the card; true without it.
        parts: basic: the eleven items of the national line; full adds sex, birth, class, issuer.
        reader: Name of the reader. Without reader, card and lease: the only reader with a card.
        card: Card handle; a handle of a card that was removed is answered with stale_card.
        lease: Use the card under this lease instead of taking one for this call.
        medium: Without reader, card and lease: the only card of this kind, or of the preferred kind when there is
            one; the only card of any kind without it.
        deadline_ms: The answer comes within this time from receipt; the configuration sets default and maximum.
        """
        result: t.Identity = self._call(
            "card.identity", {"verify": verify, "parts": parts, "reader": reader, "card": card, "lease": lease, "medium": medium,
            "deadline_ms": deadline_ms})
        return result

    def card_read(self, *, file: str, elements: Optional[List[str]] = None, record: Optional[int] = None,
                  auth: Optional[Literal["auto", "pin", "key"]] = None, reader: Optional[str] = None,
                  card: Optional[str] = None, lease: Optional[str] = None,
                  medium: Optional[Literal["contact", "contactless", "contact_first", "contactless_first"]] = None,
                  pin: Optional[t.Pin] = None, deadline_ms: Optional[int] = None) -> t.CardReadResult:
        """Reads a file, or some of its elements. Role: reader.

        file: SSSEEF05, DF01EF0A ...
        elements: Tags ("28") or names ("contact_phone"); all without it.
        record: One record of a cyclic file.
        auth: How to open the file.
        reader: Name of the reader. Without reader, card and lease: the only reader with a card.
        card: Card handle; a handle of a card that was removed is answered with stale_card.
        lease: Use the card under this lease instead of taking one for this call.
        medium: Without reader, card and lease: the only card of this kind, or of the preferred kind when there is
            one; the only card of any kind without it.
        pin: Verify the PIN first: {"entry":"pinpad"} on the reader's keypad, or {"secret":"123456"}.
        deadline_ms: The answer comes within this time from receipt; the configuration sets default and maximum.
        """
        result: t.CardReadResult = self._call(
            "card.read", {"file": file, "elements": elements, "record": record, "auth": auth, "reader": reader, "card": card,
            "lease": lease, "medium": medium, "pin": pin, "deadline_ms": deadline_ms})
        return result

    def card_write(self, *, file: str, op: str, element: Optional[str] = None, occurrence: Optional[int] = None,
                   text: Optional[str] = None, hex: Optional[str] = None, offset: Optional[int] = None,
                   reader: Optional[str] = None, card: Optional[str] = None, lease: Optional[str] = None,
                   medium: Optional[Literal["contact", "contactless", "contact_first", "contactless_first"]] = None,
                   pin: Optional[t.Pin] = None, deadline_ms: Optional[int] = None) -> t.CardWriteResult:
        """Writes one element, or appends a record to a cyclic file. Role: perso.

        file: DF01EF05 ...
        op: Idempotency key of the caller: new for every piece of business, the same when it is repeated.
        element: Tag or name.
        occurrence: Which of several elements with the same tag.
        text: The value as text; fields of a cyclic record separated by ^.
        hex: The value as bytes.
        offset: Where in a transparent file.
        reader: Name of the reader. Without reader, card and lease: the only reader with a card.
        card: Card handle; a handle of a card that was removed is answered with stale_card.
        lease: Use the card under this lease instead of taking one for this call.
        medium: Without reader, card and lease: the only card of this kind, or of the preferred kind when there is
            one; the only card of any kind without it.
        pin: Verify the PIN first: {"entry":"pinpad"} on the reader's keypad, or {"secret":"123456"}.
        deadline_ms: The answer comes within this time from receipt; the configuration sets default and maximum.
        """
        result: t.CardWriteResult = self._call(
            "card.write", {"file": file, "op": op, "element": element, "occurrence": occurrence, "text": text, "hex": hex,
            "offset": offset, "reader": reader, "card": card, "lease": lease, "medium": medium, "pin": pin,
            "deadline_ms": deadline_ms})
        return result

    def card_authenticate_begin(self, *, purpose: Optional[Literal["identity", "key"]] = None,
                                key: Optional[str] = None, file: Optional[str] = None, write: Optional[bool] = None,
                                hold_ms: Optional[int] = None, reader: Optional[str] = None,
                                card: Optional[str] = None, lease: Optional[str] = None,
                                medium: Optional[Literal["contact", "contactless", "contact_first", "contactless_first"]] = None,
                                deadline_ms: Optional[int] = None) -> t.CardAuthenticateBeginResult:
        """First half of an authentication by the back office's key machine: holds the card and hands out what the
        machine needs. For a key, key or file says which; remote_authentication_not_needed when the file opens without
        one. Role: reader.

        purpose: identity without it.
        key: With purpose key: RK1DF01, PUK ...
        file: With purpose key, instead of key: the key that this file asks for, DF01EF05 ... pin_needed: it wants the
            PIN as well.
        write: With file: for writing it, not for reading.
        hold_ms: How long to hold the card.
        reader: Name of the reader. Without reader, card and lease: the only reader with a card.
        card: Card handle; a handle of a card that was removed is answered with stale_card.
        lease: Use the card under this lease instead of taking one for this call.
        medium: Without reader, card and lease: the only card of this kind, or of the preferred kind when there is
            one; the only card of any kind without it.
        deadline_ms: The answer comes within this time from receipt; the configuration sets default and maximum.
        """
        result: t.CardAuthenticateBeginResult = self._call(
            "card.authenticate.begin", {"purpose": purpose, "key": key, "file": file, "write": write, "hold_ms": hold_ms, "reader": reader,
            "card": card, "lease": lease, "medium": medium, "deadline_ms": deadline_ms})
        return result

    def card_authenticate_complete(self, *, lease: str, internal: Optional[str] = None,
                                   external: Optional[str] = None, answer: Optional[str] = None,
                                   parts: Optional[Literal["basic", "full"]] = None, reader: Optional[str] = None,
                                   card: Optional[str] = None,
                                   deadline_ms: Optional[int] = None) -> t.CardAuthenticateCompleteResult:
        """Second half: the machine's answer. For purpose identity it answers as card.identity; for purpose key the key's
        rights are open for the rest of the lease. Role: reader.

        lease: The lease that holds the card.
        internal: The machine's expected answer to the internal authentication.
        external: The machine's authentication data for the card.
        answer: Both as one line: auth16+original16|auth16+original16|
        parts: As in card.identity.
        reader: Name of the reader. Without reader, card and lease: the only reader with a card.
        card: Card handle; a handle of a card that was removed is answered with stale_card.
        deadline_ms: The answer comes within this time from receipt; the configuration sets default and maximum.
        """
        result: t.CardAuthenticateCompleteResult = self._call(
            "card.authenticate.complete", {"lease": lease, "internal": internal, "external": external, "answer": answer, "parts": parts,
            "reader": reader, "card": card, "deadline_ms": deadline_ms})
        return result

    def pin_verify(self, *, entry: Optional[Literal["pinpad"]] = None, secret: Optional[str] = None,
                   status: Optional[bool] = None, purse: Optional[Literal["medical", "ed", "ep"]] = None,
                   reader: Optional[str] = None, card: Optional[str] = None, lease: Optional[str] = None,
                   medium: Optional[Literal["contact", "contactless", "contact_first", "contactless_first"]] = None,
                   deadline_ms: Optional[int] = None) -> t.PinVerifyResult:
        """Verifies the holder's PIN. Its rights last as long as the lease. Role: reader.

        entry: On the reader's keypad.
        secret: The PIN; used once, never stored or logged.
        status: Only ask how many tries are left; costs none.
        purse: Whose PIN: ed and ep mean the purse application's on a card that has both.
        reader: Name of the reader. Without reader, card and lease: the only reader with a card.
        card: Card handle; a handle of a card that was removed is answered with stale_card.
        lease: Use the card under this lease instead of taking one for this call.
        medium: Without reader, card and lease: the only card of this kind, or of the preferred kind when there is
            one; the only card of any kind without it.
        deadline_ms: The answer comes within this time from receipt; the configuration sets default and maximum.
        """
        result: t.PinVerifyResult = self._call(
            "pin.verify", {"entry": entry, "secret": secret, "status": status, "purse": purse, "reader": reader, "card": card,
            "lease": lease, "medium": medium, "deadline_ms": deadline_ms})
        return result

    def pin_change(self, *, op: str, entry: Optional[Literal["pinpad"]] = None, old: Optional[str] = None,
                   new: Optional[str] = None, purse: Optional[Literal["medical", "ed", "ep"]] = None,
                   reader: Optional[str] = None, card: Optional[str] = None, lease: Optional[str] = None,
                   medium: Optional[Literal["contact", "contactless", "contact_first", "contactless_first"]] = None,
                   deadline_ms: Optional[int] = None) -> t.PinChangeResult:
        """Changes the PIN. Role: reader.

        op: Idempotency key of the caller: new for every piece of business, the same when it is repeated.
        entry: All on the reader's keypad.
        old: The present PIN.
        new: The new PIN.
        purse: As in pin.verify.
        reader: Name of the reader. Without reader, card and lease: the only reader with a card.
        card: Card handle; a handle of a card that was removed is answered with stale_card.
        lease: Use the card under this lease instead of taking one for this call.
        medium: Without reader, card and lease: the only card of this kind, or of the preferred kind when there is
            one; the only card of any kind without it.
        deadline_ms: The answer comes within this time from receipt; the configuration sets default and maximum.
        """
        result: t.PinChangeResult = self._call(
            "pin.change", {"op": op, "entry": entry, "old": old, "new": new, "purse": purse, "reader": reader, "card": card,
            "lease": lease, "medium": medium, "deadline_ms": deadline_ms})
        return result

    def pin_reload(self, *, op: str, new: Optional[str] = None, remote: Optional[bool] = None,
                   command: Optional[str] = None, purse: Optional[Literal["medical", "ed", "ep"]] = None,
                   reader: Optional[str] = None, card: Optional[str] = None, lease: Optional[str] = None,
                   medium: Optional[Literal["contact", "contactless", "contact_first", "contactless_first"]] = None,
                   deadline_ms: Optional[int] = None) -> t.PinReloadResult:
        """Sets a new PIN without the old one, through PSAM or key file. Without them (need_remote_authentication):
        card.authenticate.begin and complete for the key PUK; then op, remote and lease answer the card's challenge;
        then op, lease and command send the back office's command. Role: operator.

        op: Idempotency key of the caller: new for every piece of business, the same when it is repeated.
        new: The new PIN.
        remote: Ask the card for the challenge that the back office needs.
        command: The back office's whole command.
        purse: As in pin.verify. A purse needs no key PUK; remote is for its PIN UNBLOCK.
        reader: Name of the reader. Without reader, card and lease: the only reader with a card.
        card: Card handle; a handle of a card that was removed is answered with stale_card.
        lease: Use the card under this lease instead of taking one for this call.
        medium: Without reader, card and lease: the only card of this kind, or of the preferred kind when there is
            one; the only card of any kind without it.
        deadline_ms: The answer comes within this time from receipt; the configuration sets default and maximum.
        """
        result: t.PinReloadResult = self._call(
            "pin.reload", {"op": op, "new": new, "remote": remote, "command": command, "purse": purse, "reader": reader,
            "card": card, "lease": lease, "medium": medium, "deadline_ms": deadline_ms})
        return result

    def pin_unblock(self, *, op: str, new: Optional[str] = None, remote: Optional[bool] = None,
                    command: Optional[str] = None, purse: Optional[Literal["medical", "ed", "ep"]] = None,
                    reader: Optional[str] = None, card: Optional[str] = None, lease: Optional[str] = None,
                    medium: Optional[Literal["contact", "contactless", "contact_first", "contactless_first"]] = None,
                    deadline_ms: Optional[int] = None) -> t.PinUnblockResult:
        """Gives the PIN its tries back, through PSAM or key file. Without them, as for pin.reload: the key PUK, then
        remote, then command. Role: operator.

        op: Idempotency key of the caller: new for every piece of business, the same when it is repeated.
        new: For a purse, whose command carries the PIN: the old one or a new one.
        remote: Ask the card for the challenge that the back office needs.
        command: The back office's whole command.
        purse: As in pin.verify.
        reader: Name of the reader. Without reader, card and lease: the only reader with a card.
        card: Card handle; a handle of a card that was removed is answered with stale_card.
        lease: Use the card under this lease instead of taking one for this call.
        medium: Without reader, card and lease: the only card of this kind, or of the preferred kind when there is
            one; the only card of any kind without it.
        deadline_ms: The answer comes within this time from receipt; the configuration sets default and maximum.
        """
        result: t.PinUnblockResult = self._call(
            "pin.unblock", {"op": op, "new": new, "remote": remote, "command": command, "purse": purse, "reader": reader,
            "card": card, "lease": lease, "medium": medium, "deadline_ms": deadline_ms})
        return result

    def purse_balance(self, *, purse: Optional[Literal["medical", "ed", "ep"]] = None, reader: Optional[str] = None,
                      card: Optional[str] = None, lease: Optional[str] = None,
                      medium: Optional[Literal["contact", "contactless", "contact_first", "contactless_first"]] = None,
                      pin: Optional[t.Pin] = None, deadline_ms: Optional[int] = None) -> t.PurseBalanceResult:
        """The balance in fen. Role: reader.

        purse: The card's first purse without it.
        reader: Name of the reader. Without reader, card and lease: the only reader with a card.
        card: Card handle; a handle of a card that was removed is answered with stale_card.
        lease: Use the card under this lease instead of taking one for this call.
        medium: Without reader, card and lease: the only card of this kind, or of the preferred kind when there is
            one; the only card of any kind without it.
        pin: Verify the PIN first: {"entry":"pinpad"} on the reader's keypad, or {"secret":"123456"}.
        deadline_ms: The answer comes within this time from receipt; the configuration sets default and maximum.
        """
        result: t.PurseBalanceResult = self._call(
            "purse.balance", {"purse": purse, "reader": reader, "card": card, "lease": lease, "medium": medium, "pin": pin,
            "deadline_ms": deadline_ms})
        return result

    def purse_debit(self, *, amount: int, op: str, purse: Optional[Literal["medical", "ed", "ep"]] = None,
                    self_pay: Optional[int] = None, pooled: Optional[int] = None, time: Optional[str] = None,
                    reader: Optional[str] = None, card: Optional[str] = None, lease: Optional[str] = None,
                    medium: Optional[Literal["contact", "contactless", "contact_first", "contactless_first"]] = None,
                    pin: Optional[t.Pin] = None, deadline_ms: Optional[int] = None) -> t.PurseDebitResult:
        """Takes money. It is journalled before the card acts; a repeated op answers what happened and touches nothing.
        outcome_unknown: insert the same card again. Role: biller.

        amount: From the account.
        op: Idempotency key of the caller: new for every piece of business, the same when it is repeated.
        purse: The card's first purse without it.
        self_pay: Medical purse: paid by the holder, for the yearly sum.
        pooled: Medical purse: paid by the fund, for the yearly sum.
        time: YYYYMMDDhhmmss, the time of the sale; now without it.
        reader: Name of the reader. Without reader, card and lease: the only reader with a card.
        card: Card handle; a handle of a card that was removed is answered with stale_card.
        lease: Use the card under this lease instead of taking one for this call.
        medium: Without reader, card and lease: the only card of this kind, or of the preferred kind when there is
            one; the only card of any kind without it.
        pin: Verify the PIN first: {"entry":"pinpad"} on the reader's keypad, or {"secret":"123456"}.
        deadline_ms: The answer comes within this time from receipt; the configuration sets default and maximum.
        """
        result: t.PurseDebitResult = self._call(
            "purse.debit", {"amount": amount, "op": op, "purse": purse, "self_pay": self_pay, "pooled": pooled, "time": time,
            "reader": reader, "card": card, "lease": lease, "medium": medium, "pin": pin, "deadline_ms":
            deadline_ms})
        return result

    def purse_debit_begin(self, *, amount: int, op: str, purse: Optional[Literal["medical", "ed", "ep"]] = None,
                          self_pay: Optional[int] = None, pooled: Optional[int] = None,
                          terminal: Optional[str] = None, time: Optional[str] = None, hold_ms: Optional[int] = None,
                          reader: Optional[str] = None, card: Optional[str] = None, lease: Optional[str] = None,
                          medium: Optional[Literal["contact", "contactless", "contact_first", "contactless_first"]] = None,
                          pin: Optional[t.Pin] = None, deadline_ms: Optional[int] = None) -> t.PurseDebitBeginResult:
        """Debit with the back office's key machine, first half: holds the card and hands out what MAC1 needs. Nothing
        has moved yet; a debit that is not completed under its lease is abandoned. A repeated op answers what
        happened. Role: biller.

        amount: From the account.
        op: Idempotency key of the caller: new for every piece of business, the same when it is repeated.
        purse: The card's first purse without it.
        self_pay: Medical purse: paid by the holder, for the yearly sum.
        pooled: Medical purse: paid by the fund, for the yearly sum.
        terminal: Terminal number; the PSAM's without it, zeros without a PSAM.
        time: YYYYMMDDhhmmss, handed on to the host; now without it. What counts is the time of the second half.
        hold_ms: How long to hold the card.
        reader: Name of the reader. Without reader, card and lease: the only reader with a card.
        card: Card handle; a handle of a card that was removed is answered with stale_card.
        lease: Use the card under this lease instead of taking one for this call.
        medium: Without reader, card and lease: the only card of this kind, or of the preferred kind when there is
            one; the only card of any kind without it.
        pin: Verify the PIN first: {"entry":"pinpad"} on the reader's keypad, or {"secret":"123456"}.
        deadline_ms: The answer comes within this time from receipt; the configuration sets default and maximum.
        """
        result: t.PurseDebitBeginResult = self._call(
            "purse.debit.begin", {"amount": amount, "op": op, "purse": purse, "self_pay": self_pay, "pooled": pooled, "terminal":
            terminal, "time": time, "hold_ms": hold_ms, "reader": reader, "card": card, "lease": lease,
            "medium": medium, "pin": pin, "deadline_ms": deadline_ms})
        return result

    def purse_debit_complete(self, *, terminal_seq: str, time: str, mac1: str, lease: str, id: Optional[int] = None,
                             reader: Optional[str] = None, card: Optional[str] = None,
                             deadline_ms: Optional[int] = None) -> t.PurseDebitCompleteResult:
        """Second half: the key machine's answer. It is journalled, then sent to the card once. MAC2 is not checked here
        (mac2_checked is false): hand mac2 and tac to the key machine, pass on what it says with purse.debit.verified,
        and give no goods when it refuses them. With id, a second complete answers what happened and touches nothing.
        Role: biller.

        terminal_seq: The terminal transaction number that MAC1 was made with.
        time: YYYYMMDDhhmmss, the time that MAC1 was made with.
        mac1: The key machine's MAC1.
        lease: The lease that holds the card.
        id: The transaction, to be sure.
        reader: Name of the reader. Without reader, card and lease: the only reader with a card.
        card: Card handle; a handle of a card that was removed is answered with stale_card.
        deadline_ms: The answer comes within this time from receipt; the configuration sets default and maximum.
        """
        result: t.PurseDebitCompleteResult = self._call(
            "purse.debit.complete", {"terminal_seq": terminal_seq, "time": time, "mac1": mac1, "lease": lease, "id": id, "reader":
            reader, "card": card, "deadline_ms": deadline_ms})
        return result

    def purse_debit_verified(self, *, mac2: Literal["right", "wrong"], id: Optional[int] = None,
                             op: Optional[str] = None,
                             deadline_ms: Optional[int] = None) -> t.PurseDebitVerifiedResult:
        """What the back office's key machine says of the MAC2 and TAC of a debit whose mac2_checked is false (evidence
        reply_unchecked or proof_tac; unknown with mac2 and tac: the card has shown its proof and wants the PIN for
        the rest, and right settles it). right: evidence host_mac2. wrong: it is answered with debit_disputed, as is
        every repeat of the op from then on; the row is unproven, evidence host_mac2_wrong, until an operator decides
        (txn.resolve). Journalled before it is answered; said again it changes nothing, said otherwise it is
        verdict_conflict. No card is needed. Role: biller.

        mac2: The key machine's verdict.
        id: Its number.
        op: Its op key.
        deadline_ms: The answer comes within this time from receipt; the configuration sets default and maximum.
        """
        result: t.PurseDebitVerifiedResult = self._call(
            "purse.debit.verified", {"mac2": mac2, "id": id, "op": op, "deadline_ms": deadline_ms})
        return result

    def purse_load_begin(self, *, amount: int, op: str, purse: Optional[Literal["medical", "ed", "ep"]] = None,
                         terminal: Optional[str] = None, hold_ms: Optional[int] = None, reader: Optional[str] = None,
                         card: Optional[str] = None, lease: Optional[str] = None,
                         medium: Optional[Literal["contact", "contactless", "contact_first", "contactless_first"]] = None,
                         pin: Optional[t.Pin] = None, deadline_ms: Optional[int] = None) -> t.PurseLoadBeginResult:
        """First half of a load: holds the card and hands out what the host needs. Role: biller.

        amount: To load.
        op: Idempotency key of the caller: new for every piece of business, the same when it is repeated.
        purse: The card's first purse without it.
        terminal: Terminal number; the PSAM's without it.
        hold_ms: How long to hold the card.
        reader: Name of the reader. Without reader, card and lease: the only reader with a card.
        card: Card handle; a handle of a card that was removed is answered with stale_card.
        lease: Use the card under this lease instead of taking one for this call.
        medium: Without reader, card and lease: the only card of this kind, or of the preferred kind when there is
            one; the only card of any kind without it.
        pin: Verify the PIN first: {"entry":"pinpad"} on the reader's keypad, or {"secret":"123456"}.
        deadline_ms: The answer comes within this time from receipt; the configuration sets default and maximum.
        """
        result: t.PurseLoadBeginResult = self._call(
            "purse.load.begin", {"amount": amount, "op": op, "purse": purse, "terminal": terminal, "hold_ms": hold_ms, "reader":
            reader, "card": card, "lease": lease, "medium": medium, "pin": pin, "deadline_ms": deadline_ms})
        return result

    def purse_load_complete(self, *, host_time: str, mac2: str, lease: str, id: Optional[int] = None,
                            reader: Optional[str] = None, card: Optional[str] = None,
                            deadline_ms: Optional[int] = None) -> t.PurseLoadCompleteResult:
        """Second half: the host's answer. Role: biller.

        host_time: YYYYMMDDhhmmss
        mac2: The host's MAC2.
        lease: The lease that holds the card.
        id: The transaction, to be sure.
        reader: Name of the reader. Without reader, card and lease: the only reader with a card.
        card: Card handle; a handle of a card that was removed is answered with stale_card.
        deadline_ms: The answer comes within this time from receipt; the configuration sets default and maximum.
        """
        result: t.PurseLoadCompleteResult = self._call(
            "purse.load.complete", {"host_time": host_time, "mac2": mac2, "lease": lease, "id": id, "reader": reader, "card": card,
            "deadline_ms": deadline_ms})
        return result

    def purse_log(self, *, purse: Optional[Literal["medical", "ed", "ep"]] = None, reader: Optional[str] = None,
                  card: Optional[str] = None, lease: Optional[str] = None,
                  medium: Optional[Literal["contact", "contactless", "contact_first", "contactless_first"]] = None,
                  pin: Optional[t.Pin] = None, deadline_ms: Optional[int] = None) -> t.PurseLogResult:
        """The card's own transaction log, newest first. Role: reader.

        purse: The card's first purse without it.
        reader: Name of the reader. Without reader, card and lease: the only reader with a card.
        card: Card handle; a handle of a card that was removed is answered with stale_card.
        lease: Use the card under this lease instead of taking one for this call.
        medium: Without reader, card and lease: the only card of this kind, or of the preferred kind when there is
            one; the only card of any kind without it.
        pin: Verify the PIN first: {"entry":"pinpad"} on the reader's keypad, or {"secret":"123456"}.
        deadline_ms: The answer comes within this time from receipt; the configuration sets default and maximum.
        """
        result: t.PurseLogResult = self._call(
            "purse.log", {"purse": purse, "reader": reader, "card": card, "lease": lease, "medium": medium, "pin": pin,
            "deadline_ms": deadline_ms})
        return result

    def txn_get(self, *, id: Optional[int] = None, op: Optional[str] = None,
                deadline_ms: Optional[int] = None) -> t.TxnGetResult:
        """One transaction of the journal, by id or op. Others' transactions are seen by operators. Role: biller.

        id: Its number.
        op: Its op key.
        deadline_ms: The answer comes within this time from receipt; the configuration sets default and maximum.
        """
        result: t.TxnGetResult = self._call(
            "txn.get", {"id": id, "op": op, "deadline_ms": deadline_ms})
        return result

    def txn_list(self, *, serial: Optional[str] = None, unsettled: Optional[bool] = None, limit: Optional[int] = None,
                 before: Optional[int] = None, deadline_ms: Optional[int] = None) -> t.TxnListResult:
        """Transactions of the journal, newest first. Role: biller.

        serial: Of this card: its serial, as in txn.card.
        unsettled: Only those whose outcome is open.
        limit: At most so many, 20 without it.
        before: Only numbers below this one, to page.
        deadline_ms: The answer comes within this time from receipt; the configuration sets default and maximum.
        """
        result: t.TxnListResult = self._call(
            "txn.list", {"serial": serial, "unsettled": unsettled, "limit": limit, "before": before, "deadline_ms":
            deadline_ms})
        return result

    def txn_resolve(self, *, id: Optional[int] = None, decision: Optional[Literal["done", "not_done"]] = None,
                    reader: Optional[str] = None, card: Optional[str] = None, lease: Optional[str] = None,
                    medium: Optional[Literal["contact", "contactless", "contact_first", "contactless_first"]] = None,
                    pin: Optional[t.Pin] = None, deadline_ms: Optional[int] = None) -> t.TxnResolveResult:
        """Asks the card about its open transactions; a card that has to show its balance for that wants its PIN. With id
        and decision: an operator's word on one that no card can prove. Role: biller.

        id: The transaction decided on.
        decision: What the operator has found out.
        reader: Name of the reader. Without reader, card and lease: the only reader with a card.
        card: Card handle; a handle of a card that was removed is answered with stale_card.
        lease: Use the card under this lease instead of taking one for this call.
        medium: Without reader, card and lease: the only card of this kind, or of the preferred kind when there is
            one; the only card of any kind without it.
        pin: Verify the PIN first: {"entry":"pinpad"} on the reader's keypad, or {"secret":"123456"}.
        deadline_ms: The answer comes within this time from receipt; the configuration sets default and maximum.
        """
        result: t.TxnResolveResult = self._call(
            "txn.resolve", {"id": id, "decision": decision, "reader": reader, "card": card, "lease": lease, "medium": medium,
            "pin": pin, "deadline_ms": deadline_ms})
        return result

    def card_reset(self, *, kind: Optional[Literal["cold", "warm"]] = None, reader: Optional[str] = None,
                   card: Optional[str] = None, lease: Optional[str] = None,
                   medium: Optional[Literal["contact", "contactless", "contact_first", "contactless_first"]] = None,
                   deadline_ms: Optional[int] = None) -> t.CardResetResult:
        """Resets the card. What a two-step has begun on it is given up, PIN and key rights are gone. Role: admin.

        kind: cold (the power goes off and on) without it.
        reader: Name of the reader. Without reader, card and lease: the only reader with a card.
        card: Card handle; a handle of a card that was removed is answered with stale_card.
        lease: Use the card under this lease instead of taking one for this call.
        medium: Without reader, card and lease: the only card of this kind, or of the preferred kind when there is
            one; the only card of any kind without it.
        deadline_ms: The answer comes within this time from receipt; the configuration sets default and maximum.
        """
        result: t.CardResetResult = self._call(
            "card.reset", {"kind": kind, "reader": reader, "card": card, "lease": lease, "medium": medium, "deadline_ms":
            deadline_ms})
        return result

    def apdu_transmit(self, *, command: str, reader: Optional[str] = None, card: Optional[str] = None,
                      lease: Optional[str] = None,
                      medium: Optional[Literal["contact", "contactless", "contact_first", "contactless_first"]] = None,
                      deadline_ms: Optional[int] = None) -> t.ApduTransmitResult:
        """One raw command. The commands that move money are refused: money goes through the journal. With reader, or
        with a lease that an administrator took on it, also in the slot of a PSAM: the service lends it out, and opens
        its own session again when the lease is over. Role: admin.

        command: The command.
        reader: Name of the reader. Without reader, card and lease: the only reader with a card.
        card: Card handle; a handle of a card that was removed is answered with stale_card.
        lease: Use the card under this lease instead of taking one for this call.
        medium: Without reader, card and lease: the only card of this kind, or of the preferred kind when there is
            one; the only card of any kind without it.
        deadline_ms: The answer comes within this time from receipt; the configuration sets default and maximum.
        """
        result: t.ApduTransmitResult = self._call(
            "apdu.transmit", {"command": command, "reader": reader, "card": card, "lease": lease, "medium": medium,
            "deadline_ms": deadline_ms})
        return result

    def trace_start(self, *, unredacted: Optional[bool] = None, reader: Optional[str] = None,
                    deadline_ms: Optional[int] = None) -> None:
        """Every exchange as a notification {"method":"trace","params":{reader, line}}, redacted. A card that nobody
        holds is powered anew, so that the trace has all of its answers. Role: admin.

        unredacted: With PINs, keys and names. For test cards only.
        reader: Name of the reader. Without reader, card and lease: the only reader with a card.
        deadline_ms: The answer comes within this time from receipt; the configuration sets default and maximum.
        """
        self._call(
            "trace.start", {"unredacted": unredacted, "reader": reader, "deadline_ms": deadline_ms})

    def trace_stop(self, *, deadline_ms: Optional[int] = None) -> None:
        """No more trace lines on this connection. Role: admin.

        deadline_ms: The answer comes within this time; the client's own default without it.
        """
        self._call(
            "trace.stop", {"deadline_ms": deadline_ms})

    def sim_insert(self, *, reader: str, image: Optional[str] = None, deadline_ms: Optional[int] = None) -> None:
        """Puts a simulated card into a simulated reader. Role: admin.

        reader: Name of the reader.
        image: Name of a ready-made image, or a file; the card that was there before without it. A service started
            with --state knows each card again, in whichever reader: it comes back as it was left.
        deadline_ms: The answer comes within this time; the client's own default without it.
        """
        self._call(
            "sim.insert", {"reader": reader, "image": image, "deadline_ms": deadline_ms})

    def sim_remove(self, *, reader: str, deadline_ms: Optional[int] = None) -> None:
        """Takes the simulated card out. Role: admin.

        reader: Name of the reader.
        deadline_ms: The answer comes within this time; the client's own default without it.
        """
        self._call(
            "sim.remove", {"reader": reader, "deadline_ms": deadline_ms})

    def sim_fault(self, *, reader: str,
                  kind: Literal["none", "mute", "tear_before", "tear_during", "tear_after", "lose_reply", "timeout_after", "garbage", "status", "status_after", "wrong_mac", "short", "slow", "swap"],
                  nth: Optional[int] = None, cla: Optional[str] = None, ins: Optional[str] = None,
                  arg: Optional[int] = None, sw: Optional[str] = None, image: Optional[str] = None,
                  deadline_ms: Optional[int] = None) -> None:
        """Makes the simulated card misbehave. Role: admin.

        reader: Name of the reader.
        kind: What goes wrong; none clears all.
        nth: At the nth matching command from now on; 0: at every one; 1 without it.
        cla: Only commands of this class.
        ins: Only this instruction.
        arg: short: bytes left; slow: ms; tear_during: 1 nothing was written, 2 all was, 0 either.
        sw: status, status_after: the status word.
        image: swap: the other card.
        deadline_ms: The answer comes within this time; the client's own default without it.
        """
        self._call(
            "sim.fault", {"reader": reader, "kind": kind, "nth": nth, "cla": cla, "ins": ins, "arg": arg, "sw": sw, "image":
            image, "deadline_ms": deadline_ms})

    def sim_pin(self, *, reader: str, digits: str, deadline_ms: Optional[int] = None) -> None:
        """What the simulated holder types on the reader's keypad. Role: admin.

        reader: Name of the reader.
        digits: Digits; empty: the holder cancels.
        deadline_ms: The answer comes within this time; the client's own default without it.
        """
        self._call(
            "sim.pin", {"reader": reader, "digits": digits, "deadline_ms": deadline_ms})


class AsyncMethods:
    async def _call(self, method: str, params: Mapping[str, Any]) -> Any:
        raise NotImplementedError

    async def system_hello(self, *, client: Optional[str] = None, protocol: Optional[int] = None,
                           lang: Optional[Literal["en", "zh"]] = None,
                           deadline_ms: Optional[int] = None) -> t.SystemHelloResult:
        """Who serves here, and what the caller may do. Role: viewer."""
        result: t.SystemHelloResult = await self._call(
            "system.hello", {"client": client, "protocol": protocol, "lang": lang, "deadline_ms": deadline_ms})
        return result

    async def system_ping(self, *, deadline_ms: Optional[int] = None) -> t.SystemPingResult:
        """Is everything that a sale needs in order? Each part is answered on its own. Role: viewer."""
        result: t.SystemPingResult = await self._call(
            "system.ping", {"deadline_ms": deadline_ms})
        return result

    async def rpc_discover(self, *, deadline_ms: Optional[int] = None) -> Dict[str, Any]:
        """This table, as an OpenRPC document. Role: viewer."""
        result: Dict[str, Any] = await self._call(
            "rpc.discover", {"deadline_ms": deadline_ms})
        return result

    async def rpc_cancel(self, *, id: Union[int, str], deadline_ms: Optional[int] = None) -> t.RpcCancelResult:
        """Gives up a call of the same connection. It is then answered with the symbol cancelled. A write that the card
        has already begun is not cancelled. Role: viewer."""
        result: t.RpcCancelResult = await self._call(
            "rpc.cancel", {"id": id, "deadline_ms": deadline_ms})
        return result

    async def reader_list(self, *, deadline_ms: Optional[int] = None) -> t.ReaderListResult:
        """All readers and what is in them. Role: viewer."""
        result: t.ReaderListResult = await self._call(
            "reader.list", {"deadline_ms": deadline_ms})
        return result

    async def events_subscribe(self, *, from_seq: Optional[int] = None,
                               deadline_ms: Optional[int] = None) -> t.EventsSubscribeResult:
        """A snapshot, then a notification for everything that changes: {"jsonrpc":"2.0","method":"event","params":{seq,
        type, ..}}. Types: reader.added, reader.removed, card.inserted, card.removed, card.mute, reader.wedged,
        reader.recovered, lease.granted, lease.released, txn.settled, txn.unknown, service.lost, service.back,
        subscription.dropped. Numbers have no gap; missed are those since from_seq, when they are still known. Amounts
        and op of a transaction are told only to its owner and to operators. Role: viewer."""
        result: t.EventsSubscribeResult = await self._call(
            "events.subscribe", {"from_seq": from_seq, "deadline_ms": deadline_ms})
        return result

    async def events_unsubscribe(self, *, deadline_ms: Optional[int] = None) -> None:
        """No more events on this connection. Role: viewer."""
        await self._call(
            "events.unsubscribe", {"deadline_ms": deadline_ms})

    async def card_wait(self, *, state: Optional[Literal["present", "absent"]] = None,
                        medium: Optional[Literal["contact", "contactless", "contact_first", "contactless_first"]] = None,
                        reader: Optional[str] = None, deadline_ms: Optional[int] = None) -> t.CardWaitResult:
        """Answers as soon as a card is there, or is gone. When the time is over: no_card when none came,
        card_still_there when it was not taken out; card_mute when one came that does not answer. Role: reader."""
        result: t.CardWaitResult = await self._call(
            "card.wait", {"state": state, "medium": medium, "reader": reader, "deadline_ms": deadline_ms})
        return result

    async def card_acquire(self, *, expect: Optional[t.Expect] = None, hold_ms: Optional[int] = None,
                           reader: Optional[str] = None, card: Optional[str] = None, lease: Optional[str] = None,
                           medium: Optional[Literal["contact", "contactless", "contact_first", "contactless_first"]] = None,
                           deadline_ms: Optional[int] = None) -> t.CardAcquireResult:
        """Takes the card for several calls, first come first served. The lease ends when it is released, when hold_ms is
        over, when the connection closes, when the card is removed. PIN and key rights do not outlive it. Role:
        reader."""
        result: t.CardAcquireResult = await self._call(
            "card.acquire", {"expect": expect, "hold_ms": hold_ms, "reader": reader, "card": card, "lease": lease, "medium":
            medium, "deadline_ms": deadline_ms})
        return result

    async def card_release(self, *, lease: str, deadline_ms: Optional[int] = None) -> None:
        """Gives the card back. Role: reader."""
        await self._call(
            "card.release", {"lease": lease, "deadline_ms": deadline_ms})

    async def card_info(self, *, reader: Optional[str] = None, card: Optional[str] = None,
                        lease: Optional[str] = None,
                        medium: Optional[Literal["contact", "contactless", "contact_first", "contactless_first"]] = None,
                        deadline_ms: Optional[int] = None) -> t.CardInfoResult:
        """What kind of card this is: answer to reset explained, generation, algorithm, city, purses. Role: reader."""
        result: t.CardInfoResult = await self._call(
            "card.info", {"reader": reader, "card": card, "lease": lease, "medium": medium, "deadline_ms": deadline_ms})
        return result

    async def card_identity(self, *, verify: Optional[bool] = None, parts: Optional[Literal["basic", "full"]] = None,
                            reader: Optional[str] = None, card: Optional[str] = None, lease: Optional[str] = None,
                            medium: Optional[Literal["contact", "contactless", "contact_first", "contactless_first"]] = None,
                            deadline_ms: Optional[int] = None) -> t.Identity:
        """Who holds the card, and whether it is genuine. need_remote_authentication: go on with card.authenticate.begin.
        Role: reader."""
        result: t.Identity = await self._call(
            "card.identity", {"verify": verify, "parts": parts, "reader": reader, "card": card, "lease": lease, "medium": medium,
            "deadline_ms": deadline_ms})
        return result

    async def card_read(self, *, file: str, elements: Optional[List[str]] = None, record: Optional[int] = None,
                        auth: Optional[Literal["auto", "pin", "key"]] = None, reader: Optional[str] = None,
                        card: Optional[str] = None, lease: Optional[str] = None,
                        medium: Optional[Literal["contact", "contactless", "contact_first", "contactless_first"]] = None,
                        pin: Optional[t.Pin] = None, deadline_ms: Optional[int] = None) -> t.CardReadResult:
        """Reads a file, or some of its elements. Role: reader."""
        result: t.CardReadResult = await self._call(
            "card.read", {"file": file, "elements": elements, "record": record, "auth": auth, "reader": reader, "card": card,
            "lease": lease, "medium": medium, "pin": pin, "deadline_ms": deadline_ms})
        return result

    async def card_write(self, *, file: str, op: str, element: Optional[str] = None, occurrence: Optional[int] = None,
                         text: Optional[str] = None, hex: Optional[str] = None, offset: Optional[int] = None,
                         reader: Optional[str] = None, card: Optional[str] = None, lease: Optional[str] = None,
                         medium: Optional[Literal["contact", "contactless", "contact_first", "contactless_first"]] = None,
                         pin: Optional[t.Pin] = None, deadline_ms: Optional[int] = None) -> t.CardWriteResult:
        """Writes one element, or appends a record to a cyclic file. Role: perso."""
        result: t.CardWriteResult = await self._call(
            "card.write", {"file": file, "op": op, "element": element, "occurrence": occurrence, "text": text, "hex": hex,
            "offset": offset, "reader": reader, "card": card, "lease": lease, "medium": medium, "pin": pin,
            "deadline_ms": deadline_ms})
        return result

    async def card_authenticate_begin(self, *, purpose: Optional[Literal["identity", "key"]] = None,
                                      key: Optional[str] = None, file: Optional[str] = None,
                                      write: Optional[bool] = None, hold_ms: Optional[int] = None,
                                      reader: Optional[str] = None, card: Optional[str] = None,
                                      lease: Optional[str] = None,
                                      medium: Optional[Literal["contact", "contactless", "contact_first", "contactless_first"]] = None,
                                      deadline_ms: Optional[int] = None) -> t.CardAuthenticateBeginResult:
        """First half of an authentication by the back office's key machine: holds the card and hands out what the
        machine needs. For a key, key or file says which; remote_authentication_not_needed when the file opens without
        one. Role: reader."""
        result: t.CardAuthenticateBeginResult = await self._call(
            "card.authenticate.begin", {"purpose": purpose, "key": key, "file": file, "write": write, "hold_ms": hold_ms, "reader": reader,
            "card": card, "lease": lease, "medium": medium, "deadline_ms": deadline_ms})
        return result

    async def card_authenticate_complete(self, *, lease: str, internal: Optional[str] = None,
                                         external: Optional[str] = None, answer: Optional[str] = None,
                                         parts: Optional[Literal["basic", "full"]] = None,
                                         reader: Optional[str] = None, card: Optional[str] = None,
                                         deadline_ms: Optional[int] = None) -> t.CardAuthenticateCompleteResult:
        """Second half: the machine's answer. For purpose identity it answers as card.identity; for purpose key the key's
        rights are open for the rest of the lease. Role: reader."""
        result: t.CardAuthenticateCompleteResult = await self._call(
            "card.authenticate.complete", {"lease": lease, "internal": internal, "external": external, "answer": answer, "parts": parts,
            "reader": reader, "card": card, "deadline_ms": deadline_ms})
        return result

    async def pin_verify(self, *, entry: Optional[Literal["pinpad"]] = None, secret: Optional[str] = None,
                         status: Optional[bool] = None, purse: Optional[Literal["medical", "ed", "ep"]] = None,
                         reader: Optional[str] = None, card: Optional[str] = None, lease: Optional[str] = None,
                         medium: Optional[Literal["contact", "contactless", "contact_first", "contactless_first"]] = None,
                         deadline_ms: Optional[int] = None) -> t.PinVerifyResult:
        """Verifies the holder's PIN. Its rights last as long as the lease. Role: reader."""
        result: t.PinVerifyResult = await self._call(
            "pin.verify", {"entry": entry, "secret": secret, "status": status, "purse": purse, "reader": reader, "card": card,
            "lease": lease, "medium": medium, "deadline_ms": deadline_ms})
        return result

    async def pin_change(self, *, op: str, entry: Optional[Literal["pinpad"]] = None, old: Optional[str] = None,
                         new: Optional[str] = None, purse: Optional[Literal["medical", "ed", "ep"]] = None,
                         reader: Optional[str] = None, card: Optional[str] = None, lease: Optional[str] = None,
                         medium: Optional[Literal["contact", "contactless", "contact_first", "contactless_first"]] = None,
                         deadline_ms: Optional[int] = None) -> t.PinChangeResult:
        """Changes the PIN. Role: reader."""
        result: t.PinChangeResult = await self._call(
            "pin.change", {"op": op, "entry": entry, "old": old, "new": new, "purse": purse, "reader": reader, "card": card,
            "lease": lease, "medium": medium, "deadline_ms": deadline_ms})
        return result

    async def pin_reload(self, *, op: str, new: Optional[str] = None, remote: Optional[bool] = None,
                         command: Optional[str] = None, purse: Optional[Literal["medical", "ed", "ep"]] = None,
                         reader: Optional[str] = None, card: Optional[str] = None, lease: Optional[str] = None,
                         medium: Optional[Literal["contact", "contactless", "contact_first", "contactless_first"]] = None,
                         deadline_ms: Optional[int] = None) -> t.PinReloadResult:
        """Sets a new PIN without the old one, through PSAM or key file. Without them (need_remote_authentication):
        card.authenticate.begin and complete for the key PUK; then op, remote and lease answer the card's challenge;
        then op, lease and command send the back office's command. Role: operator."""
        result: t.PinReloadResult = await self._call(
            "pin.reload", {"op": op, "new": new, "remote": remote, "command": command, "purse": purse, "reader": reader,
            "card": card, "lease": lease, "medium": medium, "deadline_ms": deadline_ms})
        return result

    async def pin_unblock(self, *, op: str, new: Optional[str] = None, remote: Optional[bool] = None,
                          command: Optional[str] = None, purse: Optional[Literal["medical", "ed", "ep"]] = None,
                          reader: Optional[str] = None, card: Optional[str] = None, lease: Optional[str] = None,
                          medium: Optional[Literal["contact", "contactless", "contact_first", "contactless_first"]] = None,
                          deadline_ms: Optional[int] = None) -> t.PinUnblockResult:
        """Gives the PIN its tries back, through PSAM or key file. Without them, as for pin.reload: the key PUK, then
        remote, then command. Role: operator."""
        result: t.PinUnblockResult = await self._call(
            "pin.unblock", {"op": op, "new": new, "remote": remote, "command": command, "purse": purse, "reader": reader,
            "card": card, "lease": lease, "medium": medium, "deadline_ms": deadline_ms})
        return result

    async def purse_balance(self, *, purse: Optional[Literal["medical", "ed", "ep"]] = None,
                            reader: Optional[str] = None, card: Optional[str] = None, lease: Optional[str] = None,
                            medium: Optional[Literal["contact", "contactless", "contact_first", "contactless_first"]] = None,
                            pin: Optional[t.Pin] = None, deadline_ms: Optional[int] = None) -> t.PurseBalanceResult:
        """The balance in fen. Role: reader."""
        result: t.PurseBalanceResult = await self._call(
            "purse.balance", {"purse": purse, "reader": reader, "card": card, "lease": lease, "medium": medium, "pin": pin,
            "deadline_ms": deadline_ms})
        return result

    async def purse_debit(self, *, amount: int, op: str, purse: Optional[Literal["medical", "ed", "ep"]] = None,
                          self_pay: Optional[int] = None, pooled: Optional[int] = None, time: Optional[str] = None,
                          reader: Optional[str] = None, card: Optional[str] = None, lease: Optional[str] = None,
                          medium: Optional[Literal["contact", "contactless", "contact_first", "contactless_first"]] = None,
                          pin: Optional[t.Pin] = None, deadline_ms: Optional[int] = None) -> t.PurseDebitResult:
        """Takes money. It is journalled before the card acts; a repeated op answers what happened and touches nothing.
        outcome_unknown: insert the same card again. Role: biller."""
        result: t.PurseDebitResult = await self._call(
            "purse.debit", {"amount": amount, "op": op, "purse": purse, "self_pay": self_pay, "pooled": pooled, "time": time,
            "reader": reader, "card": card, "lease": lease, "medium": medium, "pin": pin, "deadline_ms":
            deadline_ms})
        return result

    async def purse_debit_begin(self, *, amount: int, op: str, purse: Optional[Literal["medical", "ed", "ep"]] = None,
                                self_pay: Optional[int] = None, pooled: Optional[int] = None,
                                terminal: Optional[str] = None, time: Optional[str] = None,
                                hold_ms: Optional[int] = None, reader: Optional[str] = None,
                                card: Optional[str] = None, lease: Optional[str] = None,
                                medium: Optional[Literal["contact", "contactless", "contact_first", "contactless_first"]] = None,
                                pin: Optional[t.Pin] = None,
                                deadline_ms: Optional[int] = None) -> t.PurseDebitBeginResult:
        """Debit with the back office's key machine, first half: holds the card and hands out what MAC1 needs. Nothing
        has moved yet; a debit that is not completed under its lease is abandoned. A repeated op answers what
        happened. Role: biller."""
        result: t.PurseDebitBeginResult = await self._call(
            "purse.debit.begin", {"amount": amount, "op": op, "purse": purse, "self_pay": self_pay, "pooled": pooled, "terminal":
            terminal, "time": time, "hold_ms": hold_ms, "reader": reader, "card": card, "lease": lease,
            "medium": medium, "pin": pin, "deadline_ms": deadline_ms})
        return result

    async def purse_debit_complete(self, *, terminal_seq: str, time: str, mac1: str, lease: str,
                                   id: Optional[int] = None, reader: Optional[str] = None, card: Optional[str] = None,
                                   deadline_ms: Optional[int] = None) -> t.PurseDebitCompleteResult:
        """Second half: the key machine's answer. It is journalled, then sent to the card once. MAC2 is not checked here
        (mac2_checked is false): hand mac2 and tac to the key machine, pass on what it says with purse.debit.verified,
        and give no goods when it refuses them. With id, a second complete answers what happened and touches nothing.
        Role: biller."""
        result: t.PurseDebitCompleteResult = await self._call(
            "purse.debit.complete", {"terminal_seq": terminal_seq, "time": time, "mac1": mac1, "lease": lease, "id": id, "reader":
            reader, "card": card, "deadline_ms": deadline_ms})
        return result

    async def purse_debit_verified(self, *, mac2: Literal["right", "wrong"], id: Optional[int] = None,
                                   op: Optional[str] = None,
                                   deadline_ms: Optional[int] = None) -> t.PurseDebitVerifiedResult:
        """What the back office's key machine says of the MAC2 and TAC of a debit whose mac2_checked is false (evidence
        reply_unchecked or proof_tac; unknown with mac2 and tac: the card has shown its proof and wants the PIN for
        the rest, and right settles it). right: evidence host_mac2. wrong: it is answered with debit_disputed, as is
        every repeat of the op from then on; the row is unproven, evidence host_mac2_wrong, until an operator decides
        (txn.resolve). Journalled before it is answered; said again it changes nothing, said otherwise it is
        verdict_conflict. No card is needed. Role: biller."""
        result: t.PurseDebitVerifiedResult = await self._call(
            "purse.debit.verified", {"mac2": mac2, "id": id, "op": op, "deadline_ms": deadline_ms})
        return result

    async def purse_load_begin(self, *, amount: int, op: str, purse: Optional[Literal["medical", "ed", "ep"]] = None,
                               terminal: Optional[str] = None, hold_ms: Optional[int] = None,
                               reader: Optional[str] = None, card: Optional[str] = None, lease: Optional[str] = None,
                               medium: Optional[Literal["contact", "contactless", "contact_first", "contactless_first"]] = None,
                               pin: Optional[t.Pin] = None,
                               deadline_ms: Optional[int] = None) -> t.PurseLoadBeginResult:
        """First half of a load: holds the card and hands out what the host needs. Role: biller."""
        result: t.PurseLoadBeginResult = await self._call(
            "purse.load.begin", {"amount": amount, "op": op, "purse": purse, "terminal": terminal, "hold_ms": hold_ms, "reader":
            reader, "card": card, "lease": lease, "medium": medium, "pin": pin, "deadline_ms": deadline_ms})
        return result

    async def purse_load_complete(self, *, host_time: str, mac2: str, lease: str, id: Optional[int] = None,
                                  reader: Optional[str] = None, card: Optional[str] = None,
                                  deadline_ms: Optional[int] = None) -> t.PurseLoadCompleteResult:
        """Second half: the host's answer. Role: biller."""
        result: t.PurseLoadCompleteResult = await self._call(
            "purse.load.complete", {"host_time": host_time, "mac2": mac2, "lease": lease, "id": id, "reader": reader, "card": card,
            "deadline_ms": deadline_ms})
        return result

    async def purse_log(self, *, purse: Optional[Literal["medical", "ed", "ep"]] = None, reader: Optional[str] = None,
                        card: Optional[str] = None, lease: Optional[str] = None,
                        medium: Optional[Literal["contact", "contactless", "contact_first", "contactless_first"]] = None,
                        pin: Optional[t.Pin] = None, deadline_ms: Optional[int] = None) -> t.PurseLogResult:
        """The card's own transaction log, newest first. Role: reader."""
        result: t.PurseLogResult = await self._call(
            "purse.log", {"purse": purse, "reader": reader, "card": card, "lease": lease, "medium": medium, "pin": pin,
            "deadline_ms": deadline_ms})
        return result

    async def txn_get(self, *, id: Optional[int] = None, op: Optional[str] = None,
                      deadline_ms: Optional[int] = None) -> t.TxnGetResult:
        """One transaction of the journal, by id or op. Others' transactions are seen by operators. Role: biller."""
        result: t.TxnGetResult = await self._call(
            "txn.get", {"id": id, "op": op, "deadline_ms": deadline_ms})
        return result

    async def txn_list(self, *, serial: Optional[str] = None, unsettled: Optional[bool] = None,
                       limit: Optional[int] = None, before: Optional[int] = None,
                       deadline_ms: Optional[int] = None) -> t.TxnListResult:
        """Transactions of the journal, newest first. Role: biller."""
        result: t.TxnListResult = await self._call(
            "txn.list", {"serial": serial, "unsettled": unsettled, "limit": limit, "before": before, "deadline_ms":
            deadline_ms})
        return result

    async def txn_resolve(self, *, id: Optional[int] = None, decision: Optional[Literal["done", "not_done"]] = None,
                          reader: Optional[str] = None, card: Optional[str] = None, lease: Optional[str] = None,
                          medium: Optional[Literal["contact", "contactless", "contact_first", "contactless_first"]] = None,
                          pin: Optional[t.Pin] = None, deadline_ms: Optional[int] = None) -> t.TxnResolveResult:
        """Asks the card about its open transactions; a card that has to show its balance for that wants its PIN. With id
        and decision: an operator's word on one that no card can prove. Role: biller."""
        result: t.TxnResolveResult = await self._call(
            "txn.resolve", {"id": id, "decision": decision, "reader": reader, "card": card, "lease": lease, "medium": medium,
            "pin": pin, "deadline_ms": deadline_ms})
        return result

    async def card_reset(self, *, kind: Optional[Literal["cold", "warm"]] = None, reader: Optional[str] = None,
                         card: Optional[str] = None, lease: Optional[str] = None,
                         medium: Optional[Literal["contact", "contactless", "contact_first", "contactless_first"]] = None,
                         deadline_ms: Optional[int] = None) -> t.CardResetResult:
        """Resets the card. What a two-step has begun on it is given up, PIN and key rights are gone. Role: admin."""
        result: t.CardResetResult = await self._call(
            "card.reset", {"kind": kind, "reader": reader, "card": card, "lease": lease, "medium": medium, "deadline_ms":
            deadline_ms})
        return result

    async def apdu_transmit(self, *, command: str, reader: Optional[str] = None, card: Optional[str] = None,
                            lease: Optional[str] = None,
                            medium: Optional[Literal["contact", "contactless", "contact_first", "contactless_first"]] = None,
                            deadline_ms: Optional[int] = None) -> t.ApduTransmitResult:
        """One raw command. The commands that move money are refused: money goes through the journal. With reader, or
        with a lease that an administrator took on it, also in the slot of a PSAM: the service lends it out, and opens
        its own session again when the lease is over. Role: admin."""
        result: t.ApduTransmitResult = await self._call(
            "apdu.transmit", {"command": command, "reader": reader, "card": card, "lease": lease, "medium": medium,
            "deadline_ms": deadline_ms})
        return result

    async def trace_start(self, *, unredacted: Optional[bool] = None, reader: Optional[str] = None,
                          deadline_ms: Optional[int] = None) -> None:
        """Every exchange as a notification {"method":"trace","params":{reader, line}}, redacted. A card that nobody
        holds is powered anew, so that the trace has all of its answers. Role: admin."""
        await self._call(
            "trace.start", {"unredacted": unredacted, "reader": reader, "deadline_ms": deadline_ms})

    async def trace_stop(self, *, deadline_ms: Optional[int] = None) -> None:
        """No more trace lines on this connection. Role: admin."""
        await self._call(
            "trace.stop", {"deadline_ms": deadline_ms})

    async def sim_insert(self, *, reader: str, image: Optional[str] = None,
                         deadline_ms: Optional[int] = None) -> None:
        """Puts a simulated card into a simulated reader. Role: admin."""
        await self._call(
            "sim.insert", {"reader": reader, "image": image, "deadline_ms": deadline_ms})

    async def sim_remove(self, *, reader: str, deadline_ms: Optional[int] = None) -> None:
        """Takes the simulated card out. Role: admin."""
        await self._call(
            "sim.remove", {"reader": reader, "deadline_ms": deadline_ms})

    async def sim_fault(self, *, reader: str,
                        kind: Literal["none", "mute", "tear_before", "tear_during", "tear_after", "lose_reply", "timeout_after", "garbage", "status", "status_after", "wrong_mac", "short", "slow", "swap"],
                        nth: Optional[int] = None, cla: Optional[str] = None, ins: Optional[str] = None,
                        arg: Optional[int] = None, sw: Optional[str] = None, image: Optional[str] = None,
                        deadline_ms: Optional[int] = None) -> None:
        """Makes the simulated card misbehave. Role: admin."""
        await self._call(
            "sim.fault", {"reader": reader, "kind": kind, "nth": nth, "cla": cla, "ins": ins, "arg": arg, "sw": sw, "image":
            image, "deadline_ms": deadline_ms})

    async def sim_pin(self, *, reader: str, digits: str, deadline_ms: Optional[int] = None) -> None:
        """What the simulated holder types on the reader's keypad. Role: admin."""
        await self._call(
            "sim.pin", {"reader": reader, "digits": digits, "deadline_ms": deadline_ms})
