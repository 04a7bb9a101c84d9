"""Spoil an input: octets changed, taken out, put in or doubled, numbers made great or nought, two inputs joined."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

LONGEST = 8192  # octets of an input that is made
NUMBERS = (
    b"\0",
    b"\x01",
    b"\x7f",
    b"\x80",
    b"\xff",
    b"\xff\xff",
    b"\x7f\xff\xff\xff",
    b"\xff\xff\xff\xff",
    b"\0\0\0\0",
)


def spoil(octets: bytes, others: Sequence[bytes], words: Sequence[bytes], chance: Random) -> bytes:
    """One more input like `octets`. others: inputs that a piece may come from. words: what may be put in."""
    made = bytearray(octets)
    for _ in range(chance.choice((1, 1, 1, 2, 3, 6))):
        at = chance.randint(0, len(made))
        end = min(len(made), at + chance.choice((1, 1, 2, 4, 16, 64)))
        match chance.randrange(9):
            case 0 if made:
                made[at % len(made)] ^= 1 << chance.randrange(8)
            case 1 if made:
                made[at % len(made)] = chance.randrange(256)
            case 2:
                del made[at:end]
            case 3:
                made[at:at] = made[at:end] * chance.choice((1, 1, 2, 20))
            case 4:
                number = chance.choice(NUMBERS)
                made[at : at + len(number)] = number
            case 5:
                other = chance.choice(others) if others else b""
                begin = chance.randint(0, len(other))
                made[at:end] = other[begin : begin + chance.randint(0, 64)]
            case 6 if words:
                made[at : chance.choice((at, end))] = chance.choice(words)
            case 7:
                made[at:at] = chance.randbytes(chance.randint(1, 8))
            case _:
                del made[at:]
    return bytes(made[:LONGEST])
