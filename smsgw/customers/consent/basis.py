"""What is no consent: "they bought something". Whoever writes a yes down, by hand or by a sheet, is told so.

Existing customers may be recorded as soft opt-in, a basis of its own, which counts only where it is switched on.
"""

from __future__ import annotations

from ...text.keywords import normalise

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

SAYS = "is a purchase, and that is no consent: ask them, and record their answer"


def is_purchase(words: str) -> bool:
    """Whether the reason that is given for a consent is that somebody bought something, and nothing more."""
    said = set(normalise(words).split())
    return bool(said & BOUGHT) and not said & AGREED
