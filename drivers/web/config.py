"""What a person writes about a carrier with an HTTP API."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import BaseModel, Field, SecretStr, field_validator, model_validator

from drivers.web.profiles import PROFILES

Profile = Literal["twilio", "vonage", "infobip", "telnyx", "46elks", "android", "smsgw", "kannel", "form"]


class Config(BaseModel, extra="forbid"):
    """An account at a carrier with an HTTP API."""

    profile: Profile = Field(
        description="Whose API it is: twilio, vonage, infobip, telnyx, 46elks, android, smsgw, kannel, or form.",
        examples=["twilio"],
    )
    url: str | None = Field(
        None,
        description="Where its API is, without the part that the profile knows; by default the carrier's own address.",
        examples=["https://sms.example.com"],
    )
    user: str = Field("", description="The account: Twilio's AC…, Vonage's key, a user's name.")
    password: SecretStr = Field(SecretStr(""), description="The account's token, secret or password.")
    sender: str | None = Field(None, description="Who texts are from when nothing else says so.")
    hook: str | None = Field(
        None,
        description="How the carrier reaches this gateway: its public address; /carriers/ and the link's name come "
        "behind it. Without it no receipts are asked for where a message must say where they go.",
        examples=["https://sms.example.com"],
    )
    secret: SecretStr = Field(
        SecretStr(""),
        description="What proves that a call is the carrier's: the key it signs with, or a word of at least 16 letters "
        "that stands in the address as ?token=. Twilio signs with the password.",
    )
    fields: dict[str, str] = Field(
        {}, description="Other names for the fields of the profile form: to, from, text, callback, id, status."
    )
    mms: bool = Field(
        True,
        description="Whether picture messages go over this link, where the profile has them and the carrier can reach "
        "us (hook) to fetch the pictures.",
    )
    mms_octets: int | None = Field(
        None, description="The largest picture message, in octets; by default as the profile says.", ge=10_000
    )
    window: int = Field(8, description="Requests on their way without an answer.", ge=1, le=200)
    answer_timeout: float = Field(30.0, description="Seconds to wait for an answer.", gt=0, le=600)
    probe_every: float = Field(
        20.0, description="Seconds between two looks whether the carrier can be reached.", gt=0, le=3600
    )

    @field_validator("url", "hook")
    @classmethod
    def _web_address(cls, url: str | None) -> str | None:
        if url is not None and not url.startswith(("http://", "https://")):
            raise ValueError("must begin with https:// or http://")
        return url and url.rstrip("/")

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.url is None and not PROFILES[self.profile].url:
            raise ValueError(f"the profile {self.profile} needs url: where its API is")
        own = PROFILES[self.profile].signed_by_password
        if self.hook is not None and not own and len(self.secret.get_secret_value()) < 16:
            raise ValueError("hook needs secret, of at least 16 letters: else anybody could tell us receipts")
        return self
