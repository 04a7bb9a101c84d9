"""The `[media]` table: how picture messages go out, and for how long what they carry is kept."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Literal

from pydantic import Field, field_validator

from smsgw.config.links import Section


class MediaConfig(Section):
    """Pictures, video and sound: as an MMS, or as a text with the link to a page."""

    policy: Literal["mms-first", "link-first", "never"] = Field(
        default="mms-first",
        description="What phones get of which nothing is known: mms-first tries an MMS and sends the link if it is not "
        "fetched, link-first sends the link, never sends no links at all. Phones known to show MMS get an MMS, those "
        "known not to get the link.",
    )
    profile: Literal["basic", "rich100", "std300", "std600", "large1m"] = Field(
        default="std300",
        description="The size that messages are made to fit, in kilobytes: 30, 100, 300, 600 or 1024. Most operators "
        "carry 300.",
    )
    fallback_minutes: int = Field(
        default=60,
        ge=1,
        le=10_080,
        description="After how many minutes without word from a phone the link goes out in place of its MMS.",
    )
    language: str = Field(
        default="en",
        pattern=r"^[a-z]{2,3}$",
        description="The language of the text with a link, where nobody said another one.",
    )
    without_mms: list[str] = Field(
        default=[],
        description="How numbers begin whose operators carry no MMS any more; phones of which nothing else is known "
        "get the link there.",
        examples=[["+49", "+41"]],
    )
    kept_days: int = Field(
        default=90,
        ge=1,
        le=3650,
        description="For how many days pictures, video and sound are kept once their messages have come to an end. "
        "That they were there stays known.",
    )
    largest: int = Field(
        default=25,
        ge=1,
        le=200,
        description="The largest file that may be given to be sent, in megabytes; it is made to fit later.",
    )

    @field_validator("without_mms")
    @classmethod
    def _prefixes(cls, prefixes: list[str]) -> list[str]:
        if wrong := [one for one in prefixes if not re.fullmatch(r"\+[1-9][0-9]{0,14}", one)]:
            raise ValueError(f"{', '.join(wrong)}: write how numbers begin in international form, such as +49")
        return prefixes

    @property
    def most(self) -> int:
        """The largest file, in octets."""
        return self.largest << 20

    @property
    def patience(self) -> timedelta:
        """After how long without word the link goes out."""
        return timedelta(minutes=self.fallback_minutes)

    @property
    def kept(self) -> timedelta:
        """For how long octets are kept."""
        return timedelta(days=self.kept_days)
