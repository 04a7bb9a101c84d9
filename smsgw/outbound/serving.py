"""The configured links as routing sees them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime

from ..config import Config, LinkConfig
from ..link import Abilities
from ..money.till import Till
from .routing import Network
from .standing import Moves, Served


def served_of(link: LinkConfig, abilities: Abilities) -> Served:
    """A configured link whose driver can do this."""
    return Served(
        link.name,
        link.kind,
        (tuple(link.prefixes) or ("",)) if abilities.sends else (),
        link.preference,
        replace(abilities, single_shift=link.languages, locking_shift=link.languages),
        link.sender,
        link.weight,
        link.open,
        link.sticky,
        Moves(link.reroute_rejected, frozenset(link.reroute_codes), link.reroute_silent),
    )


def network_of(
    config: Config, served: Iterable[Served], till: Till, now: datetime, chance: Callable[[], float]
) -> Network:
    """The links together, with the rules for all of them."""
    patience, tolerance = config.sending.reroute_after, config.sending.price_tolerance
    return Network(
        served, now, patience=patience, rates=till.rates, plans=till.plans, budgets=till.budgets,
        exchange=till.exchange, tolerance=tolerance, chance=chance,
    )  # fmt: skip
