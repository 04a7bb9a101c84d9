"""The `[pages]` table: the page that shows a message where a phone cannot."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Literal

from pydantic import Field, ValidationInfo, field_validator

from smsgw.config.links import Section
from smsgw.text.number import read_number


class PagesConfig(Section):
    """The page behind the link in a text: for phones that cannot show a picture message."""

    url: str | None = Field(
        default=None,
        description="How phones reach the page, and short links: the shorter, the better, for it stands in a text; by "
        "default [web] public_url.",
        examples=["https://m.example.com"],
    )
    days: int = Field(default=14, ge=1, le=366, description="For how many days a page can be opened.")
    company: str = Field(default="", max_length=60, description="Who writes, as the page says.")
    join: bool = Field(
        default=False,
        description="Whether anybody may ask for offers at /join, a form without log-in: each number is then asked by "
        "a text, which costs money, and only its yes counts. It needs company.",
    )
    call: str | None = Field(
        default=None,
        description="The number that the page offers to call; by default the one that the message came from.",
        examples=["+38640111222"],
    )
    answers: bool = Field(default=True, description="Whether a page has a form to answer with, words and files.")
    pin: Literal["never", "reference"] = Field(
        default="never",
        description="Whether a page asks for a code before it shows anything: reference is the last four letters of "
        "the customer's own number (its reference), where the customer has one.",
    )
    tries: int = Field(
        default=30,
        ge=1,
        le=10_000,
        description="How many wrong links a minute one address may try, and how often it may ask for the same page.",
    )
    alarm: int = Field(
        default=500,
        ge=1,
        le=1_000_000,
        description="At how many wrong links within ten minutes, from wherever, an alarm is raised.",
    )
    address_header: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z][A-Za-z-]{0,60}$",
        description="The header in which your own proxy says who asks; without it everybody behind the proxy counts "
        "as one. Only if the proxy sets it: its last word is believed.",
        examples=["X-Forwarded-For"],
    )

    @field_validator("url")
    @classmethod
    def _web_address(cls, url: str | None) -> str | None:
        if url is not None and not re.fullmatch(r"https?://[^\s/?#]+[^\s?#]*", url):
            raise ValueError("must be an address such as https://m.example.com")
        return url and url.rstrip("/")

    @field_validator("join")
    @classmethod
    def _says_who(cls, join: bool, info: ValidationInfo) -> bool:
        if join and not info.data.get("company", "").strip():
            raise ValueError("needs company: nobody can agree to texts without hearing from whom")
        return join

    @field_validator("call")
    @classmethod
    def _number(cls, number: str | None) -> str | None:
        return None if number is None else read_number(number, None)

    @property
    def lasts(self) -> timedelta:
        """For how long a page can be opened."""
        return timedelta(days=self.days)
