"""The call desk: what rings brings up its customer; a call, what came of it, and what was promised; who spoke when."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from flask import redirect, request, url_for
from flask_babel import get_locale, gettext
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from smsgw.access import accounts
from smsgw.customers import customers, timeline
from smsgw.customers.timeline import Entry
from smsgw.errors import BadInput, Fault, SmsgwError
from smsgw.inbound import talk_report, talks
from smsgw.inbound.orders import listing as orders_listing
from smsgw.inbound.reading.terms import TOPICS
from smsgw.inbound.talks import Outcome, Told
from smsgw.outbound import counts
from smsgw.outbound.submit import Asked
from smsgw.paper import csv
from smsgw.paper.table import Column, Kind, Table
from smsgw.store.tables.talks import OUTCOMES
from smsgw.store.tables.types import AnyRow

from ..auth import current_person, person_required
from ..context import the_gateway
from .blueprint import pages
from .charts import bars
from .desk import typed
from .sheets import sheet

LIST, PAST = 50, 15  # calls on a page; what is shown of somebody's past
UNWRITTEN = timedelta(days=2)  # for so long somebody is reminded to write down what came of a call


@pages.get("/calls")
@person_required
def calls() -> Response:
    """What rings and is spoken now, with whose call it is; a place to type a number; the calls before."""
    return _listed()


def _listed(error: SmsgwError | None = None) -> Response:
    gateway, person = the_gateway(), current_person()
    now = gateway.clock()
    with gateway.database.reading() as conn:
        running, rung = talks.running(conn), talks.rung(conn, now)
        rows = talks.listing(conn, LIST + 1, request.args.get("before") or None)
        unwritten = talks.unwritten(conn, person.id, now - UNWRITTEN)
        numbers = [row.number for row in (*running, *rows)] + [row.caller for row in rung]
        whose = customers.of(conn, [number for number in numbers if number])
        before = {row.id: _past(conn, whose.get(row.number), 3) for row in running}
        before |= {row.id: _past(conn, whose.get(row.caller), 3) for row in rung}
    older = rows[LIST - 1].id if len(rows) > LIST else None
    return sheet(
        "calls.html", error, running=running, rung=rung, rows=rows[:LIST], older=older, whose=whose, before=before,
        unwritten=unwritten, names=_names(), number_typed=request.values.get("number", ""),
    )  # fmt: skip


def _names() -> Mapping[str, str]:
    """The names of people by their accounts."""
    with the_gateway().database.reading() as conn:
        return {row.id: row.name for row in accounts.listing(conn)}


def _past(conn: Connection, customer: AnyRow | None, many: int) -> Sequence[Entry]:
    return [] if customer is None else timeline.read(conn, customers.get(conn, customer.id), many).entries


@pages.post("/calls/new")
@person_required
def new_call() -> Response:
    """Write down a call that somebody takes or makes now, with the number that they see."""
    gateway, form, person = the_gateway(), request.form, current_person()
    told = Told(
        person.id, form.get("direction", ""), form.get("number", "").strip() or None, "answered", gateway.clock(),
        form.get("reference", "")[:64] or None, person.id,
    )  # fmt: skip
    try:
        id = talks.tell(gateway.database.writer, told, gateway.config.sending.region)
    except SmsgwError as error:
        return _listed(error)
    return redirect(url_for("pages.one_call", id=id), 303)


@pages.post("/calls/<id>/take")
@person_required
def take_call(id: str) -> Response:
    """Take a call that rings."""
    gateway = the_gateway()
    try:
        taken = talks.take(gateway.database.writer, id, current_person().id, gateway.clock())
    except SmsgwError as error:
        return _listed(error)
    return redirect(url_for("pages.one_call", id=taken), 303)


@pages.get("/calls/<id>")
@person_required
def one_call(id: str) -> Response:
    """One call: the customer with what happened before, and what came of it."""
    return _one(id)


def _one(id: str, error: SmsgwError | None = None) -> Response:
    gateway = the_gateway()
    with gateway.database.reading() as conn:
        row = talks.get(conn, id)
        known = customers.of(conn, [row.number]).get(row.number) if row.number else None
        person = None if known is None else customers.get(conn, known.id)
        past = _past(conn, known, PAST)
        wanted = orders_listing.Wanted(address=row.number)
        orders = orders_listing.listing(conn, wanted, 5) if row.number else []
        earlier = [one for one in talks.listing(conn, 6, number=row.number) if one.id != id] if row.number else []
    mails = [one.address for one in person.addresses if one.kind == "email"] if person else []
    return sheet(
        "call.html", error, one=row, customer=person, past=past, orders=orders, earlier=earlier, mails=mails,
        outcomes=OUTCOMES, topics=TOPICS, names=_names(), zone=gateway.config.business.zone, typed=request.form,
        client_ref=secrets.token_hex(8),
    )  # fmt: skip


@pages.post("/calls/<id>")
@person_required
def finish_call(id: str) -> Response:
    """Write down what came of it; a promise becomes an inquiry, or a message that goes out by itself."""
    gateway, form, person = the_gateway(), request.form, current_person()
    now = gateway.clock()
    try:
        until = _moment(form.get("promised_at", ""))
        promised, text = typed("promised").strip() or None, typed("later").strip()
        wish = Outcome(
            id, person.id, now, form.get("outcome", ""), typed("note"), promised=promised or text[:1000] or None,
            promised_at=until, about=form.get("about") or None,
        )  # fmt: skip
        if text:
            wish = _planned(wish, text)
        talks.finish(gateway.database.writer, wish)
    except SmsgwError as error:
        return _one(id, error)
    return redirect(url_for("pages.one_call", id=id), 303)


def _planned(wish: Outcome, text: str) -> Outcome:
    """The outcome with the message that keeps its promise; once, however often the form comes."""
    gateway = the_gateway()
    with gateway.database.reading() as conn:
        number = talks.get(conn, wish.id).number
    if number is None or wish.promised_at is None or wish.promised_at <= wish.at:
        says = gettext("A text that is sent later needs a number, and a time ahead")
        raise BadInput([Fault("/promised_at", "time_missing", says)])
    reference = f"{wish.id}:promised"
    asked = Asked(number, text, wish.by, client_ref=reference, purpose="service", send_at=wish.promised_at)
    row = gateway.door.submit(asked).row
    return Outcome(
        wish.id, wish.by, wish.at, wish.outcome, wish.note, promised=wish.promised, promised_at=wish.promised_at,
        about=wish.about, message_id=row["id"],
    )  # fmt: skip


@pages.post("/calls/<id>/text")
@person_required
def text_from_call(id: str) -> Response:
    """Send a text to the number, or a mail to the customer's address, without leaving the call."""
    gateway, form = the_gateway(), request.form
    try:
        asked = Asked(
            form.get("to", "").strip(), typed("text"), current_person().id, purpose="conversational",
            client_ref=form.get("client_ref", "")[:64] or None,
        )  # fmt: skip
        gateway.door.submit(asked)
    except SmsgwError as error:
        return _one(id, error)
    return redirect(url_for("pages.one_call", id=id), 303)


def _moment(written: str) -> datetime | None:
    """What a field of day and time says, by the clock of the business."""
    if not written.strip():
        return None
    try:
        return datetime.fromisoformat(written).replace(tzinfo=_zone()).astimezone(UTC)
    except ValueError as wrong:
        raise BadInput([Fault("/promised_at", "time_invalid", f"{written[:20]!r} is no time")]) from wrong


def _zone() -> tzinfo:
    return the_gateway().config.business.business.zone


@pages.get("/calls/statistics")
@person_required
def call_statistics() -> Response:
    """Calls and answers by whoever spoke and wrote, and by the hour; the same as CSV."""
    gateway, error = the_gateway(), None
    today = gateway.clock().astimezone(_zone()).date()
    try:
        first, last = counts.span(request.args.get("since"), request.args.get("until"), today)
    except BadInput as wrong:
        error, (first, last) = wrong, counts.span(None, None, today)
    with gateway.database.reading() as conn:
        told = talk_report.worked(conn, first, last, _zone())
    tables = {"agent": _by_agent(told), "hour": _by_hour(told)}
    wanted = request.args.get("csv", "")
    if wanted in tables and error is None:
        attached = {"Content-Disposition": f'attachment; filename="calls-{wanted}-{first}-{last}.csv"'}
        content = csv.write(tables[wanted], str(get_locale() or "en"))
        return Response(content, mimetype="text/csv", headers=attached)
    spoken = {hour: line["calls_in"] + line["calls_out"] for hour, line in told.hours.items()}
    chart = (
        bars([(f"{hour}", [(many, f"{hour}:00: {many}")]) for hour, many in spoken.items()])
        if any(spoken.values())
        else None
    )
    return sheet("call_statistics.html", error, told=told, tables=tables, chart=chart, outcomes=OUTCOMES)


def _columns(about: str) -> list[Column]:
    words = {
        "calls_in": gettext("Calls taken"), "calls_out": gettext("Calls made"), "missed": gettext("Missed"),
        "minutes": gettext("Minutes spoken"), "promised": gettext("Promised"),
        "answers": gettext("Messages"),
    }  # fmt: skip
    return [Column(about), *(Column(words[name], Kind.COUNT) for name in talk_report.COLUMNS)]


def _by_agent(told: talk_report.Worked) -> Table:
    names, about = _names(), gettext("Who")
    lines: list[list[Any]] = [
        [names.get(who, who) if who else gettext("nobody"), *(line[name] for name in talk_report.COLUMNS)]
        for who, line in sorted(told.agents.items(), key=lambda one: (not one[0], names.get(one[0], one[0])))
    ]
    totals: list[Any] = [sum(line[name] for line in told.agents.values()) for name in talk_report.COLUMNS]
    return Table(
        gettext("Calls by who spoke"), _columns(about), lines, [gettext("Together"), *totals] if lines else None
    )


def _by_hour(told: talk_report.Worked) -> Table:
    lines: list[list[Any]] = [
        [f"{hour:02}:00", *(line[name] for name in talk_report.COLUMNS)]
        for hour, line in sorted(told.hours.items())
        if any(line.values())
    ]
    return Table(gettext("Calls by the hour"), _columns(gettext("Hour")), lines)
