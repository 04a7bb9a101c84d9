"""What a person writes about an SMPP link in the configuration file, each field with its sentence.

The surprise: there is nothing here but what joins the two halves, the session and what stands in its messages.
"""

from __future__ import annotations

from pydantic import Field

from drivers.smpp.connection import Connection
from drivers.smpp.contents import Contents


class Config(Contents, Connection, extra="forbid"):
    """An account at an SMSC that speaks SMPP over TCP: the session (`connection`), and its messages (`contents`)."""

    throttle_pause: float = Field(1.0, description="Seconds the link rests when the SMSC says it sends too fast.", gt=0)
    sender: str | None = Field(
        None, description="Number or name that texts come from when the message names none.", max_length=20
    )
