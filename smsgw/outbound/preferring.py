"""What somebody prefers, as their card says: their language; and mail, for offers and service messages.

Who wants to be reached by mail gets these by mail, whichever of their addresses was named.

Answers, orders and codes go where they were asked for. Looked up only where a link carries mail, and in the caller's
thread; the gate then asks about the mail address, as about every other.
"""

from __future__ import annotations

from sqlalchemy import Connection, bindparam, select

from ..errors import BadInput
from ..store.database import Database
from ..store.prepared import Prepared, among
from ..store.tables import address, customer
from ..text.number import read_number
from ..text.wording import LANGUAGES
from .asked import Asked
from .routing import Network

PURPOSES = ("marketing", "service")

_theirs = address.alias("theirs")
_MAILS = Prepared(
    select(address.c.address, _theirs.c.address.label("mail"))
    .join_from(address, customer, customer.c.id == address.c.customer_id)
    .join(_theirs, (_theirs.c.customer_id == customer.c.id) & (_theirs.c.kind == "email") & (_theirs.c.rank == 0))
    .where(among(address.c.address, "addresses"), customer.c.channel == bindparam("channel"))
)


_LANGUAGE = Prepared(
    select(customer.c.language)
    .join_from(address, customer, address.c.customer_id == customer.c.id)
    .where(address.c.address == bindparam("reached"))
)


def language_of(conn: Connection, reached: str) -> str | None:
    """The language on the card of whoever has this address; None where none is, or we have no words of it."""
    found = next(iter(_LANGUAGE.run(conn, {"reached": reached})), None)
    return found[0] if found is not None and found[0] in LANGUAGES else None


def mails_of(conn: Connection, numbers: list[str]) -> dict[str, str]:
    """The mail addresses of those of these numbers whose owners want to be reached by mail, by number."""
    return dict(_MAILS.run(conn, {"addresses": numbers, "channel": "email"}))


class Preferring:
    """See the module's docstring."""

    def __init__(self, database: Database, network: Network, region: str | None) -> None:
        self._database = database
        self._network = network
        self._region = region

    def instead(self, asked: Asked) -> str | None:
        """The mail address that a message goes to instead of the number that it names; None: to that number."""
        if asked.purpose not in PURPOSES or asked.link is not None or asked.data is not None or asked.reply_to:
            return None
        if not self._network.carries("mail"):
            return None
        try:
            number = read_number(asked.to, self._region)
        except BadInput:
            return None  # which is told by who reads it
        with self._database.reading() as conn:
            return mails_of(conn, [number]).get(number)
