"""Lists of numbers as people paste them: cleaned, each once, with what is no number by its own words."""

from __future__ import annotations

import pytest

from smsgw.text.pasted import read_pasted

ANA, BINE = "+38640111222", "+38640111333"


@pytest.mark.parametrize(
    "written",
    [
        "040 111 222\n040/111-333",
        "040111222, 0038640111333",
        "+386 40 111 222;+386 40 111 333",
        "040111222 040111333",
        "+386 40 111 222 +386 40 111 333",
        "Ana Novak <040 111 222>\nBine: tel. 040 111 333",
        "Ana\t040 111 222\tLjubljana\t1000\nBine\t38640111333\tKranj\t4000",
        "Novak, Ana, 040 111 222\nBine;040111333",
        "۰۴۰۱۱۱۲۲۲، ۰۴۰۱۱۱۳۳۳",
    ],
)
def test_numbers_are_found_however_they_were_copied(written: str) -> None:
    told = read_pasted(written, "SI")
    assert (told.addresses, told.others) == ([ANA, BINE], [])


def test_what_comes_twice_is_counted_and_kept_once() -> None:
    told = read_pasted("040111222, Ana +386 40 111 222\n00386 40 111 222", "SI")
    assert (told.addresses, told.doubled) == ([ANA], 2)


def test_what_is_no_number_is_named_as_it_was_written() -> None:
    told = read_pasted("040 111 222\nSvetlana\n04011\n040 111 22x, 040 111 333", "SI")
    assert (told.addresses, told.others) == ([ANA, BINE], ["Svetlana", "04011", "040 111 22x"])


def test_a_short_code_is_meant_only_where_it_stands_alone() -> None:
    assert read_pasted("1919", "SI").addresses == ["1919"]
    assert read_pasted("1919\n040 111 222", "SI").others == ["1919"]


def test_mail_addresses_are_taken_too() -> None:
    assert read_pasted("Ana@Example.com; 040 111 222", "SI").addresses == ["ana@example.com", ANA]


def test_nothing_is_nobody() -> None:
    assert read_pasted(" \n,;\n", "SI").addresses == []
