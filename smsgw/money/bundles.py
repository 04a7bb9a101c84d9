"""Keep the plans of SIMs: read one from a person, store it, take it away, tell how each stands and how long it lasts.

A plan that is said anew takes the place of the one before, from its day on; what the old one gave stays with it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, func, select, update

from ..access import audit
from ..errors import BadInput, Fault, NotFound
from ..store.database import Writer
from ..store.outcomes import attempt
from ..store.tables import plan, plan_person
from ..store.tables.types import AnyRow
from . import alerts
from .plans import Plan, Plans, allowance, parts_since, plan_of, runs_out, used
from .spelling import read_currency, read_moment, read_prefix

PERIODS = ("day", "week", "month")
# The European Economic Area: where a SIM of one of its countries roams, and writes, as at home (Regulation 2022/612).
EEA = ("+30", "+31", "+32", "+33", "+34", "+351", "+352", "+353", "+354", "+356", "+357", "+358", "+359", "+36", "+370",
       "+371", "+372", "+385", "+386", "+39", "+40", "+420", "+421", "+423", "+43", "+45", "+46", "+47", "+48",
       "+49")  # fmt: skip
SCOPES = {"eea": EEA}
FIELDS = ("link", "name", "units", "period", "reset_day", "rollover", "scope", "beyond", "hour_cap", "day_cap",
          "people_cap", "warn_at", "currency", "valid_from")  # fmt: skip
CHANGEABLE = ("name", "units", "rollover", "scope", "beyond", "hour_cap", "day_cap", "people_cap", "warn_at")
_MOST = 10_000_000


@dataclass(frozen=True, slots=True)
class Terms:
    """A plan as somebody says it: see the table `plan`."""

    link: str
    name: str
    units: int
    period: str
    reset_day: int
    rollover: int
    scope: list[str]
    beyond: str
    hour_cap: int | None
    day_cap: int | None
    people_cap: int | None
    warn_at: int
    currency: str
    valid_from: datetime


def read_terms(told: Mapping[str, str], zones: Mapping[str, ZoneInfo], currency: str, now: datetime) -> Terms:
    """A plan from its written fields. Raises BadInput with every fault.

    zones: the links there are, each with the zone in which its periods begin. currency: the usual one. What is not
    told: a month from the first on, nothing kept, every number, no caps, then the rate's price.
    """
    faults: list[Fault] = []

    def take(field: str, read: Callable[[str], object]) -> object:
        try:
            return read((told.get(field) or "").strip())
        except ValueError as wrong:
            faults.append(Fault(f"/{field}", f"{field}_invalid", f"{field} {wrong}"))
            return None

    link = take("link", lambda written: _known(written, zones))
    zone = zones.get(str(link), ZoneInfo("UTC"))
    values = {
        "link": link,
        "name": (told.get("name") or "").strip()[:60] or "bundle",
        "units": take("units", lambda w: _whole(w, 0, _MOST) if w else 0),
        "period": take("period", lambda w: _one_of(w or "month", PERIODS)),
        "reset_day": take("reset_day", lambda w: _whole(w, 1, 31) if w else 1),
        "rollover": take("rollover", lambda w: _whole(w, 0, 12) if w else 0),
        "scope": take("scope", _scope),
        "beyond": take("beyond", lambda w: _one_of(w or "price", ("price", "stop"))),
        "hour_cap": take("hour_cap", _cap),
        "day_cap": take("day_cap", _cap),
        "people_cap": take("people_cap", _cap),
        "warn_at": take("warn_at", lambda w: _whole(w, 1, 100) if w else 80),
        "currency": take("currency", lambda w: read_currency(w or currency)),
        "valid_from": take("valid_from", lambda w: read_moment(w, zone) if w else now),
    }
    if values["period"] == "week" and isinstance(values["reset_day"], int) and values["reset_day"] > 7:
        faults.append(Fault("/reset_day", "reset_day_invalid", "reset_day of a week is 1 (Monday) to 7"))
    if not faults and not (values["units"] or values["hour_cap"] or values["day_cap"] or values["people_cap"]):
        faults.append(Fault("/units", "units_invalid", "units or a cap must be given: else it is no plan"))
    if faults:
        raise BadInput(faults)
    return Terms(**values)  # type: ignore[arg-type]


def _known(written: str, zones: Mapping[str, ZoneInfo]) -> str:
    if written not in zones:
        raise ValueError(f"{written!r} is no link; there are: {', '.join(sorted(zones)) or 'none'}")
    return written


def _whole(written: str, least: int, most: int) -> int:
    if not (written.isascii() and written.isdigit()) or not least <= int(written) <= most:
        raise ValueError(f"{written!r} must be a whole number from {least} to {most}")
    return int(written)


def _cap(written: str) -> int | None:
    return _whole(written, 1, _MOST) if written else None


def _one_of(written: str, known: Sequence[str]) -> str:
    if written not in known:
        raise ValueError(f"{written!r} must be one of {', '.join(known)}")
    return written


def _scope(written: str) -> list[str]:
    found: list[str] = []
    for one in written.replace(",", " ").split():
        found += SCOPES.get(one.lower(), ()) or [read_prefix(one)]
    return [] if "" in found else sorted(dict.fromkeys(found))


def _in_words(terms: Terms) -> str:
    caps = (("an hour", terms.hour_cap), ("a day", terms.day_cap))
    limits = "".join(f", at most {most} {span}" for span, most in caps if most is not None)
    where = f" to {', '.join(terms.scope)}" if terms.scope else ""
    return f"{terms.name or 'no name'}: {terms.units} parts a {terms.period}{where}, then {terms.beyond}{limits}"


def add(writer: Writer, terms: Terms, now: datetime, by: str = "cli") -> int:
    """Store a plan; returns its number. One from the same moment on is replaced."""
    says = f"the link {terms.link} was given a plan"
    return audit.do(writer, _add, (terms, now), audit.Line(by, "plan.added", says, now, "plan", after=_in_words(terms)))


def _add(conn: Connection, batch: list[tuple[Terms, datetime]]) -> list[int]:
    c = plan.c
    ids = []
    for terms, now in batch:
        same = (c.link == terms.link, c.valid_from == terms.valid_from, c.gone_at.is_(None))
        conn.execute(update(plan).where(*same).values(gone_at=now))
        ids.append(conn.execute(plan.insert().values(**asdict(terms)).returning(c.id)).scalar_one())
    return ids


def get(conn: Connection, id: int) -> AnyRow:
    """A plan that counts or will count. Raises NotFound."""
    row = conn.execute(select(plan).where(plan.c.id == id, plan.c.gone_at.is_(None))).first()
    if row is None:
        raise NotFound(f"there is no plan {id}", hint="GET /plans lists them")
    return row


@dataclass(frozen=True, slots=True)
class Change:
    """Other words for fields of a plan, as `read_terms` takes them. zones: as there."""

    id: int
    told: Mapping[str, str]
    zones: Mapping[str, ZoneInfo]
    by: str
    now: datetime


def change(writer: Writer, wish: Change) -> None:
    """Change what a plan gives and allows from now on; what is used stays used. Raises NotFound, BadInput."""
    writer.do(_change, wish)


def _change(conn: Connection, batch: list[Change]) -> list[Exception | None]:
    return [attempt(_change_one, conn, wish) for wish in batch]


def _change_one(conn: Connection, wish: Change) -> None:
    row = get(conn, wish.id)
    if fixed := [name for name in wish.told if name not in CHANGEABLE]:
        says = f"{', '.join(fixed)} cannot be changed, for what is used is counted by it: give the link another plan"
        raise BadInput([Fault(f"/{fixed[0]}", "fixed", says)])
    before = {name: _written(row._mapping[name]) for name in FIELDS}
    after = read_terms({**before, **wish.told}, wish.zones, row.currency, wish.now)
    values = {name: value for name, value in asdict(after).items() if name in CHANGEABLE}
    conn.execute(update(plan).where(plan.c.id == wish.id).values(values))
    was = _in_words(Terms(**{name: row._mapping[name] for name in FIELDS}))
    says = f"the plan of {row.link} was changed"
    line = audit.Line(wish.by, "plan.changed", says, wish.now, "plan", str(wish.id), was, _in_words(after))
    audit.tell(conn, [line])


def _written(value: object) -> str:
    """A field as `read_terms` reads it."""
    if isinstance(value, datetime):
        return value.isoformat()
    return " ".join(value) if isinstance(value, list) else "" if value is None else str(value)


def remove(writer: Writer, id: int, now: datetime, by: str = "cli") -> bool:
    """Take a plan away; returns whether it was there. What it gave stays written."""
    line = audit.Line(by, "plan.removed", "a plan was taken away", now, "plan", str(id))
    return audit.do(writer, _remove, (id, now), line)


def _remove(conn: Connection, batch: list[tuple[int, datetime]]) -> list[bool]:
    c = plan.c
    gone = update(plan).where(c.gone_at.is_(None))
    return [conn.execute(gone.where(c.id == id).values(gone_at=now)).rowcount == 1 for id, now in batch]


@dataclass(frozen=True, slots=True)
class Standing:
    """How a plan stands. had: units in this period; used: of these; last_day: when they run out, None: they last.

    sent_hour, sent_day, people: what the caps are about.
    """

    plan: Plan
    begun: date
    ends: datetime
    had: int
    used: int
    last_day: date | None
    sent_hour: int
    sent_day: int
    people: int

    @property
    def left(self) -> int:
        """Units that nobody has used yet."""
        return max(0, self.had - self.used)


def standings(conn: Connection, zones: Mapping[str, ZoneInfo], now: datetime) -> list[Standing]:
    """How every plan stands that counts or will count, by link, newest first."""
    c = plan.c
    rows = conn.execute(select(plan).where(c.gone_at.is_(None)).order_by(c.link, c.valid_from.desc()))
    return [standing(conn, plan_of(row, zones.get(row.link, ZoneInfo("UTC"))), now) for row in rows]


def standing(conn: Connection, of: Plan, now: datetime) -> Standing:
    """How one plan stands."""
    here = now.astimezone(of.zone)
    midnight = here.replace(hour=0, minute=0, second=0, microsecond=0)
    person = plan_person.c
    mine = (person.link == of.link, person.month == f"{here:%Y-%m}")
    begun = of.begun(now)
    had, gone = (allowance(conn, of, now), used(conn, of, now)) if of.units else (0, 0)
    return Standing(
        of, begun, of.ends(begun), had, gone, runs_out(of, had, gone, now) if of.units else None,
        parts_since(conn, of.link, now - timedelta(hours=1)), parts_since(conn, of.link, midnight),
        conn.scalar(select(func.count()).select_from(plan_person).where(*mine)) or 0,
    )  # fmt: skip


def alarms(conn: Connection, plans: Plans, now: datetime) -> list[alerts.Alarm]:
    """What the owner must be told of bundles: nearly used up, used up. Asked often: one look for each plan in force."""
    found = []
    for of in plans.with_bundles(now):
        had, gone = allowance(conn, of, now), used(conn, of, now)
        if gone * 100 < had * of.warn_at:
            continue
        period = of.begun(now)
        last = runs_out(of, had, gone, now)
        words = f"{of.link}: {gone} of {had} parts of {of.name} are used since {period}"
        if gone >= had:
            then = "nothing goes over it until then" if of.beyond == "stop" else "each part is paid for"
            says = f"{words}; it begins anew on {of.ends(period).astimezone(of.zone):%Y-%m-%d}, {then}"
            found.append(alerts.Alarm("bundle.empty", f"{of.id} {period}", says))
        else:
            lasts = f", and the rest lasts until {last}" if last else ", and the rest will do"
            found.append(alerts.Alarm("bundle.low", f"{of.id} {period}", words + lasts))
    return found
