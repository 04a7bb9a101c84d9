"""The table [orders]: how texts become orders."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from pydantic import Field, field_validator

from smsgw.config.links import Section
from smsgw.config.mail import mail_address
from smsgw.text.hours import read_hours
from smsgw.text.number import read_number
from smsgw.text.wording import LANGUAGES

Seconds = Annotated[int, Field(ge=0, le=30 * 86400)]
Amount = Annotated[float, Field(ge=0, le=1_000_000_000)]


class OrdersConfig(Section):
    """How texts become orders; only with a catalogue (smsgw catalogue import)."""

    language: str = Field(
        default="en",
        description="The language in which somebody is answered whose language nobody knows yet: "
        f"{', '.join(LANGUAGES)}.",
        examples=["sl"],
    )
    currency: str | None = Field(
        default=None,
        description="The currency of prices in a catalogue that name none, in three letters.",
        examples=["EUR"],
    )
    join_within: Annotated[int, Field(ge=0, le=120)] = Field(
        default=20,
        description="For how many seconds a text that is not understood alone waits for the rest of it, another text "
        "of the same number; a text that is understood does not wait.",
    )
    lapse_after: Annotated[int, Field(ge=600, le=30 * 86400)] = Field(
        default=86_400,
        description="After how many seconds without a yes an order lapses; it is never confirmed by silence.",
    )
    remind: bool = Field(
        default=True, description="Whether a customer who says nothing is reminded once, when half of that has passed."
    )
    remind_hours: list[str] = Field(
        default=["Mo-Su 09:00-20:00"],
        description="When reminders may go out, in the zone of [business]; an empty list is always.",
    )
    renew_within: Seconds = Field(
        default=7 * 86400,
        description="For how many seconds after it lapsed a yes brings a fresh summary, with the prices of then.",
    )
    minimum: Amount = Field(
        default=0, description="Below this total an order waits for a person, in the currency of its prices."
    )
    maximum: Amount | None = Field(
        default=None, description="Above this total an order waits for a person.", examples=[500.0]
    )
    daily_orders: int | None = Field(
        default=10,
        ge=1,
        le=1000,
        description="How many orders of one customer in 24 hours are taken without a person.",
    )
    daily_amount: Amount | None = Field(
        default=None,
        description="For how much one customer may order in 24 hours without a person.",
        examples=[1000.0],
    )
    trusted: list[str] = Field(
        default=[],
        description="Numbers of customers who are not asked for a yes, up to trusted_maximum.",
        examples=[["+38640111222"]],
    )
    trusted_maximum: Amount = Field(
        default=0, description="Up to which total their orders are confirmed as they come; more is asked about."
    )
    mail_to: list[str] = Field(
        default=[],
        description="Where every confirmed order is sent by e-mail; needs [mail].",
        examples=[["orders@example.com"]],
    )

    @field_validator("language")
    @classmethod
    def _spoken(cls, language: str) -> str:
        if language.lower() not in LANGUAGES:
            raise ValueError(f"is not spoken here: there are {', '.join(LANGUAGES)}")
        return language.lower()

    @field_validator("currency")
    @classmethod
    def _currency(cls, currency: str | None) -> str | None:
        if currency is not None and not (len(currency) == 3 and currency.isascii() and currency.isalpha()):
            raise ValueError("must be three letters, such as EUR (ISO 4217)")
        return currency and currency.upper()

    @field_validator("remind_hours")
    @classmethod
    def _readable(cls, hours: list[str]) -> list[str]:
        read_hours(hours, "UTC")
        return hours

    @field_validator("trusted")
    @classmethod
    def _numbers(cls, numbers: list[str]) -> list[str]:
        return [read_number(one, None) for one in numbers]

    @field_validator("mail_to")
    @classmethod
    def _addresses(cls, addresses: list[str]) -> list[str]:
        return [mail_address(one) for one in addresses]

    def millionths(self, amount: float | None) -> int | None:
        """One of the amounts as money is kept."""
        return None if amount is None else int(Decimal(str(amount)) * 1_000_000)
