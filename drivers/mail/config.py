"""What a person writes about an e-mail link: the server that takes mails, and the ways by which they come in."""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self

from pydantic import BaseModel, Field, SecretStr, StringConstraints, field_validator, model_validator

from smsgw.errors import BadInput
from smsgw.text.mail_address import read_mail

Domain = Annotated[
    str, StringConstraints(to_lower=True, pattern=r"^([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?\.)+[a-z0-9-]{2,}$")
]


class Config(BaseModel, extra="forbid"):
    """An e-mail link."""

    host: str | None = Field(
        None,
        description="The mail server that takes what we send; left out, that of [mail] is used, with its port, "
        "encryption, user and password. Without either the link only receives.",
        examples=["smtp.example.com"],
    )
    port: int = Field(587, description="Its port: 587 with starttls, 465 with tls, 25 plain.", ge=1, le=65535)
    encryption: Literal["starttls", "tls", "none"] = Field(
        "starttls", description="How the connection is encrypted; none only on the same machine."
    )
    user: str | None = Field(None, description="The name to log in with; without it nobody logs in.")
    password: SecretStr | None = Field(None, description="The password to log in with.")
    address: str | None = Field(
        None,
        description="The address that mails are from, and that customers write to; left out, the sender of [mail].",
        examples=["shop@example.com"],
    )
    address_name: str = Field("", description="The name beside it.", max_length=100, examples=["The Shop"])
    bounces_to: str | None = Field(
        None,
        description="The address that bounces come back to, one that comes in by this link; by default the address.",
        examples=["bounces@in.example.com"],
    )
    window: int = Field(2, description="Connections to the mail server at a time.", ge=1, le=50)
    answer_timeout: float = Field(60.0, description="Seconds to wait for the mail server's answer.", gt=0, le=600)
    probe_every: float = Field(
        60.0, description="Seconds between two looks whether the mail server can be reached.", ge=1, le=3600
    )
    listen: str | None = Field(
        None,
        description="Address and port at which our listener takes mails from the company's mail server.",
        examples=["127.0.0.1:2424"],
    )
    protocol: Literal["lmtp", "smtp"] = Field("lmtp", description="What is spoken there (RFC 2033, RFC 5321).")
    listen_user: str | None = Field(
        None, description="A name with which programs may log in there (smtp only): what they bring is believed."
    )
    listen_password: SecretStr | None = Field(None, description="The password for it.")
    domains: list[Domain] = Field(
        default=[],
        description="Mails to these domains are taken, and no others: that of the address, and the domain of [mail], "
        "need not be named.",
        examples=[["in.example.com"]],
    )
    max_mb: float = Field(10.0, description="The largest mail that is taken in, in megabytes.", gt=0, le=100)
    imap_host: str | None = Field(
        None,
        description="A server whose mailbox is read, where there is no way to a listener.",
        examples=["imap.example.com"],
    )
    imap_port: int = Field(993, description="Its port: 993 with tls, 143 with starttls or none.", ge=1, le=65535)
    imap_encryption: Literal["tls", "starttls", "none"] = Field("tls", description="How the connection is encrypted.")
    imap_user: str | None = Field(None, description="Whose mailbox it is.", examples=["shop@example.com"])
    imap_password: SecretStr | None = Field(None, description="The password for it.", examples=["change me"])
    imap_folder: str = Field("INBOX", description="The folder that is read.")
    imap_done: str = Field("smsgw", description="The folder to which mails are moved that were taken; made if need be.")
    imap_refused: str = Field("smsgw refused", description="The folder to which mails are moved that were refused.")
    imap_every: float = Field(
        60.0, description="Seconds between two looks, for servers that do not tell by themselves.", ge=1, le=3600
    )

    @field_validator("address", "bounces_to")
    @classmethod
    def _address(cls, written: str | None) -> str | None:
        try:
            return None if written is None else read_mail(written)
        except BadInput as wrong:
            raise ValueError(str(wrong)) from wrong

    @field_validator("listen")
    @classmethod
    def _host_and_port(cls, listen: str | None) -> str | None:
        if listen is not None:
            place(listen)
        return listen

    @model_validator(mode="after")
    def _whole(self) -> Self:
        for name, secret in (("user", "password"), ("listen_user", "listen_password"), ("imap_user", "imap_password")):
            if (getattr(self, name) is None) != (getattr(self, secret) is None):
                raise ValueError(f"needs both {name} and {secret}, or neither")
        if self.imap_host is not None and self.imap_user is None:
            raise ValueError("has an imap_host but no imap_user: say whose mailbox is read")
        if self.listen_user is not None and self.protocol == "lmtp":
            raise ValueError("has a listen_user, which LMTP does not know: use protocol smtp")
        return self

    def unreachable(self) -> str:
        """Why the mail server or the mailbox cannot be used now, for whoever examines the link; "" when both can."""
        from drivers.mail.handing import Hand  # not at the top: these read this file
        from drivers.mail.mailbox import trouble

        found = []
        if self.host is not None:
            hand = Hand(self)
            if (no := hand.look()) is not None:
                found.append(no.says)
            hand.close()
        if self.imap_host is not None:
            found.append(trouble(self))
        return "; ".join(filter(None, found))

    @property
    def own_domains(self) -> frozenset[str]:
        """The domains whose mails are ours."""
        mine = (address.rpartition("@")[2] for address in (self.address, self.bounces_to) if address)
        return frozenset([*self.domains, *mine])


def place(listen: str) -> tuple[str, int]:
    """Host and port of `127.0.0.1:2424` or `[::1]:2424`. Raises ValueError."""
    found = re.fullmatch(r"(?:\[([0-9A-Fa-f:.]+)\]|([^\s:\[\]/]+)):([0-9]{1,5})", listen)
    if found is None or int(found[3]) > 65535:
        raise ValueError("must be address:port, such as 127.0.0.1:2424 or [::1]:2424")
    return found[1] or found[2], int(found[3])
