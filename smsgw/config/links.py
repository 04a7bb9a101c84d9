"""One `[[links]]` table: the keys of every link, and beside them those of the driver that its `kind` names.

The surprise: the driver's keys end up in `LinkConfig.driver`, read by the driver's own `Config`, which is
found by name when a link of its kind is read, and not before.
"""

from __future__ import annotations

import difflib
import pkgutil
import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from importlib import import_module
from typing import Annotated, Any, Literal, get_args

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializeAsAny,
    StringConstraints,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic.fields import FieldInfo

from smsgw.text.hours import Hours, read_hours, read_zone

Language = Literal[
    "turkish", "spanish", "portuguese", "bengali", "gujarati", "hindi", "kannada",
    "malayalam", "oriya", "punjabi", "tamil", "telugu", "urdu",
]  # fmt: skip
# In the order of their numbers, 1 to 13: 3GPP TS 23.038 table 6.2.1.2.4.
LANGUAGES: tuple[str, ...] = get_args(Language)

Prefix = Annotated[str, StringConstraints(pattern=r"^\+[1-9][0-9]{0,14}$")]


class Section(BaseModel):
    """One table of the file: unknown keys are mistakes, and nothing changes after it was read."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class LinkConfig(Section):
    """One connection to a network; beside the keys of every link stand those of its kind."""

    name: str = Field(
        pattern=r"^[A-Za-z0-9]+([-_][A-Za-z0-9]+)*$",
        max_length=32,
        description="What this link is called everywhere: letters, digits and single hyphens or underscores.",
        examples=["carrier"],
    )
    kind: str = Field(description="Which driver speaks to the network.", examples=["fake"])
    enabled: bool = Field(default=True, description="Whether the link is used at all.")
    prefixes: list[Prefix] = Field(
        default=[],
        description='Which numbers it serves, by how they begin ("+386"); an empty list is every number.',
    )
    preference: int = Field(
        default=100,
        ge=0,
        le=1_000_000,
        description="Among several links for a number, the lower one is tried first; those with the same share "
        "the work by price and weight.",
    )
    weight: int = Field(
        default=1,
        ge=1,
        le=1_000_000,
        description="Its share of the work among links that are otherwise equal: one with 2 gets twice as much as "
        "one with 1.",
    )
    hours: list[str] = Field(
        default=[],
        description='When it may be used, such as ["Mo-Fr 08:00-20:00", "Sa 09:00-13:00"]; an empty list is always. '
        "Outside of them other links take its work, or it waits.",
    )
    zone: str = Field(default="UTC", description="The time zone of hours, such as Europe/Ljubljana.")
    sticky: bool = Field(
        default=True,
        description="Whether somebody who knows this link, having written to it or been written from it, is answered "
        "over it rather than over a cheaper or preferred one; [sending] sticky says for which texts.",
    )
    reroute_rejected: bool = Field(
        default=True,
        description="Whether a message that this link refuses goes to another link that serves the number, before it "
        "has failed or is tried here again.",
    )
    reroute_codes: list[str] = Field(
        default=[],
        description="Only after refusals with these codes, as a message's history shows them in brackets "
        "(ESME_RSUBMITFAIL); an empty list is every refusal.",
    )
    reroute_silent: int | None = Field(
        default=None,
        ge=30,
        le=30 * 86_400,
        description="After how many seconds without a receipt a message is sent again over another link, if [sending] "
        "may_double names its purpose; by default never.",
        examples=[300],
    )
    rate: float | None = Field(
        default=None,
        gt=0,
        le=1_000_000,
        description="How many parts a second it may send at most; by default as many as it takes. A network that "
        "says it is too fast is sent less by itself.",
        examples=[100.0],
    )
    burst: float | None = Field(
        default=None,
        ge=1,
        le=1_000_000,
        description="How many parts may go at once after a pause; by default a tenth of rate.",
        examples=[20.0],
    )
    sender: str | None = Field(
        default=None,
        description="Who texts over this link are from when the request does not say so: a number, or a "
        "name of at most 11 letters.",
        examples=["+38640111222"],
    )
    receipts_over: list[str] = Field(
        default=[],
        description="Other links, by name, over which receipts for this one's messages may come: accounts at the same "
        "SMSC, which reports to whichever is connected.",
    )
    national_tables: list[Language] = Field(
        default=[],
        description="Languages whose national letters (3GPP TS 23.038) the network is known to keep, "
        "so that their texts take fewer parts: " + ", ".join(LANGUAGES) + ".",
    )
    missed_call_text: str | None = Field(
        default=None,
        min_length=1,
        max_length=1000,
        description="What somebody who rings this link is texted; by default nothing. Callers that hide their number "
        "and short codes get nothing.",
        examples=["We read texts, we do not hear calls: write to us here, and we answer."],
    )
    missed_call_every: int = Field(
        default=86_400,
        ge=60,
        le=30 * 86_400,
        description="For how many seconds a caller who was texted so is not texted so again.",
    )
    missed_call_most: int = Field(
        default=60,
        ge=1,
        le=10_000,
        description="How many such texts this link sends within an hour, at most, to whomever.",
    )
    balance_every: int | None = Field(
        default=None,
        ge=300,
        le=31 * 86_400,
        description="How often the operator is asked what is left on the SIM, in seconds; by default never.",
        examples=[86_400],
    )
    balance_at: str | None = Field(
        default=None,
        pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$",
        description="The time of day, by this machine's clock, at which the operator is asked for it, once a day.",
        examples=["06:30"],
    )
    balance_low: Decimal | None = Field(
        default=None,
        ge=0,
        description="Below how much a balance is told as low, in the log and beside the link.",
        examples=[5],
    )
    driver: SerializeAsAny[BaseModel] = Field(description="The driver's own keys, as its own Config.")

    @model_validator(mode="before")
    @classmethod
    def _split(cls, table: Any) -> Any:
        """Move the keys that are not the link's own to `driver`; leave a ready driver Config where it is.

        `sender` is known to some drivers too: they get it as well.
        """
        if not isinstance(table, Mapping) or isinstance(table.get("driver"), BaseModel):
            return table
        own = {key: value for key, value in table.items() if key in cls.model_fields and key != "driver"}
        shared = {"sender"} & driver_fields(table.get("kind")).keys()
        rest = {key: value for key, value in table.items() if key not in own or key in shared}
        return own | {"driver": rest}

    @field_validator("kind")
    @classmethod
    def _known(cls, kind: str) -> str:
        if kind not in kinds():
            raise ValueError(f"no driver of this kind{did_you_mean(kind, kinds())} (there are: {', '.join(kinds())})")
        return kind

    @field_validator("sender")
    @classmethod
    def _sender(cls, sender: str | None) -> str | None:
        return as_sender(sender)

    @field_validator("driver", mode="plain")
    @classmethod
    def _driven(cls, keys: Any, info: ValidationInfo) -> BaseModel:
        if "kind" not in info.data:  # that mistake is told already; which keys are right nobody knows
            return Section()
        return driver_config(info.data["kind"]).model_validate(keys, context=info.context)

    @field_validator("zone")
    @classmethod
    def _zone(cls, zone: str) -> str:
        read_zone(zone)
        return zone

    @field_validator("hours")
    @classmethod
    def _hours(cls, hours: list[str]) -> list[str]:
        read_hours(hours, "UTC")
        return hours

    @property
    def open(self) -> Hours | None:
        """`hours` as routing wants them; None: always."""
        return read_hours(self.hours, self.zone)

    @property
    def languages(self) -> frozenset[int]:
        """The numbers of `national_tables` (23.038 table 6.2.1.2.4), as `link.Abilities` wants them."""
        return frozenset(LANGUAGES.index(language) + 1 for language in self.national_tables)


def kinds() -> list[str]:
    """The kinds of links there are: the files and folders under `drivers/`."""
    folder = import_module("drivers").__path__
    return sorted(found.name for found in pkgutil.iter_modules(folder) if not found.name.startswith("_"))


def driver_config(kind: str) -> type[BaseModel]:
    """The model of a driver's own keys. Raises ValueError when the driver cannot be loaded."""
    try:
        found = getattr(import_module(f"drivers.{kind}"), "Config", None)
    except ImportError as missing:
        raise ValueError(f"the driver {kind} cannot be loaded: {missing}") from missing
    if not (isinstance(found, type) and issubclass(found, BaseModel)):
        raise ValueError(f"drivers/{kind} has no Config: a driver must say which keys it takes")
    return found


def driver_fields(kind: object) -> dict[str, FieldInfo]:
    """The driver's own keys, or none when there is no such driver: that is told where the link is read."""
    try:
        return dict(driver_config(str(kind)).model_fields) if kind in kinds() else {}
    except ValueError:
        return {}


def did_you_mean(written: str, known: Iterable[str]) -> str:
    """`; did you mean "port"?` when something like what was written is known, else nothing."""
    near = difflib.get_close_matches(written.lower(), list(known), n=1, cutoff=0.6)
    return f'; did you mean "{near[0]}"?' if near else ""


def as_sender(sender: str | None) -> str | None:
    """A number, a short code, or a name that fits (3GPP TS 23.040 section 9.1.2.5). Raises ValueError."""
    if sender is None or re.fullmatch(r"\+?[0-9]{3,15}|(?=.*[^0-9+])[ -~]{1,11}", sender.strip()):
        return sender and sender.strip()
    raise ValueError("must be a number such as +38640111222, a short code, or a name of at most 11 plain letters")
