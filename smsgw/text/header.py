"""The user data header of a part: what is in it, and how to write one (3GPP TS 23.040 section 9.2.3.24).

Headers come from strangers: reading one takes what is whole and never raises.
"""

from __future__ import annotations

from collections.abc import Iterator

from smsgw.link import Concatenation

PART_OF_8, PORTS_8, PORTS_16, PART_OF_16, SINGLE_SHIFT, LOCKING_SHIFT = 0x00, 0x04, 0x05, 0x08, 0x24, 0x25


def elements(udh: bytes) -> Iterator[tuple[int, bytes]]:
    """Each information element of a header (its length octet first): its identifier and its octets."""
    end = min(len(udh), udh[0] + 1) if udh else 0
    at = 1
    while at + 2 <= end and at + 2 + udh[at + 1] <= end:
        yield udh[at], udh[at + 2 : at + 2 + udh[at + 1]]
        at += 2 + udh[at + 1]


def write_header(
    of: int,
    position: int,
    reference: int,
    wide: bool,
    locking: int,
    single: int,
    ports: tuple[int, int] | None = None,
) -> bytes:
    """The header of part `position` (from 1) `of` so many, or b"" if it would be empty.

    reference: taken modulo 256, or 65536 when `wide`. locking, single: national language numbers, 0 for none.
    ports: (destination, origin), 0 to 65535 (section 9.2.3.24.4), or None.
    """
    octets = b""
    if of > 1 and wide:
        octets += bytes((PART_OF_16, 4, reference >> 8 & 0xFF, reference & 0xFF, of, position))
    elif of > 1:
        octets += bytes((PART_OF_8, 3, reference & 0xFF, of, position))
    if ports is not None:
        octets += bytes((PORTS_16, 4)) + ports[0].to_bytes(2, "big") + ports[1].to_bytes(2, "big")
    if single:
        octets += bytes((SINGLE_SHIFT, 1, single))
    if locking:
        octets += bytes((LOCKING_SHIFT, 1, locking))
    return bytes((len(octets),)) + octets if octets else b""


def without(udh: bytes, *identifiers: int) -> bytes:
    """The header without these elements, or b"" if nothing is left; what is broken behind the elements is dropped."""
    kept = [bytes((name, len(octets))) + octets for name, octets in elements(udh) if name not in identifiers]
    octets = b"".join(kept)
    return bytes((len(octets),)) + octets if octets else b""


def concatenation(udh: bytes) -> Concatenation | None:
    """Which part of which whole; None if the header does not say so, or says nonsense such as "part 3 of 2".

    Where it says so twice, the last word counts (section 9.2.3.24).
    """
    found: Concatenation | None = None
    for identifier, octets in elements(udh):
        if identifier == PART_OF_8 and len(octets) == 3:
            reference, wide = octets[0], False
        elif identifier == PART_OF_16 and len(octets) == 4:
            reference, wide = octets[0] << 8 | octets[1], True
        else:
            continue
        of, position = octets[-2], octets[-1]
        if 1 <= position <= of:
            found = Concatenation(reference, of, position, wide)
    return found


def ports(udh: bytes) -> tuple[int, int] | None:
    """The ports (destination, origin) that the header names, or None (sections 9.2.3.24.3 and .4)."""
    found: tuple[int, int] | None = None
    for identifier, octets in elements(udh):
        if identifier == PORTS_8 and len(octets) == 2:
            found = octets[0], octets[1]
        elif identifier == PORTS_16 and len(octets) == 4:
            found = octets[0] << 8 | octets[1], octets[2] << 8 | octets[3]
    return found


def shifts(udh: bytes) -> tuple[int, int]:
    """The national languages (locking, single) it names; 0 for none (sections 9.2.3.24.15 and .16)."""
    locking = single = 0
    for identifier, octets in elements(udh):
        if identifier == LOCKING_SHIFT and len(octets) == 1:
            locking = octets[0]
        elif identifier == SINGLE_SHIFT and len(octets) == 1:
            single = octets[0]
    return locking, single
