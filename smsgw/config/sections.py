"""The tables of the file, each field with its type, its default and one sentence.

`smsgw config` prints them, and docs/configuration.md is made of them. A link's table is `links`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Literal

import phonenumbers
from pydantic import Field, ValidationError, ValidationInfo, field_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from smsgw.config.business import BusinessConfig
from smsgw.config.campaigns import CampaignsConfig
from smsgw.config.doors import DoorsConfig
from smsgw.config.gate import GateConfig
from smsgw.config.links import LinkConfig, Section, as_sender
from smsgw.config.listen import ListenConfig, Listening
from smsgw.config.mail import MailConfig, lent
from smsgw.config.media import MediaConfig
from smsgw.config.money import MoneyConfig
from smsgw.config.node import NodeConfig
from smsgw.config.orders import OrdersConfig
from smsgw.config.pages import PagesConfig
from smsgw.config.retention import RetentionConfig
from smsgw.config.store import StoreConfig
from smsgw.config.watch import WatchConfig
from smsgw.config.webhooks import WebhooksConfig

NAME_CLASH = "another link has this name already: give each its own"

Purpose = Literal["transactional", "service", "conversational", "marketing", "otp"]
Seconds = Annotated[int, Field(ge=0, le=30 * 86400)]


class WebConfig(Listening):
    """The web server: pages for people, the HTTP API for programs."""

    listen: str = Field(
        default="127.0.0.1:8080",
        description="Address and port to listen at; 0.0.0.0:8080 or [::]:8080 for every network, "
        "then with tls_certificate, or behind a proxy that speaks HTTPS.",
    )
    tls_certificate: Path | None = Field(
        default=None,
        description="File with the certificate (PEM, with its chain): this server, at all its ports, then speaks HTTPS "
        "only.",
        examples=["/etc/smsgw/web.pem"],
    )
    tls_key: Path | None = Field(
        default=None,
        description="File with the certificate's private key (PEM), when it is not in the same file.",
        examples=["/etc/smsgw/web.key"],
    )
    public_url: str | None = Field(
        default=None,
        description="How the outside reaches this server, for links in pages and texts; by default as "
        "the browser asked.",
        examples=["https://sms.example.com"],
    )
    threads: int = Field(default=8, ge=1, le=256, description="How many requests are answered at the same time.")
    max_body_mb: int = Field(default=5, ge=1, le=1024, description="The largest request that is taken, in megabytes.")
    requests_per_minute: int = Field(
        default=6000,
        ge=0,
        description="How many requests to the API a key may make in a minute, beside sending, which the queue bounds; "
        "0 for as many as it likes.",
    )
    wrong_keys_per_minute: int = Field(
        default=100,
        ge=0,
        description="After so many wrong keys from an address it is looked up no more for the rest of the minute, but "
        "for keys that were right before; 0 for as many as anybody likes.",
    )
    event_streams: int = Field(
        default=200, ge=0, le=900, description="How many streams of events (GET /api/v1/events) may be open at a time."
    )
    session_hours: int = Field(
        default=12,
        ge=1,
        le=24 * 90,
        description="How long a person stays signed in without doing anything, in hours.",
    )
    undo_seconds: int = Field(
        default=10,
        ge=0,
        le=60,
        description="How long what a person sends from a conversation waits, so that it can be taken back, in seconds; "
        "0: it goes at once.",
    )
    second_factor: list[Literal["owner", "manager", "agent", "viewer", "developer"]] = Field(
        default=[],
        description="Roles whose people must have a second factor (codes of an authenticator, RFC 6238): until they "
        "have one, the pages show them nothing but how to get it.",
    )

    @field_validator("public_url")
    @classmethod
    def _web_address(cls, url: str | None) -> str | None:
        if url is not None and not re.fullmatch(r"https?://[^\s/?#]+[^\s?#]*", url):
            raise ValueError("must be an address such as https://sms.example.com")
        return url and url.rstrip("/")

    @property
    def scheme(self) -> str:
        """How it is spoken to: https with a certificate, http without."""
        return "http" if self.tls_certificate is None else "https"

    @property
    def table(self) -> str:
        """How the file names it."""
        return "[web]"


class SendingConfig(Section):
    """What happens to texts on their way out."""

    region: str | None = Field(
        default=None,
        description="The country whose national spelling of numbers is understood (040 111 222), in two "
        "letters; without it every number needs its + and country code.",
        examples=["SI"],
    )
    sender: str | None = Field(
        default=None,
        description="Who texts are from when neither the request nor the link says so: a number, or a "
        "name of at most 11 letters; by default the link's own number.",
        examples=["+38640111222"],
    )
    queue_bound: int = Field(
        default=1_000_000,
        ge=1,
        description='How many messages may wait; more are refused with "come back later".',
    )
    duplicate_window: Seconds = Field(
        default=60,
        description="For how many seconds the same text to the same number is refused as a duplicate; 0 is never.",
    )
    validity: Seconds = Field(
        default=172_800,
        ge=60,
        description="For how many seconds a message is worth sending, unless the request says; then it expires.",
    )
    max_parts: int = Field(
        default=10,
        ge=1,
        le=255,
        description="The longest text that is taken, in parts; longer ones are refused, never cut.",
    )
    attempts: int = Field(default=8, ge=1, le=1000, description="How often a message is tried before it has failed.")
    retry_first: Seconds = Field(
        default=5, ge=1, description="Seconds until the second attempt; each later pause is longer."
    )
    retry_most: Seconds = Field(
        default=1800, ge=1, validate_default=True, description="The longest pause between two attempts, in seconds."
    )
    resend_unsure: Literal["resend", "hold", "fail"] = Field(
        default="resend",
        description="What becomes of a message that may have gone out, because the network never "
        "answered: resend it, at the risk of its coming twice, hold it for a person, or "
        "fail it; marketing is never resent.",
    )
    unsure_wait: Seconds = Field(
        default=120,
        description="For how many seconds a late receipt may settle such a message before resend_unsure acts.",
    )
    ask_after: Seconds = Field(
        default=3600,
        description="After how many seconds without a receipt the network is asked what became of a message, if the "
        "link can ask (query_sm of an SMPP link); each later pause is twice as long, 0 is never.",
    )
    receipt_wait: Seconds = Field(
        default=259_200,
        ge=60,
        description="For how many seconds a receipt is waited for; then receipt_missing says what becomes of the "
        "message.",
    )
    receipt_missing: Literal["expire", "undelivered", "keep"] = Field(
        default="expire",
        description="What a sent message whose receipt does not come is taken for: expired, undelivered, or still "
        "sent (keep), for networks that send no receipts.",
    )
    reroute_after: Seconds = Field(
        default=60,
        description="After how many seconds of a link being down its waiting messages go to another "
        "link that serves them.",
    )
    may_double: list[Purpose] = Field(
        default=[],
        description="Which purposes may come twice rather than not at all: only these are sent again over another "
        "link after silence, or when a link took but a part of a long text.",
        examples=[["otp"]],
    )
    sticky: list[Purpose] = Field(
        default=["conversational"],
        description="Which purposes keep to the link and number that the customer knows; others cost a look into the "
        "store for each message.",
    )
    price_tolerance: float = Field(
        default=0.0,
        ge=0,
        le=1000,
        description="By how many per cent a price may be above the cheapest one and still be called equal to it, so "
        "that weight decides.",
    )

    @field_validator("region")
    @classmethod
    def _country(cls, region: str | None) -> str | None:
        if region is not None and region.upper() not in phonenumbers.SUPPORTED_REGIONS:
            raise ValueError("must be the two letters of a country, such as SI or DE (ISO 3166)")
        return region and region.upper()

    @field_validator("sender")
    @classmethod
    def _sender(cls, sender: str | None) -> str | None:
        return as_sender(sender)

    @field_validator("retry_most")
    @classmethod
    def _pauses_grow(cls, most: int, info: ValidationInfo) -> int:
        if most < (first := info.data.get("retry_first", 0)):
            raise ValueError(f"must not be less than retry_first, which is {first}")
        return most


class ReceivingConfig(Section):
    """What happens to texts on their way in."""

    incomplete_after: Seconds = Field(
        default=86_400,
        ge=60,
        description="For how many seconds the parts of a long text wait for the missing ones; then it "
        "is shown with gaps.",
    )
    stop_words: bool = Field(
        default=True,
        description="Whether STOP and its like in other languages end all marketing to the number that sent it.",
    )
    understand: bool = Field(
        default=True,
        description="Whether texts are read: answers to what was asked, orders, questions; else every text but STOP "
        "and its like waits for a person.",
    )


class LogConfig(Section):
    """What is told on standard error."""

    level: Literal["debug", "info", "warning", "error"] = Field(
        default="info",
        description="The least that is told; only debug shows what people write to each other.",
    )
    format: Literal["text", "json"] = Field(
        default="text", description="Lines for people, or one JSON object a line for programs."
    )
    show_numbers: bool = Field(
        default=False,
        description="Whether numbers and mail addresses are written in full, not as +38640***222 and a***@example.com.",
    )


class Config(Section):
    """The whole file."""

    store: StoreConfig = Field(default=StoreConfig(), description="Where everything is kept.")
    web: WebConfig = Field(default=WebConfig(), description="The web server.")
    sending: SendingConfig = Field(default=SendingConfig(), description="Texts on their way out.")
    gate: GateConfig = Field(default=GateConfig(), description="May a message go, where to and to whom.")
    receiving: ReceivingConfig = Field(default=ReceivingConfig(), description="Texts on their way in.")
    business: BusinessConfig = Field(default=BusinessConfig(), description="When somebody is there to answer.")
    listen: ListenConfig = Field(default=ListenConfig(), description="Where client programs connect, besides HTTP.")
    orders: OrdersConfig = Field(default=OrdersConfig(), description="How texts become orders.")
    mail: MailConfig = Field(default=MailConfig(), description="Letters by e-mail, and answers to them.")
    media: MediaConfig = Field(default=MediaConfig(), description="Pictures, video and sound in messages.")
    pages: PagesConfig = Field(default=PagesConfig(), description="The page that shows a message where a phone cannot.")
    campaigns: CampaignsConfig = Field(default=CampaignsConfig(), description="What it takes to send to many.")
    money: MoneyConfig = Field(default=MoneyConfig(), description="What messages cost.")
    webhooks: WebhooksConfig = Field(default=WebhooksConfig(), description="Telling other programs what happened.")
    doors: DoorsConfig = Field(default=DoorsConfig(), description="Doors for other gateways' clients.")
    retention: RetentionConfig = Field(default=RetentionConfig(), description="For how long what is kept.")
    watch: WatchConfig = Field(default=WatchConfig(), description="Who is told before anything breaks.")
    node: NodeConfig = Field(default=NodeConfig(), description="One of several machines with one store.")
    log: LogConfig = Field(default=LogConfig(), description="What is told on standard error.")
    links: list[LinkConfig] = Field(
        default=[], description="The connections to networks, one [[links]] table for each."
    )

    @field_validator("links")
    @classmethod
    def _names_differ(cls, links: list[LinkConfig]) -> list[LinkConfig]:
        if again := name_clashes(link.name for link in links):
            raise ValidationError.from_exception_data(
                cls.__name__,
                [
                    InitErrorDetails(
                        type=PydanticCustomError("name_clash", NAME_CLASH),
                        loc=(i, "name"),
                        input=links[i].name,
                    )
                    for i in again
                ],
            )
        return links

    @field_validator("links")
    @classmethod
    def _mail_is_lent(cls, links: list[LinkConfig], info: ValidationInfo) -> list[LinkConfig]:
        mail = info.data.get("mail")
        return links if mail is None else lent(links, mail)

    @field_validator("links")
    @classmethod
    def _receipts_come_over_links(cls, links: list[LinkConfig]) -> list[LinkConfig]:
        names = {link.name for link in links}
        strangers = [(i, name) for i, link in enumerate(links) for name in link.receipts_over if name not in names]
        if strangers:
            raise ValidationError.from_exception_data(
                cls.__name__,
                [
                    InitErrorDetails(
                        type=PydanticCustomError("no_such_link", "no link has this name"),
                        loc=(i, "receipts_over"),
                        input=name,
                    )
                    for i, name in strangers
                ],
            )
        return links


def name_clashes(names: Iterable[object]) -> list[int]:
    """The positions of the names that stand earlier in the list too, told apart as variables tell them."""
    listed = [str(name).lower().replace("-", "_") for name in names]
    return [i for i, name in enumerate(listed) if name in listed[:i]]
