"""A message to many: send it, see what becomes of each, take it back, and send it again to those whom it did not reach.

All of them are stored by the door at one time, each under the key of the form and its own number: the same form again
sends nothing twice, and neither does "send again" pressed twice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Any

from flask import redirect, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from smsgw.errors import Conflict, SmsgwError
from smsgw.outbound import outbox
from smsgw.outbound.submit import Accepted, Asked
from smsgw.store.lifecycle import WAITING
from smsgw.store.tables.types import AnyRow

from ..auth import current_person, person_required
from ..context import the_gateway
from .blueprint import pages
from .foreseen import code_of
from .inbox import sends_at
from .recipients import LONGEST, Recipients
from .sheets import sheet

FAILED = ("failed", "undelivered", "expired")  # what may be tried again; what was refused or taken back may not
CODES = 30  # letters of a code in an address


def send_list(asked: Asked, who: Recipients, key: str) -> Response:
    """Send the same to everybody; where one sees what becomes of it. Raises what every one of them was refused with."""
    each = [replace(asked, to=one, client_ref=_ref(key, one)) for one in who.addresses]
    return _stored(each, Counter({"recipient_invalid": len(who.wrong)} if who.wrong else {}))


def _stored(each: Sequence[Asked], refused: Counter[str]) -> Response:
    results = the_gateway().door.submit_many(each)
    stored = [one.row["id"] for one in results if isinstance(one, Accepted)]
    wrong = [one for one in results if isinstance(one, SmsgwError)]
    if not stored:
        raise wrong[0] if wrong else Conflict(gettext("There is nobody to send it to."))
    refused.update(code_of(one) for one in wrong)
    told = [f"{code}.{many}" for code, many in refused.most_common()]  # no number, no words: addresses are logged
    return redirect(url_for("pages.sent_list", id=stored[0], refused=told), 303)


def _ref(key: str, address: str) -> str:
    """The caller's name for the message to one of many."""
    return f"{key}:{address if len(address) <= LONGEST else sha256(address.encode()).hexdigest()[:32]}"


def is_of_list(row: Any) -> bool:
    """Whether a message was sent to many."""
    return ":" in (row.client_ref or "")


@pages.get("/messages/<id>/list")
@person_required
def sent_list(id: str) -> Response:
    """What became of a message to many, by the id of one of them."""
    return _shown(id)


@pages.post("/messages/<id>/list/cancel")
@person_required
def take_back_list(id: str) -> Response:
    """Take back those that wait yet."""
    gateway, me = the_gateway(), current_person()
    now = gateway.clock()
    waiting = [one for one in _rows(id) if one.state in WAITING]
    outbox.cancel_many(gateway.database.writer, [outbox.Cancelled(one.id, me.id, now) for one in waiting])
    return redirect(url_for("pages.sent_list", id=id, refused=request.args.getlist("refused")), 303)


@pages.post("/messages/<id>/list/again")
@person_required
def send_failed_again(id: str) -> Response:
    """Send it again to those whom it did not reach: new messages, in a list of their own."""
    rows, me = _rows(id), current_person()
    name, _, turn = rows[0].client_ref.rpartition(":")[0].partition("~")
    key = f"{name}~{int(turn or 1) + 1}"
    try:
        at = sends_at()
        with the_gateway().database.reading() as conn:
            each = [
                replace(outbox.again(conn, one.id, me.id), client_ref=_ref(key, one.recipient), send_at=at)
                for one in rows
                if one.state in FAILED
            ]
        return _stored(each, Counter())
    except SmsgwError as error:
        return _shown(id, error)


def _rows(id: str) -> list[AnyRow]:
    with the_gateway().database.reading() as conn:
        return outbox.sent_together(conn, id)


def _shown(id: str, error: SmsgwError | None = None) -> Response:
    rows = _rows(id)
    states = Counter(one.state for one in rows).most_common()
    failed = sum(one.state in FAILED for one in rows)
    refused = []
    for one in request.args.getlist("refused"):
        code, _, many = one.partition(".")
        if many.isascii() and many.isdecimal() and code.replace("_", "").isalpha():
            refused.append((code[:CODES], int(many[:4])))
    waits = sum(one.state in WAITING for one in rows)
    return sheet("sent_list.html", error, id=id, rows=rows, states=states, failed=failed, waits=waits, refused=refused)
