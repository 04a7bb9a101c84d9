"""First steps: the company, a first link, a first text, and what comes next. Each can be skipped and done later.

What is static is shown as a table for the configuration's file and kept nowhere else; how far somebody is, is seen
from what is in force. Only that they were left is remembered, in the browser.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import redirect, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from smsgw.config import first_steps as company_words
from smsgw.config.first_steps import Company
from smsgw.errors import SmsgwError
from smsgw.link import Health, LinkState
from smsgw.outbound.submit import Asked
from smsgw.store import links as stored
from smsgw.store.tables import customer, message
from smsgw.text.wording import LANGUAGES
from smsgw.watch import trying

from ..auth import current_person, person_required
from ..context import the_gateway
from .blueprint import pages
from .desk import typed
from .sheets import sheet

STEPS = ("company", "link", "text", "next")
LEFT = "smsgw_steps_left"  # the cookie of whoever skipped them
LEFT_LASTS = 400 * 86400  # seconds
CARRIER = ("host", "port", "system_id", "password")


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of trying a link: how it was, and the table that says it."""

    health: Health
    block: str


@pages.get("/begin")
@person_required
def first_steps() -> Response:
    """The step that is asked for, else the first that is not done."""
    return _step(request.args.get("step", ""))


def _step(step: str, error: SmsgwError | None = None, **facts: Any) -> Response:
    gateway = the_gateway()
    with gateway.database.reading() as conn:
        listed = stored.listing(conn)
        first = conn.execute(select(message).order_by(message.c.id.desc()).limit(1)).first()
        customers = conn.scalar(select(customer.c.id).limit(1)) is not None
    in_force = company_words.of(gateway.config)
    done = {
        "company": in_force != Company(language=in_force.language),
        "link": any(one.health in ("up", "degraded") for one in listed),
        "text": first is not None,
        "next": customers,
    }
    if step not in STEPS:
        step = next((one for one in STEPS if not done[one]), "next")
    around: dict[str, Any] = {
        "company": in_force, "block": None, "tried": None, "modems": None, "draft": {}, "first": first,
        "client_ref": secrets.token_hex(8), "spoken_in": LANGUAGES,
    }  # fmt: skip
    return sheet("begin.html", error, step=step, steps=STEPS, done=done, **around | facts)


@pages.post("/begin/company")
@person_required
def begin_company() -> Response:
    """Check what was told of the company, and show it as tables of the configuration."""
    form = request.form
    hours = tuple(line.strip() for line in typed("hours").splitlines() if line.strip())
    told = Company(
        form.get("name", "").strip(), form.get("country", "").strip().upper(), form.get("language", ""),
        form.get("zone", "").strip() or "UTC", hours,
    )  # fmt: skip
    try:
        company_words.check(told)
    except SmsgwError as error:
        return _step("company", error, company=told)
    return _step("company", company=told, block=company_words.block(told))


@pages.post("/begin/modems")
@person_required
def find_modems() -> Response:
    """Ask at every serial port whether a modem answers, but for those that our own links have open."""
    with the_gateway().database.reading() as conn:
        ours = [port for one in stored.listing(conn) if (port := (one.facts or {}).get("port"))]
    return _step("link", modems=trying.modems(ours))


@pages.post("/begin/carrier")
@person_required
def try_carrier() -> Response:
    """Sign in at a carrier's SMPP server once, and show the table of the link; the password is shown to nobody."""
    draft: Mapping[str, str] = {name: request.form.get(name, "").strip() for name in CARRIER}
    kept = {name: value for name, value in draft.items() if name not in trying.SECRETS}
    keys: dict[str, Any] = {name: value for name, value in draft.items() if value}
    if draft["port"].isdecimal():
        keys["port"] = int(draft["port"])
    try:
        health = trying.met("carrier", "smpp", trying.driver_of("smpp", keys))
    except SmsgwError as error:
        return _step("link", error, draft=kept)
    good = health.state in (LinkState.UP, LinkState.DEGRADED)
    return _step("link", draft=kept, tried=Tried(health, trying.block("carrier", "smpp", keys)), lets_in=good)


@pages.post("/begin/text")
@person_required
def first_text() -> Response:
    """Send a first text to oneself, by the door that every message takes."""
    gateway, form = the_gateway(), request.form
    asked = Asked(
        form.get("to", "").strip(), typed("text"), current_person().id, purpose="service",
        client_ref=form.get("client_ref", "")[:64] or None,
    )  # fmt: skip
    try:
        gateway.door.submit(asked)
    except SmsgwError as error:
        return _step("text", error, draft={"to": asked.to, "text": asked.text})
    return redirect(url_for("pages.first_steps", step="text"), 303)


@pages.post("/begin/leave")
@person_required
def leave_steps() -> Response:
    """Leave the steps for now: this browser is not led here by itself any more."""
    answer = redirect(url_for("pages.today"), 303)
    answer.set_cookie(LEFT, "1", max_age=LEFT_LASTS, httponly=True, secure=request.is_secure, samesite="Lax")
    return answer
