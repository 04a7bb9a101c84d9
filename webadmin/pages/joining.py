"""The opt-in form, for whoever has seen the poster: no login, no script; and the poster itself.

The form asks by a text whether it was the number's own wish, and says the same whoever is known. Nothing is chosen in
advance, and what was on the page is kept as the proof.
"""

from __future__ import annotations

import hmac
from datetime import timedelta
from urllib.parse import quote

from flask import make_response, render_template, request
from flask_babel import gettext, ngettext
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from smsgw.customers.consent.categories import Category, every
from smsgw.customers.consent.changes import write
from smsgw.customers.consent.consent import EVERYTHING
from smsgw.errors import BadInput, NotFound
from smsgw.inbound.consent import joining
from smsgw.inbound.consent.questions import Wish
from smsgw.inbound.consent.vocabulary import tried
from smsgw.outbound.gate import rules as gate_rules
from smsgw.outbound.gate.facts import Cap
from smsgw.text.number import is_reachable

from ..auth import person_required
from ..context import the_gateway
from ..message_page_entry import asked_to_wait, gone, guard, proof, sealed
from ..preference_links import whole_address
from .blueprint import pages
from .language import Counted, locale, spoken
from .myself import square


def join_address() -> str | None:
    """The address of the opt-in form as people read it; None where it is not open."""
    return whole_address("pages.join_page") if the_gateway().config.pages.join else None


@pages.get("/join")
def join_page() -> Response:
    """The form; nothing happens by looking."""
    if not the_gateway().config.pages.join:
        return sealed(gone())
    return _drawn()


@pages.post("/join")
def join() -> Response:
    """Ask the number that was entered; the answer is the same for every number."""
    if not the_gateway().config.pages.join:
        return sealed(gone())
    gateway, form = the_gateway(), request.form
    now = gateway.clock()
    if not _is_ours():
        return _drawn(gettext("This page was open too long. Send it once more."), 403)
    if form.get("website"):  # no person sees this field
        return _drawn(done=True)
    with gateway.database.reading() as conn:
        choices = dict(_choices(every(conn), gate_rules.caps(conn)))
        busy = joining.is_busy(conn, now)
    code = form.get("about", "")
    if code not in choices:
        return _drawn(gettext("Choose what you want to get."), 422)
    try:
        countries = frozenset(gateway.config.gate.countries)
        number = joining.read_joining(form.get("to", ""), gateway.config.sending.region, countries)
    except BadInput:
        return _drawn(gettext("This is no mobile number that we can write to."), 422)
    address = guard().address(request)
    if wait := guard().joined(address) or (joining.HOUR.total_seconds() if busy else 0):
        return sealed(asked_to_wait(wait))
    language = locale().language
    shown = " ".join((f"[{address}]", choices[code][0], *choices[code][1], *_terms()))
    wish = Wish(number, code, "form", shown, joining.BY)

    def act(conn: Connection) -> bool:
        return joining.join(conn, wish, language, now)

    write(gateway.database.writer, act)
    return _drawn(done=True)


def _is_ours() -> bool:
    """Whether the form was sent by this page, of today or yesterday."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        return False
    given = request.form.get("proof", "").encode()
    return any(hmac.compare_digest(given, _proof(days).encode()) for days in (0, 1))


def _proof(days: int = 0) -> str:
    return proof(f"join {(the_gateway().clock() - timedelta(days=days)).date()}")


def _choices(known: dict[str, Category], caps: list[Cap]) -> list[tuple[str, tuple[str, list[str]]]]:
    """What can be chosen: its code, its name, and how often texts about it come at most."""
    found = [(code, one.name(locale().language)) for code, one in known.items() if one.active]
    if len(found) > 1:
        found.append((EVERYTHING, gettext("all offers")))
    return [(code, (name, _often(code, caps))) for code, name in found]


def _often(code: str, caps: list[Cap]) -> list[str]:
    return [_at_most(cap) for cap in caps if cap.category == code or cap.category == EVERYTHING] or [
        gettext("We write only when there is something new; there is no fixed number.")
    ]


def _at_most(cap: Cap) -> str:
    days = ngettext("in %(num)d day", "in %(num)d days", Counted(cap.days))
    return str(
        ngettext("At most %(num)d text %(days)s.", "At most %(num)d texts %(days)s.", Counted(cap.most), days=days)
    )


def _terms() -> list[str]:
    """Who writes, how it ends, and what counts: with the choice, all that somebody agrees to."""
    company = f"\u2068{the_gateway().config.pages.company}\u2069"
    return [
        gettext("Offers by SMS come from %(company)s.", company=company),
        gettext("You can end it whenever you like: answer STOP to any of them."),
        gettext("What you buy does not depend on it."),
        gettext("We keep your number and this wish as a proof."),
    ]


def _drawn(problem: str = "", status: int = 200, done: bool = False) -> Response:
    with the_gateway().database.reading() as conn:
        choices = _choices(every(conn), gate_rules.caps(conn))
    page = render_template(
        "join.html", problem=problem, done=done, choices=choices, terms=_terms(), proof=_proof(),
        company=the_gateway().config.pages.company, to=request.form.get("to", ""), about=request.form.get("about", ""),
    )  # fmt: skip
    return sealed(make_response(page, status))


@pages.get("/consents/poster")
@person_required
def consent_poster() -> Response:
    """A page to be printed: a square that opens a text with the keyword in it, and both in words."""
    gateway, code = the_gateway(), request.args.get("category", "")
    ours = (gateway.config.sending.sender, *sorted(gateway.own_numbers()))
    number = next((one for one in ours if one and is_reachable(one)), None)
    with gateway.database.reading() as conn:
        known, caps = every(conn), gate_rules.caps(conn)
        if code and (code not in known or not known[code].active):
            raise NotFound(f"there is no category {code!r}")
        keyword = f"START {code}".strip()
        read = tried(conn, keyword, number or "")
    address = join_address()
    said = f"sms:{number}?body={quote(keyword)}" if number and read["meaning"] == "start" else address
    return make_response(
        render_template(
            "consent_poster.html",
            square=square(said, 8) if said else None,
            keyword=keyword,
            number=number,
            name=known[code].name(locale().language) if code else gettext("all offers"),
            address=address,
            often=_often(code or EVERYTHING, caps),
            terms=_terms(),
            company=gateway.config.pages.company,
            spoken_number=spoken(number) if number else "",
        )
    )
