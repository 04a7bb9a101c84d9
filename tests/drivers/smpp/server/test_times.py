"""Times as SMPP writes them, in both directions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.smpp.server import times

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        (b"", None),
        (b"260301143015000+", datetime(2026, 3, 1, 14, 30, 15, tzinfo=UTC)),
        (b"260301143015508+", datetime(2026, 3, 1, 12, 30, 15, 500_000, tzinfo=UTC)),  # two hours ahead of UTC
        (b"260301143015020-", datetime(2026, 3, 1, 19, 30, 15, tzinfo=UTC)),
        (b"000000000130000R", NOW + timedelta(seconds=90)),
        (b"010203040506000R", NOW + timedelta(days=365 + 60 + 3, hours=4, minutes=5, seconds=6)),
    ],
)
def test_a_time_is_read_as_the_standard_says(written: bytes, moment: datetime | None) -> None:
    assert times.read(written, NOW) == moment


@pytest.mark.parametrize(
    "written", [b"2603011430", b"261301143015000+", b"260301143015049+", b"260301143015000Z", b"\xff" * 16, b"9" * 16]
)
def test_what_is_no_time_is_told(written: bytes) -> None:
    with pytest.raises(ValueError):
        times.read(written, NOW)


@given(st.datetimes(datetime(2001, 1, 1), datetime(2098, 1, 1)))
def test_what_is_written_is_read_again(moment: datetime) -> None:
    aware = moment.replace(microsecond=0, tzinfo=UTC)
    assert times.read(times.write(aware), NOW) == aware


@given(st.binary(max_size=17))
def test_no_octets_raise_anything_but_value_error(written: bytes) -> None:
    try:
        times.read(written, NOW)
    except ValueError:
        return
