# SPDX-License-Identifier: Apache-2.0
"""A client of the sscard service for social security cards.

    import sscard
    with sscard.Service() as service:
        with service.lease() as card:
            print(card.card_identity()["name"])
            sale = service.debit(1250, lease=card, pin={"secret": "123456"}, op="till3-20261122-000042")

Each method of the service (docs/api.md) is a function: card.identity is card_identity(). Amounts are integer fen, times are
RFC 3339 texts, deadlines are milliseconds. Every failure is an SscardError. AsyncService is the same for asyncio.
"""
from ._aio import AsyncEvents, AsyncLease, AsyncService
from ._types import *  # noqa: F401,F403
from ._types import PROTOCOL, SYMBOLS
from ._service import Events, Lease, Service
from ._wire import SscardError, __version__, new_op

__all__ = ("AsyncEvents", "AsyncLease", "AsyncService", "Events", "Lease", "PROTOCOL", "SYMBOLS", "Service", "SscardError",
           "__version__", "new_op")
