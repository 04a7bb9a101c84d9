"""Which link, and why: prefix, what can be used now, who knows the customer, preference, cost, weight, in this order.

The order and its reasons are told in docs/routing.md. A link that is down still gets messages when nothing better
serves the number: they wait in its queue, and `schedules/reroute` moves them when another link can take them.

What does not depend on the single message (the standing of the links that serve a prefix) is worked out once and kept
until a link's health, the hours or the rates change, so that a choice costs a few dictionary look-ups.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import accumulate

from ..link import Alphabet, Health, LinkState
from ..money.booking import Books
from ..money.budget import Budgets
from ..money.exchange import Exchange
from ..money.plans import Plans
from ..money.rates import Rates
from .cutting import is_data
from .familiar import Familiar
from .standing import Choice as Choice  # whoever routes has all names from here
from .standing import Field, Fitness, Ranked, Standing, stand
from .standing import Moves as Moves
from .standing import Served as Served
from .tariff import Tariff, priced

RESTS = 10.0  # seconds of rest from which on a link's work goes elsewhere; shorter ones are a matter of its pace
KEPT = timedelta(seconds=60)  # how long a standing is believed at most


_Table = tuple[dict[str, list[Served]], tuple[int, ...]]  # links by prefix, and how long prefixes are, longest first
_NONE: _Table = ({}, ())


def _table(links: Iterable[Served]) -> _Table:
    table: dict[str, list[Served]] = {}
    for link in links:
        for prefix in link.prefixes:
            table.setdefault(prefix, []).append(link)
    return table, tuple(sorted({len(prefix) for prefix in table}, reverse=True))


class Network:
    """The links of this process and how each is now. Reading and changing are safe from any thread.

    patience: seconds for which a link that went away is waited for. rates: what parts cost, None to know nothing.
    plans, budgets: what SIMs have left, and what may be spent; `books` writes down what was charged by all three.
    tolerance: per cent by which a price may be higher and still be called equal. chance: numbers in [0, 1) that say
    with whom a round among equals begins; None: with the first.
    """

    def __init__(
        self,
        links: Iterable[Served],
        now: datetime,
        *,
        patience: float = 60.0,
        rates: Rates | None = None,
        plans: Plans | None = None,
        budgets: Budgets | None = None,
        exchange: Exchange | None = None,
        tolerance: float = 0.0,
        chance: Callable[[], float] | None = None,
    ) -> None:
        self.links = {link.name: link for link in links}
        self.rates = rates or Rates()
        self.plans = plans or Plans()
        self.exchange = exchange or Exchange()
        self.books = Books(self.rates, self.plans, budgets)
        self.shares: dict[str, float] = {}  # by link: how much of what it sent lately arrived, where that is known
        self._tolerance = tolerance
        self._chance = chance
        self._patience = timedelta(seconds=patience)
        self._lock = threading.Lock()
        self._health = {name: (Health(LinkState.DOWN, "not started yet"), now) for name in self.links}
        self._rests: dict[str, datetime] = {}
        self._turns: dict[tuple[str, ...], list[int]] = {}
        self._standings: dict[tuple[str, str, str | None, tuple[str, ...]], Standing | None] = {}
        self._stale_at = now
        self._seen = (self.rates.version, self.plans.version)
        self._lay_out()

    def _lay_out(self) -> None:
        """Make the tables of prefixes, by what is to be carried; forget what was worked out from those before."""
        links = list(self.links.values())
        tables = {"": _table(link for link in links if link.abilities.alphabets)}
        for kind in {kind for link in links for kind in link.abilities.content}:
            tables[kind] = _table(link for link in links if kind in link.abilities.content)
        self._tables = tables
        self._standings = {}

    def add(self, link: Served, now: datetime) -> None:
        """A link is new, or another one than before under its name."""
        with self._lock:
            self.links[link.name] = link
            self._health[link.name] = (Health(LinkState.DOWN, "not started yet"), now)
            self._rests.pop(link.name, None)
            self._lay_out()

    def forget(self, name: str) -> None:
        """A link is there no more. Raises KeyError for no such link."""
        with self._lock:
            del self.links[name]
            del self._health[name]
            self._lay_out()

    def health(self, name: str) -> tuple[Health, datetime]:
        """How a link is, and since when it is in that state. Raises KeyError for no such link."""
        return self._health[name]

    def heard(self, name: str, health: Health, now: datetime) -> bool:
        """Take down what a driver said of its link; returns whether its state is another one than before."""
        with self._lock:
            before, since = self._health[name]
            changed = before.state is not health.state
            self._health[name] = (health, now if changed else since)
            if changed:
                self._standings = {}
            return changed

    def rest(self, name: str, seconds: float, now: datetime) -> None:
        """A link takes nothing for so long, though it is connected; a short pause changes nothing for routing."""
        if seconds >= RESTS and name in self.links:
            with self._lock:
                self._rests[name] = max(now + timedelta(seconds=seconds), self._rests.get(name, now))
                self._standings = {}

    def is_open(self, name: str, now: datetime) -> bool:
        """Whether this is an hour of the link. Raises KeyError for no such link."""
        hours = self.links[name].hours
        return hours is None or hours.open_at(now)

    def hours_told(self, name: str, now: datetime) -> str | None:
        """Whether a link is in its hours, in words; None for one that always is, or that is not there."""
        hours = self.links[name].hours if name in self.links else None
        if hours is None:
            return None
        return "open" if hours.open_at(now) else f"closed until {hours.next_opening(now)} ({hours.zone.key})"

    def fitness(self, name: str, now: datetime) -> tuple[Fitness, str]:
        """Whether a link can be used now, and that in words. Raises KeyError for no such link."""
        health, since = self._health[name]
        if not self.is_open(name, now):
            return Fitness.CLOSED, f"is {self.hours_told(name, now)}"
        if health.state is LinkState.RESTING or self._rests.get(name, now) > now:
            return Fitness.RESTING, "rests, for its network refuses it"
        if (full := self.plans.closed(name, now)) is not None:
            return Fitness.RESTING, full
        if health.state is LinkState.UP:
            return Fitness.UP, "is up"
        if health.state is LinkState.DEGRADED:
            return Fitness.DEGRADED, "is degraded"
        if now - since < self._patience:
            return Fitness.COMING, f"is {health.state}, which may pass"
        return Fitness.AWAY, f"is {health.state}"

    def unfit(self, encoding: str) -> tuple[str, ...]:
        """The links that cannot carry a message of this encoding, whoever it is for: data over those for texts only."""
        if not is_data(encoding):
            return ()
        return tuple(name for name, link in self.links.items() if Alphabet.OCTETS not in link.abilities.alphabets)

    def carries(self, kind: str) -> bool:
        """Whether any link carries this kind of content, "mms" or "mail"."""
        return bool(self._tables.get(kind, _NONE)[0])

    def carries_contents(self, name: str) -> bool:
        """Whether a link of this name carries MMS or mail."""
        return name in self.links and bool(self.links[name].abilities.content)

    def serving(self, recipient: str) -> list[Served]:
        """Every link that could carry a text to this number, however it is now."""
        table, lengths = self._tables[""]
        found = (table.get(recipient[:length], ()) for length in lengths)
        return list({link.name: link for links in found for link in links}.values())

    def able(self, name: str, now: datetime) -> bool:
        """Whether a link can send now."""
        return name in self.links and self.fitness(name, now)[0] <= Fitness.DEGRADED

    def choose(
        self,
        recipient: str,
        wanted: str | None = None,
        avoid: Sequence[str] = (),
        *,
        now: datetime,
        known: Familiar | None = None,
        carries: str = "",
    ) -> Choice | None:
        """The best link for an E.164 number or short code, or for a mail address; None when no link serves it.

        wanted: the only link that will do. avoid: links that must not be taken (they failed). known: the link and
        number that the customer knows, if the message is to keep to them. carries: "mms" or "mail" for a content.
        """
        if now >= self._stale_at or (self.rates.version, self.plans.version) != self._seen:
            self._refresh(now)
        if not carries and "@" in recipient:  # nothing but a mail goes to a mail address, whoever asks
            carries = "mail"
        table, lengths = self._tables.get(carries, _NONE)
        prefix = None
        for length in lengths:
            if recipient[:length] in table:
                prefix = recipient[:length]
                break
        if prefix is None:
            return None
        key = (carries, prefix, wanted, tuple(avoid))
        kept = self._standings  # whoever hears of a change puts another dict in its place
        try:
            standing = kept[key]
        except KeyError:
            standing = kept[key] = self._stand(carries, prefix, wanted, avoid, now)
        if standing is None:
            return None
        if known is not None and wanted is None:
            return self._kept_to(standing, known, recipient, now, carries)
        return self._among(standing, recipient, now, carries)

    def estimate(
        self, link: str, recipient: str, parts: int, now: datetime, size: int | None = None
    ) -> tuple[int | None, str | None]:
        """What so many parts will cost over a link, in millionths, and the currency; None and None if no rate says.

        What a bundle may pay for is not taken off: whether it still can is known when they are booked. size: octets of
        an MMS, None for texts.
        """
        price = None
        if self.rates.some:
            price = (
                self.rates.price(link, recipient, now)
                if size is None
                else self.rates.price_of("mms", link, recipient, now, size)
            )
        return (None, None) if price is None else (price.of(parts), price.currency)

    def learn(self, shares: Mapping[str, float]) -> None:
        """How much of what each link sent lately arrived, from 0 to 1, of those where enough went to know."""
        with self._lock:
            self.shares = dict(shares)
            self._standings = {}

    def _refresh(self, now: datetime) -> None:
        """Forget every standing, for time went on; and tell until when the new ones hold."""
        ends = [now + KEPT, *(rest for rest in self._rests.values() if rest > now)]
        ends += [since + self._patience for _, since in self._health.values() if since + self._patience > now]
        if any(link.hours for link in self.links.values()):
            ends.append(now.replace(second=0, microsecond=0) + timedelta(minutes=1))
        next_rate = self.rates.changes_after(now)
        with self._lock:
            self._seen = (self.rates.version, self.plans.version)
            self._standings = {}
            self._stale_at = min([*ends, next_rate] if next_rate else ends)

    def _stand(
        self, carries: str, prefix: str, wanted: str | None, avoid: Sequence[str], now: datetime
    ) -> Standing | None:
        """How the links stand that serve numbers which begin with this prefix."""
        found: dict[str, Ranked] = {}
        table, lengths = self._tables[carries]
        for length in lengths:
            if length > len(prefix):
                continue
            for link in table.get(prefix[:length], ()):
                if link.name in found or link.name in avoid or wanted not in (None, link.name):
                    continue
                fitness, words = self.fitness(link.name, now)
                found[link.name] = Ranked(link, length, fitness, words)
        return stand(prefix, list(found.values()), wanted is not None) if found else None

    def _kept_to(self, standing: Standing, known: Familiar, recipient: str, now: datetime, carries: str) -> Choice:
        """The link that the customer knows, if it can be used; else the best one, with a word about that."""
        ranked = standing.usable.get(known.link)
        if ranked is not None and ranked.link.sticky:
            trace = [f"{known.link} {known.words}, so this goes the same way", f"{known.link} {ranked.words}"]
            return Choice(ranked.link, trace, known.number)
        choice = self._among(standing, recipient, now, carries)
        if known.link == choice.link.name or ranked is not None:
            return choice
        words = standing.absent.get(known.link, "does not serve the number any more")
        return Choice(choice.link, [f"{known.link} {known.words}, but {words}", *choice.trace])

    def _among(self, standing: Standing, recipient: str, now: datetime, carries: str = "") -> Choice:
        """The cheapest of those that stand equal, and of several the one whose turn it is.

        Prices of contents depend on their size and are not compared.
        """
        if standing.only is not None:
            return standing.only
        place = self.rates.place(recipient) if self.rates.some else ""
        if self.plans.some:
            place = f"{place} {self.plans.place(recipient)}"
        field = standing.fields.get(place)
        if field is None:
            rates, plans = (Rates(), Plans()) if carries else (self.rates, self.plans)
            tariff = Tariff(rates, plans, self.exchange, self.shares, self._tolerance)
            field = standing.fields[place] = priced(standing, tariff, recipient, now)
        return field.choices[0 if len(field.choices) == 1 else self._turn(field)]

    def _begun(self, field: Field) -> list[int]:
        """Where the round begins: by chance, for else every short-lived process would begin with the same link."""
        if self._chance is None:
            return [0] * len(field.names)
        drawn = self._chance() * field.total
        first = next((i for i, end in enumerate(accumulate(field.weights)) if drawn < end), 0)
        return [field.total * (index == first) - weight for index, weight in enumerate(field.weights)]

    def _turn(self, field: Field) -> int:
        """Whose turn it is: smooth weighted round robin, so that every stretch of messages has the shares right."""
        with self._lock:
            credit = self._turns.get(field.names)
            if credit is None:
                credit = self._turns[field.names] = self._begun(field)
            best, most = 0, None
            for index, weight in enumerate(field.weights):
                credit[index] = has = credit[index] + weight
                if most is None or has > most:
                    best, most = index, has
            credit[best] -= field.total
            return best
