"""Look at a campaign before it begins: twenty real recipients, and a test to one's own telephone."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from ..errors import BadInput, Fault, RefusedByPolicy, SmsgwError
from ..media.contents import Contents
from ..outbound.gate.facts import Facts
from ..outbound.submit import Door
from ..store.database import Database
from ..store.tables.types import AnyRow
from ..text.number import read_number
from . import people
from .estimate import audience_now, with_variant
from .facts import Person
from .leaving_out import Leaving, LeftOut
from .placing import Placing
from .terms import Terms

SHOWN = 20
LOOKED_AT = 20_000  # people among whom the longest text is sought
MOST_TESTS = 10


@dataclass(frozen=True, slots=True)
class Shown:
    """A text as somebody will get it. why: what makes it worth looking at. missing: variables without a value.

    content: the slides that it is on, if it is.
    """

    who: str
    number: str
    language: str
    variant: str
    text: str
    parts: int
    encoding: str
    right_to_left: bool
    why: str
    missing: tuple[str, ...] = ()
    content: Contents | None = None


def preview(database: Database, door: Door, row: AnyRow, now: datetime, most: int = LOOKED_AT) -> list[Shown]:
    """Twenty who will get it: the longest text, one from right to left, one of each language and text, then as met.

    most: people among whom these are sought.
    """
    terms = Terms.model_validate(row.terms)
    rules = replace(door.terms.rules, facts=Facts())
    leaving = Leaving(row.id, row.purpose, row.category, terms, rules, "numbers" in row.audience)
    placing = Placing(database, door)
    kept: dict[str, Shown] = {}
    looked = 0
    with database.reading() as conn:
        rules.facts.look(conn)
        for some in people.pieces(conn, audience_now(row, terms, now), now, 1_000):
            reasons = leaving.reasons(conn, some, now)
            going = [with_variant(row, terms, one) for one, no in zip(some, reasons, strict=True) if no is None]
            for shown in _shown(placing, door, row, terms, going):
                _keep(kept, shown)
            looked += len(some)
            if looked >= most:
                break
    first = [one for key, one in kept.items() if not key.startswith("as met")]
    others = [
        one for key, one in kept.items() if key.startswith("as met") and one.number not in {f.number for f in first}
    ]
    unique = {one.number: one for one in reversed([*first, *others])}
    return list(reversed(unique.values()))[:SHOWN]


def _keep(kept: dict[str, Shown], one: Shown) -> None:
    """Remember one where it is the longest, or the first of its kind."""
    longest = kept.get("longest")
    if longest is None or (one.parts, len(one.text)) > (longest.parts, len(longest.text)):
        kept["longest"] = replace(one, why="the longest")
    if one.right_to_left:
        kept.setdefault("right to left", replace(one, why="from right to left"))
    if one.missing:
        kept.setdefault("missing", replace(one, why=f"no value for {', '.join(one.missing)}"))
    kept.setdefault(f"{one.language} {one.variant}", replace(one, why=f"the first in {one.language}"))
    met = sum(key.startswith("as met") for key in kept)
    if met < SHOWN:
        kept[f"as met {met}"] = one


def _shown(placing: Placing, door: Door, row: AnyRow, terms: Terms, going: Sequence[Person]) -> list[Shown]:
    found = []
    asked = placing.asked(row, terms, going)
    for (text, missing, one), wish in zip(placing.texts(row, going), asked, strict=True):
        parts, encoding = 0, ""
        if not isinstance(wish, LeftOut):
            try:
                ready = door.read(wish).row
                parts, encoding = ready["parts"], ready["encoding"]
                text = ready["text"] if wish.track_links else text  # with its short links
            except (BadInput, RefusedByPolicy) as no:
                encoding = no.faults[0].detail
        language = (one.language or row.language).split("-")[0]
        found.append(
            Shown(
                one.name or one.address, one.address, language, one.variant or "a", text, parts, encoding,
                _right_to_left(text), "", tuple(missing), None if isinstance(wish, LeftOut) else wish.content,
            )
        )  # fmt: skip
    return found


def _right_to_left(text: str) -> bool:
    """Whether a text is read from right to left: its first letter with a direction says so (UAX 9, rule P2)."""
    way = next((d for d in map(unicodedata.bidirectional, text) if d in ("L", "R", "AL")), "L")
    return way != "L"


def send_test(
    database: Database, door: Door, row: AnyRow, numbers: Sequence[str], by: str, now: datetime
) -> list[dict[str, Any]]:
    """Send each text of a campaign to these numbers, through the ordinary door and gate; tells what became of each.

    Raises BadInput for too many numbers, or one that is none.
    """
    if not 1 <= len(numbers) <= MOST_TESTS:
        says = f"a test goes to 1 to {MOST_TESTS} numbers"
        raise BadInput([Fault("/to", "numbers_wrong", says)])
    spelled = [read_number(number, door.terms.region) for number in numbers]
    with database.reading() as conn:
        found = people.after(conn, {"numbers": spelled}, None, len(spelled), now).people
    terms, placing, told = Terms.model_validate(row.terms), Placing(database, door), []
    for variant in sorted(row.texts):
        some = [replace(one, variant=variant) for one in found]
        for one, asked in zip(some, placing.asked(row, terms, some), strict=True):
            shown: dict[str, Any] = {"to": one.address, "variant": variant, "message_id": None, "says": None}
            if isinstance(asked, LeftOut):
                told.append(shown | {"says": f"no value for {asked.says}"})
                continue
            try:
                wish = replace(asked, client=by, campaign_id=None, allow_duplicate=True, metadata={"test_of": row.id})
                told.append(shown | {"message_id": door.submit(wish).row["id"]})
            except SmsgwError as no:
                told.append(shown | {"says": str(no)})
    return told
