"""Where client programs connect to us: the `[listen]` table with its `[[listen.smpp]]`."""

from __future__ import annotations

import re
import ssl
from abc import abstractmethod
from ipaddress import IPv6Address
from pathlib import Path
from typing import Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from smsgw.config.certificates import server_context
from smsgw.config.links import Section


class Listening(Section):
    """An address at which others find us, and the certificate that they are shown there."""

    listen: str
    tls_certificate: Path | None = None
    tls_key: Path | None = None

    @field_validator("listen")
    @classmethod
    def _host_and_port(cls, listen: str) -> str:
        split_address(listen)
        return listen

    @field_validator("tls_certificate", "tls_key")
    @classmethod
    def _placed(cls, path: Path | None, info: ValidationInfo) -> Path | None:
        return path and Path((info.context or {}).get("folder", ".")) / path

    @model_validator(mode="after")
    def _key_has_a_certificate(self) -> Self:
        if self.tls_key is not None and self.tls_certificate is None:
            raise ValueError("tls_key needs tls_certificate beside it")
        return self

    @property
    def host(self) -> str:
        """The address to listen at, without brackets."""
        return split_address(self.listen)[0]

    @property
    def port(self) -> int:
        """The port to listen at; 0 lets the system choose."""
        return split_address(self.listen)[1]

    @property
    @abstractmethod
    def table(self) -> str:
        """How the file names it."""

    def server_context(self) -> ssl.SSLContext | None:
        """What its files say now of who we are; None where it is plain. Raises BadConfig."""
        if self.tls_certificate is None:
            return None
        return server_context(self.table, self.tls_certificate, self.tls_key)


class SmppListenConfig(Listening):
    """A port at which client programs find us as an SMSC (SMPP 3.3, 3.4 and 5.0)."""

    listen: str = Field(
        default="127.0.0.1:2775",
        description="Address and port to listen at; 0.0.0.0:2775 or [::]:2775 for every network. SMPP sends passwords "
        "and texts in the clear: over networks that are not yours use tls_certificate, or a tunnel.",
    )
    tls_certificate: Path | None = Field(
        default=None,
        description="File with the certificate (PEM, with its chain): this port then speaks TLS only.",
        examples=["/etc/smsgw/smpp.pem"],
    )
    tls_key: Path | None = Field(
        default=None,
        description="File with the certificate's private key (PEM), when it is not in the same file.",
        examples=["/etc/smsgw/smpp.key"],
    )
    system_id: str = Field(
        default="smsgw",
        pattern=r"^[\x21-\x7e]*$",
        max_length=15,
        description="What we call ourselves in the answer to a bind.",
    )
    connections: int = Field(
        default=200, ge=1, le=10_000, description="How many connections are held at a time; more are closed at once."
    )
    bind_within: float = Field(
        default=10.0, gt=0, le=600, description="Seconds within which a connection must bind, or it is closed."
    )
    enquire_link: float = Field(
        default=30.0, gt=0, le=3600, description="Seconds of silence after which we ask whether a client is there."
    )
    answer_timeout: float = Field(
        default=30.0,
        gt=0,
        le=600,
        description="Seconds to wait for a client's answer; a receipt or text without one is told again later.",
    )
    deliver_window: int = Field(
        default=20, ge=1, le=1000, description="Receipts and texts sent to a client without an answer, for each bind."
    )

    @property
    def table(self) -> str:
        """How the file names it."""
        return f"[[listen.smpp]] {self.listen}"


class ListenConfig(Section):
    """Where client programs connect to us, besides the HTTP API."""

    parts_wait: int = Field(
        default=600,
        ge=10,
        le=86_400,
        description="For how many seconds the parts of a client's long text wait for the missing ones; then the text "
        "is refused, and the receipts that were asked for say so.",
    )
    smpp: list[SmppListenConfig] = Field(
        default=[], description="Ports for SMPP clients, one [[listen.smpp]] table for each; none by default."
    )


def split_address(listen: str) -> tuple[str, int]:
    """Host and port of `127.0.0.1:8080`, `localhost:8080` or `[::1]:8080`. Raises ValueError."""
    found = re.fullmatch(r"(?:\[([0-9A-Fa-f:.]+(?:%\w+)?)\]|([^\s:\[\]/]+)):([0-9]{1,5})", listen)
    if not found:
        raise ValueError("must be address:port, such as 127.0.0.1:8080 or [::1]:8080 (0.0.0.0:8080 for every network)")
    six, four, port = found.groups()
    if int(port) > 65535:
        raise ValueError("the port must be between 0 and 65535")
    return (str(IPv6Address(six)) if six else four), int(port)
