"""Who is left out of a campaign and why: each with a code that stays, counted like everything else.

The checks of the gate that look at a person are asked here already when the audience is frozen, and again by the gate
itself when the message is stored: who says STOP in between is left out then.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from ..customers.consent import consent
from ..outbound.caps import capped
from ..outbound.destinations import country
from ..outbound.gate import people as gate_people
from ..outbound.gate.terms import Candidate, Check, Refuse, Rules
from ..outbound.preferring import PURPOSES, mails_of
from . import unreachable
from .facts import Person
from .people import has_number
from .terms import Terms

WORDS = {
    "no_number": "there is no number to write to",
    "no_mail_link": "has a mail address only, and no link carries mail to it",
    "duplicate_number": "the number is in the audience already",
    "duplicate_person": "gets it on another number",
    "unreachable_number": "could not be reached lately, time after time",
    "control": "held out, to compare with",
    "recipient_opted_out": "said stop",
    "consent_missing": "never agreed to this category",
    "suppressed": "is on the suppression list",
    "channel_not_wanted": "wants to be reached in another way",
    "frequency_capped": "got as many lately as the caps allow",
    "country_not_allowed": "lives in a country that nothing is sent to",
    "duplicate_message": "got the same text a moment ago",
    "variable_undefined": "a variable of the text has no value",
    "no_route": "no link serves the number",
}
PEOPLE_CHECKS: tuple[Check, ...] = (
    country,
    gate_people.suppressed,
    gate_people.opted_out,
    gate_people.agreed,
    gate_people.channel,
    capped,
)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Why somebody gets nothing: a code, and words where they say more than the code."""

    code: str
    says: str | None = None


@dataclass
class Leaving:
    """One campaign's way of leaving out; remembers the numbers and people it has seen, where one could come twice."""

    id: str
    purpose: str
    category: str | None
    terms: Terms
    rules: Rules
    twice: bool = False  # whether a number or a person can come twice: in a list, not among customers
    seen: set[str] = field(default_factory=set)

    def reasons(self, conn: Connection, people: Sequence[Person], now: datetime) -> list[LeftOut | None]:
        """For each of these people why they are left out, None for those who get it.

        Who is held out as a control group would have got it otherwise: that is asked last.
        """
        found: list[LeftOut | None] = [self._unaddressed(one) for one in people]
        if self.twice:
            self._twice(people, found)
        self._unreachable(conn, people, found)
        self._by_the_gate(conn, people, found, now)
        if self.twice:
            self._one_each(people, found)
        if self.terms.control:
            for index, one in enumerate(people):
                if found[index] is None and lot(self.id, "control", one) < self.terms.control * 100:
                    found[index] = LeftOut("control")
        return found

    def _unaddressed(self, one: Person) -> LeftOut | None:
        """Who has no number gets it by mail, where that is carried and it is something that mail may be used for."""
        if has_number(one):
            return None
        if not one.address:
            return LeftOut("no_number")
        return None if self.rules.mail and self.purpose in PURPOSES else LeftOut("no_mail_link")

    def _twice(self, people: Sequence[Person], found: list[LeftOut | None]) -> None:
        for index, one in enumerate(people):
            if found[index] is None and one.address in self.seen:
                found[index] = LeftOut("duplicate_number")
            self.seen.add(one.address)

    def _one_each(self, people: Sequence[Person], found: list[LeftOut | None]) -> None:
        """A person with several numbers gets it on the first that nothing speaks against."""
        for index, one in enumerate(people):
            if found[index] is None and one.customer_id is not None:
                if one.customer_id in self.seen:
                    found[index] = LeftOut("duplicate_person")
                self.seen.add(one.customer_id)

    def _unreachable(self, conn: Connection, people: Sequence[Person], found: list[LeftOut | None]) -> None:
        if self.terms.unreachable or not unreachable.some_dead(conn):
            return
        dead = unreachable.dead(conn, [one.address for one in people])
        for index, one in enumerate(people):
            if found[index] is None and one.address in dead:
                found[index] = LeftOut("unreachable_number")

    def _by_the_gate(
        self, conn: Connection, people: Sequence[Person], found: list[LeftOut | None], now: datetime
    ) -> None:
        people = self._as_reached(conn, people, found, now)
        places = [index for index, no in enumerate(found) if no is None]
        plain = self._plain_yes(conn, [people[index].address for index in places])
        asked = {index: self._candidate(people[index], now) for index in places} if self.all_asked else {}
        for check in PEOPLE_CHECKS:
            some = places if self.all_asked or check in _ABOUT_CONSENT else []
            if check in _ABOUT_CONSENT:
                some = [index for index in places if people[index].address not in plain]
            elif check is gate_people.channel:
                some = [index for index in places if people[index].channel in ("email", "call")]
            batch = [asked.get(index) or self._candidate(people[index], now) for index in some]
            for place, verdict in (check(conn, batch, self.rules, now) if batch else {}).items():
                index = some[place]
                if isinstance(verdict, Refuse) and found[index] is None:
                    found[index] = LeftOut(verdict.code, verdict.says)

    def _as_reached(
        self, conn: Connection, people: Sequence[Person], found: list[LeftOut | None], now: datetime
    ) -> Sequence[Person]:
        """These people with the mail address of those whom the door will write a mail to: that one must have agreed,
        and their number may have said nothing against it: no STOP, no yes that was taken back."""
        if not self.rules.mail or self.purpose not in PURPOSES:
            return people
        mails = mails_of(conn, [one.address for one in people if one.channel == "email"])
        places = [index for index, one in enumerate(people) if found[index] is None and one.address in mails]
        batch = [self._candidate(people[index], now) for index in places]
        for check in _ABOUT_CONSENT if batch else ():
            for place, verdict in check(conn, batch, self.rules, now).items():
                if isinstance(verdict, Refuse) and verdict.code != "consent_missing":
                    found[places[place]] = LeftOut(verdict.code, verdict.says)
        return [replace(one, address=mails.get(one.address, one.address)) if mails else one for one in people]

    @property
    def all_asked(self) -> bool:
        """Whether there is a rule about everybody: a list of countries, of suppressed numbers, or a cap."""
        return bool(self.rules.countries or self.rules.facts.suppressions or self.rules.facts.caps)

    def _plain_yes(self, conn: Connection, addresses: Sequence[str]) -> set[str]:
        """Those with nothing in their ledger but a yes to this category: nearly all, and nothing is to be weighed."""
        known = self.rules.facts.categories.get(self.category or "")
        if self.purpose != "marketing" or known is None or not known.active:
            return set()
        return set(consent.plain_yes(conn, addresses, known.code))

    def _candidate(self, one: Person, now: datetime) -> Candidate:
        upto = now + timedelta(seconds=self.terms.expires_in)
        return Candidate(one.address, "", self.purpose, now, category=self.category, valid_until=upto)


_ABOUT_CONSENT: tuple[Check, ...] = (gate_people.opted_out, gate_people.agreed)


def lot(campaign_id: str, about: str, one: Person) -> int:
    """A number from 0 to 9999 by chance, but the same at every look: so a frozen half goes on as it began."""
    return zlib.crc32(f"{campaign_id} {about} {one.customer_id or one.address}".encode()) % 10_000


def wave_and_variant(campaign_id: str, terms: Terms, variants: Sequence[str], one: Person) -> tuple[int, str | None]:
    """In which wave somebody goes, 0 to 2, and with which text (None: the one that wins)."""
    drawn = lot(campaign_id, "wave", one)
    canary = terms.canary.share * 100 if terms.canary else 0
    tried = terms.split.share * 100 if terms.split else 10_000
    variant = variants[lot(campaign_id, "variant", one) % len(variants)] if terms.split else "a"
    if drawn < canary:
        return 0, variant
    if terms.split is None or terms.split.share >= 100:
        return 2, variant
    return (1, variant) if drawn < canary + tried else (2, None)
