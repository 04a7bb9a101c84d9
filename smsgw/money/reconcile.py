"""Afterwards: what was planned for a campaign, what was booked, and in words why they differ.

Each message is planned at what its rate said when it was stored. What was booked for it differs for one reason, the
first of these that holds: it never left, another link took it, it had other parts, a bundle paid, it failed and was
given back, it is charged on delivery and has not arrived, the price changed.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, case, func, select

from ..errors import NotFound
from ..store.tables import campaign as of_campaigns
from ..store.tables import cost_entry, message
from ..store.tables.types import AnyRow
from .rates import spelled

_LEFT = ("sent", "delivered", "undelivered")
_REASONS: tuple[tuple[str, str], ...] = (
    ("waiting", "{n} are not sent yet"),
    ("never", "{n} never left: refused, cancelled, expired or failed"),
    ("again", "{n} were charged more than once, for another link had taken parts of them"),
    ("free", "{n} were paid for by a bundle, wholly or in part"),
    ("back", "{n} did not arrive, and what they cost was given back or is less"),
    ("open", "{n} are charged on delivery, and have not arrived"),
    ("link", "{n} went over another link than planned, or in other parts"),
    ("price", "{n} were charged at a price that nobody knew when they were planned, or that changed"),
)


@dataclass(frozen=True, slots=True)
class Reason:
    """Why planned and booked differ: by how much (booked less planned), by how many messages, and that in words."""

    code: str
    messages: int
    difference: Mapping[str, int]
    says: str


@dataclass(frozen=True, slots=True)
class Reconciled:
    """planned, booked: millionths by currency. estimated: what was said before, if that is known.

    reasons: why what was booked is not what was planned; their differences add up to the whole one.
    """

    messages: int
    estimated: Mapping[str, int] | None
    planned: Mapping[str, int]
    booked: Mapping[str, int]
    reasons: Sequence[Reason]

    @property
    def says(self) -> list[str]:
        """All of it in words, a sentence for each line."""
        lines = [f"planned {_sums(self.planned)}, booked {_sums(self.booked)} for {self.messages} messages"]
        if self.estimated is not None and dict(self.estimated) != dict(self.planned):
            lines.append(f"before, {_sums(self.estimated)} was estimated: other people or texts than at the end")
        return [*lines, *(reason.says for reason in self.reasons)]


def campaign(conn: Connection, campaign_id: str, estimated: Mapping[str, int] | None = None) -> Reconciled:
    """What became of a campaign's money. estimated: what was said before it started, millionths by currency.

    Raises NotFound.
    """
    if conn.execute(select(of_campaigns.c.id).where(of_campaigns.c.id == campaign_id)).first() is None:
        raise NotFound(f"there is no campaign {campaign_id[:60]}")
    rows = conn.execute(_messages().where(message.c.campaign_id == campaign_id))
    return of(rows, estimated)


def messages(conn: Connection, ids: Sequence[str]) -> Reconciled:
    """The same of a few messages, such as a batch."""
    return of(conn.execute(_messages().where(message.c.id.in_(list(ids)))), None)


def _messages() -> Select[Any]:
    m, e = message.c, cost_entry.c
    back = case((e.event.in_(("reversal", "failure")), 1), else_=0)
    submits = case((e.event == "submit", 1), else_=0)
    return (
        select(
            m.id, m.state, m.parts, m.price, m.currency, m.link, e.currency.label("booked_in"),
            func.coalesce(func.sum(e.amount), 0).label("booked"), func.count(e.id).label("entries"),
            func.coalesce(func.sum(e.free), 0).label("free"), func.coalesce(func.sum(back), 0).label("back"),
            func.coalesce(func.sum(submits), 0).label("submits"), func.min(e.link).label("booked_over"),
            func.max(e.parts).label("booked_parts"),
        )
        .join_from(message, cost_entry, e.message_id == m.id, isouter=True)
        .group_by(m.id, m.state, m.parts, m.price, m.currency, m.link, e.currency)
        .order_by(m.id)
    )  # fmt: skip


def of(rows: Iterable[AnyRow], estimated: Mapping[str, int] | None) -> Reconciled:
    """Planned and booked of rows, one for each message and currency in which it was booked."""
    planned: Counter[str] = Counter()
    booked: Counter[str] = Counter()
    counts: Counter[str] = Counter()
    differences: dict[str, Counter[str]] = defaultdict(Counter)
    seen: set[str] = set()
    for row in rows:
        plan = row.price if row.id not in seen and row.price is not None else 0
        if plan:
            planned[row.currency] += plan
        if row.entries:
            booked[row.booked_in] += row.booked
        if row.id in seen or plan != row.booked or (row.booked_in or row.currency) != row.currency:
            code = _why(row)
            counts[code] += row.id not in seen
            if row.entries:
                differences[code][row.booked_in] += row.booked
            if plan:
                differences[code][row.currency] -= plan
        seen.add(row.id)
    reasons = [
        Reason(code, counts[code], dict(differences[code]), _says(words, counts[code], differences[code]))
        for code, words in _REASONS
        if code in differences
    ]
    return Reconciled(len(seen), estimated, dict(planned), dict(booked), reasons)


def _why(row: AnyRow) -> str:
    checks: tuple[tuple[str, Callable[[], bool]], ...] = (
        ("waiting", lambda: not row.entries and row.state in ("accepted", "held", "queued", "sending", "unsure")),
        ("never", lambda: not row.entries and row.state not in _LEFT),
        ("back", lambda: bool(row.back)),
        ("again", lambda: row.submits > 1),
        ("free", lambda: bool(row.free)),
        ("open", lambda: not row.entries and row.price is not None),
        ("link", lambda: row.booked_over != row.link or row.booked_parts != row.parts),
    )
    return next((code for code, holds in checks if holds()), "price")


def _says(words: str, count: int, difference: Mapping[str, int]) -> str:
    signed = ", ".join(f"{'+' if amount > 0 else ''}{spelled(amount)} {currency}"
                       for currency, amount in sorted(difference.items()) if amount)  # fmt: skip
    return f"{words.format(n=count)}: {signed or 'no difference'}"


def _sums(amounts: Mapping[str, int]) -> str:
    return ", ".join(f"{spelled(amount)} {currency}" for currency, amount in sorted(amounts.items())) or "nothing"
