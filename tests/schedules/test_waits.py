"""What the frequent jobs would find: nothing in an empty store, each job by its own row, and no table is read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import JSON, Boolean, Connection, Integer, LargeBinary, Table, create_engine, delete, insert
from sqlalchemy.pool import NullPool

from schedules import (
    calls,
    campaigns,
    consent,
    fallback,
    imports,
    letters,
    release,
    remote,
    replies,
    reroute,
    silence,
    snoozed,
    submitted_parts,
    surveys,
    unsure,
)
from schedules.timetable import TIMETABLE
from schedules.waits import WAITS, WISHES, Job, Waits
from smsgw.config import Config
from smsgw.gateway import Gateway
from smsgw.store import schema
from smsgw.store import tables as t
from smsgw.store.tables.types import Moment

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
AGO, LATER = NOW - timedelta(seconds=1), NOW + timedelta(hours=1)
SOME: dict[type, Any] = {Moment: NOW, JSON: {}, Integer: 1, LargeBinary: b"", Boolean: False, object: "x"}
JOBS = [job for job, _ in TIMETABLE]
FINDS: tuple[tuple[Job, Table, dict[str, Any]], ...] = (
    (release.run, t.message, {"state": "held", "due_at": AGO, "valid_until": LATER}),
    (reroute.run, t.message, {"state": "queued"}),
    (unsure.run, t.message, {"state": "unsure"}),
    (silence.run, t.earlier_try, {}),
    (fallback.run, t.message_content, {"fallback_at": AGO}),
    (replies.run, t.delivery, {"reply": "yes"}),
    (letters.run, t.mail, {"state": "pending", "due_at": AGO}),
    (campaigns.run, t.campaign, {"state": "scheduled", "starts_at": AGO}),
    (campaigns.run, t.campaign, {"state": "running", "starts_at": LATER}),
    (campaigns.run, t.campaign, {"state": "stopped", "ended_at": AGO}),
    (imports.run, t.customer_import, {"state": "applying"}),
    (calls.run, t.call, {"state": "rang"}),
    (calls.run, t.talk, {"state": "ringing"}),
    (consent.run, t.opt_in, {"expires_at": AGO}),
    (consent.run, t.opt_in, {"expires_at": LATER, "remind_at": AGO}),
    (consent.run, t.consent_answer, {}),
    (snoozed.run, t.conversation, {"snoozed_until": AGO}),
    (remote.run, t.remote_command, {}),
    (surveys.run, t.survey, {"state": "running"}),
    (surveys.run, t.participant, {"state": "asked", "remind_at": AGO}),
    (submitted_parts.run, t.submitted_part, {"received_at": AGO}),
)


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    config = {
        "store": {"url": f"sqlite:///{tmp_path_factory.mktemp('waits') / 'x.db'}"},
        "links": [{"name": "phones", "kind": "fake", "handsets": ["+38640111222"]}],
    }
    made = Gateway(Config.model_validate(config), clock=lambda: NOW)
    schema.upgrade(made.database)
    yield made
    made.close()


def filled(table: Table, known: dict[str, Any]) -> dict[str, Any]:
    """A row that has something in every column that must have it; what it means is told by `known` alone."""
    needed = [column for column in table.columns if not column.nullable and column.name not in known]
    values = {
        column.name: next(some for kind, some in SOME.items() if isinstance(column.type, kind)) for column in needed
    }
    return values | known


@contextmanager
def loose(gateway: Gateway) -> Iterator[Connection]:
    """A transaction that takes a row without its whole world: SQLite looks at foreign keys for those who want it."""
    engine = create_engine(gateway.database.url, poolclass=NullPool)
    with engine.begin() as conn:
        conn.exec_driver_sql("PRAGMA ignore_check_constraints=ON")
        yield conn


def test_an_empty_store_has_something_only_for_the_jobs_that_are_not_asked_for(fresh_store_url: str) -> None:
    phones = {"name": "phones", "kind": "fake", "handsets": ["+38640111222"]}
    made = Gateway(Config.model_validate({"store": {"url": fresh_store_url}, "links": [phones]}), clock=lambda: NOW)
    try:
        schema.upgrade(made.database)
        assert Waits().of(made, JOBS, NOW) == {job for job in JOBS if job not in WAITS and job not in WISHES}
    finally:
        made.close()


@pytest.mark.parametrize(("job", "table", "known"), FINDS, ids=[f"{j.__module__}-{b.name}-{k}" for j, b, k in FINDS])
def test_a_job_runs_for_a_row_of_its_own(gateway: Gateway, job: Job, table: Table, known: dict[str, Any]) -> None:
    before = Waits().of(gateway, JOBS, NOW)
    with loose(gateway) as conn:
        conn.execute(insert(table).values(filled(table, known)))
    found = Waits().of(gateway, JOBS, NOW)
    with loose(gateway) as conn:
        conn.execute(delete(table))
    assert found - before == {job}


def test_every_job_that_is_asked_for_has_a_row_here() -> None:
    assert {job for job, _, _ in FINDS} == WAITS.keys()


def test_no_question_reads_a_table(gateway: Gateway) -> None:
    few = {"campaign", "survey"}  # a row for each that people ever made
    for question in WAITS.values():
        with gateway.database.reading() as conn:
            sql = str(question.compile(dialect=conn.dialect))
            times = ("2026-03-01 12:00:00.000000",) * sql.count("?")
            plan = conn.exec_driver_sql(f"EXPLAIN QUERY PLAN SELECT {sql}", times).all()
        scanned = {row[3].split()[1] for row in plan if row[3].startswith("SCAN") and "INDEX" not in row[3]}
        assert scanned - few <= {"CONSTANT"}, (sql, plan)
