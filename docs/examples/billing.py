#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Who holds the card, then a debit.
usage: billing.py FEN OP     OP is the till's own key for the sale: started again with it, nothing is paid twice"""
import os
import sys

import sscard


def main() -> int:
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        return 2
    lang = "zh" if os.environ.get("LANG", "").startswith("zh") else "en"
    with sscard.Service() as service:
        try:
            who = service.card_identity()
            print("%s, genuine: %s" % (who["name"], who["genuine"]))
            sale = service.debit(int(sys.argv[1]), op=sys.argv[2], pin={"entry": "pinpad"})
        except sscard.SscardError as e:
            print(e.text(lang), e.remedy(lang), sep="\n", file=sys.stderr)
            return 1
    print("transaction %d, %s, balance %.2f" % (sale["txn"]["id"], "repeated" if sale["repeated"] else "paid",
                                                (sale["txn"]["balance_after"] or 0) / 100))
    return 0


if __name__ == "__main__":
    sys.exit(main())
