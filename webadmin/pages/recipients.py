"""To whom somebody writes a message: numbers as they were pasted, and names of customers, segments and groups."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from itertools import islice

from flask_babel import gettext
from sqlalchemy import Connection

from smsgw.customers import audience, customers, finding
from smsgw.customers.fields import fold
from smsgw.errors import BadInput, Fault
from smsgw.text.pasted import Pasted, read_pasted

from ..api.shapes import TO_EACH
from ..context import the_gateway
from .language import Counted
from .permits import may_open

MOST = 50  # customers who are looked at when a name is looked for
LONGEST = 90  # characters of an address that a client_ref has room for


@dataclass
class Recipients:
    """Who gets a message. addresses: each once; named: a name that was written, and how many addresses it brought;
    wrong: what is no number and no name, with why; is_list: whether there was more to read than one number."""

    addresses: list[str]
    doubled: int = 0
    named: list[tuple[str, int]] = field(default_factory=list)
    wrong: list[tuple[str, str]] = field(default_factory=list)
    is_list: bool = True

    @property
    def total(self) -> int:
        """How many somebody meant."""
        return len(self.addresses) + len(self.wrong)

    @property
    def seal(self) -> str:
        """What tells these from others: whoever has seen what will become of them sends it back."""
        return sha256("\n".join([*self.addresses, *(written for written, _ in self.wrong)]).encode()).hexdigest()[:16]


def recipients_of(written: str) -> Recipients:
    """Who is meant. Raises BadInput for more than may be written to at once."""
    gateway = the_gateway()
    pasted = read_pasted(written, gateway.config.sending.region)
    told = Recipients(list(pasted.addresses), pasted.doubled)
    with gateway.database.reading() as conn:
        for name in pasted.others[: TO_EACH + 1]:
            _add(conn, told, name)
    if told.total > TO_EACH or len(pasted.others) > TO_EACH:
        says = gettext("These are more than %(most)s numbers: make a campaign for them.", most=Counted(TO_EACH))
        raise BadInput([Fault("/to", "too_many", says)])
    told.is_list = not _is_alone(pasted, told)
    return told


def _is_alone(pasted: Pasted, told: Recipients) -> bool:
    """Whether one number, or one thing that is nothing, was written: the door says of it what there is to say."""
    return not told.named and not pasted.doubled and len(pasted.addresses) + len(pasted.others) <= 1


def _add(conn: Connection, told: Recipients, name: str) -> None:
    """Add whoever is called so."""
    found, why = _called(conn, name) if may_open("pages.customer") else ([], gettext("is no number"))
    if not found:
        told.wrong.append((name, why))
        return
    known = set(told.addresses)
    fresh = [one for one in dict.fromkeys(found) if one not in known]
    told.doubled += len(found) - len(fresh)
    told.addresses += fresh
    told.named.append((name, len(found)))


def _called(conn: Connection, name: str) -> tuple[list[str], str]:
    """The addresses that a name stands for: a segment, a group, or the one customer who is called so; else why not."""
    key, now, known = fold(name), the_gateway().clock(), audience.known(conn)
    for kind, ids in (("segment", known.segment_ids), ("group", known.group_ids)):
        if key in ids:
            rows = conn.execute(audience.select(conn, {kind: ids[key]}, now).limit(TO_EACH + 1))
            return [row.address for row in rows if row.address], gettext("nobody in it has a number")
    if any(letter.isdigit() for letter in name):
        return [], gettext("is no number")
    people = customers.many(conn, finding.find(conn, finding.Wanted(name), MOST, now))
    exact = [one for one in people if fold(one.row.name or "") == key]
    people = exact or people
    if len(people) > 1:
        return [], gettext("several customers are called so: write the number")
    numbers = islice((it.address for one in people for it in one.addresses), 1)
    return list(numbers), gettext("has no number") if people else gettext("is no number, and nobody is called so")
