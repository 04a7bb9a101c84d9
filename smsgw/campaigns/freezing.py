"""Freeze the audience of a campaign that begins: everybody a row, with wave and text, or why they are left out.

It is read in large pieces and written in small ones, so that nobody else waits long for the one writer; each write
says how far it came, so that a crash repeats nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from ..outbound.gate.terms import Rules
from ..store import history
from ..store.database import Database
from ..store.lifecycle import CAMPAIGN
from ..store.prepared import Prepared
from ..store.tables import campaign, target
from ..store.tables.types import AnyRow
from ..text import template as grammar
from . import facts, people
from .facts import Person
from .leaving_out import Leaving, LeftOut, wave_and_variant
from .terms import Terms

PIECE = 20_000  # people in one look
SLICE = 3_000  # rows in one step of the writer: less than a tenth of a second
NAMED = 20  # who are named when a variable has no value

_COLUMNS = ("campaign_id", "customer_id", "address", "language", "wave", "variant", "left_out", "says")
_FREEZE = Prepared(insert(target), _COLUMNS)


@dataclass(frozen=True)
class _Slice:
    """Rows to be written, and how far the audience is read when they are. ends: nobody comes after these."""

    id: str
    began_at: str | None
    rows: list[dict[str, Any]]
    mark: str | None
    ends: bool
    now: datetime


def freeze_some(database: Database, row: AnyRow, rules: Rules, now: datetime) -> None:
    """Freeze the next piece of a running campaign's audience (its row as it is now)."""
    terms = Terms.model_validate(row.terms)
    needs = needed_variables(row.texts)
    if row.frozen_upto is None:
        sweep(database, row.id)
    with database.reading() as conn:
        rules.facts.look(conn)
        leaving = Leaving(row.id, row.purpose, row.category, terms, rules, "numbers" in row.audience)
        if leaving.twice:
            leaving.seen = _seen(conn, row.id)
        piece = people.after(conn, row.audience, row.frozen_upto, PIECE, now, bare=not needs)
        reasons = leaving.reasons(conn, piece.people, now)
        if needs:
            _without_value(conn, row, needs, piece.people, reasons)
    variants = sorted(row.texts)
    rows = [_target(row.id, terms, variants, one, no) for one, no in zip(piece.people, reasons, strict=True)]
    slices = [rows[start : start + SLICE] for start in range(0, len(rows), SLICE)] or [[]]
    mark = row.frozen_upto
    for number, some in enumerate(slices, 1):
        last = number == len(slices)
        upto = piece.mark if last else _mark(row.audience, mark, piece.people[number * SLICE - 1], SLICE)
        wish = _Slice(row.id, mark, some, upto, last and piece.mark is None, now)
        if not database.writer.do(_write, wish):
            return  # another process was faster, or it was paused
        mark = upto


def sweep(database: Database, id: str) -> None:
    """Take away what an earlier start froze that was blocked; nothing once another process has frozen it anew."""
    while database.writer.do(_sweep, id):
        pass


def _sweep(conn: Connection, batch: list[str]) -> list[int]:
    counts = []
    for id in batch:
        c = campaign.c
        unfrozen = select(c.id).where(c.id == id, c.frozen_upto.is_(None), c.frozen_at.is_(None)).exists()
        some = select(target.c.id).where(target.c.campaign_id == id, unfrozen).limit(SLICE)
        counts.append(conn.execute(delete(target).where(target.c.id.in_(some))).rowcount)
    return counts


def _mark(audience: people.Audience, before: str | None, last: Person, count: int) -> str | None:
    """The mark behind somebody in the middle of a piece."""
    if "rule" in audience:
        return last.customer_id
    return str(int(before or 0) + count) if "numbers" in audience else str(last.target_id)


def needed_variables(texts: dict[str, dict[str, str]]) -> frozenset[str]:
    """The variables that somebody must have a value for, in any of these texts."""
    read = [grammar.read(text) for by_language in texts.values() for text in by_language.values()]
    return frozenset().union(*(one.needed for one in read))


def _without_value(
    conn: Connection, row: AnyRow, needs: frozenset[str], some: Sequence[Person], reasons: list[LeftOut | None]
) -> None:
    """Mark those for whom a variable of their text has no value."""
    going = [index for index, no in enumerate(reasons) if no is None]
    values = facts.values(conn, [some[index] for index in going], needs, row.language)
    for index, told in zip(going, values, strict=True):
        missing = [name for name in sorted(needs) if not grammar.tidy(told.get(name) or "")]
        if missing and missing_in(row, some[index], missing):
            reasons[index] = LeftOut("variable_undefined", ", ".join(missing))


def missing_in(row: AnyRow, one: Person, missing: Sequence[str]) -> bool:
    """Whether a text that this person may get speaks of one of these variables without a fallback."""
    mine = [text_for(texts, one.language, row.language) for texts in row.texts.values()]
    return any(grammar.read(text).needed & set(missing) for text in mine)


def text_for(texts: dict[str, str], language: str | None, default: str) -> str:
    """The text in somebody's language, else in the one for everybody."""
    plain = (language or default).split("-")[0]
    return texts.get(plain) or texts[default]


def _target(id: str, terms: Terms, variants: Sequence[str], one: Person, no: LeftOut | None) -> dict[str, Any]:
    wave, variant = wave_and_variant(id, terms, variants, one) if no is None else (2, None)
    return {
        "campaign_id": id, "customer_id": one.customer_id, "address": one.address, "language": one.language,
        "wave": wave, "variant": variant, "left_out": None if no is None else no.code,
        "says": None if no is None else no.says,
    }  # fmt: skip


def _seen(conn: Connection, id: str) -> set[str]:
    """The numbers of a frozen half, and the people who get it or are held out."""
    rows = conn.execute(
        select(target.c.address, target.c.customer_id, target.c.left_out).where(target.c.campaign_id == id)
    )
    seen: set[str] = set()
    for row in rows:
        seen.add(row.address)
        if row.left_out in (None, "control") and row.customer_id is not None:
            seen.add(row.customer_id)
    return seen


def _write(conn: Connection, batch: list[_Slice]) -> list[bool]:
    return [_write_one(conn, one) for one in batch]


def _write_one(conn: Connection, one: _Slice) -> bool:
    c = campaign.c
    row = conn.execute(select(c.state, c.frozen_upto, c.frozen_at).where(c.id == one.id).with_for_update()).one()
    if row.state != "running" or row.frozen_at is not None or row.frozen_upto != one.began_at:
        return False
    _FREEZE.many(conn, one.rows)
    values: dict[str, Any] = {"frozen_upto": one.mark}
    if one.ends:
        values["frozen_at"] = one.now
    conn.execute(update(campaign).where(c.id == one.id).values(**values))
    if one.ends:
        _block(conn, one.id, one.now)
    return True


def _block(conn: Connection, id: str, now: datetime) -> None:
    """An undefined variable blocks the start: the campaign is a draft again, and says who lacks what."""
    t = target.c
    missing = (t.campaign_id == id, t.left_out == "variable_undefined")
    count = conn.scalar(select(func.count()).where(*missing)) or 0
    if not count:
        return
    some = conn.execute(select(t.address, t.says).where(*missing).order_by(t.id).limit(NAMED)).all()
    named = "; ".join(f"{one.address} has no {one.says}" for one in some)
    says = f"{count} of its texts have a variable without a value: {named}"
    unbegun = {"started_at": None, "frozen_upto": None, "frozen_at": None, "estimate": None, "approved_by": None,
               "approved_at": None, "estimated_at": None, "changed_at": now}  # fmt: skip
    history.move(conn, CAMPAIGN, "block", [history.Step(id, says, unbegun)], by="clock", now=now)
