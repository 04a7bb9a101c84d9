"""Times and durations as people write them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from smsgw.cli.moments import duration, moment
from smsgw.errors import BadInput

NOW = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def in_ljubljana(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Local time is UTC+1 in November."""
    monkeypatch.setenv("TZ", "Europe/Ljubljana")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(("written", "seconds"), [("90", 90), ("90s", 90), ("10m", 600), ("2h", 7200), ("3d", 259_200)])
def test_a_duration_is_read(written: str, seconds: int) -> None:
    assert duration(written, "/wait") == seconds


@pytest.mark.parametrize("written", ["", "ten", "-5", "1w", "1.5h", "5 m"])
def test_what_is_no_duration_is_refused_at_its_place(written: str) -> None:
    with pytest.raises(BadInput) as told:
        duration(written, "/expires")
    assert told.value.faults[0].pointer == "/expires"


@pytest.mark.parametrize(
    ("written", "utc"),
    [
        ("+10m", "2026-11-23T17:10"),
        ("18:30", "2026-11-23T17:30"),  # later today, local
        ("18:00", "2026-11-24T17:00"),  # this very moment has begun: tomorrow
        ("09:15", "2026-11-24T08:15"),
        ("2026-12-01T08:00", "2026-12-01T07:00"),
        ("2026-12-01 08:00", "2026-12-01T07:00"),
        ("2026-12-01T08:00Z", "2026-12-01T08:00"),
        ("2026-12-01T08:00+05:00", "2026-12-01T03:00"),
        ("2026-07-01T08:00", "2026-07-01T06:00"),  # summer time
    ],
)
def test_a_time_is_read_as_local_unless_it_names_its_zone(written: str, utc: str) -> None:
    assert moment(written, NOW, "/at") == datetime.fromisoformat(utc).replace(tzinfo=UTC)


@pytest.mark.parametrize("written", ["soon", "25:00", "+soon", "2026-13-01"])
def test_what_is_no_time_is_refused_at_its_place(written: str) -> None:
    with pytest.raises(BadInput) as told:
        moment(written, NOW, "/at")
    assert told.value.faults[0].pointer == "/at"
