"""The clock: every job can run twice, a failing job stops nothing, and the whole page is run."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from schedules import timetable
from smsgw.config import Config
from smsgw.gateway import Gateway
from smsgw.outbound.submit import Asked
from smsgw.store import schema
from smsgw.store.tables import message

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


class Turned:
    """A clock that the test turns."""

    now = START

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Turned:
    return Turned()


@pytest.fixture
def gateway(tmp_path: Path, clock: Turned) -> Iterator[Gateway]:
    config = Config.model_validate(
        {
            "store": {"url": f"sqlite:///{tmp_path / 'x.db'}"},
            "links": [{"name": "phones", "kind": "fake", "handsets": ["+38640111222"]}],
        }
    )
    made = Gateway(config, clock=clock)
    schema.upgrade(made.database)
    yield made
    made.close()


class Held:
    """The time of day, which the test sets back."""

    back = 0.0

    def __call__(self) -> float:
        return time.time() - self.back


def test_a_clock_that_is_set_back_has_everything_run_at_once_and_nothing_waits_for_the_old_hour(
    gateway: Gateway, clock: Turned, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock.now = START + timedelta(hours=1)
    fast = gateway.door.submit(Asked("+38640111222", "by a clock that is fast", "t")).row
    planned = gateway.door.submit(Asked("+38640111222", "later", "t", send_at=START + timedelta(minutes=90))).row
    time_of_day, ran = Held(), threading.Event()
    seldom: timetable.Job = lambda gateway, now: ran.set()  # noqa: E731 - a job has a module and a name
    monkeypatch.setattr(timetable, "TIMETABLE", ((seldom, 3600),))
    ticking = timetable.Clock(gateway, time_of_day)
    ticking.start()
    try:
        assert ran.wait(60), "its first turn is at once"
        ran.clear()
        clock.now, time_of_day.back = START, 3600.0
        assert ran.wait(60), "it waits for its hour"
    finally:
        ticking.stop(time.monotonic() + 10)
    with gateway.database.reading() as conn:
        due = {row.id: row.due_at for row in conn.execute(select(message.c.id, message.c.due_at))}
    assert due[fast["id"]] == START
    assert due[planned["id"]] == START + timedelta(minutes=90)


@pytest.mark.parametrize("job", [job for job, _ in timetable.TIMETABLE], ids=lambda job: job.__module__)
def test_every_job_may_run_twice_and_on_an_empty_store(job: timetable.Job, gateway: Gateway) -> None:
    job(gateway, START)
    job(gateway, START)


def test_a_planned_text_is_queued_by_the_clock_when_its_time_has_come(gateway: Gateway, clock: Turned) -> None:
    row = gateway.door.submit(Asked("+38640111222", "later", "t", send_at=START + timedelta(hours=1))).row
    clock.now = START + timedelta(hours=1)
    ticking = timetable.Clock(gateway)
    ticking.start()
    deadline = time.monotonic() + 60
    state = ""
    while state != "queued" and time.monotonic() < deadline:
        with gateway.database.reading() as conn:
            state = conn.exec_driver_sql(f"SELECT state FROM message WHERE id = '{row['id']}'").scalar_one()
        time.sleep(0.02)
    ticking.stop(time.monotonic() + 5)
    assert state == "queued"
    assert ticking.alive()


def test_a_job_that_fails_is_told_and_the_others_go_on(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    ran = threading.Event()

    def broken(gateway: Gateway, now: datetime) -> None:
        raise RuntimeError("a mistake of ours")

    def sound(gateway: Gateway, now: datetime) -> None:
        ran.set()

    broken.__module__, sound.__module__ = "broken", "sound"
    monkeypatch.setattr(timetable, "TIMETABLE", ((broken, 60), (sound, 60)))
    ticking = timetable.Clock(gateway)
    ticking.start()
    assert ran.wait(90)
    deadline = time.monotonic() + 90
    while "broken failed" not in caplog.text:
        assert time.monotonic() < deadline, "nobody tells of it"
        time.sleep(0.02)
    ticking.stop(time.monotonic() + 5)
