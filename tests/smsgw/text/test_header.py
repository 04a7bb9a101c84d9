"""User data headers, our own and those of strangers."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smsgw.link import Concatenation
from smsgw.text.header import concatenation, elements, ports, shifts, write_header

MANY = settings(max_examples=300)


def test_a_narrow_reference_is_read() -> None:
    assert concatenation(bytes.fromhex("050003420301")) == Concatenation(0x42, 3, 1)


def test_a_wide_reference_is_read_and_is_another_series() -> None:
    assert concatenation(bytes.fromhex("06080412340302")) == Concatenation(0x1234, 3, 2, wide=True)


@pytest.mark.parametrize("udh", ["050003420300", "050003420304", "050003420001", "0400034203", "0608031234"])
def test_a_part_that_cannot_be_is_no_part(udh: str) -> None:
    assert concatenation(bytes.fromhex(udh)) is None


def test_the_last_of_two_concatenations_counts() -> None:
    assert concatenation(bytes.fromhex("0a" + "0003010201" + "0003020202")) == Concatenation(2, 2, 2)


def test_other_elements_before_the_one_we_look_for_are_stepped_over() -> None:
    udh = bytes.fromhex("0b" + "240101" + "7f00" + "050423f40000")
    assert shifts(udh) == (0, 1)
    assert ports(udh) == (0x23F4, 0)


def test_ports_of_both_widths_are_read() -> None:
    assert ports(bytes.fromhex("0605040b8423f0")) == (2948, 0x23F0)
    assert ports(bytes.fromhex("040402e205")) == (0xE2, 5)
    assert ports(bytes.fromhex("050003420301")) is None


def test_national_tables_are_read() -> None:
    assert shifts(bytes.fromhex("06240103250101")) == (1, 3)
    assert shifts(b"") == (0, 0)


@MANY
@given(st.binary(max_size=40))
def test_nonsense_never_raises(udh: bytes) -> None:
    found = concatenation(udh)
    assert found is None or 1 <= found.position <= found.of
    assert ports(udh) is None or len(ports(udh) or ()) == 2
    assert sum(2 + len(octets) for _, octets in elements(udh)) <= max(0, len(udh) - 1)
    assert min(shifts(udh)) >= 0


@MANY
@given(
    st.integers(2, 255).flatmap(lambda of: st.tuples(st.just(of), st.integers(1, of))),
    st.integers(0, 0xFFFFF),
    st.booleans(),
    st.integers(0, 13),
    st.integers(0, 13),
)
def test_what_we_write_is_what_is_read(
    place: tuple[int, int], reference: int, wide: bool, locking: int, single: int
) -> None:
    of, position = place
    udh = write_header(of, position, reference, wide, locking, single)
    assert udh[0] == len(udh) - 1
    assert concatenation(udh) == Concatenation(reference % (65536 if wide else 256), of, position, wide)
    assert shifts(udh) == (locking, single)


def test_an_element_that_is_cut_off_is_left_out() -> None:
    assert list(elements(bytes.fromhex("0624010100030a"))) == [(0x24, b"\x01")]
    assert list(elements(bytes.fromhex("ff240101"))) == [(0x24, b"\x01")]


def test_a_lone_plain_part_has_no_header() -> None:
    assert write_header(1, 1, 7, False, 0, 0) == b""
