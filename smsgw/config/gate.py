"""The [gate] table of the file: what may go where and to whom, as far as a shop sets it once."""

from __future__ import annotations

import re
from typing import Literal

import phonenumbers
from pydantic import Field, field_validator

from smsgw.config.links import Section

_REGISTERED = re.compile(r"[A-Z]{2}:.{1,11}")


class GateConfig(Section):
    """May a message go: what the checks obey; categories, caps and open hours are set while it runs."""

    countries: list[str] = Field(
        default=[],
        description="The only countries that texts go to, in two letters (ISO 3166); empty is every country. What "
        "fraud would run up elsewhere is stopped by it.",
        examples=[["SI", "HR", "AT"]],
    )
    quiet: list[Literal["marketing", "service"]] = Field(
        default=["marketing"],
        description="The purposes that wait for open hours and working days in the recipient's own place.",
    )
    spread: int = Field(
        default=3600,
        ge=0,
        le=6 * 3600,
        description="Over how many seconds what waited for an open hour is spread, so that it is no burst; 0 is none.",
    )
    soft_opt_in: bool = Field(
        default=False,
        description="Whether marketing may go to existing customers who were recorded as such and did not object, "
        "where the law knows that; consent is never taken from a purchase.",
    )
    way_out: bool = Field(
        default=True,
        description="Whether marketing must say how it can be ended: a stop word in capitals, or a link.",
    )
    marketing_parts: int = Field(
        default=0, ge=0, le=255, description="The longest marketing text, in parts; 0 is as long as any."
    )
    registered_names: list[str] = Field(
        default=[],
        description="Names that a country's register of senders has, with the country in front.",
        examples=[["IE:BookShop"]],
    )

    @field_validator("countries")
    @classmethod
    def _known_countries(cls, countries: list[str]) -> list[str]:
        wrong = [one for one in countries if one.upper() not in phonenumbers.SUPPORTED_REGIONS]
        if wrong:
            raise ValueError(f"{', '.join(wrong)}: write the two letters of a country, such as SI or DE (ISO 3166)")
        return [one.upper() for one in countries]

    @field_validator("registered_names")
    @classmethod
    def _with_their_country(cls, names: list[str]) -> list[str]:
        wrong = [one for one in names if not _REGISTERED.fullmatch(one)]
        if wrong:
            raise ValueError(f"{', '.join(wrong)}: write the country and the name, as in IE:BookShop")
        return names
