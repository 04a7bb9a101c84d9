"""Turn a deliver_sm from a phone into an InboundPiece, and name it so that a repeat has the same name.

The surprise: a deliver_sm has no id. See `Occurrences` for how it gets one.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from threading import Lock

from drivers.smpp import pdu
from drivers.smpp.addresses import decode
from drivers.smpp.coding import UDHI, Coding
from drivers.smpp.contents import Contents
from smsgw.link import Concatenation, InboundPiece
from smsgw.text.header import ports, write_header

REPEATS_WITHIN = 900
_TYPE_0 = 0x40  # protocol_id of a text the phone must not show (23.040 section 9.2.3.9)


def digest(told: pdu.DeliverSm) -> str:
    """What makes two deliver_sm the same one: source, destination, form and content, as 32 hexadecimal
    digits.
    """
    parts = hashlib.blake2b(digest_size=16)
    sar = b"".join(told.parameters.get(tag, b"-") for tag in _OUTSIDE)
    form = bytes((told.esm_class, told.data_coding, told.protocol_id))
    for piece in (told.source.encode("latin-1"), told.dest.encode("latin-1"), form, sar, told.message):
        parts.update(len(piece).to_bytes(4, "big") + piece)
    return parts.hexdigest()


_SAR = (pdu.SAR_MSG_REF_NUM, pdu.SAR_TOTAL_SEGMENTS, pdu.SAR_SEGMENT_SEQNUM)
_OUTSIDE = (*_SAR, pdu.SOURCE_PORT, pdu.DESTINATION_PORT)  # what others have in the header


class Pieces:
    """Reads what phones send as one link's configuration understands it."""

    def __init__(self, contents: Contents) -> None:
        self._contents = contents
        self._coding = Coding(contents)

    def piece(self, told: pdu.DeliverSm, reference: str) -> InboundPiece:
        """What a phone sent, with its header apart. A header that does not fit is left in the text: nothing is
        thrown away. Ports in parameters are put into the header, where everybody looks for them.
        """
        udh, octets = _header(told)
        heard = self._coding.hear(told.data_coding, octets, udh)
        kind = heard.kind
        udh = _with_ports(told, udh)
        if ports(udh) is not None:
            kind = "data"
        elif told.protocol_id == _TYPE_0:
            kind = "silent"
        return InboundPiece(
            reference=reference,
            sender=decode(self._contents, told.source, told.source_ton),
            to=decode(self._contents, told.dest, told.dest_ton) or None,
            alphabet=heard.alphabet,
            user_data=heard.user_data,
            udh=udh,
            concatenation=_sar(told),
            repeats_within=REPEATS_WITHIN,
            kind=kind,
        )


def _header(told: pdu.DeliverSm) -> tuple[bytes, bytes]:
    message = told.message
    if not told.esm_class & UDHI or not message or message[0] + 1 > len(message):
        return b"", message
    return message[: message[0] + 1], message[message[0] + 1 :]


def _with_ports(told: pdu.DeliverSm, udh: bytes) -> bytes:
    """The header with the ports of source_port and destination_port (5.3.2.20 and 21), unless it names some itself."""
    dest, source = told.number(pdu.DESTINATION_PORT), told.number(pdu.SOURCE_PORT) or 0
    if dest is None or max(dest, source) > 0xFFFF or ports(udh) is not None:
        return udh
    octets = udh[1:] + write_header(1, 1, 0, False, 0, 0, (dest, source))[1:]
    return bytes((len(octets),)) + octets if len(octets) <= 0xFF else udh


def _sar(told: pdu.DeliverSm) -> Concatenation | None:
    """The sar_* parameters (5.3.2.22 to 24) when all three are there and make sense."""
    reference, of, position = (told.number(tag) for tag in _SAR)
    if reference is None or not of or not position or position > of or of == 1:
        return None
    return Concatenation(reference, of, position, wide=True)


class Occurrences:
    """Names deliver_sm by their digest and the number of the occurrence in this session: `digest:0`,
    `digest:1`, …

    A customer may well write "yes" twice; an SMSC may as well say one "yes" twice, because our answer was
    lost with the connection. Nothing in the PDU tells the two apart, the session does: within a session an
    SMSC repeats only what we answered with an error, so each further equal one is new and gets the next
    number, while a number whose answer was an error is free again. After a new bind counting starts from 0
    again, so that what the SMSC says again has the reference it had before and smsgw drops it (within
    `repeats_within`, 900 seconds).

    The price: the same words from the same phone after a new bind, within 900 seconds, are taken for a
    repeat. To keep that rare, what was acknowledged more than `certain` seconds before the session ended
    keeps its number in the next session: that acknowledgement has surely arrived. Where a link has several
    sessions they count together, and only what the ended one brought may be said again, by whichever.

    Any thread may call it. Times are seconds of any steady clock.
    """

    def __init__(self, certain: float) -> None:
        self._certain = certain
        # digest: number: when acknowledged, infinity before; and the session that brought it
        self._named: dict[str, dict[int, tuple[float, object]]] = {}
        self._lock = Lock()

    def name(self, digest: str, session: object = None) -> str:
        """The reference for a deliver_sm that has come by this session."""
        with self._lock:
            taken = self._named.setdefault(digest, {})
            number = len(taken)
            if number in taken:  # a smaller one is free
                number = next(n for n in range(number) if n not in taken)
            taken[number] = (math.inf, session)
        return f"{digest}:{number}"

    def acknowledged(self, reference: str, now: float) -> None:
        """Its answer was sent at `now`."""
        digest, _, number = reference.partition(":")
        with self._lock:
            if int(number) in (taken := self._named.get(digest, {})):
                taken[int(number)] = (now, taken[int(number)][1])

    def free(self, reference: str) -> None:
        """It was answered with an error: the SMSC will say it again, under the same number."""
        digest, _, number = reference.partition(":")
        with self._lock:
            self._named.get(digest, {}).pop(int(number), None)

    def new_session(self, ended: float, session: object = None) -> None:
        """This session ended at `ended`; count anew what it may say again."""
        self._keep(lambda at, by: at > ended - REPEATS_WITHIN and (by is not session or at < ended - self._certain))

    def forget(self, now: float) -> None:
        """Drop what is older than any repeat."""
        self._keep(lambda at, by: at > now - REPEATS_WITHIN)

    def _keep(self, wanted: Callable[[float, object], bool]) -> None:
        with self._lock:
            self._named = {
                digest: kept
                for digest, taken in self._named.items()
                if (kept := {number: (at, by) for number, (at, by) in taken.items() if wanted(at, by)})
            }
