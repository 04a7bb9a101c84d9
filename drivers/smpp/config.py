"""What a person writes about an SMPP link in the configuration file, each field with its sentence.

The surprise: `data_coding` 0 names no alphabet. It means "the default of this SMSC", which the carrier must
tell you: `default_alphabet` says whether that is GSM 7-bit (unpacked, by far the most usual) or Latin-1.
"""

from __future__ import annotations

from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator

from drivers.smpp.connection import Connection, Octet
from drivers.smpp.spelling import ReceiptIds

PRIORITIES = [0, 0, 0, 0, 0, 0, 1, 1, 2, 3]


class Config(Connection, extra="forbid"):
    """An account at an SMSC that speaks SMPP 3.4 over TCP: the session (`connection`), and how messages are written."""

    service_type: str = Field(
        "",
        description="Service of each message, only if the carrier asks for one.",
        max_length=5,
        pattern=r"^[\x20-\x7e]*$",
    )
    throttle_pause: float = Field(1.0, description="Seconds the link rests when the SMSC says it sends too fast.", gt=0)
    data_coding: Octet = Field(0, description="data_coding of a text in GSM letters; 0 is the default of the SMSC.")
    default_alphabet: Literal["gsm7", "latin1"] = Field(
        "gsm7", description="What the SMSC reads and writes under data_coding 0."
    )
    sender: str | None = Field(
        None, description="Number or name that texts come from when the message names none.", max_length=20
    )
    source_ton: Octet | None = Field(None, description="Type of number of every sender; left out: found from its form.")
    source_npi: Octet | None = Field(None, description="Numbering plan of every sender; left out: found from its form.")
    dest_ton: Octet | None = Field(
        None, description="Type of number of every recipient; left out: found from its form."
    )
    dest_npi: Octet | None = Field(
        None, description="Numbering plan of every recipient; left out: found from its form."
    )
    short_code_ton: Octet = Field(
        3, description="Type of number of short codes; 3 is network specific, some carriers want 6 or 0."
    )
    short_code_npi: Octet = Field(0, description="Numbering plan of short codes; some carriers want 1.")
    receipt_ids: ReceiptIds = Field(
        ReceiptIds.AUTO,
        description="How receipts spell message ids: as is, hex (answers are decimal), decimal (answers are "
        "hex), or auto, which finds out.",
    )
    receipt_zone: str = Field("UTC", description="Time zone of the dates in receipts, such as Asia/Tehran.")
    priority_flags: list[Annotated[int, Field(ge=0, le=3)]] = Field(
        PRIORITIES,
        description="priority_flag for each of our ten priorities, bulk first.",
        min_length=10,
        max_length=10,
    )

    @field_validator("receipt_zone")
    @classmethod
    def _zone_exists(cls, zone: str) -> str:
        try:
            ZoneInfo(zone)
        except (KeyError, ValueError, OSError) as error:
            raise ValueError(f"there is no time zone {zone!r}: write it like Europe/Berlin") from error
        return zone
