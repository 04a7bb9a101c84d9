"""Turn what a client submitted into what the door takes: a text to be cut anew, or data that stays as it is.

The surprise: a text is not passed on as the client cut and coded it. Its parts are joined and decoded, and the door
cuts the text for the link that it chose, as it does for everybody. Only what is no text (8-bit data, a header with
ports or other things that texts do not have) keeps its pieces.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from ..access.smpp_clients import Terms
from ..errors import BadInput, Fault
from ..link import Alphabet
from ..listener import Address, Guest, Octets, Submission, Wants
from ..outbound.rewording import Replacement
from ..outbound.submit import Asked, Door, Ready
from ..text import alphabet, header, number, parts

# service_type, the client's word for the kind of message (SMPP 3.4 section 5.2.11), to our purpose.
PURPOSES = {
    "OTP": "otp",
    "2FA": "otp",
    "MKT": "marketing",
    "ADV": "marketing",
    "PROMO": "marketing",
    "SVC": "service",
    "CHAT": "conversational",
}
OURS = "smpp"  # our place in a message's metadata
DATA = "data"  # the encoding of what is no text
_OF_TEXTS = frozenset(
    (header.PART_OF_8, header.PART_OF_16, header.SINGLE_SHIFT, header.LOCKING_SHIFT)
)  # what a text's header may hold


@dataclass(frozen=True, slots=True)
class Caller:
    """Who submits: the guest, and the terms and the category of its key."""

    guest: Guest
    terms: Terms
    category: str | None = None


def whole(
    door: Door,
    caller: Caller,
    asked: Submission,
    to: Address,
    pieces: Sequence[Octets],
    now: datetime,
    ids: Sequence[str] | None = None,
) -> Ready:
    """What the door stores for one recipient. pieces: all of them, in order.

    ids: under which names the client knows the message, where that is not the message's own id alone.
    Raises BadInput with every fault, RefusedByPolicy (no_route).
    """
    if not _is_data(pieces):
        return door.read(_asked(door, caller, asked, to, now, ids, text=_text(pieces)))
    octets = b"".join([one.user_data for one in pieces])
    ports = header.ports(pieces[0].udh)
    read = _asked(door, caller, asked, to, now, ids, data=octets, ports=ports, max_parts=parts.MAX_PARTS)
    return _with_pieces(door, door.read(read), asked, pieces)


def _asked(
    door: Door,
    caller: Caller,
    asked: Submission,
    to: Address,
    now: datetime,
    ids: Sequence[str] | None,
    *,
    text: str = "",
    data: bytes | None = None,
    ports: tuple[int, int] | None = None,
    max_parts: int | None = None,
) -> Asked:
    sends_at = max(asked.deliver_at or now, now)
    expires_in: int | None = None
    if asked.valid_until is not None:
        expires_in = int((asked.valid_until - sends_at).total_seconds())
        if expires_in <= 0:
            says = "its validity is over before it can be sent: send it earlier, or let it be valid for longer"
            raise BadInput([Fault("/expires_in", "validity_over", says)])
    usual = "transactional" if caller.category is None else "marketing"
    purpose = PURPOSES.get(asked.service.upper(), usual)
    return Asked(
        to=spelled(to.written, door.terms.region),
        text=text,
        client=caller.guest.id,
        sender=_sender(door, caller.terms, asked.sender),
        priority=asked.priority,
        purpose=purpose,
        category=caller.category if purpose == "marketing" else None,
        send_at=asked.deliver_at,
        expires_in=expires_in,
        message_class=asked.message_class,
        max_parts=max_parts,
        data=data,
        ports=ports,
        allow_duplicate=caller.terms.allow_duplicates,
        metadata={OURS: _remembered(caller.guest, asked, to, ids)},
    )


def _remembered(guest: Guest, asked: Submission, to: Address, ids: Sequence[str] | None) -> dict[str, Any]:
    """What receipts and repeats will need of a submission."""
    kept: dict[str, Any] = {
        "to": to.echo,
        "from": asked.sender.echo if asked.sender else "",
        "wants": _letters(asked.wants),
        "session": guest.session,
    }
    if ids is not None:
        kept["ids"] = list(ids)
    return kept


def _letters(wants: Wants) -> str:
    return "s" * wants.success + "f" * wants.failure + "p" * wants.progress


def other(guest: Guest, id: str, by: Submission, now: datetime) -> Replacement:
    """The text that a client puts in the place of a message's, with the receipts that it wants from now on.

    Whom it is from and for stays. Raises BadInput for what is no text.
    """
    octets = Octets(by.alphabet, by.user_data, by.udh)
    if _is_data([octets]):
        raise BadInput([Fault("/text", "text_missing", "only a text can stand in the place of a text")])

    def marks(there: Mapping[str, Any]) -> dict[str, Any]:
        ours = there.get(OURS)
        return {OURS: {**(ours if isinstance(ours, dict) else {}), "wants": _letters(by.wants)}}

    return Replacement(id, _text([octets]), guest.id, now, guest.id, by.deliver_at, by.valid_until, marks)


@lru_cache(maxsize=65536)
def spelled(written: str, region: str | None) -> str:
    """The number in full. Digits that name no country are national where we know a region, else (and where they are no
    national number) taken for international ones without their plus, as most SMPP clients write them.
    """
    if not (written.isascii() and written.isdigit()):
        return written
    try:
        return number.read_number(written, region)
    except BadInput:
        try:
            return number.read_number(f"+{written}", None)
        except BadInput:
            return written  # the door says what is wrong with it


def _sender(door: Door, terms: Terms, sender: Address | None) -> str | None:
    if sender is None:
        return terms.senders[0] if terms.senders else None
    written = spelled(sender.written, door.terms.region)
    if terms.senders and not {written, sender.written} & set(terms.senders):
        says = f"this client may not send as {sender.written!r}; it may as {', '.join(terms.senders)}"
        raise BadInput([Fault("/from", "sender_not_allowed", says)])
    return written


def _text(pieces: Sequence[Octets]) -> str:
    if len(pieces) == 1 and not pieces[0].udh and pieces[0].alphabet is Alphabet.GSM7:
        return alphabet.decode(pieces[0].user_data)
    return parts.join([parts.Piece(one.alphabet, one.user_data, one.udh) for one in pieces])


def _is_data(pieces: Sequence[Octets]) -> bool:
    return any(
        one.alphabet is Alphabet.OCTETS or (one.udh and any(id not in _OF_TEXTS for id, _ in header.elements(one.udh)))
        for one in pieces
    )


def _with_pieces(door: Door, ready: Ready, asked: Submission, pieces: Sequence[Octets]) -> Ready:
    """The same message with the client's own pieces."""
    if len(pieces) > door.terms.max_parts:
        says = f"the data has {len(pieces)} parts, {door.terms.max_parts} are allowed"
        raise BadInput([Fault("/text", "text_too_long", says)])
    rows = [
        {
            "message_id": ready.row["id"],
            "position": position,
            "alphabet": one.alphabet.value,
            "user_data": one.user_data,
            "udh": _header(asked, one.udh, position, len(pieces)),
        }
        for position, one in enumerate(pieces, 1)
    ]
    return replace(ready, row={**ready.row, "encoding": DATA, "parts": len(pieces)}, parts=rows)


def _header(asked: Submission, udh: bytes, position: int, of: int) -> bytes:
    """The header of a piece of data, which must say its place where the client said that outside of it."""
    if of == 1 or header.concatenation(udh) is not None or asked.concatenation is None:
        return udh
    place = header.write_header(of, position, asked.concatenation.reference, False, 0, 0)
    octets = place[1:] + udh[1:]
    return bytes((len(octets),)) + octets


def named(ready: Ready, id: str) -> Ready:
    """The same message under an id that was given before."""
    return replace(ready, row={**ready.row, "id": id}, parts=[{**part, "message_id": id} for part in ready.parts])
