"""What a campaign will cost and when it will be done, before it begins: every text filled in, cut and priced.

The same people, texts, links and rates as when it begins: a campaign of which nothing fails costs what was said, to
the cent. Of an audience so large that nobody would wait for it a sample by chance is looked at, which is said with it.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from ..money.estimate import Estimate as Measured
from ..outbound import hours
from ..outbound.cutting import carries
from ..outbound.destinations import sender
from ..outbound.gate.facts import Facts
from ..outbound.gate.terms import Candidate, Hold, Refuse, Rules
from ..outbound.gate.text import text
from ..outbound.submit import Door, Ready
from ..store.database import Database
from ..store.ids import LETTERS as LETTERS_OF_IDS
from ..store.tables.types import AnyRow
from . import life, people, series
from .facts import Person
from .leaving_out import WORDS, Leaving, LeftOut, wave_and_variant
from .placing import Paces, Placing
from .terms import Terms

PIECE = 5_000
EXACT = 50_000  # people who are all looked at; of more about as many are, by chance
NAMED = 20
MEASURED = 20_000  # texts that are looked at letter by letter
LETTERS = 5  # that are told
UNKNOWN_PACE = 10.0  # parts a second that a link without a bound is taken to send


@dataclass
class Figures:
    """What is added up over the audience."""

    people: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    says: dict[str, str] = field(default_factory=dict)  # by code, what was said of the first
    messages: int = 0
    parts: int = 0
    by_link: dict[tuple[str, str | None], list[int]] = field(default_factory=dict)  # [messages, parts, amount]
    unpriced: int = 0
    languages: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)  # "text", "mms", "mail"
    longest: Mapping[str, Any] | None = None
    undefined: list[dict[str, Any]] = field(default_factory=list)
    undefined_count: int = 0
    last_hour: datetime | None = None  # when the last of those begins who are asleep at the start
    texts: list[tuple[str, str]] = field(default_factory=list)  # the first of them, to be measured letter by letter
    sampled: int | None = None  # how many were looked at, when these were not all
    squares: int = 0  # the sum of the squares of the parts

    def left(self, no: LeftOut, one: Person) -> None:
        """Count one who is left out."""
        self.left_out[no.code] += 1
        self.says.setdefault(no.code, no.says or WORDS.get(no.code, no.code))
        if no.code == "variable_undefined":
            self.undefined_count += 1
            if len(self.undefined) < NAMED:
                names = (no.says or "").split(", ")
                self.undefined.append({"who": one.name or one.address, "number": one.address, "names": names})

    def goes(self, one: Person, ready: Ready, default: str) -> None:
        """Count one who gets it."""
        row = ready.row
        self.messages += 1
        self.parts += row["parts"]
        self.squares += row["parts"] ** 2
        self.languages[(one.language or default).split("-")[0]] += 1
        carried = carries(row["encoding"])
        self.kinds[carried or "text"] += 1
        counted = self.by_link.setdefault((row["link"], row["currency"]), [0, 0, 0])
        counted[0] += 1
        counted[1] += row["parts"]
        counted[2] += row["price"] or 0
        self.unpriced += row["price"] is None
        if len(self.texts) < MEASURED and carried != "mail":
            self.texts.append((row["recipient"], row["text"]))
        if self.longest is None or (row["parts"], len(row["text"])) > (self.longest["parts"], self.longest["letters"]):
            self.longest = {
                "text": row["text"], "parts": row["parts"], "letters": len(row["text"]), "encoding": row["encoding"],
                "to": row["recipient"],
            }  # fmt: skip

    @property
    def give_or_take(self) -> float:
        """By how many per cent the parts of a sample may differ from those of all, 19 times of 20; 0: these are all."""
        if self.sampled is None or not self.parts:
            return 0.0
        parts = self.parts * self.sampled / self.people
        return round(200 * math.sqrt(max(0.0, self.squares - parts**2 / self.sampled)) / parts, 1)

    def grow(self, people: int) -> None:
        """Make the figures of a sample those of so many people."""

        def grown(count: int) -> int:
            return round(count * people / sampled)

        sampled = self.sampled = self.people
        self.people, self.messages, self.parts = people, grown(self.messages), grown(self.parts)
        self.unpriced, self.undefined_count = grown(self.unpriced), grown(self.undefined_count)
        for counted in (self.left_out, self.languages, self.kinds):
            counted.update({code: grown(count) - count for code, count in counted.items()})
        self.by_link = {key: [grown(count) for count in counted] for key, counted in self.by_link.items()}


Measure = Callable[[Iterable[tuple[str, str]], datetime], Measured]


class Estimate:
    """Holds the door and the store."""

    def __init__(
        self, database: Database, door: Door, paces: Callable[[], Paces], measure: Measure | None = None
    ) -> None:
        """measure: looks at texts letter by letter, with bundles and the worst case (money.estimate)."""
        self._measure = measure
        self._database = database
        self._door = door
        self._paces = paces

    def of(self, row: AnyRow, now: datetime, start: datetime | None = None) -> dict[str, Any]:
        """The estimate of a campaign (its row) as JSON. start: when it is to begin, by default now."""
        start = max(start or now, now)
        figures = self.figures(row, start)
        costs = Counter[str]()
        for (_, currency), counted in figures.by_link.items():
            if currency is not None:
                costs[currency] += counted[2]
        longest = figures.longest
        return {
            "people": figures.people,
            "sampled": figures.sampled,
            "give_or_take": figures.give_or_take,
            "left_out": dict(sorted(figures.left_out.items())),
            "says": figures.says,
            "messages": figures.messages,
            "parts": figures.parts,
            "costs": [{"currency": currency, "amount": amount} for currency, amount in sorted(costs.items())],
            "unpriced": figures.unpriced,
            "links": [
                {"link": link, "messages": told[0], "parts": told[1], "amount": told[2], "currency": currency}
                for (link, currency), told in sorted(figures.by_link.items(), key=str)
            ],
            "languages": dict(figures.languages.most_common()),
            "kinds": dict(figures.kinds.most_common()),
            "longest": None if longest is None else dict(longest),
            "undefined": {"count": figures.undefined_count, "some": figures.undefined},
            "advice": self._advice(figures, start),
            "starts_at": start.isoformat(),
            "ends_at": self._ends(row, figures, start).isoformat(),
        }

    def _advice(self, figures: Figures, start: datetime) -> dict[str, Any] | None:
        """Which letters make the texts dear and what others would save, what bundles pay, and the worst case."""
        if self._measure is None or not figures.texts:
            return None
        told = self._measure(figures.texts, start)
        return {
            "measured": told.messages,
            "free_parts": told.free,
            "worst": _amounts(told.worst),
            "parts_saved": told.parts_swapped,
            "saved": _amounts(told.swapped),
            "letters": [
                {"letter": one.letter, "plainer": one.plainer, "messages": one.messages, "parts": one.parts,
                 "saved": _amounts(one.saved)}
                for one in told.letters[:LETTERS]
            ],
        }  # fmt: skip

    def figures(self, row: AnyRow, now: datetime) -> Figures:
        """What is added up over the audience as it is at `now`."""
        terms = Terms.model_validate(row.terms)
        rules = replace(self._door.terms.rules, facts=Facts())
        leaving = Leaving(row.id, row.purpose, row.category, terms, rules, "numbers" in row.audience)
        placing, found = Placing(self._database, self._door), Figures()
        with self._database.reading() as conn:
            rules.facts.look(conn)
            audience = audience_now(row, terms, now)
            many = people.count(conn, audience, now) or 0
            letters = LETTERS_OF_IDS[: max(1, len(LETTERS_OF_IDS) * EXACT // many)] if many > EXACT else ""
            for some in people.pieces(conn, audience, now, PIECE, letters):
                found.people += len(some)
                reasons = leaving.reasons(conn, some, now)
                going = []
                for one, no in zip(some, reasons, strict=True):
                    if no is None:
                        going.append(with_variant(row, terms, one))
                    else:
                        found.left(no, one)
                ready = self._read(placing, row, terms, going, found)
                refused = self._refused(conn, [made.candidate for _, made in ready], rules, now)
                for index, (one, made) in enumerate(ready):
                    if index in refused:
                        found.left(LeftOut(refused[index].code, refused[index].says), one)
                    else:
                        found.goes(one, made, row.language)
                candidates = [replace(made.candidate, send_at=now) for _, made in ready]
                for verdict in hours.quiet_hours(conn, candidates, rules, now).values():
                    if isinstance(verdict, Hold):
                        found.last_hour = max(found.last_hour or verdict.until, verdict.until)
        if letters and found.people:
            found.grow(many)
        return found

    def _read(
        self, placing: Placing, row: AnyRow, terms: Terms, going: Sequence[Person], found: Figures
    ) -> list[tuple[Person, Ready]]:
        """What the door makes of the texts of these people; those whose text it refuses are counted."""
        read = []
        for one, made in zip(going, placing.made(row, terms, going), strict=True):
            if isinstance(made, LeftOut):
                found.left(made, one)
            else:
                read.append((one, made))
        return read

    def _refused(self, conn: Connection, batch: Sequence[Candidate], rules: Rules, now: datetime) -> dict[int, Refuse]:
        """What the gate will refuse for its text or its sender, which is the same for everybody there."""
        found: dict[int, Refuse] = {}
        for check in (sender, text):
            for index, verdict in check(conn, batch, rules, now).items():
                if isinstance(verdict, Refuse):
                    found.setdefault(index, verdict)
        return found

    def _ends(self, row: AnyRow, figures: Figures, start: datetime) -> datetime:
        """When the last message will have left: the slowest link, its own pace, the waits between, the last to wake."""
        terms, paces = Terms.model_validate(row.terms), self._paces()
        by_link = Counter[str]()
        for (link, _), counted in figures.by_link.items():
            by_link[link] += counted[1]
        seconds = max((parts / (paces.get(link) or UNKNOWN_PACE) for link, parts in by_link.items()), default=0.0)
        if terms.per_minute:
            seconds = max(seconds, figures.messages * 60 / terms.per_minute)
        waits = timedelta(minutes=terms.canary.wait if terms.canary else 0)
        if terms.split and terms.split.share < 100:
            waits += timedelta(minutes=terms.split.decide_after)
        return max(start + timedelta(seconds=seconds), figures.last_hour or start) + waits


def _amounts(by_currency: Mapping[str, int]) -> list[dict[str, Any]]:
    return [{"currency": currency, "amount": amount} for currency, amount in sorted(by_currency.items())]


def audience_now(row: AnyRow, terms: Terms, now: datetime) -> people.Audience:
    """Whom it is about; of a series by a date those of its next run."""
    if terms.relative is None:
        return dict(row.audience)
    return series.audience_of(row, terms, life.first_run(terms, now) or now)


def with_variant(row: AnyRow, terms: Terms, one: Person) -> Person:
    """The text that somebody will get, as far as that is known; of those that wait for the winner the first."""
    _, variant = wave_and_variant(row.id, terms, sorted(row.texts), one)
    return replace(one, variant=variant or "a")
