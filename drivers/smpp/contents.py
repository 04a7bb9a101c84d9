"""What a person writes about the contents of messages: alphabets, numbers, long texts, receipts, times.

The surprise: `data_coding` 0 names no alphabet. It means "the default of this SMSC", which the carrier must
tell you: `default_alphabet` says which one that is (GSM 7-bit unpacked, by far the most usual).
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, Field, field_validator, model_validator

from drivers.smpp.connection import Octet
from drivers.smpp.spelling import ReceiptIds

PRIORITIES = [0, 0, 0, 0, 0, 0, 1, 1, 2, 3]


class Charset(StrEnum):
    """How letters or data stand in a message; those that we write come first."""

    GSM7 = "gsm7"  # septets, one in each octet
    PACKED = "gsm7-packed"  # septets as on the air (23.038 section 6.1.2.1)
    LATIN1 = "latin1"
    ASCII = "ascii"
    UCS2 = "ucs2"
    OCTETS = "octets"
    UCS2_LE = "ucs2-le"
    UTF8 = "utf-8"
    WINDOWS = "windows-1252"
    JIS = "shift-jis"
    CYRILLIC = "cyrillic"
    HEBREW = "hebrew"
    ISO2022 = "iso-2022-jp"
    KOREAN = "euc-kr"


Written = Literal["gsm7", "gsm7-packed", "latin1", "ascii", "ucs2"]
Form = Literal["international", "national", "short_code", "unknown", "name"]
FORMS: dict[Form, tuple[int, int]] = {
    "international": (1, 1),
    "national": (2, 1),
    "short_code": (3, 0),
    "unknown": (0, 1),
    "name": (5, 0),
}
_MODES = {"default": 0, "datagram": 1, "forward": 2, "store": 3}  # esm_class, bits 0 and 1 (5.2.12)
_ACKNOWLEDGEMENTS = {"none": 0x00, "delivery": 0x04, "user": 0x08, "both": 0x0C}  # registered_delivery (5.2.17)
_RECEIPTS = {"none": 0, "all": 1, "failures": 2}  # registered_delivery, bits 0 and 1


def _coding(written: object) -> object:
    """A number as a key writes it, "0xF1" or "241"; anything else as it is, for the check of the type to refuse."""
    try:
        return int(written, 0) if isinstance(written, str) else written
    except ValueError:
        return written


Coding = Annotated[int, BeforeValidator(_coding), Field(ge=0, le=255)]


class Contents(BaseModel, extra="forbid"):
    """What stands in the messages of a link."""

    default_alphabet: Literal["gsm7", "gsm7-packed", "latin1", "ascii"] = Field(
        "gsm7", description="What the SMSC means by data_coding 0, in both directions."
    )
    alphabet: Written | None = Field(
        None,
        description="How texts in GSM letters are written; left out: in the default alphabet. Texts with letters that "
        "it lacks go in UCS-2.",
    )
    data_codings: dict[Literal["gsm7", "gsm7-packed", "latin1", "ascii", "ucs2", "octets"], Octet] = Field(
        {},
        description="Numbers that this SMSC has for alphabets, where they are others than 0 for the default alphabet, "
        "1 for ascii, 3 for latin1, 4 for octets, 8 for ucs2.",
        examples=[{"ucs2": 0x18}],
    )
    class_codings: dict[Literal["gsm7", "octets", "ucs2"], Octet] = Field(
        {},
        description="data_coding of message class 0, to which the class is added, where it is another than 0xF0 for "
        "gsm7, 0xF4 for octets, 0x18 for ucs2.",
        examples=[{"gsm7": 0x10}],
    )
    read_as: dict[Coding, Charset] = Field(
        {},
        description="What comes in under a data_coding, where this SMSC means something of its own by it.",
        examples=[{"0xF1": "latin1"}],
    )
    long_texts: Literal["udh", "sar", "payload"] = Field(
        "udh",
        description="How a text that takes several parts goes out: with a header in each part (udh), with sar_ "
        "parameters, or whole in message_payload, which the SMSC cuts.",
    )
    wide_references: bool = Field(
        False, description="Whether the parts of a long text are numbered with 16 bits, not 8; takes a letter of each."
    )
    ports: Literal["udh", "parameters"] = Field(
        "udh", description="Where the ports of data stand: in its header, or in source_port and destination_port."
    )
    service_type: str = Field(
        "",
        description="Service of each message, only if the carrier asks for one.",
        max_length=5,
        pattern=r"^[\x20-\x7e]*$",
    )
    number_types: dict[Form, tuple[Octet, Octet]] = Field(
        {},
        description="Type of number and numbering plan by the form of an address, where they are others than [1, 1] "
        "for international, [2, 1] for national, [3, 0] for a short_code, [0, 1] for other digits (unknown) and [5, 0] "
        "for a name.",
        examples=[{"short_code": [6, 0]}],
    )
    source_ton: Octet | None = Field(None, description="Type of number of every sender; left out: found from its form.")
    source_npi: Octet | None = Field(None, description="Numbering plan of every sender; left out: found from its form.")
    dest_ton: Octet | None = Field(
        None, description="Type of number of every recipient; left out: found from its form."
    )
    dest_npi: Octet | None = Field(
        None, description="Numbering plan of every recipient; left out: found from its form."
    )
    short_code_digits: int = Field(8, ge=0, le=15, description="Up to how many digits without + are a short code.")
    international_prefix: Literal["", "+", "00"] = Field(
        "", description="What the SMSC wants to see before the digits of an international number."
    )
    country_code: str | None = Field(
        None,
        pattern=r"^[1-9][0-9]{0,3}$",
        description="Numbers of this country are written and read in national form, only if the carrier asks for it.",
        examples=["386"],
    )
    national_prefix: str = Field(
        "", max_length=3, pattern=r"^[0-9]*$", description="What national numbers begin with there, such as 0."
    )
    unknown_is_international: bool = Field(
        False,
        description="Whether numbers that come in without a type, longer than a short code, are international ones.",
    )
    validity: Literal["relative", "absolute", "none"] = Field(
        "relative",
        description="How long the SMSC may try: as a time from now, as a moment in UTC, or left to the SMSC.",
    )
    schedule: Literal["gateway", "smsc"] = Field(
        "gateway",
        description="Who keeps a message until its send_at; what the SMSC keeps is not stopped by a STOP that comes "
        "meanwhile.",
    )
    priority_flags: list[Annotated[int, Field(ge=0, le=3)]] = Field(
        PRIORITIES,
        description="priority_flag for each of our ten priorities, bulk first.",
        min_length=10,
        max_length=10,
    )
    replace_if_present: bool = Field(
        False,
        description="Whether a message takes the place of one with the same sender, recipient and service_type that "
        "the SMSC has not delivered yet.",
    )
    protocol_id: Octet = Field(0, description="protocol_id of each message, such as 65 to replace on the phone.")
    messaging_mode: Literal["default", "datagram", "forward", "store"] = Field(
        "default", description="How the SMSC treats messages; datagrams and forwarded ones are not kept for a retry."
    )
    reply_path: bool = Field(False, description="Whether the SMSC is asked to keep a reply path open.")
    receipts: Literal["all", "failures", "none"] = Field(
        "all", description="Which receipts are asked for; without all of them nobody knows what was delivered."
    )
    acknowledgements: Literal["none", "delivery", "user", "both"] = Field(
        "none", description="Whether the phone is asked to acknowledge what it got, and its user what they read."
    )
    intermediate: bool = Field(False, description="Whether the SMSC is asked to tell of tries that failed for now.")
    receipt_ids: ReceiptIds = Field(
        ReceiptIds.AUTO,
        description="How receipts spell message ids: as is, hex (answers are decimal), decimal (answers are "
        "hex), or auto, which finds out.",
    )
    receipt_zone: str = Field("UTC", description="Time zone of the dates in receipts, such as Asia/Tehran.")

    @field_validator("receipt_zone")
    @classmethod
    def _zone_exists(cls, zone: str) -> str:
        try:
            ZoneInfo(zone)
        except (KeyError, ValueError, OSError) as error:
            raise ValueError(f"there is no time zone {zone!r}: write it like Europe/Berlin") from error
        return zone

    @model_validator(mode="after")
    def _gsm_letters_have_a_number(self) -> Self:
        writes = self.alphabet
        numbered = writes in self.data_codings or writes == self.default_alphabet
        if (writes == "gsm7" or writes == "gsm7-packed") and not numbered:
            raise ValueError(
                f"SMPP has no data_coding for {writes} where {self.default_alphabet} is the default: write the "
                f"carrier's, such as data_codings = {{ {writes} = 0xF1 }}"
            )
        return self

    @model_validator(mode="after")
    def _national_numbers_have_a_country(self) -> Self:
        if self.national_prefix and self.country_code is None:
            raise ValueError("national_prefix needs country_code: which numbers are national ones?")
        return self

    def type_of(self, form: Form) -> tuple[int, int]:
        """TON and NPI of addresses of this form."""
        return self.number_types.get(form, FORMS[form])

    @property
    def writes(self) -> Charset:
        """How texts in GSM letters are written."""
        return Charset(self.alphabet or self.default_alphabet)

    @property
    def esm_class(self) -> int:
        """Mode and reply path (5.2.12), without what the message itself decides."""
        return _MODES[self.messaging_mode] | (0x80 if self.reply_path else 0)

    @property
    def registered_delivery(self) -> int:
        """What is asked for when a receipt is wanted (5.2.17)."""
        asked = _RECEIPTS[self.receipts] | _ACKNOWLEDGEMENTS[self.acknowledgements]
        return asked | (0x10 if self.intermediate else 0)
