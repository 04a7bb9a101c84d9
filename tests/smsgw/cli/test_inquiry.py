"""Inquiries, surveys, corrections and replays from the command line."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from smsgw.inbound.inquiries import inquiries
from smsgw.inbound.inquiries.inquiries import Asks, Promise
from smsgw.store.database import Database
from tests.smsgw.cli.conftest import PHONE
from tests.smsgw.inbound.counter import store_text, text_row


@pytest.fixture
def asked(smsgw: Any, config_file: Path) -> str:
    """An inquiry that a text opened; returns its id."""
    assert smsgw("inquiry", "list").status == 0  # which makes the tables
    database = Database(f"sqlite:///{config_file.parent / 'smsgw.db'}")
    now = datetime.now(UTC)
    row = text_row("how do I pay?", PHONE, now, "n1")
    database.writer.do(store_text, (row, now))
    told = Asks((row["id"],), PHONE, "payment", "en", now, "nothing answers it by itself")
    id = database.writer.do(lambda conn, batch: [inquiries.collect(conn, one, Promise()) for one in batch], told)
    database.close()
    return id


def test_an_inquiry_is_listed_shown_given_away_answered_and_closed(smsgw: Any, asked: str) -> None:
    listed = smsgw("inquiry", "list")
    assert asked in listed.out
    assert "payment" in listed.out
    assert "how do I pay?" in smsgw("inquiry", "show", asked).out
    assert "belongs to Maja" in smsgw("inquiry", "assign", asked, "--to", "Maja", "--priority", "high").out
    assert smsgw("inquiry", "list", "--whose", "Maja", "--json").data[0]["priority"] == "high"
    sent = smsgw("inquiry", "answer", asked, "By card.")
    assert sent.out.startswith("msg_"), sent.err
    assert smsgw("inquiry", "close", asked, "solved", "--why", "she paid").status == 0
    assert smsgw("inquiry", "show", asked, "--json").data["why"] == "solved: she paid"
    again = smsgw("inquiry", "answer", asked, "By card.")
    assert (again.status, "was closed" in again.err) == (1, True)


def test_a_topic_gets_words_and_is_switched(smsgw: Any) -> None:
    assert "set up" in smsgw("inquiry", "topics").err
    assert smsgw("inquiry", "template", "hours", "en", "We are here {{ hours }}.").status == 0
    wrong = smsgw("inquiry", "template", "hours", "en", "{{ our }}")
    assert "did you mean hours?" in wrong.err
    assert "is live" in smsgw("inquiry", "switch", "hours", "live", "--sure", "0.95", "--why", "we know it").out
    [row] = smsgw("inquiry", "topics", "--json").data
    assert (row["state"], row["confidence"], row["languages"], row["share"]) == ("live", 0.95, ["en"], None)


def test_a_correction_is_proposed_listed_and_decided(smsgw: Any) -> None:
    made = smsgw("correction", "propose", "when do you open?", "--meant", "inquiry", "--topic", "hours")
    id = made.out.strip()
    assert "inquiry hours" in smsgw("correction", "list").out
    assert "0 of 30 labels" in smsgw("correction", "list").err
    assert smsgw("correction", "approve", id).out.strip() == f"{id} is approved"
    assert "1 of 30 labels" in smsgw("correction", "list", "--state", "approved").err
    assert "rejected already" not in smsgw("correction", "reject", id).err


def test_a_survey_is_drafted_from_a_file_started_and_counted(smsgw: Any, tmp_path: Path) -> None:
    file = tmp_path / "questions.json"
    file.write_text(json.dumps([{"kind": "choice", "text": {"en": "Which?"}, "labels": [{"en": "a"}, {"en": "b"}]}]))
    made = smsgw("survey", "draft", "Which one", str(file), "--closes", "+7d", "--remind", "24h")
    assert made.status == 0, made.err
    assert smsgw("survey", "start", "Which one", PHONE).out.strip() == "1 people will be asked"
    assert "1 invited" in smsgw("survey", "list").out
    shown = smsgw("survey", "results", "Which one")
    assert "1. Which?  (0 answers)" in shown.out
    assert smsgw("survey", "results", "Which one", "--csv").out.startswith("number,at,question")
    assert smsgw("survey", "end", "Which one", "--why", "enough").status == 0
    file.write_text('{"kind": 1}')
    assert "is no list of questions" in smsgw("survey", "draft", "Other", str(file), "--closes", "+7d").err


def test_a_replay_of_nothing_says_so(smsgw: Any) -> None:
    assert "0 texts were read again, 0 differ" in smsgw("replay", "30d").err
