"""The same again: an order like one that a customer confirmed before, asked about as any other."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction

from ...errors import Conflict, NotFound
from ...store.database import Database
from ...store.tables.types import AnyRow
from ..catalogue.catalogue import THOUSAND
from ..consent.saying import language_for
from . import listing, orders
from .desk import Desk, Written

BY = "own page"


def again(database: Database, desk: Desk, address: str, now: datetime) -> AnyRow:
    """Ask a customer about what they confirmed last: they get the summary, and say yes by a text as always.

    Returns the order's row. Raises NotFound (nothing was confirmed yet), Conflict (an order is open, or a product is
    not to be had any more), and what the door raises when the customer cannot be asked.
    """
    with database.reading() as conn:
        last = listing.usual(conn, address)
        if last is None:
            raise NotFound("nothing was ordered before that could be ordered again")
        lines = orders.lines_of(conn, last.id, last.confirmed_revision or last.revision)
        language = language_for(conn, address, last.language)
    if not lines or any(line.quantity is None for line in lines):
        raise Conflict("the last order has a line without a quantity", code="order_incomplete")
    items = [(line.sku, Fraction(line.quantity, THOUSAND)) for line in lines]
    return desk.write_down(Written(address, language, items, BY, now, why="asked for on the customer's own page"))
