"""What messages will cost before they are sent: parts of the rendered texts, by link and country, and the worst case.

Nothing is stored and nothing is asked of the store: rates and plans are known in memory, the way of each message is
told by whoever routes. Texts that are alike are measured once, so a campaign of one text costs little more than its
numbers.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from ..errors import BadInput
from ..link import Abilities
from ..text.preview import Preview, preview
from .places import FIRST, place_of
from .plans import Plans
from .rates import Price, Rates

MOST_LETTERS = 12  # that are told; more is not read


class Way(Protocol):
    """A link, as far as an estimate asks."""

    @property
    def name(self) -> str:
        """The link's name."""

    @property
    def abilities(self) -> Abilities:
        """What it carries, which decides how a text is cut."""


@dataclass(frozen=True, slots=True)
class Line:
    """What goes over one link to one country. amount: millionths of `currency`, "" where no rate says.

    free: parts that a bundle is likely to pay for.
    """

    link: str
    country: str
    currency: str
    messages: int
    parts: int
    free: int
    amount: int


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter that makes texts dear. plainer: what could stand for it, None for nothing.

    parts, saved: what all texts together would save if it were written plainly, by currency.
    """

    letter: str
    plainer: str | None
    messages: int
    parts: int
    saved: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Estimate:
    """What these messages will cost.

    totals: millionths by currency. worst: if everybody got the longest of the texts, over the dearest link that serves
    the number, and no bundle paid for anything. unpriced: messages of which no rate says anything, which count as
    nothing. unroutable, unwritable: recipients that no link serves, and whose text the link cannot carry; these are
    in no other figure. encodings: messages by how they are written. swapped: what all plainer letters together save.
    """

    messages: int
    parts: int
    free: int
    totals: Mapping[str, int]
    worst: Mapping[str, int]
    unpriced: int
    unroutable: Sequence[str]
    unwritable: Sequence[str]
    lines: Sequence[Line]
    encodings: Mapping[str, int]
    longest: int
    letters: Sequence[Letter]
    swapped: Mapping[str, int]
    parts_swapped: int


_Key = tuple[str, str]  # a text and the link that would carry it


@dataclass(slots=True)
class _Sum:
    messages: int = 0
    parts: int = 0
    free: int = 0
    amount: int = 0


@dataclass(slots=True)
class _Tally:
    """What is added up while the messages are looked at."""

    lines: dict[tuple[str, str, str], _Sum] = field(default_factory=lambda: defaultdict(_Sum))
    encodings: Counter[str] = field(default_factory=Counter)
    unroutable: list[str] = field(default_factory=list)
    unwritable: list[str] = field(default_factory=list)
    unpriced: int = 0
    longest: int = 0
    bundle: dict[str, int] = field(default_factory=dict)  # by link: what is left of it
    swapped: Counter[str] = field(default_factory=Counter)
    parts_swapped: int = 0
    ways: dict[str, Way] = field(default_factory=dict)
    texts: Counter[_Key] = field(default_factory=Counter)  # the dear ones
    priced: dict[_Key, Counter[Price]] = field(default_factory=lambda: defaultdict(Counter))
    worst: Counter[Price] = field(default_factory=Counter)


def of(
    texts: Iterable[tuple[str, str]],
    route: Callable[[str], Way | None],
    rates: Rates,
    plans: Plans,
    at: datetime,
    *,
    serving: Callable[[str], Iterable[Way]] | None = None,
) -> Estimate:
    """What it costs to send each text to its recipient at a time; texts: (E.164 number, rendered text).

    route: the link that a number would go over, None for none. serving: every link that could carry it, for the worst
    case; without it the chosen one.
    """
    seen: dict[_Key, Preview | None] = {}
    tally = _Tally()
    for recipient, text in texts:
        way = route(recipient)
        if way is None:
            tally.unroutable.append(recipient)
            continue
        key = (text, way.name)
        if key not in seen:
            tally.ways[way.name] = way
            seen[key] = _measured(text, way)
        look = seen[key]
        if look is None:
            tally.unwritable.append(recipient)
            continue
        _add(tally, recipient, key, look, rates, plans, at)
        dearest = _dearest([way, *(serving(recipient) if serving else ())], recipient, rates, at)
        if dearest is not None:
            tally.worst[dearest] += 1
    return _estimate(tally, {key: look for key, look in seen.items() if look is not None})


def _measured(text: str, way: Way) -> Preview | None:
    try:
        return preview(text, way.abilities)
    except BadInput:
        return None


def _dearest(ways: Sequence[Way], recipient: str, rates: Rates, at: datetime) -> Price | None:
    prices = [rates.price(way.name, recipient, at) for way in ways]
    return max((price for price in prices if price is not None), key=lambda price: price.of(1), default=None)


def _add(tally: _Tally, recipient: str, key: _Key, look: Preview, rates: Rates, plans: Plans, at: datetime) -> None:
    link, parts = key[1], look.parts
    free = 0
    if plans.some and (whole := plans.free(link, recipient)):
        left = tally.bundle.setdefault(link, whole)
        free = min(parts, left)
        tally.bundle[link] = left - free
    price = rates.price(link, recipient, at)
    amount, currency = (0, "") if price is None else (price.of(parts - free), price.currency)
    line = tally.lines[link, place_of(recipient[:FIRST]).country, currency]
    line.messages += 1
    line.parts += parts
    line.free += free
    line.amount += amount
    tally.encodings[look.encoding] += 1
    tally.longest = max(tally.longest, parts)
    tally.unpriced += price is None and free < parts
    if look.swaps and look.parts_after_swap < parts:
        tally.parts_swapped += parts - look.parts_after_swap
        tally.texts[key] += 1
        if price is not None:
            tally.priced[key][price] += 1
            tally.swapped[currency] += price.of(parts) - price.of(look.parts_after_swap)


def _estimate(tally: _Tally, seen: Mapping[_Key, Preview]) -> Estimate:
    lines = [
        Line(link, country, currency, s.messages, s.parts, s.free, s.amount)
        for (link, country, currency), s in sorted(tally.lines.items())
    ]
    totals: Counter[str] = Counter()
    for line in lines:
        if line.currency:
            totals[line.currency] += line.amount
    worst: Counter[str] = Counter()
    for price, messages in tally.worst.items():
        worst[price.currency] += price.of(tally.longest) * messages
    return Estimate(
        messages=sum(line.messages for line in lines),
        parts=sum(line.parts for line in lines),
        free=sum(line.free for line in lines),
        totals=dict(totals),
        worst=dict(worst),
        unpriced=tally.unpriced,
        unroutable=tally.unroutable,
        unwritable=tally.unwritable,
        lines=lines,
        encodings=dict(tally.encodings),
        longest=tally.longest,
        letters=_letters(tally, seen),
        swapped=dict(tally.swapped),
        parts_swapped=tally.parts_swapped,
    )


def _letters(tally: _Tally, seen: Mapping[_Key, Preview]) -> list[Letter]:
    """What each letter alone saves when it is written plainly; one that only helps with others saves nothing alone."""
    messages: Counter[str] = Counter()
    parts: Counter[str] = Counter()
    plainer: dict[str, str | None] = {}
    saved: dict[str, Counter[str]] = defaultdict(Counter)
    for (text, link), count in tally.texts.items():
        look, abilities = seen[text, link], tally.ways[link].abilities
        swaps = dict(look.swaps)
        for letter in look.forced_by:
            plainer[letter] = swaps.get(letter)
            messages[letter] += count
            if letter not in swaps:
                continue
            after = preview(text.replace(letter, swaps[letter]), abilities).parts
            parts[letter] += (look.parts - after) * count
            for price, many in tally.priced[text, link].items():
                saved[letter][price.currency] += (price.of(look.parts) - price.of(after)) * many
    order = sorted(messages, key=lambda letter: (-parts[letter], -messages[letter], letter))
    return [
        Letter(letter, plainer[letter], messages[letter], parts[letter], dict(saved[letter]))
        for letter in order[:MOST_LETTERS]
    ]
