"""The words of consent as this shop has them: those that come with smsgw, its own, and what it calls its categories."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine, delete, insert, select

from ...customers.consent.categories import Category, every
from ...customers.consent.changes import changed, revision
from ...errors import BadInput, Fault
from ...store.tables import consent_word
from ...store.tables.types import AnyRow
from ...text import keywords
from ...text.number import region_of

LONGEST = 60
_LANGUAGE_OF = {
    **dict.fromkeys(("SI",), "sl"),
    **dict.fromkeys(("HR", "BA", "RS", "ME"), "hr"),
    **dict.fromkeys(("DE", "AT", "CH", "LI"), "de"),
    **dict.fromkeys(("RU", "BY", "KZ"), "ru"),
    **dict.fromkeys(("IR", "AF"), "fa"),
    **dict.fromkeys(("IT", "SM", "VA"), "it"),
}


@dataclass(frozen=True)
class Vocabulary:
    """What is needed to understand a text about consent. named: what people call a category, normalised: its code."""

    words: keywords.Words
    categories: Mapping[str, Category]
    named: Mapping[str, str]


_known: WeakKeyDictionary[Engine, tuple[object, Vocabulary]] = WeakKeyDictionary()


def vocabulary(conn: Connection) -> Vocabulary:
    """The words of this store, read anew when somebody changed them: one small question if not."""
    now = revision(conn)
    known = _known.get(conn.engine)
    if known is not None and known[0] == now:
        return known[1]
    more = [(row.words, row.meaning, row.language or "any") for row in conn.execute(select(consent_word))]
    categories = every(conn)
    named: dict[str, str] = {}
    for one in categories.values():
        for spelled in (one.code, *one.names.values(), *one.words):
            named.setdefault(keywords.normalise(spelled), one.code)
    found = Vocabulary(keywords.made(more) if more else keywords.built_in(), categories, named)
    _known[conn.engine] = now, found
    return found


def language_of_number(number: str) -> str:
    """The language that a number speaks for, where nothing better is known."""
    return _LANGUAGE_OF.get(region_of(number) or "", "en")


def teach(conn: Connection, words: str, meaning: str, language: str | None, by: str, now: datetime) -> None:
    """Add a keyword, or take one away that comes with smsgw (meaning "nothing"). Raises BadInput."""
    plain = keywords.normalise(words)
    faults: list[Fault] = []
    if not 1 <= len(plain) <= LONGEST:
        faults.append(Fault("/words", "wrong_length", f"{words!r}: a keyword has 1 to {LONGEST} letters"))
    if meaning not in (*keywords.MEANINGS, "courtesy", "nothing"):
        says = f"{meaning!r}: a keyword means stop, start, help, status, courtesy or nothing"
        faults.append(Fault("/meaning", "value_unknown", says))
    if meaning == "nothing" and plain == "stop":
        faults.append(Fault("/meaning", "stop_must_stay", "STOP always ends it: it cannot be taken away"))
    if faults:
        raise BadInput(faults)
    conn.execute(delete(consent_word).where(consent_word.c.words == plain))
    conn.execute(insert(consent_word).values(words=plain, meaning=meaning, language=language))
    changed(conn, f"the keyword {plain!r} now means {meaning}", by, now)


def unteach(conn: Connection, words: str, by: str, now: datetime) -> bool:
    """Forget a keyword of the shop's own; returns whether there was one."""
    plain = keywords.normalise(words)
    gone = conn.execute(delete(consent_word).where(consent_word.c.words == plain)).rowcount
    if gone:
        changed(conn, f"the keyword {plain!r} is as it came with smsgw", by, now)
    return bool(gone)


def own_words(conn: Connection) -> list[AnyRow]:
    """The shop's own keywords."""
    return list(conn.execute(select(consent_word).order_by(consent_word.c.words)))


def tried(conn: Connection, text: str, sender: str = "") -> dict[str, Any]:
    """What the reader of consent words would make of a text, and whether it would act on it at once."""
    known = vocabulary(conn)
    found = keywords.read(text, known.words, known.named, sender)
    if found is not None:
        spans = [list(span) for span in found.spans]
        names = ("meaning", "words", "language", "how", "category")
        return {name: getattr(found, name) for name in names} | {"spans": spans, "acts": found.certain}
    yes = keywords.answer(text, known.words)
    meaning = None if yes is None else "yes" if yes else "no"
    nothing = dict.fromkeys(("words", "language", "how", "category"))
    return {"meaning": meaning, **nothing, "spans": [], "acts": False}
