"""What would become of a message to many, before it is sent: who gets it when, who does not and why, and the price."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from flask import render_template
from flask_babel import gettext

from smsgw.errors import BadInput, SmsgwError
from smsgw.money.rates import spelled
from smsgw.outbound.gate import gate
from smsgw.outbound.submit import Asked, Ready
from smsgw.text.number import region_of

from ..context import the_gateway
from .language import locale
from .recipients import Recipients


@dataclass
class Why:
    """A reason that some share. says: the gateway's own words for the first of them."""

    code: str
    says: str
    numbers: list[str] = field(default_factory=list)


@dataclass
class Foreseen:
    """What would become of it. refused, held: by reason; countries: (name, how many); prices: (amount, currency)."""

    who: Recipients
    refused: list[Why]
    held: list[Why]
    countries: list[tuple[str, int]]
    parts: int = 0
    prices: list[tuple[str, str]] = field(default_factory=list)
    unpriced: int = 0

    @property
    def lost(self) -> int:
        """How many will not get it."""
        return len(self.who.wrong) + sum(len(why.numbers) for why in self.refused)


def foresee(asked: Asked, who: Recipients) -> Foreseen:
    """Ask the door and the gate about each; nothing is stored. Raises BadInput for what is wrong with every one."""
    gateway = the_gateway()
    now = gateway.clock()
    ready: list[tuple[str, Ready]] = []
    refused: dict[str, Why] = {}
    for address in who.addresses:
        try:
            ready.append((address, gateway.door.read(replace(asked, to=address), now)))
        except SmsgwError as wrong:
            faults = wrong.faults if isinstance(wrong, BadInput) else []
            if any(fault.pointer != "/to" for fault in faults):
                raise
            _because(refused, code_of(wrong), str(wrong)).numbers.append(address)
    with gateway.database.reading() as conn:
        verdicts = gate.foresee(conn, [one.candidate for _, one in ready], gateway.door.terms.rules, now)
    held: dict[str, Why] = {}
    going: list[Ready] = []
    for (address, one), verdict in zip(ready, verdicts, strict=True):
        if isinstance(verdict, gate.Refuse):
            _because(refused, verdict.code, verdict.says).numbers.append(address)
            continue
        going.append(one)
        if isinstance(verdict, gate.Hold):
            _because(held, verdict.says, verdict.says).numbers.append(address)
    told = Foreseen(who, _by_size(refused.values()), _by_size(held.values()), _countries(who.addresses))
    _priced(told, going)
    return told


def piece(asked: Asked, who: Recipients) -> str:
    """The same as a piece of a page. Raises as `foresee`."""
    return render_template("foreseen.html", seen=foresee(asked, who))


def code_of(wrong: Exception) -> str:
    """The code of what refused a message: of its first fault, where it has some."""
    faults = getattr(wrong, "faults", ())
    return str(faults[0].code if faults else getattr(wrong, "code", "refused"))


def _because(known: dict[str, Why], key: str, says: str) -> Why:
    return known.setdefault(key, Why(key, says))


def _by_size(reasons: Iterable[Why]) -> list[Why]:
    return sorted(reasons, key=lambda why: -len(why.numbers))


def _countries(addresses: list[str]) -> list[tuple[str, int]]:
    """How many there are in each country, most first."""
    names = locale().territories
    counted: Counter[str] = Counter()
    for one in addresses:
        region = region_of(one)
        otherwise = gettext("mail addresses") if "@" in one else gettext("no country")
        counted[names.get(region, region) if region else otherwise] += 1
    return counted.most_common()


def _priced(told: Foreseen, going: list[Ready]) -> None:
    """How much it takes, in all."""
    sums: defaultdict[str, int] = defaultdict(int)
    for one in going:
        told.parts += one.row["parts"]
        price, currency = one.row["price"], one.row["currency"]
        if price is None or currency is None:
            told.unpriced += 1
        else:
            sums[currency] += price
    told.prices = [(spelled(amount), currency) for currency, amount in sorted(sums.items())]
