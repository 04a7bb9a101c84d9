"""The `[watch]` table: who is told before anything breaks, what counts as trouble, and who may look at the figures."""

from __future__ import annotations

import re

from pydantic import Field, SecretStr, field_validator

from smsgw.config.links import Section


class WatchConfig(Section):
    """Who is told before anything breaks, and what counts as trouble."""

    numbers: list[str] = Field(
        default=[],
        description="Phones that are texted when something is wrong, with + and country code.",
        examples=[["+38640111222"]],
    )
    mail: list[str] = Field(
        default=[],
        description="Mail addresses that are written to when something is wrong; needs [mail].",
        examples=[["owner@example.com"]],
    )
    link: str | None = Field(
        default=None,
        description="The link over which these phones are texted; by default the one that any text would take.",
    )
    pause: int = Field(
        default=300,
        ge=10,
        le=86_400,
        description="The shortest pause between two such texts, in seconds: what happens meanwhile is told in one.",
    )
    link_down: int = Field(
        default=300, ge=10, le=86_400, description="After how many seconds of a link being down that is told."
    )
    backlog: int = Field(
        default=900,
        ge=10,
        le=86_400,
        description="For how many seconds a message may be overdue in its queue before that is told.",
    )
    disk_mb: int = Field(
        default=500, ge=1, le=10_000_000, description="With how many megabytes free on the store's disk that is told."
    )
    unanswered: int = Field(
        default=1800,
        ge=60,
        le=30 * 86_400,
        description="How many seconds after a customer should have had an answer it is told that nobody gave one.",
    )
    remote: list[str] = Field(
        default=[],
        description="Phones that may ask and command by text (STATUS, BALANCE, PAUSE ALL, RESUME ALL), each with a "
        "one-time code of remote_secret behind the word.",
        examples=[["+38640111222"]],
    )
    remote_secret: SecretStr | None = Field(
        default=None,
        description="The secret of the one-time codes (RFC 6238, as every authenticator app makes them), in base32: "
        "smsgw watch secret makes one.",
    )
    metrics_token: SecretStr | None = Field(
        default=None,
        description="What may read /metrics from elsewhere, as a bearer token; without it only this host may.",
    )

    traces: str | None = Field(
        default=None,
        description="Where traces are told (OpenTelemetry, OTLP over HTTP): the address of a collector; by default "
        "nowhere. Needs pip install 'smsgw[traces]'.",
        examples=["http://127.0.0.1:4318"],
    )

    @field_validator("traces")
    @classmethod
    def _collector(cls, url: str | None) -> str | None:
        if url is not None and not re.fullmatch(r"https?://[^\s/]+(/[^\s?#]*)?", url):
            raise ValueError("must be http:// or https:// and the collector's address, such as http://127.0.0.1:4318")
        return url

    @field_validator("numbers", "remote")
    @classmethod
    def _numbers(cls, numbers: list[str]) -> list[str]:
        for number in numbers:
            if not re.fullmatch(r"\+[1-9][0-9]{6,14}", number):
                raise ValueError(f"{number!r} is no number: write it with + and country code, as +38640111222")
        return numbers

    @field_validator("mail")
    @classmethod
    def _addresses(cls, addresses: list[str]) -> list[str]:
        for address in addresses:
            if not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", address):
                raise ValueError(f"{address!r} is no mail address")
        return addresses

    @field_validator("remote_secret")
    @classmethod
    def _base32(cls, secret: SecretStr | None) -> SecretStr | None:
        if secret is not None and not re.fullmatch(r"[A-Z2-7]{26,}", secret.get_secret_value().rstrip("=")):
            raise ValueError("must be at least 26 letters of base32 (A to Z, 2 to 7): smsgw watch secret makes one")
        return secret
