"""What the country of a number demands: whether we send there at all, by which senders, at which hours.

The demands are data: destinations.toml, each with its source and date.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import phonenumbers
from phonenumbers import PhoneNumberType
from sqlalchemy import Connection

from ..store.tables.types import AnyRow
from ..text.mail_address import is_mail
from ..text.number import region_of
from .gate.facts import Opening, opening
from .gate.terms import MARKETING, Candidate, Refuse, Rules, Verdict


@dataclass(frozen=True, slots=True)
class Destination:
    """What one country demands. names: "yes", "no" or "register". opening: None where the general one holds."""

    region: str
    names: str
    mobile_marketing: bool
    opening: Opening | None
    source: str
    as_of: date | None


_NOTHING = Destination("", "yes", True, None, "", None)


@cache
def presets() -> dict[str, Destination]:
    """What comes with smsgw, by country; "*" for all others."""
    with (Path(__file__).parent / "destinations.toml").open("rb") as file:
        read = tomllib.load(file)
    return {
        region: Destination(
            region,
            told["names"],
            told.get("mobile_marketing", True),
            opening(told["hours"], told["holidays"]) if "hours" in told else None,
            told["source"],
            told["as_of"],
        )
        for region, told in read.items()
    }


def preset(region: str) -> Destination:
    """What comes with smsgw for a country."""
    return presets().get(region, _NOTHING)


def listed(own: Sequence[AnyRow]) -> list[dict[str, Any]]:
    """When marketing may arrive, by country: what people set (rows of `open_hours`), and what comes with smsgw."""
    found: dict[str, tuple[list[str], bool, str]] = {
        region: (one.opening.hours.written.split(", ") if one.opening.hours else [], one.opening.holidays, one.source)
        for region, one in presets().items()
        if one.opening is not None
    }
    found |= {row.region: (list(row.hours), row.holidays, "set here") for row in own}
    return [
        {"region": region, "hours": hours, "holidays": holidays, "source": source}
        for region, (hours, holidays, source) in sorted(found.items())
    ]


def everywhere() -> Opening:
    """When marketing may arrive where nothing else is known."""
    found = presets()["*"].opening
    assert found is not None  # destinations.toml has it, and a test sees to that
    return found


def country(conn: Connection, batch: Sequence[Candidate], rules: Rules, now: datetime) -> dict[int, Verdict]:
    """Nothing goes to a country that is not on the list, if there is one: what fraud runs up is stopped here."""
    if not rules.countries:
        return {}
    verdicts: dict[int, Verdict] = {}
    for index, c in enumerate(batch):
        region = region_of(c.recipient)
        if region is not None and region not in rules.countries:
            listed = ", ".join(sorted(rules.countries))
            says = f"{c.recipient} is a number of {region}, and texts go to {listed} only (countries in [gate])"
            verdicts[index] = Refuse("country_not_allowed", says)
    return verdicts


def sender(conn: Connection, batch: Sequence[Candidate], rules: Rules, now: datetime) -> dict[int, Verdict]:
    """The sender must be one that the country of the number lets in."""
    verdicts: dict[int, Verdict] = {}
    for index, c in enumerate(batch):
        if c.sender is None or is_mail(c.recipient):
            continue
        verdict = _named(c, rules) if is_name(c.sender) else _numbered(c) if c.purpose == MARKETING else None
        if verdict is not None:
            verdicts[index] = verdict
    return verdicts


def is_name(written: str) -> bool:
    """Whether a sender is a name, to which nobody can answer."""
    return not written.lstrip("+").isdigit()


def _named(c: Candidate, rules: Rules) -> Refuse | None:
    region = region_of(c.recipient)
    demanded = preset(region or "")
    if demanded.names == "no":
        says = f"{region} takes no names as senders ({demanded.source}): send from a number"
        return Refuse("sender_not_allowed", says)
    if demanded.names == "register" and f"{region}:{c.sender}" not in rules.registered:
        says = (
            f"{region} takes registered names only ({demanded.source}): register {c.sender}, then put "
            f"{region}:{c.sender} into registered_names of [gate], or send from a number"
        )
        return Refuse("sender_not_allowed", says)
    return None


def _numbered(c: Candidate) -> Refuse | None:
    region = region_of(c.recipient)
    demanded = preset(region or "")
    if demanded.mobile_marketing or not _is_mobile(str(c.sender)):
        return None
    says = f"{region} wants no marketing from a mobile number ({demanded.source}): send from a name or a short code"
    return Refuse("sender_not_allowed", says)


@lru_cache(maxsize=4096)
def _is_mobile(number: str) -> bool:
    try:
        return phonenumbers.number_type(phonenumbers.parse(number)) == PhoneNumberType.MOBILE
    except phonenumbers.NumberParseException:
        return False
