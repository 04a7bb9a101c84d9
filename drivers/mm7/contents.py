"""What stands in the messages of an MMSC: the half of an MM7 link's configuration that is about SOAP.

The surprise: version and namespace are two settings, for MMSCs mix them: one that says 6.8.0 may speak in the
namespace of release 5.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field, field_validator

SCHEMAS = "http://www.3gpp.org/ftp/Specs/archive/23_series/23.140/schema/"

Written = Literal["+491701234567", "491701234567", "+491701234567/TYPE=PLMN", "491701234567/TYPE=PLMN"]


class Contents(BaseModel, extra="forbid"):
    """Who we are in a request, and how its elements are written."""

    version: str = Field(
        "6.8.0", description="MM7Version that we say, such as 5.3.0 or 6.8.0.", pattern=r"^\d{1,2}(\.\d{1,3}){1,2}$"
    )
    namespace: str = Field(
        "REL-6-MM7-1-4",
        description="Schema of the elements: its short name, such as REL-5-MM7-1-2, or the whole address.",
        pattern=r"^[!-~]{3,200}$",
    )
    prefix: str = Field(
        "mm7",
        description="Prefix of the elements; an empty one makes the schema the default namespace.",
        pattern=r"^([A-Za-z][A-Za-z0-9_-]{0,20})?$",
    )
    charset: str = Field("utf-8", description="How the XML of a request is coded.", examples=["iso-8859-1"])
    vasp_id: str = Field("", description="VASPID: the operator's name for this company.", max_length=100)
    vas_id: str = Field("", description="VASID: the operator's name for this service.", max_length=100)
    service_code: str = Field("", description="ServiceCode for billing, if the operator asks for one.", max_length=100)
    sender: str | None = Field(
        None, description="Number or short code that MMS come from when the message names none.", max_length=60
    )
    sender_as: Literal["auto", "Number", "ShortCode", "none"] = Field(
        "auto",
        description="How our own address is written: as a Number, a ShortCode, or not at all (none); auto is a Number "
        "when it begins with +, else a ShortCode.",
    )
    numbers: list[str] = Field(
        [],
        description="Further numbers and short codes of ours at this MMSC: some MMSCs write a report the wrong way "
        "round, and this tells us who is who.",
    )
    number_format: Written = Field("+491701234567", description="How a phone number is written, shown on an example.")
    max_recipients: int = Field(
        1,
        description="How many recipients one request may have, who then get the same content by Bcc; many MMSCs allow "
        "one.",
        ge=1,
        le=500,
    )
    max_octets: int = Field(
        307_200,
        description="The largest MMS that the MMSC takes, in octets, with all its parts and headers.",
        ge=10_000,
        le=100_000_000,
    )
    encoding: Literal["base64", "binary"] = Field(
        "base64", description="How pictures and sounds are coded in a request; binary is a quarter smaller."
    )
    message_class: Literal["Personal", "Advertisement", "Informational", "Auto"] | None = Field(
        None, description="MessageClass of what we send, if the operator asks for one."
    )
    charged_party: Literal["Sender", "Recipient", "Both", "Neither", "ThirdParty"] | None = Field(
        None, description="Who pays for what we send (ChargedParty), if the operator asks for it."
    )
    allow_adaptations: bool = Field(True, description="Whether the MMSC may adapt pictures to the phone.")
    cancel: bool = Field(True, description="Whether the MMSC takes an MMS back (CancelReq).")
    replace: bool = Field(True, description="Whether the MMSC puts another content in its place (ReplaceReq).")
    texts: bool = Field(
        False, description="Whether texts, too, may go over this link: each as an MMS without a picture."
    )

    @field_validator("charset")
    @classmethod
    def _known(cls, charset: str) -> str:
        try:
            if "<?xml".encode(charset) != b"<?xml":
                raise LookupError
        except (LookupError, UnicodeError):
            raise ValueError("is no charset that XML can begin with: utf-8, iso-8859-1, …") from None
        return charset

    @property
    def full_namespace(self) -> str:
        """The whole address of the namespace."""
        return self.namespace if ":" in self.namespace else SCHEMAS + self.namespace

    @property
    def ours(self) -> frozenset[str]:
        """Our own addresses, as far as they are known."""
        return frozenset(one for one in (self.sender, *self.numbers) if one)
