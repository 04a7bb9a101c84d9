"""Septets packed into octets and back."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from smsgw.text.septets import fill_bits, pack, room, unpack

MANY = settings(max_examples=200)


def packed_bit_by_bit(septets: bytes, fill: int) -> bytes:
    """The definition of 23.038 section 6.1.2.1, slow and plain: bit after bit, the lowest first."""
    bits = [0] * fill + [septet >> place & 1 for septet in septets for place in range(7)]
    bits += [0] * (-len(bits) % 8)
    return bytes(sum(bit << place for place, bit in enumerate(bits[at : at + 8])) for at in range(0, len(bits), 8))


def test_the_example_that_everybody_knows_is_packed_as_everybody_packs_it() -> None:
    assert pack(b"hellohello").hex() == "e8329bfd4697d9ec37"


def test_a_full_part_is_140_octets() -> None:
    assert len(pack(b"a" * 160)) == 140


@MANY
@given(st.binary(max_size=300).map(lambda raw: bytes(octet & 0x7F for octet in raw)), st.integers(0, 6))
def test_packing_is_what_the_standard_defines_and_unpacking_undoes_it(septets: bytes, fill: int) -> None:
    assert pack(septets, fill) == (packed_bit_by_bit(septets, fill) if septets else b"")
    assert unpack(pack(septets, fill), len(septets), fill) == septets


def test_the_eighth_bit_of_an_octet_does_not_spill_into_its_neighbour() -> None:
    assert pack(b"\xe8\xe5") == pack(b"\x68\x65")


def test_octets_that_hold_fewer_septets_than_promised_give_those_they_hold() -> None:
    assert unpack(pack(b"abcdefgh"), 160) == b"abcdefgh"
    assert unpack(b"", 3) == b""
    assert unpack(b"\x00", 1, 6) == b""


def test_a_seventh_septet_is_not_taken_for_an_eighth_zero() -> None:
    assert unpack(pack(b"1234567"), 7) == b"1234567"
    assert unpack(pack(b"1234567\x00"), 8) == b"1234567\x00"


def test_septets_behind_a_header_begin_on_a_septet_boundary() -> None:
    for length in range(141):
        assert (8 * length + fill_bits(length)) % 7 == 0
        assert 0 <= fill_bits(length) <= 6


def test_the_room_behind_a_header_is_what_the_standards_say() -> None:
    assert [room(length) for length in (0, 4, 6, 7, 9)] == [160, 155, 153, 152, 149]
    assert all(8 * n + fill_bits(n) + 7 * room(n) <= 1120 < 8 * n + fill_bits(n) + 7 * room(n) + 7 for n in range(140))
