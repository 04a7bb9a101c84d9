"""MMS that a modem tells of by a line of its own, for its firmware keeps WAP pushes to itself (SIM5320, SIM7xxx)."""

from __future__ import annotations

import uuid

from drivers._mms.push import PORT, announcement
from drivers.modem.answers import fields, value
from smsgw.link import Alphabet, InboundPiece
from smsgw.text.header import write_header

NEWS = "+WAP_PUSH_MMS"
_CENTRE = "MMSC"  # the line does not say from where the push came


def announced(line: str, number: str | None) -> InboundPiece | None:
    """The push that stands behind `+WAP_PUSH_MMS: "sender","transaction","url","time",class,size`, as if it had come.

    number: our own. None for a line without a place. Each has a name of its own: the modem does not keep it, and when
    it says the same again, the MMSC has announced it again.
    """
    told = fields(value([line], NEWS) or "")
    if len(told) < 3 or "://" not in told[2]:
        return None
    size = int(told[5]) if len(told) > 5 and told[5].isdecimal() else 0
    try:
        octets = announcement(told[1], told[2], told[0] or "unknown", min(size, 2**31 - 1))
    except ValueError:  # a NUL from a dirty line
        return None
    head = write_header(1, 1, 0, False, 0, 0, (PORT, 9200))
    return InboundPiece(f"push-{uuid.uuid4().hex}", _CENTRE, number, Alphabet.OCTETS, octets, head, kind="data")
