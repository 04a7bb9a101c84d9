"""The cheap reader of receipts reads what the general one reads, or leaves it alone."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.smpp import receipts, usual

USUAL = "id:{} sub:{} dlvrd:{} submit date:{} done date:{} stat:{} err:{}{}"
odd = st.sampled_from(["id", "sub", "text:", "err:1", "a stat:X", "text", "done date", "x:", "=", "é", "msg id:7", ""])


def mostly(letters: str, most: int) -> st.SearchStrategy[str]:
    """What stands there as a rule, and now and then something odd."""
    fine = st.text(letters, min_size=1, max_size=most)
    return st.tuples(st.integers(0, 15), fine, odd).map(lambda drawn: drawn[1 if drawn[0] else 2])


ids = mostly("0123456789abcdefABCDEF-_.", 64)
numbers = mostly("0123456789", 3)
dates = mostly("0123456789", 14)
states = mostly("DELIVRDUNacepts", 20)
ends = st.one_of(
    st.just(""), st.text(max_size=30).map(" text:{}".format), st.text(max_size=30).map(" Text:{}".format), odd
)


def general(text: str) -> tuple[str, str, str, str]:
    """What the reader for every spelling finds."""
    said = receipts.fields(text)
    return said.get("id", ""), said.get("donedate", ""), said.get("stat", ""), said.get("err", "")


@given(st.tuples(ids, numbers, numbers, dates, dates, states, numbers, ends))
def test_what_it_reads_is_what_the_general_reader_reads(parts: tuple[str, ...]) -> None:
    octets = USUAL.format(*parts).encode("latin-1", "replace")
    found = usual.fields(octets)
    assert found is None or found == general(octets.decode("latin-1"))


@given(st.binary(max_size=120))
def test_any_octets_are_left_alone_or_read_alike(octets: bytes) -> None:
    found = usual.fields(b"id:1 sub:001 " + octets)
    assert found is None or found == general((b"id:1 sub:001 " + octets).decode("latin-1"))


@pytest.mark.parametrize(
    "text",
    [
        "id:77 sub:001 dlvrd:001 submit date:2403011200 done date:2403011205 stat:DELIVRD err:000 text:Hello id:8",
        "id:0A1b-2_c.d sub:1 dlvrd:0 submit date:240301120000 done date:240301120500 stat:Undeliv err:069 Text:",
        "id:77 sub:001 dlvrd:001 submit date:2403011200 done date:2403011205 stat:DELIVRD err:000",
        "id:77 sub:001 dlvrd:001 submit date:2403011200 done date:2403011205 stat:DELIVRD err:0A text:\nstat:EXPIRED",
    ],
)
def test_what_most_smscs_write_is_read_cheaply(text: str) -> None:
    assert usual.fields(text.encode()) == general(text)


@pytest.mark.parametrize(
    "text",
    [
        "ID:77 SUB:001 DLVRD:001 SUBMIT DATE:2403011200 DONE DATE:2403011205 STAT:DELIVRD ERR:000 TEXT:",
        "id: 77 sub:001 dlvrd:001 submit date:2403011200 done date:2403011205 stat:DELIVRD err:000 text:",
        "id:77, sub:001 dlvrd:001 submit date:2403011200 done date:2403011205 stat:DELIVRD err:000 text:",
        "id:77 dlvrd:001 submit date:2403011200 done date:2403011205 stat:DELIVRD err:000 text:",
        "id:77 sub:001 dlvrd:001 submit date:2403011200 done date:2403011205 stat:DELIVRD err:000 more:1 text:",
    ],
)
def test_other_spellings_are_left_to_the_general_reader(text: str) -> None:
    assert usual.fields(text.encode()) is None
    assert general(text)[0] == "77"


FORMS = {(10, 0): "%y%m%d%H%M", (12, 0): "%y%m%d%H%M%S", (14, 2): "%Y%m%d%H%M%S", (12, 2): "%Y%m%d%H%M"}


@given(st.datetimes(datetime(1970, 1, 1), datetime(2068, 12, 31)), st.sampled_from(sorted(FORMS)))
def test_a_moment_is_read_as_the_standard_library_reads_it(moment: datetime, form: tuple[int, int]) -> None:
    written = moment.strftime(FORMS[form])
    assert usual.moment(written, form[1]) == datetime.strptime(written, FORMS[form])


@given(st.data(), st.sampled_from(sorted(FORMS)))
def test_any_digits_are_a_moment_or_none_as_there(data: st.DataObject, form: tuple[int, int]) -> None:
    written = data.draw(st.text("0123456789", min_size=form[0], max_size=form[0]))
    try:
        expected: datetime | None = datetime.strptime(written, FORMS[form])
    except ValueError:
        expected = None
    assert usual.moment(written, form[1]) == expected


@pytest.mark.parametrize(("written", "year"), [("681231235959", 2068), ("690101000000", 1969)])
def test_the_century_turns_where_posix_turns_it(written: str, year: int) -> None:
    found = usual.moment(written, 0)
    assert found is not None
    assert found.year == year
