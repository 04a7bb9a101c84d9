"""The `[mail]` table: the server that takes our letters, the mailboxes that are told, and the way answers come back."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, field_validator, model_validator

from smsgw.config.links import LinkConfig, Section
from smsgw.errors import BadInput
from smsgw.text.mail_address import read_mail
from smsgw.text.number import read_number


class BoxConfig(Section):
    """Who is told by mail of what comes in, and of which of it."""

    to: list[str] = Field(
        default=[],
        description="Mail addresses that get it, each a mail of its own.",
        examples=[["sales@example.com"]],
    )
    numbers: list[str] = Field(
        default=[],
        description="Only what came to one of these numbers or short codes of ours; an empty list is all.",
        examples=[["+38640111222"]],
    )
    keywords: list[str] = Field(
        default=[],
        description="Only what begins with one of these words, whatever their case; an empty list is all.",
        examples=[["repair"]],
    )
    what: list[Literal["mms", "sms", "mail"]] = Field(
        default=["mms"], min_length=1, description="What is told of: MMS, and by this setting texts and mails too."
    )
    owner_field: str | None = Field(
        default=None,
        description="The name of a field of customers that holds the mail address of who looks after them: what such "
        "a customer sends goes there, and to the addresses of `to` only where there is none.",
        examples=["looked_after_by"],
    )

    @field_validator("to")
    @classmethod
    def _addresses(cls, addresses: list[str]) -> list[str]:
        return [mail_address(one) for one in addresses]

    @field_validator("numbers")
    @classmethod
    def _numbers(cls, numbers: list[str]) -> list[str]:
        return [read_number(one, None) for one in numbers]

    @model_validator(mode="after")
    def _somebody(self) -> BoxConfig:
        if not self.to and self.owner_field is None:
            raise ValueError("tells nobody: say to whom, or name the owner_field")
        return self


class MailConfig(Section):
    """The server that takes our letters; without a host or sendmail none are sent."""

    host: str | None = Field(default=None, description="Its name.", examples=["smtp.example.com"])
    port: int = Field(default=587, ge=1, le=65535, description="Its port: 587 with starttls, 465 with tls, 25 plain.")
    encryption: Literal["starttls", "tls", "none"] = Field(
        default="starttls", description="How the connection is encrypted; none only on the same machine."
    )
    user: str | None = Field(default=None, description="The name to log in with; without it nobody logs in.")
    password: SecretStr | None = Field(default=None, description="The password to log in with.")
    sendmail: Path | None = Field(
        default=None,
        description="The program of this machine's own mail server, which takes letters where no host is named.",
        examples=["/usr/sbin/sendmail"],
    )
    sender: str | None = Field(
        default=None, description="Whom letters are from; needed with a host.", examples=["shop@example.com"]
    )
    attempts: int = Field(
        default=35,
        ge=1,
        le=1000,
        description="How often a letter is tried; the pauses grow from a minute to four hours, so that 35 are five "
        "days; then it is dead.",
    )
    max_mb: float = Field(
        default=10.0,
        gt=0,
        le=100,
        description="The largest letter that the mail server takes, in megabytes; of more than that a letter holds the "
        "words and a link to the inbox.",
    )
    domain: str | None = Field(
        default=None,
        pattern=r"^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z0-9-]{2,}$",
        description="The domain of the addresses that answers to letters come back to, by a link of kind mail; "
        "without it letters cannot be answered by mail.",
        examples=["in.example.com"],
    )
    authserv_id: str | None = Field(
        default=None,
        description="How your own mail server names itself in Authentication-Results (RFC 8601): only what it says of "
        "a sender is believed, and it must take such lines of others away. Without it only mails that were handed in "
        "by somebody logged in, or from this machine, are answers.",
        examples=["mx.example.com"],
    )
    answer_days: int = Field(
        default=60, ge=1, le=365, description="For how many days after the last letter of a conversation answers come."
    )
    answers_per_hour: int = Field(
        default=20, ge=1, le=1000, description="How many answers by mail one customer gets in an hour at most."
    )
    same_domain: bool = Field(
        default=True,
        description="Whether everybody at the domain of a mailbox that was told may answer, not only the mailbox; "
        "never true of domains where anybody gets an address, such as gmail.com.",
    )
    operators: list[str] = Field(
        default=[],
        description="Addresses that may answer every conversation, and that are told of answers that were refused.",
        examples=[["boss@example.com"]],
    )
    boxes: list[BoxConfig] = Field(
        default=[], description="The mailboxes that are told of what comes in, one [[mail.boxes]] table for each."
    )

    @field_validator("sender")
    @classmethod
    def _sender(cls, sender: str | None) -> str | None:
        return None if sender is None else mail_address(sender)

    @field_validator("operators")
    @classmethod
    def _addresses(cls, addresses: list[str]) -> list[str]:
        return [mail_address(one) for one in addresses]

    @model_validator(mode="after")
    def _whole(self) -> MailConfig:
        if self.sends and self.sender is None:
            raise ValueError("has a host but no sender: say whom letters are from")
        if (self.user is None) != (self.password is None):
            raise ValueError("needs both user and password, or neither")
        return self

    @property
    def sends(self) -> bool:
        """Whether letters have a way out."""
        return self.host is not None or self.sendmail is not None


def mail_address(written: str) -> str:
    """A mail address as a setting says it. Raises ValueError."""
    try:
        return read_mail(written)
    except BadInput as wrong:
        raise ValueError(str(wrong)) from wrong


def lent(links: list[LinkConfig], config: MailConfig) -> list[LinkConfig]:
    """The links, of which those of kind mail have what [mail] says wherever they say nothing themselves."""
    return [_lent(link, config) if link.kind == "mail" else link for link in links]


def own_addresses(links: list[LinkConfig], config: MailConfig) -> frozenset[str]:
    """The addresses that we write from, and that customers write to."""
    found = [config.sender, *(getattr(link.driver, "address", None) for link in links if link.kind == "mail")]
    return frozenset(address for address in found if address)


def _lent(link: LinkConfig, config: MailConfig) -> LinkConfig:
    driver = link.driver
    more: dict[str, object] = {}
    if getattr(driver, "host", None) is None and config.host is not None:
        more = {key: getattr(config, key) for key in ("host", "port", "encryption", "user", "password")}
    if getattr(driver, "address", None) is None and config.sender is not None:
        more["address"] = config.sender
    if config.domain is not None:
        more["domains"] = list(dict.fromkeys([*getattr(driver, "domains", []), config.domain]))
    return link.model_copy(update={"driver": driver.model_copy(update=more)}) if more else link
