"""Whom a command means: a customer by id, number or mail address."""

from __future__ import annotations

from sqlalchemy import Connection

from smsgw.customers import customers
from smsgw.customers.customers import Person
from smsgw.customers.details import read_address
from smsgw.errors import NotFound

CLERK = "cli"  # who acts here


def whom(conn: Connection, written: str, region: str | None) -> Person:
    """The customer. Raises NotFound, or BadInput for what is no id, number or mail address."""
    if written.startswith("cus_"):
        return customers.get(conn, written)
    spelled = read_address(written, region).address
    owner = customers.of(conn, [spelled]).get(spelled)
    if owner is None:
        raise NotFound(f"nobody has {spelled}", hint="smsgw customer list WORDS finds people")
    return customers.get(conn, str(owner.id))
