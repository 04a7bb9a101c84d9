"""What a person writes about an MMSC that speaks MM7, each field with its sentence.

The surprise: half of it is elsewhere: what stands in requests is `contents`, here is how they travel.
"""

from __future__ import annotations

from ipaddress import ip_network
from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, Field, SecretStr, field_validator, model_validator

from drivers.mm7.contents import Contents
from drivers.mm7.reach import unreachable

Proof = Literal["none", "basic", "digest"]


class Config(Contents, BaseModel, extra="forbid"):
    """An account as a value added service provider at an MMSC."""

    url: str = Field(
        description="Where the MMSC takes requests, such as https://mmsc.example.com/mm7.",
        examples=["https://mmsc.example.com/mm7"],
    )
    auth: Proof = Field("basic", description="How we prove to the MMSC who we are: none, basic or digest.")
    user: str = Field("", description="Our name at the MMSC.")
    password: SecretStr = Field(SecretStr(""), description="Our password at the MMSC.")
    headers: dict[str, str] = Field(
        {}, description='Further HTTP headers of every request, such as {"X-Carrier-Id" = "77"}.'
    )
    tls_ca: Path | None = Field(
        None,
        description="File (PEM) with the authorities to trust, or the MMSC's own certificate if nobody signed it; "
        "left out: those that this system trusts.",
    )
    tls_certificate: Path | None = Field(
        None, description="File (PEM) with our own certificate, if the MMSC asks for one."
    )
    tls_key: Path | None = Field(
        None, description="File (PEM) with the key of our certificate, if it is not in the same file."
    )
    tls_key_password: SecretStr | None = Field(None, description="Password of that key, if it has one.")
    window: int = Field(4, description="Requests on their way without an answer; ask the operator.", ge=1, le=100)
    answer_timeout: float = Field(30.0, description="Seconds to wait for an answer.", gt=0, le=600)
    connect_timeout: float = Field(10.0, description="Seconds to wait for the connection.", gt=0, le=120)
    probe_every: float = Field(
        20.0, description="Seconds between two looks whether the MMSC can be reached.", gt=0, le=3600
    )
    refused_pause: float = Field(
        300.0, description="Seconds that the link rests when the MMSC refuses the account.", gt=0, le=86_400
    )
    retry_statuses: list[int] = Field(
        [],
        description="Further statuses, of MM7 or of HTTP, that mean at this MMSC: try again later.",
        examples=[[2009, 404]],
    )
    exchanges: Path | None = Field(
        None,
        description="Folder in which the newest hundred requests that the MMSC could not read are kept, with its "
        "answers and without the pictures, for whoever looks into it.",
    )
    told: Proof = Field(
        "none", description="How the MMSC proves itself when it calls us with MMS and reports: none, basic or digest."
    )
    told_user: str = Field("", description="The MMSC's name when it calls us.")
    told_password: SecretStr = Field(SecretStr(""), description="The MMSC's password when it calls us.")
    told_digest: Literal["MD5", "SHA-256"] = Field(
        "MD5", description="The algorithm that digest asks of the MMSC; most know only the older one."
    )
    told_from: list[str] = Field(
        [],
        description='From which addresses and networks the MMSC may call us, such as ["192.0.2.0/24"]; an empty list '
        'is everywhere. With told = "none" and without a list nobody may call, and no reports are asked for.',
    )
    max_told_octets: int = Field(
        3_145_728, description="The largest MMS that the MMSC may bring, in octets.", ge=10_000, le=20_000_000
    )

    @field_validator("url")
    @classmethod
    def _web_address(cls, url: str) -> str:
        try:
            split = urlsplit(url)
            split.port  # noqa: B018  # which may be none
        except ValueError as wrong:
            raise ValueError(f"is no address: {wrong}") from wrong
        if split.scheme not in ("http", "https") or not split.hostname or split.username:
            raise ValueError("must be https:// or http:// and a host; name and password are user and password")
        return url

    @field_validator("told_from")
    @classmethod
    def _networks(cls, told_from: list[str]) -> list[str]:
        for one in told_from:
            ip_network(one, strict=False)
        return told_from

    @field_validator("headers")
    @classmethod
    def _header_lines(cls, headers: dict[str, str]) -> dict[str, str]:
        if any(not (name + value).isprintable() or not (name + value).isascii() for name, value in headers.items()):
            raise ValueError("a header is one line of plain letters")
        return headers

    @model_validator(mode="after")
    def _proven(self) -> Self:
        if self.told != "none" and not (self.told_user and self.told_password.get_secret_value()):
            raise ValueError(f"told = {self.told} needs told_user and told_password: else anybody could call us")
        if self.auth == "digest" and not self.user:
            raise ValueError("auth = digest needs user and password")
        return self

    @property
    def host(self) -> str:
        """Where it is, for whoever looks whether it can be reached."""
        return urlsplit(self.url).hostname or ""

    @property
    def port(self) -> int:
        """The port there."""
        split = urlsplit(self.url)
        return split.port or (443 if split.scheme == "https" else 80)

    @property
    def place(self) -> str:
        """Host and port, for people."""
        return f"{self.host}:{self.port}"

    def unreachable(self) -> str:
        """Why the MMSC cannot be reached now, with the step that fails; empty when it can. For the doctor."""
        return unreachable(self)

    @property
    def is_called(self) -> bool:
        """Whether the MMSC may call us."""
        return self.told != "none" or bool(self.told_from)

    @property
    def most_told(self) -> int:
        """The most octets of one call of the MMSC: its parts may be in base64, and there are headers."""
        return self.max_told_octets * 7 // 5 + 65_536
