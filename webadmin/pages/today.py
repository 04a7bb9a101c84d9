"""Today: the page after the log-in. what waits, what goes out, what is wrong, what came in."""

from __future__ import annotations

import secrets

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from smsgw.inbound import talks
from smsgw.money.rates import spelled
from smsgw.watch.today import COUNTED
from smsgw.watch.today import today as day_of

from ..auth import current_person, person_required
from ..context import the_gateway
from .blueprint import pages
from .permits import may_open
from .setup import LEFT
from .sheets import sheet


@pages.get("/today")
@person_required
def today() -> Response:
    """The day at a glance: each number leads to what it counts."""
    gateway, person = the_gateway(), current_person()
    now = gateway.clock()
    with gateway.database.reading() as conn:
        day = day_of(conn, gateway, now)
        ringing = [row for row in talks.running(conn) if row.state == "ringing"]
        rung = talks.rung(conn, now)
    if day.empty and may_open("pages.first_steps") and LEFT not in request.cookies:
        return redirect(url_for("pages.first_steps"), 303)
    waits = day.waits
    quiet = not any((waits.review, waits.inquiries, waits.texts, waits.doubts, waits.approvals, ringing))
    wrong = bool(day.links or day.unsure or (person.may("money:read") and (day.alerts or day.budgets)))
    return sheet(
        "today.html", day=day, waits=waits, quiet=quiet, wrong=wrong, ringing=len(ringing) + len(rung), now=now,
        sees_money=person.may("money:read"), client_ref=secrets.token_hex(8), spelled=spelled, bound=COUNTED,
    )  # fmt: skip
