"""On a customer's card: whether each number can show an MMS, why we think so, and a person's word, which wins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import redirect, request, url_for
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from smsgw.customers import customers
from smsgw.customers.customers import Person
from smsgw.errors import NotFound
from smsgw.media import capability
from smsgw.media.capability import Known

from ..auth import current_person, person_required
from ..context import the_gateway
from .blueprint import pages


@dataclass(frozen=True, slots=True)
class NumberMms:
    """A number and what is known of it. signs: what was heard, newest first: (sign, source, when)."""

    number: str
    known: Known
    signs: Sequence[tuple[str, str, datetime]]


def of(conn: Connection, person: Person, now: datetime) -> list[NumberMms]:
    """What is known of each number of a customer."""
    numbers = [one.address for one in person.addresses if one.kind == "phone"]
    known = capability.known(conn, numbers, now)
    return [
        NumberMms(
            number,
            known.get(number, capability.NOTHING),
            [(one.sign, one.source, one.at) for one in capability.signs(conn, number, 5)],
        )
        for number in numbers
    ]


@pages.post("/customers/<id>/mms")
@person_required
def set_mms(id: str) -> Response:
    """Say whether a number of a customer can show an MMS, or take that word back."""
    gateway, number = the_gateway(), request.form.get("number", "")
    with gateway.database.reading() as conn:
        person = customers.get(conn, id)
    if number not in [one.address for one in person.addresses]:
        raise NotFound("this number is not of this customer")
    sign = capability.set_by_hand(number, request.form.get("state", ""), current_person().id, gateway.clock())
    gateway.database.writer.do(capability.hear, sign)
    return redirect(url_for("pages.customer", id=id), 303)
