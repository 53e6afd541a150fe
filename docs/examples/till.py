#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""One sale, charged once whatever happens.
usage: till.py FEN     exit status: 0 paid, 1 not paid, 3 not known yet: run it again, with the same card"""
import json
import os
import sys

import sscard

PENDING = os.environ.get("TILL_PENDING", "till-pending.json")
LANG = "zh" if os.environ.get("LANG", "").startswith("zh") else "en"


def remember(sale):
    """On the disk before the service hears of it: after a crash this is all that is left of the sale."""
    with open(PENDING + ".new", "w") as f:
        json.dump(sale, f)
        f.flush()
        os.fsync(f.fileno())
    os.replace(PENDING + ".new", PENDING)
    folder = os.open(os.path.dirname(os.path.abspath(PENDING)), os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)


def same_card(service):
    """Out with the card, if it is still in, and in again. no_card: nobody brought it."""
    try:
        service.card_wait(state="absent", deadline_ms=5000)
    except sscard.SscardError as e:
        if e.symbol != "card_still_there":
            raise
    service.card_wait(state="present", deadline_ms=60000)


def pay(service, sale):
    """The transaction, paid. An error: not paid, or not known; journal() says which."""
    while True:
        try:
            return service.debit(sale["fen"], op=sale["op"], pin={"entry": "pinpad"}, deadline_ms=60000)["txn"]
        except sscard.SscardError as e:
            print(e.text(LANG), e.remedy(LANG), *([] if e.tries is None else [e.tries]), sep="\n", flush=True)
            if e.symbol != "outcome_unknown":  # a PIN is asked for again by a person, never by a loop
                raise
            same_card(service)


def journal(service, op):
    """0 paid, 1 not paid, 3 not known: what the journal says counts, not which error came last."""
    try:
        txn = service.txn_get(op=op)["txn"]
    except sscard.SscardError as e:
        return 1 if e.symbol == "transaction_not_found" else 3
    if txn["state"] in ("confirmed", "debited"):
        return 0
    return 1 if txn["final"] and txn["state"] != "unproven" else 3


def sell(service, fen):
    """The exit status."""
    try:
        if os.path.exists(PENDING):  # cut off last time: it comes first
            with open(PENDING) as f:
                sale = json.load(f)
        else:
            print(service.card_identity()["name"])
            sale = {"op": sscard.new_op("till3"), "fen": fen}
            remember(sale)
        txn = pay(service, sale)
        print("paid %.2f, balance %.2f" % (txn["amount"] / 100, txn["balance_after"] / 100))
        status = 0
    except sscard.SscardError as e:
        status = journal(service, sale["op"]) if os.path.exists(PENDING) else 1
        print(("paid", "not paid", "", "not known yet")[status] + ": " + e.symbol)
    if status != 3 and os.path.exists(PENDING):
        os.unlink(PENDING)
    return status


if __name__ == "__main__":
    with sscard.Service() as the_service:
        sys.exit(sell(the_service, int(sys.argv[1])))
