"""Conversations that were put off come back by the clock, once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from schedules import snoozed
from smsgw.config import Config
from smsgw.gateway import Gateway
from smsgw.inbound import conversation_desk
from smsgw.inbound.conversation_desk import Decision
from smsgw.store import schema
from smsgw.store.tables import history

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Gateway]:
    """A gateway whose links are not started."""
    told = {"store": {"url": f"sqlite:///{tmp_path / 's.db'}"}, "links": [{"name": "phones", "kind": "fake"}]}
    opened = Gateway(Config.model_validate(told), clock=lambda: NOW)
    schema.upgrade(opened.database)
    yield opened
    opened.close()


def test_what_is_due_comes_back_and_a_second_run_does_no_more(gateway: Gateway) -> None:
    wish = Decision("+38640111222", "acc_1", NOW)
    conversation_desk.snooze(gateway.database.writer, wish, NOW + timedelta(hours=1))
    for minutes, told in ((59, ["snoozed"]), (60, ["snoozed", "returned"])):
        for _ in range(2):
            snoozed.run(gateway, NOW + timedelta(minutes=minutes))
        with gateway.database.reading() as conn:
            assert list(conn.scalars(select(history.c.now).order_by(history.c.id))) == told
