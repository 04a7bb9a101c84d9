"""What a person writes about an SMPP link in the configuration file, each field with its sentence.

The surprise: `data_coding` 0 names no alphabet. It means "the default of this SMSC", which the carrier must
tell you: `default_alphabet` says whether that is GSM 7-bit (unpacked, by far the most usual) or Latin-1.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel, Field, SecretStr, field_validator, model_validator

from drivers.smpp.spelling import ReceiptIds

Octet = Annotated[int, Field(ge=0, le=255)]
PRIORITIES = [0, 0, 0, 0, 0, 0, 1, 1, 2, 3]


class Config(BaseModel, extra="forbid"):
    """An account at an SMSC that speaks SMPP 3.4 over TCP."""

    host: str = Field(description="Name or address of the SMSC.", min_length=1)
    port: int = Field(2775, description="TCP port of the SMSC.", ge=1, le=65535)
    system_id: str = Field(
        description="User name the carrier gave you; at most 15 letters.",
        min_length=1,
        max_length=15,
        pattern=r"^[\x20-\x7e]+$",
    )
    password: SecretStr = Field(
        SecretStr(""), description="Password the carrier gave you; SMPP allows at most 8 letters."
    )
    system_type: str = Field(
        "",
        description="Kind of client, only if the carrier asks for one.",
        max_length=12,
        pattern=r"^[\x20-\x7e]*$",
    )
    service_type: str = Field(
        "",
        description="Service of each message, only if the carrier asks for one.",
        max_length=5,
        pattern=r"^[\x20-\x7e]*$",
    )
    mode: Literal["transceiver", "transmitter+receiver"] = Field(
        "transceiver",
        description="One connection for both directions, or one for each if the carrier has no transceivers.",
    )
    window: int = Field(50, description="Messages on their way without an answer; ask the carrier.", ge=1, le=10_000)
    enquire_link: float = Field(
        30.0, description="Seconds of silence after which the link asks whether the SMSC is there.", gt=0
    )
    answer_timeout: float = Field(30.0, description="Seconds to wait for the answer to any request.", gt=0)
    connect_timeout: float = Field(10.0, description="Seconds to wait for the TCP connection.", gt=0)
    reconnect_first: float = Field(
        1.0, description="Seconds before the first new try after a lost connection; doubled each time.", gt=0
    )
    reconnect_most: float = Field(60.0, description="Longest pause between two tries to connect, in seconds.", gt=0)
    refused_pause: float = Field(
        60.0,
        description="Seconds to the next try after the SMSC refused the account; short pauses may lock it.",
        gt=0,
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
    address_ton: Octet = Field(0, description="Type of number in the bind, only if the carrier asks for one.")
    address_npi: Octet = Field(0, description="Numbering plan in the bind, only if the carrier asks for one.")
    address_range: str = Field(
        "",
        description="Which of your numbers this connection serves, only if the carrier asks for it.",
        max_length=40,
        pattern=r"^[\x20-\x7e]*$",
    )
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

    @field_validator("password")
    @classmethod
    def _fits_the_bind(cls, password: SecretStr) -> SecretStr:
        written = password.get_secret_value()
        if len(written) > 8 or not written.isascii():
            raise ValueError(
                "SMPP passwords have at most 8 ASCII letters (3.4, 5.2.2): ask the carrier for another one"
            )
        return password

    @field_validator("receipt_zone")
    @classmethod
    def _zone_exists(cls, zone: str) -> str:
        try:
            ZoneInfo(zone)
        except (KeyError, ValueError, OSError) as error:
            raise ValueError(f"there is no time zone {zone!r}: write it like Europe/Berlin") from error
        return zone

    @model_validator(mode="after")
    def _pauses_are_in_order(self) -> Self:
        if self.reconnect_first > self.reconnect_most:
            raise ValueError("reconnect_first must not be longer than reconnect_most")
        return self

    @property
    def place(self) -> str:
        """host:port, as errors name it."""
        return f"{self.host}:{self.port}"
