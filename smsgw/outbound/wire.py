"""Make what a driver is given from the rows of a message and of one of its parts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ..link import Alphabet, Content, WirePart
from .cutting import CONTENTS

UNBUILT = Content(())
"""Stands for a content that the sender builds when its part is handed over, and not before: octets take memory."""


def wire_part(message: Mapping[str, Any], piece: Mapping[str, Any], now: datetime) -> WirePart:
    """message, piece: columns of tables `message` and `part`. The network may try until the message's valid_until."""
    return WirePart(
        message_id=message["id"],
        position=piece["position"],
        of=message["parts"],
        to=message["recipient"],
        sender=message["sender"],
        alphabet=Alphabet(piece["alphabet"]),
        user_data=piece["user_data"],
        udh=piece["udh"],
        validity=max(1, int((message["valid_until"] - now).total_seconds())),
        message_class=message["message_class"],
        priority=message["priority"],
        deliver_at=message["deliver_at"],
        content=UNBUILT if message["encoding"] in CONTENTS else None,
    )
