"""What money leaves of links that stand equal: free units first, then the least for a part that arrives.

A part that a bundle pays for costs nothing. Else its price is divided by the share of parts that arrive over the link,
where that is known of all that are compared: what is cheap and lost is not cheap. Prices in several currencies are
compared by the rates of exchange.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from ..money.exchange import Exchange
from ..money.plans import Plans
from ..money.rates import Rates, spelled
from .standing import NAMED, Choice, Field, Served, Standing, listed


@dataclass(frozen=True, slots=True)
class Tariff:
    """What is known of costs. shares: by link, how much of what it sent lately arrived, 0 to 1.

    tolerance: per cent by which a cost may be above the least one and still be called equal.
    """

    rates: Rates
    plans: Plans
    exchange: Exchange
    shares: Mapping[str, float]
    tolerance: float = 0.0


@dataclass(frozen=True, slots=True)
class _Cost:
    """What a part over a link costs. amount: for one that arrives, in millionths of the currency of comparison."""

    name: str
    amount: Fraction
    words: str


def priced(standing: Standing, tariff: Tariff, recipient: str, now: datetime) -> Field:
    """What costs leave of those that stand equal.

    A link with a price list that has no price for the number comes last, for nobody knows what it costs. Where a link
    has no price list at all, or no rate of exchange is known, prices are not compared.
    """
    equals, said = _cheapest(standing.equals, tariff, recipient, now)
    names = tuple(link.name for link in equals)
    trace = [*standing.head, *said]
    if len(equals) == 1:
        return Field(names, (1,), 1, (Choice(equals[0], trace),))
    weights = tuple(link.weight for link in equals)
    shares = ", ".join(f"{link.name} {link.weight}" for link in equals[: NAMED + 1]) + " …" * (len(equals) > NAMED + 1)
    turns = [f"it was the turn of {name} (weights: {shares})" for name in names]
    choices = tuple(Choice(link, [*trace, turn]) for link, turn in zip(equals, turns, strict=True))
    return Field(names, weights, sum(weights), choices)


def _cheapest(
    equals: tuple[Served, ...], tariff: Tariff, recipient: str, now: datetime
) -> tuple[tuple[Served, ...], list[str]]:
    free = {link.name: tariff.plans.free(link.name, recipient) for link in equals} if tariff.plans.some else {}
    bundles = {name: units for name, units in free.items() if units}
    if bundles:
        kept = tuple(link for link in equals if link.name in bundles)
        told = ", ".join(f"{name} has {units} free parts left" for name, units in list(bundles.items())[:NAMED])
        return kept, [f"{told}, which are spent first"]
    if not tariff.rates.some:
        return equals, []
    strangers = [link.name for link in equals if not tariff.rates.knows(link.name)]
    if len(strangers) == len(equals):
        return equals, []
    if strangers:
        return equals, [f"no price list of {listed(strangers)} is known, so prices are not compared"]
    return _compared(equals, tariff, recipient, now)


def _compared(
    equals: tuple[Served, ...], tariff: Tariff, recipient: str, now: datetime
) -> tuple[tuple[Served, ...], list[str]]:
    prices = {link.name: tariff.rates.price(link.name, recipient, now) for link in equals}
    known = {name: price for name, price in prices.items() if price is not None}
    if not known:
        return equals, ["no rate says what this number costs"]
    currencies = sorted({price.currency for price in known.values()})
    into = currencies[0]
    worths = {currency: tariff.exchange.worth(currency, into, now) for currency in currencies}
    if any(worth is None for worth in worths.values()):
        return equals, [f"prices are in {listed(currencies)}, so they are not compared"]
    by_share = all(name in tariff.shares for name in known)
    costs = []
    for name, price in known.items():
        worth = worths[price.currency] or Fraction(1)
        share = Fraction(max(tariff.shares[name], 0.01)).limit_denominator(1000) if by_share else Fraction(1)
        words = f"{spelled(price.of(1))} {price.currency}" if len(currencies) > 1 else spelled(price.of(1))
        words += f" ({float(share):.0%} arrive)" if by_share and len(known) > 1 else ""
        costs.append(_Cost(name, price.of(1) * worth / share, words))
    bound = min(cost.amount for cost in costs) * Fraction(100 + tariff.tolerance).limit_denominator(1000) / 100
    cheap = {cost.name for cost in costs if cost.amount <= bound}
    unknown = [name for name, price in prices.items() if price is None]
    return tuple(link for link in equals if link.name in cheap), [_words(costs, currencies, unknown)]


def _words(costs: Sequence[_Cost], currencies: Sequence[str], unknown: Sequence[str]) -> str:
    first, *rest = sorted(costs, key=lambda cost: (cost.amount, cost.name))
    currency = f" {currencies[0]}" if len(currencies) == 1 else ""
    head, _, share = first.words.partition(" (")
    words = f"{first.name} costs {head}{currency} a part" + (f" ({share}" if share else "")
    words += "".join(f", {cost.name} {cost.words}" for cost in rest[:NAMED])
    words += f" and {len(rest) - NAMED} links no less" if len(rest) > NAMED else ""
    return words + (f"; {listed(unknown)} has no price for it" if unknown else "")
