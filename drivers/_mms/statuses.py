"""What an MMSC answers and reports, in the words of the driver contract: the tables that docs/mms-modem.md shows."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime

from smsgw.link import LinkError, NoAnswer, Receipt, ReceiptState, RejectedForGood, RejectedForNow

from . import tokens
from .messages import address
from .pdu import Pdu, Value

_Made = Callable[[str, str], LinkError]


def _later(says: str, code: str) -> LinkError:
    return RejectedForNow(says, code, after=300.0)


RESPONSES: dict[int, tuple[_Made, str]] = {
    0x81: (RejectedForNow, "the MMSC gives no reason"),
    0x82: (RejectedForGood, "the operator does not let this SIM send MMS"),
    0x83: (RejectedForGood, "the MMSC calls the message wrong"),
    0x84: (RejectedForGood, "the MMSC cannot make anything of the recipient's address"),
    0x85: (RejectedForGood, "the MMSC does not find the message"),
    0x86: (RejectedForNow, "the operator's network has a problem"),
    0x87: (RejectedForGood, "the MMSC does not accept this content"),
    0x88: (RejectedForGood, "the MMSC does not know this kind of message"),
    0xC0: (RejectedForNow, "the MMSC has a temporary failure"),
    0xC1: (_later, "the MMSC cannot make anything of the recipient's address at the moment"),
    0xC2: (RejectedForNow, "the MMSC does not find the message at the moment"),
    0xC3: (RejectedForNow, "the operator's network has a problem"),
    0xC4: (NoAnswer, "the MMSC did a part of what it was asked, and does not say which"),
    0xE0: (RejectedForGood, "the MMSC refuses it for good and gives no reason"),
    0xE1: (RejectedForGood, "the operator does not let this SIM send MMS"),
    0xE2: (RejectedForGood, "the MMSC calls the message wrong"),
    0xE3: (RejectedForGood, "the MMSC cannot make anything of the recipient's address"),
    0xE4: (RejectedForGood, "the MMSC does not find the message"),
    0xE5: (RejectedForGood, "the MMSC does not accept this content: too large, or of a kind that it does not carry"),
    0xEA: (RejectedForGood, "the MMSC does not hide the sender's address"),
    0xEB: (RejectedForGood, "there is not enough money on the SIM"),
}
"""Response-Status of M-Send.conf (OMA-TS-MMS_ENC section 7.3.48): 0xC0 to 0xDF pass, 0xE0 to 0xFF do not."""

RETRIEVALS: dict[int, tuple[bool, str]] = {
    0xC0: (False, "the MMSC has a temporary failure"),
    0xC1: (False, "the MMSC does not find the message at the moment"),
    0xC2: (False, "the operator's network has a problem"),
    0xE0: (True, "the MMSC refuses for good to give the message out"),
    0xE1: (True, "the operator does not let this SIM fetch MMS"),
    0xE2: (True, "the MMSC does not have the message any more"),
    0xE3: (True, "the MMSC has no form of the message that it would give us"),
}
"""Retrieve-Status of M-Retrieve.conf (section 7.3.50): whether it is for good, and what it means."""

REPORTS = {
    "Expired": (ReceiptState.EXPIRED, "it was not fetched in time"),
    "Retrieved": (ReceiptState.DELIVERED, "the phone fetched it"),
    "Rejected": (ReceiptState.REJECTED, "the phone or its owner refused it"),
    "Deferred": (ReceiptState.ENROUTE, "the phone knows of it and fetches it later"),
    "Unrecognised": (ReceiptState.UNDELIVERABLE, "the phone cannot show MMS"),
    "Indeterminate": (ReceiptState.UNKNOWN, "the operator does not know what became of it"),
    "Forwarded": (ReceiptState.ACCEPTED, "it was passed on without being fetched"),
    "Unreachable": (ReceiptState.UNDELIVERABLE, "the phone cannot be reached"),
}
"""Status of M-Delivery.ind (section 7.3.54)."""

READ, DELETED = "read", "deleted unread"  # what a receipt says of an M-Read-Orig.ind


def tail_reference(to: str) -> str:
    """What we call an MMS for which there is no Message-ID: by its recipient's last eight digits."""
    return f"mms:{re.sub(r'[^0-9]', '', to)[-8:]}"


def sent(pdu: Pdu) -> LinkError | None:
    """What an M-Send.conf says: None when the MMSC took it, else the error."""
    status = pdu.get("response-status")
    if status == "Ok":
        return None
    octet = _octet("response-status", status)
    made, says = RESPONSES.get(octet, _by_range(octet))
    words = pdu.text("status-text") or pdu.text("response-text") or ""
    return made(f"{says}: {words[:200]}" if words else says, f"MMS {octet:02X}")


def _by_range(octet: int) -> tuple[_Made, str]:
    if octet >= 0xE0:
        return RejectedForGood, "the MMSC refuses it for good, for a reason that we have no words for"
    return RejectedForNow, "the MMSC refuses it, for a reason that we have no words for"


def refused_retrieval(pdu: Pdu) -> tuple[bool, str, str] | None:
    """Why an M-Retrieve.conf brings no message: (for good, words, code); None when it brings one."""
    status = pdu.get("retrieve-status")
    if status in (None, "Ok"):
        return None
    octet = _octet("retrieve-status", status)
    for_good, says = RETRIEVALS.get(octet, (octet >= 0xE0, "the MMSC does not give the message out"))
    words = pdu.text("retrieve-text") or ""
    return for_good, f"{says}: {words[:200]}" if words else says, f"MMS {octet:02X}"


def _octet(field: str, value: Value | None) -> int:
    """The octet of a token; 0 for what is none."""
    if isinstance(value, int):
        return value & 0xFF
    return next((octet for octet, word in tokens.TOKENS[field].items() if word == value), 0)


def report(pdu: Pdu) -> Receipt | None:
    """The receipt that an M-Delivery.ind or an M-Read-Orig.ind is; None for other PDUs and those without an id."""
    id = pdu.text("message-id")
    if not id:
        return None
    if pdu.kind == "m-delivery-ind":
        to = address((pdu.all("to") or [""])[0])
        status = pdu.text("status") or "Indeterminate"
        state, says = REPORTS.get(status, (ReceiptState.UNKNOWN, "the operator says what no standard knows"))
        words = pdu.text("status-text")
        error = None if state is ReceiptState.DELIVERED else status
        return Receipt(id, state, to or None, _date(pdu), error, words or says, (tail_reference(to),) if to else ())
    if pdu.kind == "m-read-orig-ind":  # who read it is in From (section 6.7.2)
        by = address(pdu.text("from") or "")
        said = DELETED if pdu.get("read-status") == "Deleted" else READ
        return Receipt(
            id, ReceiptState.DELIVERED, by or None, _date(pdu), None, said, (tail_reference(by),) if by else ()
        )
    return None


def _date(pdu: Pdu) -> datetime | None:
    seconds = pdu.get("date")
    try:
        return datetime.fromtimestamp(seconds, UTC) if isinstance(seconds, int) else None
    except (OverflowError, ValueError, OSError):
        return None
