"""The `[business]` table: when somebody is there, and how soon customers are answered."""

from __future__ import annotations

from collections.abc import Container
from datetime import date
from functools import cached_property

from pydantic import Field, ValidationInfo, field_validator

from smsgw.config.links import Section
from smsgw.text.business import Business
from smsgw.text.hours import read_hours, read_zone


class BusinessConfig(Section):
    """When somebody is there to answer, and how soon that is promised."""

    zone: str = Field(
        default="UTC",
        description="The time zone of the business, such as Europe/Ljubljana.",
        examples=["Europe/Vienna"],
    )
    hours: list[str] = Field(
        default=[],
        description='When somebody is there, such as ["Mo-Fr 08:00-16:00", "Sa 09:00-13:00"]; an empty list is '
        "always. Inquiries fall due by it.",
    )
    country: str | None = Field(
        default=None,
        description="The country whose public holidays are days off, in two letters; by default there are none.",
        examples=["SI"],
    )
    days_off: list[date] = Field(
        default=[], description="Further days on which nobody is there.", examples=[["2026-12-24"]]
    )
    days_open: list[date] = Field(
        default=[], description="Holidays on which somebody is there all the same.", examples=[["2026-12-26"]]
    )
    answer_within: int = Field(
        default=480,
        ge=1,
        le=100_000,
        description="Within how many minutes of business hours an inquiry is to be answered; one of high priority in "
        "a quarter of it, an urgent one in an eighth, a low one in twice as much.",
    )

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, zone: str) -> str:
        read_zone(zone)
        return zone

    @field_validator("hours")
    @classmethod
    def _readable_hours(cls, hours: list[str], info: ValidationInfo) -> list[str]:
        read_hours(hours, info.data.get("zone", "UTC"))
        return hours

    @field_validator("country")
    @classmethod
    def _known_country(cls, country: str | None) -> str | None:
        if country is None:
            return None
        import holidays  # not at the top: few need it, and every command would load it

        if country.upper() not in holidays.list_supported_countries(include_aliases=False):
            raise ValueError("must be the two letters of a country whose holidays are known, such as SI or DE")
        return country.upper()

    @cached_property
    def business(self) -> Business:
        """The hours with the days off."""
        public = _public_holidays(self.country)
        off, on = frozenset(self.days_off), frozenset(self.days_open)

        def closed(day: date) -> bool:
            return day in off or (day in public and day not in on)

        return Business(read_hours(self.hours, self.zone), read_zone(self.zone), closed)


def _public_holidays(country: str | None) -> Container[date]:
    if country is None:
        return ()
    import holidays  # as above

    return holidays.country_holidays(country)
