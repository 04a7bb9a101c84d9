"""How an SMSC is reached and what is said at the bind: the half of an SMPP link's configuration that is the session.

The surprise: a password of more than eight letters is sent as it is written. SMPP allows eight (3.4 section 5.2.2),
but many SMSCs take more and their carriers hand out such passwords, so it is a warning and not a mistake.
"""

from __future__ import annotations

import re
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, Field, SecretStr, ValidationInfo, field_validator, model_validator

Octet = Annotated[int, Field(ge=0, le=255)]
Place = Annotated[str, Field(pattern=r"^[^\s:\[\]/]+(:\d{1,5})?$|^\[[0-9A-Fa-f:.%\w]+\](:\d{1,5})?$")]
Mode = Literal["transceiver", "transmitter+receiver", "transmitter", "receiver", "outbind"]

VERSIONS = {"3.3": 0x33, "3.4": 0x34, "5.0": 0x50}  # interface_version (3.4 section 5.2.4)
LONGEST_PASSWORD = 8
ROLES: dict[str, tuple[str, ...]] = {
    "transceiver": ("transceiver",),
    "transmitter+receiver": ("transmitter", "receiver"),
    "transmitter": ("transmitter",),
    "receiver": ("receiver",),
    "outbind": (),
}


class Connection(BaseModel, extra="forbid"):
    """The session with an SMSC: where it is, who we are, how many connections, how patient."""

    host: str = Field(description="Name or address of the SMSC.", min_length=1)
    port: int = Field(2775, description="TCP port of the SMSC.", ge=1, le=65535)
    other_hosts: list[Place] = Field(
        [],
        description="Where else the SMSC may be reached, as host or host:port: each is tried when the one before "
        "it fails, and host again after the last.",
    )
    system_id: str = Field(
        description="User name the carrier gave you; at most 15 letters.",
        min_length=1,
        max_length=15,
        pattern=r"^[\x20-\x7e]+$",
    )
    password: SecretStr = Field(
        SecretStr(""),
        description="Password the carrier gave you; SMPP allows 8 letters, a longer one is sent as it is, with a "
        "warning.",
    )
    system_type: str = Field(
        "",
        description="Kind of client, only if the carrier asks for one.",
        max_length=12,
        pattern=r"^[\x20-\x7e]*$",
    )
    interface_version: Literal["3.3", "3.4", "5.0"] = Field(
        "3.4", description="Version of SMPP that we say we speak; 5.0 makes some SMSCs tell how busy they are."
    )
    mode: Mode = Field(
        "transceiver",
        description="One connection for both directions (transceiver), one for each (transmitter+receiver), only "
        "one of the two, or none of our own (outbind: the SMSC calls us, see outbind_listen).",
    )
    binds: int = Field(
        1,
        description="How many times the link binds; parts are spread over those that are up. Ask the carrier.",
        ge=1,
        le=64,
    )
    window: int = Field(
        50, description="Messages on their way without an answer, for each bind; ask the carrier.", ge=1, le=10_000
    )
    enquire_link: float = Field(
        30.0, description="Seconds of silence after which the link asks whether the SMSC is there.", gt=0
    )
    answer_timeout: float = Field(30.0, description="Seconds to wait for the answer to any request.", gt=0)
    connect_timeout: float = Field(
        10.0, description="Seconds to wait for the TCP connection, and again for the TLS handshake.", gt=0
    )
    reconnect_first: float = Field(
        1.0, description="Seconds before the first new try after a lost connection; doubled each time.", gt=0
    )
    reconnect_most: float = Field(60.0, description="Longest pause between two tries to connect, in seconds.", gt=0)
    refused_pause: float = Field(
        60.0,
        description="Seconds to the next try after the SMSC refused the account; short pauses may lock it.",
        gt=0,
    )
    address_ton: Octet = Field(0, description="Type of number in the bind, only if the carrier asks for one.")
    address_npi: Octet = Field(0, description="Numbering plan in the bind, only if the carrier asks for one.")
    address_range: str = Field(
        "",
        description="Which of your numbers this connection serves, only if the carrier asks for it.",
        max_length=40,
        pattern=r"^[\x20-\x7e]*$",
    )
    tls: bool = Field(False, description="Whether the connection is encrypted; the SMSC's certificate is verified.")
    tls_name: str | None = Field(
        None,
        description="Name that the SMSC's certificate must have; left out: host.",
        min_length=1,
    )
    tls_ca: Path | None = Field(
        None,
        description="File (PEM) with the authorities to trust, or the SMSC's own certificate if nobody signed it; "
        "left out: those that this system trusts.",
    )
    tls_certificate: Path | None = Field(
        None, description="File (PEM) with our own certificate and those above it, if the SMSC asks for one."
    )
    tls_key: Path | None = Field(
        None, description="File (PEM) with the key of our certificate, if it is not in the same file."
    )
    tls_key_password: SecretStr | None = Field(None, description="Password of that key, if it has one.")
    outbind_listen: str | None = Field(
        None,
        description="Address and port, such as 0.0.0.0:2776, where the SMSC may call us (outbind) and is bound "
        "back as receiver.",
        pattern=r"^([^\s:\[\]/]+|\[[0-9A-Fa-f:.%\w]+\]):\d{1,5}$",
    )
    outbind_from: list[str] = Field(
        [],
        description="Addresses or networks that may call, such as 192.0.2.0/24; left out: the addresses of host "
        "and other_hosts. A caller is told our password.",
    )
    outbind_password: SecretStr | None = Field(
        None, description="Password that a caller must say, if the carrier gave you one for outbind."
    )
    query_sm: bool = Field(
        False,
        description="Whether the SMSC answers query_sm: then it is asked about messages whose receipt does not come.",
    )
    cancel_sm: bool = Field(
        False, description="Whether the SMSC obeys cancel_sm: then a message that is sent can still be taken back."
    )
    replace_sm: bool = Field(
        False, description="Whether the SMSC obeys replace_sm: then the text of a message that is sent can be replaced."
    )

    @field_validator("password")
    @classmethod
    def _can_be_written(cls, password: SecretStr) -> SecretStr:
        written = password.get_secret_value()
        if len(written) > 64 or not re.fullmatch(r"[\x01-\x7f]*", written):
            raise ValueError("SMPP passwords are ASCII (3.4, 5.2.2), and one of more than 64 letters is none")
        return password

    @field_validator("tls_ca", "tls_certificate", "tls_key")
    @classmethod
    def _beside_the_file(cls, path: Path | None, info: ValidationInfo) -> Path | None:
        """Paths are read from the folder of the configuration file."""
        return path and Path((info.context or {}).get("folder", ".")) / path

    @field_validator("outbind_from")
    @classmethod
    def _networks(cls, written: list[str]) -> list[str]:
        for each in written:
            try:
                ip_network(each)
            except ValueError as wrong:
                raise ValueError(f"{each!r} is no address and no network: {wrong}") from None
        return written

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.reconnect_first > self.reconnect_most:
            raise ValueError("reconnect_first must not be longer than reconnect_most")
        for name in ("tls_name", "tls_ca", "tls_certificate", "tls_key", "tls_key_password"):
            if getattr(self, name) is not None and not self.tls:
                raise ValueError(f"{name} is given, but the connection is not encrypted: write tls = true too")
        if self.tls_key is not None and self.tls_certificate is None:
            raise ValueError("tls_key is given without tls_certificate: the SMSC is shown both or none")
        if self.mode == "outbind" and self.outbind_listen is None:
            raise ValueError('mode = "outbind" needs outbind_listen: where shall the SMSC call?')
        return self

    @property
    def place(self) -> str:
        """host:port, as errors name it."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def places(self) -> list[tuple[str, int]]:
        """Every host and port at which the SMSC may be, in the order in which they are tried."""
        return [(self.host, self.port), *(_split(other, self.port) for other in self.other_hosts)]

    @property
    def long_password(self) -> bool:
        """Whether the password is longer than SMPP allows."""
        return len(self.password.get_secret_value()) > LONGEST_PASSWORD


def _split(place: str, port: int) -> tuple[str, int]:
    """Host and port of `host`, `host:port`, `[::1]` or `[::1]:port`."""
    found = re.fullmatch(r"(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?", place)
    assert found is not None  # the field's pattern is narrower
    return found[1] or found[2], int(found[3] or port)


def listening(address: str) -> tuple[str, int]:
    """Host and port of `outbind_listen`."""
    return _split(address, 0)
