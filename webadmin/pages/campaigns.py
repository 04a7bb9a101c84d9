"""Campaigns for people: the list, the editor, and one campaign with its estimate, its steps and its report."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from smsgw.access import accounts
from smsgw.campaigns import facts, life, people, report, templates, trial, writing
from smsgw.campaigns.leaving_out import WORDS
from smsgw.customers import fields
from smsgw.customers.consent import categories as consent_categories
from smsgw.errors import BadInput, Fault, SmsgwError
from smsgw.media import store as media_store
from smsgw.money.rates import spelled
from smsgw.outbound import link_clicks
from smsgw.store.lifecycle import CAMPAIGN
from smsgw.store.tables.types import AnyRow
from smsgw.text.hours import read_zone

from ..auth import current_person, person_required
from ..context import the_gateway
from .blueprint import pages
from .campaigns_form import Draft, draft_of, typed_draft
from .sheets import sheet

LIST = 50  # campaigns on a page
SOUGHT = 1_000  # people among whom the page looks for the longest text; the estimate looks at all


@pages.get("/campaigns")
@person_required
def campaigns() -> Response:
    """Campaigns, newest first, of one state if asked."""
    state = request.args.get("state") or None
    with the_gateway().database.reading() as conn:
        wanted = state if state in CAMPAIGN.states else None
        rows = life.listing(conn, LIST + 1, request.args.get("before") or None, wanted)
    older = rows[LIST - 1].id if len(rows) > LIST else None
    shown = [(row, costs((row.estimate or {}).get("costs", []))) for row in rows[:LIST]]
    return sheet("campaigns.html", rows=shown, older=older, state=state, states=list(CAMPAIGN.states))


@pages.get("/campaigns/new")
@person_required
def new_campaign() -> Response:
    """An empty form."""
    return _form(Draft(), None)


@pages.post("/campaigns/new", endpoint="write_campaign")
@person_required
def write_campaign() -> Response:
    """Store what was typed as a draft."""
    draft = typed_draft()
    try:
        id = writing.create(the_gateway().database, _wish(draft, {}))
    except SmsgwError as error:
        return _form(draft, None, error)
    return redirect(url_for("pages.campaign", id=id), 303)


@pages.get("/campaigns/<id>/edit")
@person_required
def edit_campaign(id: str) -> Response:
    """The form with what the campaign says."""
    with the_gateway().database.reading() as conn:
        row = life.get(conn, id)
        who = people.words(conn, row.audience)
    return _form(draft_of(row, who), id)


@pages.post("/campaigns/<id>/edit", endpoint="change_campaign")
@person_required
def change_campaign(id: str) -> Response:
    """Store what was typed; the campaign is a draft then."""
    draft = typed_draft()
    try:
        writing.change(the_gateway().database, id, _wish(draft, _row(id).terms))
    except SmsgwError as error:
        return _form(draft, id, error)
    return redirect(url_for("pages.campaign", id=id), 303)


@pages.get("/campaigns/<id>")
@person_required
def campaign(id: str) -> Response:
    """One campaign: how it stands, what comes next, its estimate, its texts, and what became of it."""
    return _one(id)


@pages.post("/campaigns/<id>/<step>", endpoint="campaign_step")
@person_required
def campaign_step(id: str, step: str) -> Response:
    """Take a step: estimate, approve, schedule, pause, resume, stop, copy or test."""
    act = STEPS.get(step)
    if act is None:
        return redirect(url_for("pages.campaign", id=id), 303)
    try:
        where = act(id, current_person().id, the_gateway().clock())
    except SmsgwError as error:
        return _one(id, error)
    return redirect(url_for("pages.campaign", id=where or id), 303)


@pages.get("/campaigns/<id>/targets")
@person_required
def campaign_targets(id: str) -> Response:
    """Whom a campaign is about, or those who were left out for one reason, or those who followed a link."""
    code, clicked = request.args.get("left_out") or None, request.args.get("clicked") == "yes"
    after = request.args.get("after", "0")
    row = _row(id)
    with the_gateway().database.reading() as conn:
        rows = report.targets(conn, id, LIST + 1, int(after) if after.isdecimal() else 0, code, clicked=clicked)
        clicks = link_clicks.of_messages(conn, [each.message_id for each in rows if each.message_id])
    more = rows[LIST - 1].id if len(rows) > LIST else None
    return sheet(
        "campaign_targets.html", one=row, rows=rows[:LIST], more=more, code=code, clicked=clicked, clicks=clicks
    )


def _estimate(id: str, by: str, now: datetime) -> None:
    the_gateway().campaigns.estimate(id, by, now)


def _approve(id: str, by: str, now: datetime) -> None:
    gateway = the_gateway()
    above = gateway.config.campaigns.approval_millionths
    life.approve(gateway.database.writer, life.Approval(id, by, now, above))


def _schedule(id: str, by: str, now: datetime) -> None:
    gateway = the_gateway()
    zone = read_zone(gateway.config.business.zone)
    typed = request.form.get("at", "").strip()
    try:
        at = datetime.fromisoformat(typed).replace(tzinfo=zone).astimezone(UTC) if typed else None
    except ValueError as wrong:
        raise BadInput([Fault("/at", "time_invalid", f"{typed!r} is no time")]) from wrong
    life.schedule(gateway.database.writer, life.When(id, by, now, at))


def _pause(id: str, by: str, now: datetime) -> None:
    life.pause(the_gateway().database.writer, id, by, request.form.get("why") or "by hand", now)


def _resume(id: str, by: str, now: datetime) -> None:
    life.resume(the_gateway().database.writer, id, by, now)


def _stop(id: str, by: str, now: datetime) -> None:
    life.stop(the_gateway().database.writer, id, by, request.form.get("why") or "by hand", now)


def _copy(id: str, by: str, now: datetime) -> str:
    return writing.copy(the_gateway().database, id, by, now)


def _test(id: str, by: str, now: datetime) -> None:
    gateway = the_gateway()
    told = trial.send_test(gateway.database, gateway.door, _row(id), request.form.get("to", "").split(","), by, now)
    refused = [Fault("/to", "refused", f"{one['to']}: {one['says']}") for one in told if one["message_id"] is None]
    if refused:
        raise BadInput(refused)


STEPS: dict[str, Callable[[str, str, datetime], str | None]] = {
    "estimate": _estimate, "approve": _approve, "schedule": _schedule, "pause": _pause, "resume": _resume,
    "stop": _stop, "copy": _copy, "test": _test,
}  # fmt: skip


def _row(id: str) -> AnyRow:
    with the_gateway().database.reading() as conn:
        return life.get(conn, id)


def _one(id: str, error: SmsgwError | None = None) -> Response:
    gateway, row = the_gateway(), _row(id)
    with gateway.database.reading() as conn:
        became = report.report(conn, id) if row.started_at is not None else None
        runs = life.listing(conn, LIST, parent=id)
        who = people.words(conn, row.audience)
        names = {one.id: one.name for one in accounts.listing(conn)}
    begun = row.state in ("draft", "estimated", "approved", "scheduled")
    shown = trial.preview(gateway.database, gateway.door, row, gateway.clock(), SOUGHT) if begun else []
    carried = {id for one in shown if one.content is not None for id in one.content.media}
    with gateway.database.reading() as conn:
        media = media_store.known(conn, carried)
    may = {step for step in ("edit", "estimate", "approve", "schedule", "pause", "resume", "stop")
           if CAMPAIGN.after(step, row.state)}  # fmt: skip
    return sheet(
        "campaign.html", error, one=row, may=may, estimate=row.estimate, became=became, runs=runs, shown=shown,
        words=WORDS, costs=costs, money=spelled, zone=gateway.config.business.zone, who=who, names=names,
        families={one.sha256: one.family for one in media.values() if not one.purged},
        ends=row.estimate and datetime.fromisoformat(row.estimate["ends_at"]),
    )  # fmt: skip


def costs(amounts: list[dict[str, Any]]) -> str:
    """Amounts as people read them."""
    return ", ".join(f"{spelled(one['amount'])} {one['currency']}" for one in amounts)


def _wish(draft: Draft, terms: dict[str, Any]) -> writing.Wish:
    gateway, language = the_gateway(), draft.language()
    if draft.template:
        with gateway.database.reading() as conn:
            language = str(templates.find(conn, draft.template).language)
    return writing.Wish(
        name=draft.name, audience=draft.audience(), by=current_person().id, now=gateway.clock(), texts=draft.texts(),
        template=draft.template or None, language=draft.language() or None, purpose=draft.purpose,
        category=draft.category or None, sender=draft.sender or None, link=draft.link or None,
        terms=draft.terms(terms, language), links=tuple(gateway.network.links), region=gateway.config.sending.region,
        public=bool(gateway.short_links.base),
    )  # fmt: skip


def _form(draft: Draft, id: str | None, error: SmsgwError | None = None) -> Response:
    gateway = the_gateway()
    with gateway.database.reading() as conn:
        categories = [one for one in consent_categories.every(conn).values() if one.active]
        listed, variables = templates.listing(conn), facts.known(conn)
        dates = [one for one in fields.defined(conn).values() if one.kind == "date"]
        media = media_store.known(conn, [id for one in draft.shown.slides for id in (one.medium, one.sound) if id])
    return sheet(
        "campaign_form.html", error, draft=draft, id=id, categories=categories, names=sorted(gateway.network.links),
        zone=gateway.config.business.zone, templates=listed, variables=variables, dates=dates,
        families={one.sha256: one.family for one in media.values() if not one.purged},
    )  # fmt: skip
