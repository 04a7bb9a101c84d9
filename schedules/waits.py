"""What the frequent jobs would find, asked for all of them in one look at the store that writes nothing.

Nearly every second there is nothing, so that a second must cost nearly nothing: a job that is named here runs only
when its question has a yes. A question may be wider than what the job takes, never narrower; each goes by an index of a
part, so that old rows cost nothing. The surprise: states are written out and not bound, for SQLite plans a statement
anew each time that a bound value could decide whether such an index serves.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, bindparam, exists, literal_column, or_, select

from smsgw.campaigns.life import LATELY
from smsgw.gateway import Gateway
from smsgw.store.prepared import Prepared
from smsgw.store.tables import (
    call,
    campaign,
    consent_answer,
    conversation,
    customer_import,
    delivery,
    earlier_try,
    mail,
    message,
    message_content,
    opt_in,
    participant,
    remote_command,
    submitted_part,
    survey,
    talk,
)

from . import (
    calls,
    campaigns,
    consent,
    fallback,
    imports,
    letters,
    release,
    remote,
    replies,
    reroute,
    revoked,
    silence,
    snoozed,
    submitted_parts,
    surveys,
    unsure,
)

Job = Callable[[Gateway, datetime], None]
NOW = bindparam("now", type_=message.c.due_at.type)
SINCE = bindparam("lately", type_=message.c.due_at.type)


def _some(*where: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether there is a row."""
    return exists(select(literal_column("1")).where(*where))


def _is(column: ColumnElement[str], *states: str) -> ColumnElement[bool]:
    """The state is one of these."""
    return or_(*(column == literal_column(f"'{state}'") for state in states))


def _open(state: str) -> ColumnElement[bool]:
    """Messages in this state; that they are not final is what their index wants to hear."""
    return and_(_is(message.c.state, state), message.c.final_at.is_(None))


_CAMPAIGN = and_(campaign.c.ended_at.is_(None), or_(
    and_(_is(campaign.c.state, "scheduled"), campaign.c.starts_at <= NOW), _is(campaign.c.state, "running"),
))  # fmt: skip

WAITS: dict[Job, ColumnElement[bool]] = {
    release.run: _some(_open("held"), message.c.due_at <= NOW, message.c.valid_until > NOW),
    reroute.run: _some(_open("queued")),
    unsure.run: _some(_open("unsure")),
    silence.run: _some(earlier_try.c.id > literal_column("0")),
    fallback.run: _some(message_content.c.fallback_at.is_not(None), message_content.c.fallback_id.is_(None)),
    replies.run: _some(delivery.c.reply.is_not(None)),
    letters.run: _some(_is(mail.c.state, "pending"), mail.c.due_at <= NOW),
    campaigns.run: or_(_some(_CAMPAIGN), _some(_is(campaign.c.state, "stopped"), campaign.c.ended_at > SINCE)),
    imports.run: _some(_is(customer_import.c.state, "reading", "applying", "undoing")),
    calls.run: or_(_some(_is(call.c.state, "rang")), _some(talk.c.ended_at.is_(None), _is(talk.c.state, "ringing"))),
    consent.run: or_(
        _some(opt_in.c.closed_at.is_(None), opt_in.c.expires_at <= NOW),
        _some(opt_in.c.closed_at.is_(None), opt_in.c.remind_at <= NOW),
        _some(consent_answer.c.settled_at.is_(None)),
    ),
    snoozed.run: _some(conversation.c.snoozed_until <= NOW),
    remote.run: _some(remote_command.c.done_at.is_(None)),
    surveys.run: or_(_some(_is(survey.c.state, "running")), _some(participant.c.remind_at <= NOW)),
    submitted_parts.run: _some(submitted_part.c.received_at <= NOW),
}
"""By job, whether there is something for it to do."""

WISHES: dict[Job, Callable[[Gateway], bool]] = {
    unsure.run: lambda gateway: gateway.receipts.shared,
    silence.run: lambda gateway: gateway.silence.shared or _moves_on(gateway),
    revoked.run: lambda gateway: bool(gateway.reception.bound()),
}
"""By job, when it runs whatever the store says."""


def _moves_on(gateway: Gateway) -> bool:
    """Whether what stays silent is moved to another link."""
    return any(link.moves.silence is not None for link in list(gateway.network.links.values()))


class Waits:
    """Asks for the jobs of `WAITS`."""

    def __init__(self) -> None:
        self._asks = Prepared(select(*(ask.label(f"ask{place}") for place, ask in enumerate(WAITS.values()))))

    def __contains__(self, job: object) -> bool:
        return job in WAITS or job in WISHES

    def of(self, gateway: Gateway, jobs: Collection[Job], now: datetime) -> set[Job]:
        """Those of `jobs` that have something to do, or of which nobody knows. Raises StoreError."""
        found = {job for job in jobs if job in WISHES and WISHES[job](gateway)}
        found.update(job for job in jobs if job not in self)
        if any(job in WAITS and job not in found for job in jobs):
            with gateway.database.reading() as conn:
                found.update(job for job in self._asked(conn, now) if job in jobs)
        return found

    def _asked(self, conn: Connection, now: datetime) -> Iterable[Job]:
        [answers] = self._asks.run(conn, {"now": now, "lately": now - LATELY})
        return [job for job, answer in zip(WAITS, answers, strict=True) if answer]
