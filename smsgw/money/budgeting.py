"""Set budgets, change and end them, and tell how each stands."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import Connection, select, update

from ..access import audit
from ..errors import BadInput, Fault, NotFound
from ..store.database import Writer
from ..store.tables import account, api_key, budget, budget_use, campaign, customer, message
from .budget import Budget, Budgets, budget_of
from .rates import spelled
from .spelling import read_amount, read_currency

SCOPES = ("company", "client", "campaign", "customer", "link")
PERIODS = ("day", "month", "whole")
PURPOSES = ("transactional", "service", "conversational", "marketing", "otp")
FIELDS = ("name", "scope", "subject", "period", "ceiling", "currency", "warn_at", "beyond", "exempt")
CHANGEABLE = ("name", "ceiling", "warn_at", "beyond", "exempt")
_MOST = Decimal(1_000_000_000)
_PASSES = "otp, conversational"  # codes and replies, unless somebody says otherwise


@dataclass(frozen=True, slots=True)
class Terms:
    """A budget as somebody says it: see the table `budget`."""

    name: str
    scope: str
    subject: str
    period: str
    ceiling: int
    currency: str
    warn_at: int
    beyond: str
    exempt: list[str]


def read_terms(told: Mapping[str, str], currency: str, links: Collection[str]) -> Terms:
    """A budget from its written fields. Raises BadInput with every fault. currency: the usual one.

    links: the names of those that there are. Whether there is such a key, campaign or customer, `add` looks up.

    What is not told: of the company, for a month, warning at 80 per cent, then holding; codes and replies go on.
    """
    faults: list[Fault] = []

    def take(field: str, read: Callable[[str], object], usual: str = "") -> object:
        try:
            return read((told.get(field) if told.get(field) is not None else usual or "").strip())  # type: ignore[union-attr]
        except ValueError as wrong:
            faults.append(Fault(f"/{field}", f"{field}_invalid", f"{field} {wrong}"))
            return None

    values = {
        "name": take("name", _name),
        "scope": take("scope", lambda w: _one_of(w, SCOPES), "company"),
        "subject": take("subject", lambda w: w[:64]),
        "period": take("period", lambda w: _one_of(w, PERIODS), "month"),
        "ceiling": take("ceiling", lambda w: read_amount(w, _MOST)),
        "currency": take("currency", read_currency, currency),
        "warn_at": take("warn_at", _share, "80"),
        "beyond": take("beyond", lambda w: _one_of(w, ("hold", "refuse")), "hold"),
        "exempt": take("exempt", _purposes, _PASSES),
    }
    if (values["scope"] == "company") != (values["subject"] == ""):
        says = "subject names the key, campaign, customer or link; a budget of the company has none"
        faults.append(Fault("/subject", "subject_invalid", says))
    elif values["scope"] == "link" and values["subject"] not in links:
        faults.append(_nobody("link", str(values["subject"])))
    if faults:
        raise BadInput(faults)
    return Terms(**values)  # type: ignore[arg-type]


def _nobody(scope: str, subject: str) -> Fault:
    what = "key" if scope == "client" else scope
    says = f"there is no {what} {subject!r}, so this budget would stop nothing: give its id"
    return Fault("/subject", "subject_unknown", says)


def _name(written: str) -> str:
    if not 0 < len(written) <= 60:
        raise ValueError("must be one to 60 letters, such as November")
    return written


def _one_of(written: str, known: tuple[str, ...]) -> str:
    if written not in known:
        raise ValueError(f"{written!r} must be one of {', '.join(known)}")
    return written


def _share(written: str) -> int:
    if not (written.isascii() and written.isdigit() and 1 <= int(written) <= 100):
        raise ValueError(f"{written!r} must be per cent, from 1 to 100")
    return int(written)


def _purposes(written: str) -> list[str]:
    return sorted({_one_of(one, PURPOSES) for one in written.replace(",", " ").split()})


def add(writer: Writer, terms: Terms, now: datetime, by: str = "cli") -> int:
    """Set a budget; returns its number. It counts from now on: what was spent before is not in it.

    Raises BadInput when there is nobody whom it is for.
    """
    line = audit.Line(by, "budget.added", f"the budget {terms.name!r} was set", now, "budget", after=_in_words(terms))
    return audit.do(writer, _add, (terms, now), line)


def _in_words(terms: Terms) -> str:
    whose = f"{terms.scope} {terms.subject}".strip()
    free = ", ".join(terms.exempt) or "nobody"
    said = f"{spelled(terms.ceiling)} {terms.currency} ({terms.period}) for {whose}, a warning at {terms.warn_at} %"
    return f"{said}, then {terms.beyond}; free of it: {free}"


def _add(conn: Connection, batch: list[tuple[Terms, datetime]]) -> list[int | Exception]:
    insert = budget.insert().returning(budget.c.id)
    return [
        conn.execute(insert.values(**asdict(terms), created_at=now)).scalar_one()
        if _is_there(conn, terms.scope, terms.subject)
        else BadInput([_nobody(terms.scope, terms.subject)])
        for terms, now in batch
    ]


def _is_there(conn: Connection, scope: str, subject: str) -> bool:
    """Whether there is such a customer, campaign or client: a key, an account, or whoever has sent before."""
    columns = {
        "customer": (customer.c.id,),
        "campaign": (campaign.c.id,),
        "client": (api_key.c.id, account.c.id, message.c.client),
    }.get(scope)
    return columns is None or any(conn.execute(select(c).where(c == subject).limit(1)).first() for c in columns)


def change(writer: Writer, id: int, told: Mapping[str, str], now: datetime, by: str = "cli") -> None:
    """Change what a budget allows: its name, ceiling, warn_at, beyond or exempt. What waits for it is looked at anew.

    Raises NotFound, BadInput.
    """
    writer.do(_change, (id, told, now, by))


def _change(conn: Connection, batch: list[tuple[int, Mapping[str, str], datetime, str]]) -> list[Exception | None]:
    return [_change_one(conn, *one) for one in batch]


def _change_one(conn: Connection, id: int, told: Mapping[str, str], now: datetime, by: str) -> Exception | None:
    row = conn.execute(select(budget).where(budget.c.id == id, budget.c.gone_at.is_(None))).first()
    if row is None:
        return NotFound(f"there is no budget {id}")
    fixed = [name for name in told if name not in CHANGEABLE and told[name] is not None]
    if fixed:
        says = (
            f"{', '.join(fixed)} cannot be changed, for what was spent is counted by it: end this one and set another"
        )
        return BadInput([Fault(f"/{fixed[0]}", "fixed", says)])
    before = {
        "name": row.name, "scope": row.scope, "subject": row.subject, "period": row.period, "currency": row.currency,
        "ceiling": f"{Decimal(row.ceiling) / 1_000_000:f}", "warn_at": str(row.warn_at), "beyond": row.beyond,
        "exempt": ",".join(row.exempt),
    }  # fmt: skip
    try:
        wanted = before | {name: value for name, value in told.items() if value is not None}
        terms = read_terms(wanted, row.currency, [row.subject])
    except BadInput as wrong:
        return wrong
    values = {name: value for name, value in asdict(terms).items() if name in CHANGEABLE}
    conn.execute(update(budget).where(budget.c.id == id).values(values))
    conn.execute(update(budget_use).where(budget_use.c.budget_id == id).values(told=0))
    was, new = (", ".join(f"{name} {one[name]}" for name in CHANGEABLE if name in one) for one in (before, wanted))
    says = f"the budget {row.name!r} was changed"
    audit.tell(conn, [audit.Line(by, "budget.changed", says, now, "budget", str(id), was, new)])
    _wake(conn, row.name, now)
    return None


def _wake(conn: Connection, name: str, now: datetime) -> None:
    """What is held for this budget is looked at in a moment, not in an hour."""
    m = message.c
    held = (m.state == "held", m.final_at.is_(None), m.why.contains(f" {name} of ", autoescape=True))
    conn.execute(update(message).where(*held).values(due_at=now))


def remove(writer: Writer, id: int, now: datetime, by: str = "cli") -> bool:
    """End a budget; returns whether it was there."""
    return audit.do(
        writer, _remove, (id, now), audit.Line(by, "budget.removed", "a budget was ended", now, "budget", str(id))
    )


def _remove(conn: Connection, batch: list[tuple[int, datetime]]) -> list[bool]:
    results = []
    for id, now in batch:
        row = conn.execute(select(budget.c.name).where(budget.c.id == id, budget.c.gone_at.is_(None))).first()
        if row is not None:
            conn.execute(update(budget).where(budget.c.id == id).values(gone_at=now))
            _wake(conn, row.name, now)
        results.append(row is not None)
    return results


def get(conn: Connection, id: int) -> Budget:
    """A budget. Raises NotFound."""
    row = conn.execute(select(budget).where(budget.c.id == id, budget.c.gone_at.is_(None))).first()
    if row is None:
        raise NotFound(f"there is no budget {id}")
    return budget_of(row)


@dataclass(frozen=True, slots=True)
class Standing:
    """How a budget stands in its present day or month. kept: for messages that are not booked yet."""

    budget: Budget
    period: str
    spent: int
    kept: int

    @property
    def left(self) -> int:
        """What may still be spent."""
        return max(0, self.budget.ceiling - self.spent - self.kept)


def standings(conn: Connection, budgets: Budgets, now: datetime) -> list[Standing]:
    """How every budget stands."""
    rows = conn.execute(select(budget).where(budget.c.gone_at.is_(None)).order_by(budget.c.id))
    return [_standing(conn, budgets, budget_of(row), now) for row in rows]


def _standing(conn: Connection, budgets: Budgets, one: Budget, now: datetime) -> Standing:
    c, period = budget_use.c, budgets.period(one, now)
    row = conn.execute(select(budget_use).where(c.budget_id == one.id, c.period == period)).first()
    return Standing(one, period, 0 if row is None else row.spent, 0 if row is None else row.kept)
