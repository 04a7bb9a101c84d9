"""Consent that comes in a sheet: taken with its proof, or refused, line by line, before anything is written.

"They bought something" is no consent: such lines are refused, and may come as soft opt-in where that is switched on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from ..errors import Fault
from ..text.keywords import normalise
from .consent import EVERYTHING, SOFT, Statement, record
from .consent_categories import every
from .consent_stop import withdraw

_BOUGHT = (
    "bought purchase purchased customer order ordered invoice kupil kupila kupec nakup narocil narocila racun stranka "
    "kupio kupac kupnja narudzba gekauft kunde kundin kauf bestellung bestellt rechnung купил купила покупка заказ "
    "покупатель клиент خرید خریدار مشتری سفارش acquisto acquistato cliente ordine fattura comprato"
)
_AGREED = (
    "agreed consent consented opted optin signed yes checkbox ticked form soglasje soglasal soglasala privolitev "
    "privolil privolila podpisal podpisala da pristao pristala privola suglasnost zugestimmt einwilligung "
    "eingewilligt unterschrieben согласие согласен согласна подписал подписала رضایت موافق consenso acconsentito "
    "firmato accettato"
)
BOUGHT, AGREED = frozenset(_BOUGHT.split()), frozenset(_AGREED.split())
"""Words that name a purchase, and an agreement, as `normalise` writes them."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What a line of a sheet claims. category: a code or "*". words: how they agreed. at: when, if it says so.

    basis: "consent", "soft_opt_in" or "withdrawn".
    """

    address: str
    category: str
    words: str
    at: datetime | None
    basis: str = "consent"


def faults(conn: Connection, claims: Sequence[Claim], now: datetime, soft: bool) -> list[list[Fault]]:
    """What is wrong with each claim, so that nothing is written of it. soft: whether soft opt-in is switched on."""
    active = {code for code, one in every(conn).items() if one.active}
    return [_faults(claim, active, now, soft) for claim in claims]


def _faults(claim: Claim, active: set[str], now: datetime, soft: bool) -> list[Fault]:
    found: list[Fault] = []
    if claim.category != EVERYTHING and claim.category not in active:
        found.append(Fault("/category", "category_unknown", f"{claim.category!r} is no category in use"))
    if claim.basis not in ("consent", SOFT, "withdrawn"):
        found.append(Fault("/basis", "value_unknown", f"{claim.basis!r}: it is consent, {SOFT} or withdrawn"))
    if claim.basis == "withdrawn":
        return found
    if not claim.words.strip():
        found.append(Fault("/words", "proof_missing", "say how they agreed: on which form, in which words"))
    elif claim.basis == "consent" and is_purchase(claim.words):
        says = (
            f"{claim.words.strip()[:60]!r} is a purchase, and that is no consent: leave it out, or import them as "
            f"{SOFT} (existing customer, similar products), where your law knows that"
        )
        found.append(Fault("/words", "purchase_is_no_consent", says))
    if claim.basis == SOFT and not soft:
        says = "soft opt-in is off: switch soft_opt_in on in [gate] if your law knows it"
        found.append(Fault("/basis", "soft_opt_in_off", says))
    if claim.at is None:
        found.append(Fault("/at", "proof_missing", "say when they agreed"))
    elif claim.at > now:
        found.append(Fault("/at", "out_of_range", "they agreed in the future: check the date"))
    return found


def is_purchase(words: str) -> bool:
    """Whether the reason that is given for a consent is that somebody bought something, and nothing more."""
    said = set(normalise(words).split())
    return bool(said & BOUGHT) and not said & AGREED


def write(conn: Connection, claims: Sequence[Claim], file: str, by: str, now: datetime) -> int:
    """Write claims without faults into the ledger; returns how many. file: what the sheet is called.

    A yes that was said before a no does not undo that no: see `consent`.
    """
    statements = [
        Statement(
            claim.address,
            claim.basis != "withdrawn",
            claim.words or "in the sheet",
            claim.at or now,
            "import",
            by,
            scope=claim.category,
            basis=SOFT if claim.basis == SOFT else None,
            note=f"imported from {file}",
            recorded_at=now,
        )
        for claim in claims
    ]
    record(conn, [one for one in statements if one.granted])
    withdraw(conn, [one for one in statements if not one.granted], now)
    return len(statements)
