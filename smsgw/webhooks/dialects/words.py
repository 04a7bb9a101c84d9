"""One state table: what each of our states is called in every dialect; and our ids as the dialects write them."""

from __future__ import annotations

from dataclasses import dataclass

_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's, as in store.ids


@dataclass(frozen=True, slots=True)
class Words:
    """twilio_error: its error_code, if any. kannel: its %d, 0 when there is none. stat: as in SMPP appendix B."""

    twilio: str
    twilio_error: int | None
    android: str
    kannel: int
    stat: str


STATES = {
    "accepted": Words("accepted", None, "Pending", 0, "ACCEPTD"),
    "held": Words("scheduled", None, "Pending", 0, "ACCEPTD"),
    "queued": Words("queued", None, "Pending", 4, "ENROUTE"),
    "sending": Words("sending", None, "Processed", 0, "ENROUTE"),
    "unsure": Words("sent", None, "Processed", 0, "UNKNOWN"),
    "sent": Words("sent", None, "Sent", 8, "ENROUTE"),
    "delivered": Words("delivered", None, "Delivered", 1, "DELIVRD"),
    "undelivered": Words("undelivered", 30003, "Failed", 2, "UNDELIV"),
    "failed": Words("failed", 30008, "Failed", 16, "REJECTD"),
    "refused": Words("failed", 30004, "Failed", 16, "REJECTD"),
    "expired": Words("undelivered", 30036, "Failed", 2, "EXPIRED"),
    "cancelled": Words("canceled", None, "Cancelled", 2, "DELETED"),
}
INBOUND = "received"

ERRORS = {
    30003: "Unreachable destination handset",
    30004: "Message blocked",
    30008: "Unknown error",
    30036: "Validity Period Expired",
}


def hexadecimal(id: str) -> str:
    """The 128 bits of one of our ids as 32 digits."""
    number = 0
    for letter in id.rpartition("_")[2]:
        number = number << 5 | _LETTERS.index(letter)
    return f"{number:032x}"


def ours(prefix: str, digits: str) -> str | None:
    """The id of ours that these 32 digits are; None when they are none."""
    try:
        number = int(digits, 16)
    except ValueError:
        return None
    if len(digits) != 32 or not digits.isalnum():
        return None
    return f"{prefix}_{''.join(_LETTERS[number >> shift & 31] for shift in range(125, -1, -5))}"


def uuid(id: str) -> str:
    """One of our ids as a UUID is written."""
    d = hexadecimal(id)
    return f"{d[:8]}-{d[8:12]}-{d[12:16]}-{d[16:20]}-{d[20:]}"
