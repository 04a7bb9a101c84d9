"""Texts about consent go out by the clock, and double opt-ins move on by it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from schedules import consent
from smsgw.config import Config
from smsgw.customers.consent.changes import write
from smsgw.gateway import Gateway
from smsgw.inbound.consent import questions as consent_questions
from smsgw.inbound.consent.vocabulary import vocabulary
from smsgw.store import schema
from smsgw.store.tables import message, opt_in

ANA = "+38640111222"
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Gateway]:
    """A gateway whose links are not started."""
    told = {"store": {"url": f"sqlite:///{tmp_path / 's.db'}"}, "links": [{"name": "phones", "kind": "fake"}]}
    opened = Gateway(Config.model_validate(told), clock=lambda: NOW)
    schema.upgrade(opened.database)
    yield opened
    opened.close()


def test_a_question_is_sent_reminded_of_and_lapses_and_a_second_run_does_no_more(gateway: Gateway) -> None:
    wish = consent_questions.Wish(ANA, "*", "form", "ticked the box", "t")
    write(gateway.database.writer, lambda conn: consent_questions.ask(conn, wish, vocabulary(conn), NOW))
    for days, texts, outcome in ((0, 1, None), (0.9, 1, None), (1.1, 2, None), (3.1, 2, "lapsed")):
        for _ in range(2):
            consent.run(gateway, NOW + timedelta(days=days))
        with gateway.database.reading() as conn:
            assert len(conn.execute(select(message.c.id)).all()) == texts
            assert conn.execute(select(opt_in.c.outcome)).scalar() == outcome
