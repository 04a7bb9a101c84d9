"""Data protection: what is kept for how long, what the next night would take, who is held, what people asked for.

It only tells: a copy and forgetting are on the card of a customer, the times in the file of the configuration.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from flask import request
from flask_babel import gettext, ngettext
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from smsgw.access import audit
from smsgw.config import Config
from smsgw.customers import privacy, retention
from smsgw.store.tables.types import AnyRow

from ..auth import person_required
from ..context import the_gateway
from .audits import who_says
from .blueprint import pages
from .language import Counted
from .sheets import sheet

AHEAD = 30  # days that are looked ahead
LIST = 20  # lines of what was asked for
MOST = 200  # people under a hold
DONE = ("customer.exported", "customer.erased")


@dataclass(frozen=True, slots=True)
class Leaving:
    """What goes of one kind: at once, and within the days ahead. days: until the first goes, where that is known."""

    label: str
    now: retention.Due
    ahead: retention.Due
    days: int | None


@pages.get("/data-protection")
@person_required
def data_protection() -> Response:
    """The page; `count` in the query has what would go counted, which reads whatever is old enough."""
    gateway, config = the_gateway(), the_gateway().config
    now = gateway.clock()
    with gateway.database.reading() as conn:
        held, done, last = privacy.held(conn, MOST), _done(conn), retention.last_night(conn)
    leaving = None
    if "count" in request.args:
        due = retention.planned(gateway.database, config.retention, now)
        ahead = retention.planned(gateway.database, config.retention, now + timedelta(days=AHEAD))
        leaving = [_leaving(*two, now) for two in zip(due, ahead, strict=True)]
    return sheet(
        "data_protection.html", kept=_kept(config), leaving=leaving, held=held, done=done, last=last, ahead=AHEAD,
        who_says=who_says,
    )  # fmt: skip


def _done(conn: Connection) -> list[AnyRow]:
    """The newest copies and erasures, as the audit has them."""
    lines = [row for verb in DONE for row in audit.listing(conn, audit.Wanted(verb=verb), LIST)]
    return sorted(lines, key=lambda row: int(row.id), reverse=True)[:LIST]


def _leaving(due: retention.Due, ahead: retention.Due, now: datetime) -> Leaving:
    days = None
    if due.count:
        days = 0
    elif ahead.leaves_at is not None:
        days = min(max(ceil((ahead.leaves_at - now) / timedelta(days=1)), 1), AHEAD)
    return Leaving(_labels()[due.kind], due, ahead, days)


def _labels() -> dict[str, str]:
    """What the kinds of `retention.planned` are called."""
    return {
        "messages": gettext("messages, whole"),
        "texts": gettext("texts that came in, whole"),
        "calls": gettext("calls that rang"),
        "talks": gettext("calls at the desk, whole"),
        "words of messages": gettext("the words of messages"),
        "words of texts": gettext("the words of texts that came in"),
        "words of orders": gettext("the words of orders"),
        "words of talks": gettext("what was written of calls"),
        "proofs of consent": gettext("proofs of consents that were taken back"),
        "traces of messages": gettext("why a link was chosen for a message"),
        "words of networks": gettext("how networks worded their answers"),
        "refusals of the gate": gettext("what the gate refused"),
        "clicks on short links": gettext("clicks on short links"),
        "short links": gettext("short links"),
    }


def _kept(config: Config) -> list[tuple[str, str, str]]:
    """What is kept, for how long, and the setting that says so; "" where none does."""
    held = config.retention
    return [
        (gettext("the words of messages, texts, orders and calls, and the pictures that came with them"),
         _months(held.bodies_months), "retention.bodies_months"),
        (gettext("that a message, a text or a call was, with whom and when"),
         _months(held.metadata_months), "retention.metadata_months"),
        (gettext("proof of a consent, counted from when it was taken back; the no itself stays"),
         _years(held.consent_years), "retention.consent_years"),
        (gettext("why a link was chosen, how networks worded their answers, what the gate refused"),
         _days(held.traces_days), "retention.traces_days"),
        (gettext("pictures, video and sound that no message needs any more"),
         _days(config.media.kept_days), "media.kept_days"),
        (gettext("what webhooks were told"), _days(config.webhooks.keep_days), "webhooks.keep_days"),
        (gettext("the lines of sheets that were imported"), _days(retention.SHEETS_KEPT.days), ""),
        (gettext("the cards of customers"), gettext("until the person is forgotten"), ""),
        (gettext("what messages cost, without number and words"), gettext("always, for the books"), ""),
    ]  # fmt: skip


def _days(number: int) -> str:
    return str(ngettext("%(num)d day", "%(num)d days", Counted(number)))


def _months(number: int) -> str:
    return str(ngettext("%(num)d month", "%(num)d months", Counted(number)))


def _years(number: int) -> str:
    return str(ngettext("%(num)d year", "%(num)d years", Counted(number)))
