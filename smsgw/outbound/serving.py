"""The configured links as routing sees them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields as fields_of
from dataclasses import replace
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter

from ..config import Config, LinkConfig
from ..link import Abilities
from ..money.till import Till
from ..text.hours import read_hours
from .routing import Network
from .standing import Moves, Served

_SHOWN = {
    "kind", "prefixes", "preference", "weight", "hours", "zone", "sticky", "sender", "reroute_rejected",
    "reroute_codes", "reroute_silent", "receipts_over",
}  # fmt: skip
_ABILITIES = TypeAdapter(Abilities)


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


def published(link: LinkConfig, abilities: Abilities) -> dict[str, Any]:
    """A configured link as other nodes must know it: what routing looks at, and nothing of its secrets."""
    shown = link.model_dump(mode="json", include=_SHOWN)
    return {**shown, "abilities": _ABILITIES.dump_python(abilities, mode="json")}


def served_from(name: str, how: Mapping[str, Any]) -> Served:
    """A link as another node published it; what a newer version says besides is left out."""
    fields = {field.name for field in fields_of(Abilities)}
    abilities = {key: value for key, value in how["abilities"].items() if key in fields}
    return Served(
        name,
        how["kind"],
        (tuple(how["prefixes"]) or ("",)) if abilities.get("sends", True) else (),
        how["preference"],
        _ABILITIES.validate_python(abilities),
        how["sender"],
        how["weight"],
        read_hours(how["hours"], how["zone"]),
        how["sticky"],
        Moves(how["reroute_rejected"], frozenset(how["reroute_codes"]), how["reroute_silent"]),
    )


def over_of(config: Config) -> dict[str, list[str]]:
    """By link the others over which its receipts may come: accounts at the same SMSC."""
    return {link.name: link.receipts_over for link in config.links if link.receipts_over}


def network_of(
    config: Config, served: Iterable[Served], till: Till, now: datetime, chance: Callable[[], float]
) -> Network:
    """The links together, with the rules for all of them."""
    patience, tolerance = config.sending.reroute_after, config.sending.price_tolerance
    return Network(
        served, now, patience=patience, rates=till.rates, plans=till.plans, budgets=till.budgets,
        exchange=till.exchange, tolerance=tolerance, chance=chance,
    )  # fmt: skip
