"""Numbers, short codes and names as people write them."""

from __future__ import annotations

from collections.abc import Callable

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsgw.errors import BadInput
from smsgw.text.number import _read_number, is_reachable, mask, read_number, read_sender


@pytest.mark.parametrize(
    ("written", "region"),
    [
        ("+38640111222", None),
        ("+386 40 111 222", None),
        (" +386-40-111-222 ", None),
        ("+386 (40) 111.222", None),
        ("+386 (0)40 111 222", None),
        ("0038640111222", None),
        ("00386 40 111 222", "SI"),
        ("040 111 222", "SI"),
        ("040/111-222", "si"),
        ("040\u00a0111\u2013222", "SI"),
        ("\u202a+386 40 111 222\u202c", None),
        ("＋３８６４０１１１２２２", None),
        ("+۳۸۶۴۰۱۱۱۲۲۲", None),
        ("+٣٨٦٤٠١١١٢٢٢", None),
    ],
)
def test_every_way_to_write_a_number_is_read_as_one(written: str, region: str | None) -> None:
    assert read_number(written, region) == "+38640111222"


@pytest.mark.parametrize(
    ("written", "region", "expected"),
    [
        ("۰۹۱۲ ۳۴۵ ۶۷۸۹", "IR", "+989123456789"),
        ("8 912 345-67-89", "RU", "+79123456789"),
        ("(202) 555-0123", "US", "+12025550123"),
        ("112", "SI", "112"),
        ("12345678", None, "12345678"),
        ("19 19", "SI", "1919"),
        ("۱۱۰", "IR", "110"),
    ],
)
def test_national_spellings_and_short_codes_are_read_by_region(written: str, region: str | None, expected: str) -> None:
    assert read_number(written, region) == expected


def test_a_zero_in_brackets_is_kept_only_where_it_belongs_to_the_number() -> None:
    assert read_number("+44 (0)20 7946 0018", None) == "+442079460018"
    assert read_number("+39 (0)6 1234 5678", None) == "+390612345678"


def test_a_number_of_eight_digits_is_a_subscriber_where_subscribers_have_eight() -> None:
    assert read_number("20 12 34 56", "DK") == "+4520123456"
    assert read_number("12345", "AT") == "12345"  # Austria has numbers so short, but codes are likelier


@pytest.mark.parametrize("written", ["+38640999999", "+38699123456", "+12025550123", "+447700900123"])
def test_ranges_that_no_table_knows_pass_when_their_length_is_possible(written: str) -> None:
    assert read_number(written, None) == written


CODES = st.sampled_from(sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE))


@given(CODES, st.from_regex("[0-9]{3,14}", fullmatch=True), st.sampled_from([None, "SI", "GB", "GG", "US", "XX"]))
def test_a_number_that_is_spelled_in_full_is_read_as_if_it_were_looked_at_with_care(
    code: int, digits: str, region: str | None
) -> None:
    def read(how: Callable[[str, str | None], str]) -> str:
        try:
            return how(f"+{code}{digits}", region)
        except BadInput as refusal:
            return str(refusal)

    assert read(read_number) == read(_read_number)


@pytest.mark.parametrize(
    ("written", "region", "words"),
    [
        ("+3864", None, "too few digits"),
        ("+38640", "SI", "too few digits"),
        ("+386401112223334", None, "too many digits"),
        ("12", "SI", "too few|not a phone number"),
        ("9" * 30, "SI", "too many digits"),
        ("Shop", "SI", "characters"),
        ("040 111 222", None, "country"),
        ("+999 123 4567", None, "no country"),
        ("+386 40 111 222 +386 40 111 333", None, "characters"),
        ("040111222, 040111333", "SI", "characters"),
        ("+", None, "characters"),
        ("٠", None, "country"),
    ],
)
def test_what_is_no_number_is_refused_in_words(written: str, region: str | None, words: str) -> None:
    with pytest.raises(BadInput, match=words) as refusal:
        read_number(written, region)
    assert [(f.pointer, f.code) for f in refusal.value.faults] == [("", "recipient_invalid")]


@pytest.mark.parametrize("written", ["", "  ", "\n"])
def test_nothing_is_not_a_number(written: str) -> None:
    with pytest.raises(BadInput) as refusal:
        read_number(written, "SI")
    assert [f.code for f in refusal.value.faults] == ["recipient_missing"]


@given(st.text(max_size=30), st.sampled_from([None, "SI", "IR", "US", "XX", "1", "slovenia"]))
def test_whatever_is_written_gives_digits_or_a_reason(written: str, region: str | None) -> None:
    try:
        number = read_number(written, region)
    except BadInput as refusal:
        assert refusal.faults[0].detail  # noqa: PT017
    else:
        assert number.lstrip("+").isascii()
        assert number.lstrip("+").isdigit()
        assert read_number(number, region) == number


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("Shop", "Shop"),
        (" Shop 24 ", "Shop 24"),
        ("Müller&Söhne"[:11], "Müller&Söhn"),
        ("19191", "19191"),
        ("040 111 222", "+38640111222"),
        ("+38640111222", "+38640111222"),
        ("4ever", "4ever"),
        ("A€", "A€"),
    ],
)
def test_senders_are_numbers_codes_or_names(written: str, expected: str) -> None:
    assert read_sender(written, "SI") == expected


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("", "no sender"),
        ("Papirnica šola", "š"),
        ("TwelveLetter", "12 places of 11"),
        ("€€€€€€", "12 places of 11"),
        ("+386401112223334", "too many digits"),
        ("a\nb", "cannot have"),
        ("a\0b", "cannot have"),
    ],
)
def test_what_cannot_be_a_sender_is_refused_in_words(written: str, words: str) -> None:
    with pytest.raises(BadInput, match=words) as refusal:
        read_sender(written, "SI")
    assert [f.code for f in refusal.value.faults] == ["sender_invalid"]


def test_logs_show_enough_of_a_number_to_find_it_and_not_enough_to_call_it() -> None:
    assert mask("+38640111222") == "+38640***222"
    assert mask("0038640111222") == "0038640***222"
    assert mask("112") == "112"
    assert mask("Shop") == "Shop"


def test_one_can_answer_a_number_but_not_a_name_or_a_code() -> None:
    assert is_reachable("+38640111222")
    assert not is_reachable("Shop")
    assert not is_reachable("1919")
    assert not is_reachable("")
