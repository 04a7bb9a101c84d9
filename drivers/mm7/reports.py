"""Reports become receipts: which part, what became of it, and whom it concerns.

The surprise: a MessageID may be that of several recipients, so a reference then names the recipient too.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

from drivers.mm7 import outcomes
from drivers.mm7.addresses import phone_of
from drivers.mm7.config import Config
from drivers.mm7.soap import Envelope, NotMm7, text
from smsgw.link import Receipt, ReceiptState

LONGEST = 80  # letters of a reference that the store keeps


def reference_of(message_id: str, to: str, several: bool) -> str:
    """How we call a part that the MMSC calls `message_id`. several: it may be the name of other parts too."""
    told = f"{message_id} {to}" if several else message_id
    if len(told) <= LONGEST:
        return told
    return f"{told[: LONGEST - 33]}#{hashlib.sha256(told.encode()).hexdigest()[:32]}"


def receipt_of(said: Envelope, config: Config) -> Receipt:
    """The receipt in a DeliveryReportReq or ReadReplyReq. Raises NotMm7 when it says of nothing what became of it."""
    message_id = text(said.body, "MessageID")[:200]
    status = text(said.body, "MMStatus") or text(said.body, "Status")
    if not message_id or not status:
        raise NotMm7(f"{said.kind} without {'MMStatus' if message_id else 'MessageID'}", 4004)
    state, word = outcomes.state(status)
    phone = phone_of(said.body, config.ours)
    several = config.max_recipients > 1
    spelled = {one: reference_of(message_id, phone or "", one) for one in (False, True)}
    more = text(said.body, "StatusText") or text(said.body, "MMStatusExtension")
    return Receipt(
        reference=spelled[several and phone is not None],
        state=state,
        recipient=phone,
        at=moment(text(said.body, "Date") or text(said.body, "TimeStamp")),
        error=None if state is ReceiptState.DELIVERED else word,
        said=f"{word}: {more[:200]}" if more else word,
        also=(spelled[not several],) if phone is not None else (),
    )


def moment(written: str) -> datetime | None:
    """A time as XML writes it (xsd:dateTime), in UTC; None for what is none."""
    try:
        at = datetime.fromisoformat(written)
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
