"""The calendar as other programs read it, by a secret address without log-in; and the form that makes and ends that."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from flask import redirect, request, url_for
from flask_babel import force_locale, gettext, ngettext
from werkzeug.wrappers import Response

from smsgw.campaigns import calendar as planned
from smsgw.campaigns import calendar_feed
from smsgw.customers.consent.changes import write

from ..auth import current_person, must_enrol, person_required
from ..context import the_gateway
from ..message_page_entry import asked_to_wait, gone, guard, missed, sealed
from ..preference_links import whole_address
from .blueprint import pages
from .language import Counted, locale, offered
from .permits import need_of

BEHIND, AHEAD = timedelta(days=30), timedelta(days=180)


def feed_address() -> str | None:
    """The secret address of whoever looks, as a program must have it; None if they have none."""
    gateway = the_gateway()
    with gateway.database.reading() as conn:
        written = calendar_feed.token(conn, str(current_person().id))
    if written is None:
        return None
    return whole_address("pages.calendar_ics", written=written, language=locale().language)


@pages.post("/calendar/address")
@person_required
def calendar_address() -> Response:
    """Make a secret address, a new one in place of the old, or end it."""
    gateway, id, now = the_gateway(), str(current_person().id), the_gateway().clock()
    act = calendar_feed.end if request.form.get("act") == "end" else calendar_feed.renew
    write(gateway.database.writer, lambda conn: act(conn, id, now))
    return redirect(url_for("pages.calendar") + "#address", 303)


@pages.get("/ics/<written>.ics")
def calendar_ics(written: str) -> Response:
    """The feed; of a wrong address nothing is told."""
    gateway, address = the_gateway(), guard().address(request)
    if wait := guard().wait(address):
        return sealed(asked_to_wait(wait))
    with gateway.database.reading() as conn:
        person = calendar_feed.whose(conn, written)
    if person is None or not person.may(need_of("pages.calendar")) or must_enrol(person):
        missed(address)
        return sealed(gone())
    spoken = request.args.get("language", "")
    with force_locale(spoken if spoken in offered() else "en"):
        response = Response(_feed(), mimetype="text/calendar")
    response.headers["Content-Disposition"] = "inline; filename=smsgw.ics"
    return sealed(response)


def _feed() -> bytes:
    gateway = the_gateway()
    config, now = gateway.config, gateway.clock()
    business = config.business.business
    first, last = ((now + ahead).astimezone(business.zone).date() for ahead in (-BEHIND, AHEAD))
    since, until = (datetime.combine(day, time(), business.zone).astimezone(UTC) for day in (first, last))
    country = config.business.country or config.sending.region
    days = planned.days(business, country, gateway.door.terms.rules, business.zone, first, last)
    with gateway.database.reading() as conn:
        entries = planned.between(conn, since, until, now)
        reached = calendar_feed.people(conn, entries)
    waiting = calendar_feed.single(entries, business.zone)
    kinds = {
        "campaign": gettext("Campaign"), "run": gettext("run of a series"), "follow_up": gettext("follow-up"),
        "survey": gettext("end of a survey"),
    }  # fmt: skip
    words = calendar_feed.Words(
        " ".join((config.pages.company or "smsgw", gettext("Calendar"))),
        kinds,
        gettext("holiday"),
        {one: ngettext("%(num)d single message", "%(num)d single messages", Counted(one)) for one in waiting.values()},
        {one: ngettext("%(num)d person", "%(num)d people", Counted(one)) for one in reached.values()},
    )
    return calendar_feed.written(entries, days, reached, waiting, words, now)
