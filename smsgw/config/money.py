"""The table [money]: in which zone and currency is reckoned, and when somebody is stopped who runs away."""

from __future__ import annotations

from pydantic import Field, field_validator

from smsgw.config.links import Section
from smsgw.text.hours import read_zone


class MoneyConfig(Section):
    """What messages cost: reports, budgets, and the brake for clients that run away."""

    zone: str = Field(
        default="UTC", description="The time zone in which days and months begin, such as Europe/Ljubljana."
    )
    currency: str = Field(
        default="EUR",
        description="The currency in which reports are added up (ISO 4217); others are exchanged by the rates that "
        "you keep.",
    )
    brake_times: int = Field(
        default=10,
        ge=0,
        le=1000,
        description="At how many times its usual pace a client is stopped until somebody looks; 0 is never. Campaigns "
        "and replies are not counted.",
    )
    brake_least: int = Field(
        default=500,
        ge=1,
        description="How many messages in ten minutes nobody is stopped for, however few are usual.",
    )
    brake_places: bool = Field(
        default=True,
        description="Whether messages to premium and satellite numbers, and to countries that a client never wrote to, "
        "are held until somebody lets them go.",
    )
    nightly_at: str = Field(
        default="02:30",
        pattern=r"^([01]\d|2[0-3]):[0-5]\d$",
        description="When the day before is added up and what was booked is proved, in this zone.",
    )

    @field_validator("zone")
    @classmethod
    def _zone(cls, zone: str) -> str:
        read_zone(zone)
        return zone

    @field_validator("currency")
    @classmethod
    def _currency(cls, currency: str) -> str:
        from babel.numbers import is_currency  # a table of its own, which a start needs only where this is set

        if currency != "EUR" and not is_currency(currency.upper()):
            raise ValueError("must be three letters such as EUR (ISO 4217)")
        return currency.upper()
