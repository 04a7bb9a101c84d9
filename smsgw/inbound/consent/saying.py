"""What the gateway says about consent: in the customer's language, in one part, and not twice in a day.

A text is written down here in the transaction that decided it; `consent_answers` sends it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from unicodedata import combining, normalize

from sqlalchemy import Connection, insert, select

from ...customers.consent.consent import EVERYTHING, grant_of, ledger
from ...link import Abilities
from ...store.tables import address, consent_answer, customer
from ...text.parts import split
from ...text.wording import LANGUAGES, wording
from .vocabulary import Vocabulary, language_of_number

ONCE_IN = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Said:
    """A text to be said. kind: of `consent_answer`. key: of `wording`. language: of the words that asked for it.

    names: what the sentence names; a category by its code, several with commas between them.
    """

    kind: str
    key: str
    address: str
    inbound_id: str | None
    language: str = "any"
    names: Mapping[str, str] = field(default_factory=dict)


def owe(conn: Connection, said: Said, known: Vocabulary, now: datetime) -> None:
    """Write down a text that is to be sent, unless the same kind went to this number within a day."""
    a = consent_answer.c
    lately = select(a.id).where(a.address == said.address, a.kind == said.kind, a.at > now - ONCE_IN)
    if said.inbound_id is not None and conn.execute(lately.limit(1)).first() is not None:
        return
    text = sentence(said.key, language_for(conn, said.address, said.language), said.names, known)
    conn.execute(
        insert(consent_answer).values(
            address=said.address, inbound_id=said.inbound_id, kind=said.kind, text=text, at=now
        )
    )


def language_for(conn: Connection, number: str, spoken: str = "any") -> str:
    """The language to answer somebody in: the customer's own, else that of their words, else their country's."""
    owned = (
        select(customer.c.language)
        .join_from(address, customer, address.c.customer_id == customer.c.id)
        .where(address.c.address == number)
    )
    own = (conn.execute(owned).scalar() or "").split("-")[0].lower()
    spoken = spoken.split("-")[0]
    if own in LANGUAGES:
        return own
    guessed = language_of_number(number)
    if spoken in LANGUAGES and not (spoken in ("sl", "hr") and guessed in ("sl", "hr")):
        return spoken  # their stop words are the same: the country tells which of the two it is
    return guessed


def sentence(key: str, language: str, names: Mapping[str, str], known: Vocabulary) -> str:
    """A sentence of `wording` that fits in one part: what it names is shortened if need be."""
    template = wording(key, language)
    if not names:
        return template
    codes = names["category"].split(",")
    spelled = [known.categories[code].name(language) if code in known.categories else code for code in codes]
    told = ", ".join(spelled)
    for shown in (told, _plain(told), *_shortened(_plain(told))):
        text = template.format(category=shown)
        if len(split(text, Abilities(), 0)) == 1:
            return text
    return template.format(category="")


def _plain(words: str) -> str:
    """Words without the marks on their letters, where these are what makes a text dear."""
    return "".join(letter for letter in normalize("NFKD", words) if not combining(letter))


def _shortened(words: str) -> Iterator[str]:
    for length in range(len(words) - 1, 0, -1):
        yield words[:length].rstrip(" ,") + ".."


def status_of(conn: Connection, number: str, known: Vocabulary, now: datetime) -> tuple[str, dict[str, str]]:
    """What somebody receives: the key of the sentence that says so, and what it names."""
    rows = ledger(conn, [number]).get(number, [])
    active = [code for code, one in known.categories.items() if one.active]
    theirs = [code for code in active if grant_of(rows, code, now) is not None]
    if not theirs and grant_of(rows, EVERYTHING, now) is None:
        return "status_none", {}
    if len(theirs) == len(active):
        return "status_all", {}
    return "status_some", {"category": ",".join(theirs)}
