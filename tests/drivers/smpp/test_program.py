"""The emulated SMSC as a program of its own: its journal, its phones, and what it says again."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest

from drivers.smpp import Config, open_link
from smsgw.link import Link, WirePart
from tests.emulators import smsc

Soon = Callable[..., None]
WORDS = ["--receipts", "--receipt-delay", "0.1", "--mo-rate", "200", "--mo-count", "20"]


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "journal.jsonl"


@pytest.fixture
def port(journal: Path) -> Iterator[int]:
    words = [sys.executable, smsc.__file__, "--journal", str(journal), *WORDS]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        yield int(program.stdout.readline().split()[-1])
        program.terminate()
        assert program.wait(60) == 0


def lines(journal: Path, event: str) -> list[dict[str, Any]]:
    return [line for line in map(json.loads, journal.read_text().splitlines()) if line["event"] == event]


def opened(port: int, told: Any) -> Link:
    config = Config.model_validate({"host": "127.0.0.1", "port": port, "system_id": "shop"})
    link = open_link("carrier", config, told)
    link.start()
    return link


def test_texts_of_its_phones_are_said_again_to_the_next_client_until_acknowledged(
    port: int, journal: Path, told: Any, soon: Soon
) -> None:
    store, told.store = told.store, Future
    first = opened(port, told)
    soon(lambda: len(told.pieces) == 20)
    first.stop(time.monotonic())
    assert lines(journal, "deliver_resp") == []
    told.store = store
    second = opened(port, told)
    soon(lambda: len({line["id"] for line in lines(journal, "deliver_resp") if line["status"] == 0}) == 20)
    second.stop(time.monotonic() + 2)
    assert len(lines(journal, "deliver")) == 40
    assert len({piece.reference for piece in told.pieces}) == 20


def test_an_accepted_part_is_in_the_journal_when_its_answer_is_here(
    port: int, journal: Path, told: Any, a_part: Callable[..., WirePart], soon: Soon
) -> None:
    link = opened(port, told)
    soon(lambda: link.health().state == "up")
    for number in range(50):
        link.send(a_part(str(number), number=number))
    soon(lambda: told.taken_parts)
    answered = {reference for _, reference in list(told.taken_parts)}
    assert answered <= {line["id"] for line in lines(journal, "submit")}
    soon(lambda: len(told.receipts) == 50)
    link.stop(time.monotonic() + 2)
    assert [line["text"] for line in lines(journal, "submit")] == [str(number) for number in range(50)]
