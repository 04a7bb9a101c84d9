"""Pack septets into octets and back (3GPP TS 23.038 section 6.1.2.1): a part at once, as one big integer.

Neighbours are closed up in pairs, then pairs of pairs: eight steps for a part, not one step for each septet.
"""

from __future__ import annotations

import functools

OCTETS_IN_A_PART = 140
"""What one part carries: 160 septets (3GPP TS 23.040 section 9.2.3.24)."""


def fill_bits(udh_length: int) -> int:
    """How many bits (0 to 6) stand between a header and the first septet, which begins on a septet boundary.

    udh_length: octets of the header including its length octet (23.040 figure 9.2.3.24 (a)).
    """
    return -8 * udh_length % 7


def room(udh_length: int) -> int:
    """How many septets one part holds behind a header of so many octets with its length octet: 160, 153, …"""
    return (OCTETS_IN_A_PART - udh_length) * 8 // 7


@functools.lru_cache(maxsize=32)
def _steps(doublings: int) -> list[tuple[int, int, int]]:
    """Each step of closing up 2**doublings septets: bits apart before and after, mask of every other."""
    steps = []
    for doubling in range(doublings):
        before, after = 8 << doubling, 7 << doubling
        mask = sum(((1 << after) - 1) << place for place in range(0, 8 << doublings, 2 * before))
        steps.append((before, after, mask))
    return steps


def pack(septets: bytes, fill_bits: int = 0) -> bytes:
    """Octets that hold the fill bits, then the septets (given one in each octet; eighth bits are dropped)."""
    if not septets:
        return b""
    bits = int.from_bytes(septets.translate(_SEVEN_BITS), "little")
    for before, after, mask in _steps((len(septets) - 1).bit_length()):
        bits = (bits & mask) | ((bits >> before) & mask) << after
    return (bits << fill_bits).to_bytes((7 * len(septets) + fill_bits + 7) // 8, "little")


def unpack(octets: bytes, count: int, fill_bits: int = 0) -> bytes:
    """The first `count` septets behind the fill bits, one in each octet; fewer if the octets hold fewer."""
    count = min(count, (8 * len(octets) - fill_bits) // 7)
    if count <= 0:
        return b""
    bits = (int.from_bytes(octets, "little") >> fill_bits) & ((1 << 7 * count) - 1)
    for before, after, mask in reversed(_steps((count - 1).bit_length())):
        bits = (bits & mask) | ((bits >> after) & mask) << before
    return bits.to_bytes(count, "little")


_SEVEN_BITS = bytes(octet & 0x7F for octet in range(256))
