"""Questions and surveys over a real gateway: a phone asks, the gateway or a person answers, a survey is filled in.

And the gateway is killed between storing a text and answering it: one answer of each, and nothing is asked twice.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from smsgw.store.tables import auto_answer, inbound, message, survey_answer
from tests.flows.running import Client, Running, until
from tests.flows.wires import HANDSETS, Tape

PHONE, OTHER = HANDSETS


@pytest.fixture
def client(open_gateway: Callable[..., Running], tape: Tape) -> Iterator[Client]:
    """A client of a gateway that waits but a second for the rest of what it does not understand alone."""
    gateway = open_gateway([tape.link()], sending={"region": "SI"}, orders={"join_within": 1})
    gateway.start()
    client = gateway.client()
    yield client
    client.close()


def types(client: Client, text: str, phone: str = PHONE) -> None:
    """Somebody sends us a text from a phone."""
    status, answer = client.ask("POST", f"/simulator/handsets/{phone}/messages", {"text": text})
    assert status == 201, answer


def reads(client: Client, wanted: str, phone: str = PHONE) -> None:
    """Wait until a phone shows a text that begins so."""

    def shown() -> bool:
        texts = client.get(f"/simulator/handsets/{phone}/messages")["data"]
        return any(one["text"].startswith(wanted) for one in texts if not one["mine"])

    until(shown, 20, f"no text that begins {wanted!r}")


def changed(client: Client, method: str, path: str, told: Any, status: int = 200) -> Any:
    """A request that must succeed."""
    got, answer = client.ask(method, path, told)
    assert got == status, answer
    return answer


def test_a_question_is_answered_and_zero_brings_a_person(client: Client) -> None:
    changed(client, "PUT", "/answer-topics/hours/templates/en", {"text": "We are here {{ hours }}."})
    changed(client, "PATCH", "/answer-topics/hours", {"status": "live", "why": "a test"})
    types(client, "When are you open?")
    reads(client, "We are here always. Was that it?")
    types(client, "0")
    reads(client, "Thank you. A person will answer you.")
    [inquiry] = client.get("/inquiries?queue=true")["data"]
    assert inquiry["topic"] == "hours"
    changed(client, "POST", f"/inquiries/{inquiry['id']}/answer", {"text": "Come at eight.", "close": "solved"}, 202)
    reads(client, "Come at eight.")
    assert client.get("/answers")["data"][0]["status"] == "rejected"
    waiting = [one for one in client.get("/inbound")["data"] if one["status"] != "handled"]
    assert waiting == []


def test_a_survey_is_filled_in_on_two_phones(client: Client) -> None:
    questions = [
        {"kind": "scale", "text": {"en": "How was it?"}, "low": 1, "high": 5, "branches": [{"next": 0, "low": 4}]},
        {"kind": "free", "text": {"en": "What went wrong?"}},
    ]
    closes = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    survey = changed(client, "POST", "/surveys", {"name": "S", "questions": questions, "closes_at": closes}, 201)["id"]
    changed(client, "POST", f"/surveys/{survey}/start", {"to": [PHONE, OTHER]})
    for phone in HANDSETS:
        reads(client, "How was it? Reply 1 to 5.", phone)
    types(client, "5", PHONE)
    reads(client, "Thank you for your answers.", PHONE)
    types(client, "two", OTHER)
    reads(client, "What went wrong?", OTHER)
    types(client, "it came late", OTHER)
    reads(client, "Thank you for your answers.", OTHER)
    scale, free = client.get(f"/surveys/{survey}/results")["data"]
    assert [one["count"] for one in scale["spread"]] == [0, 1, 0, 0, 1]
    assert free["words"] == ["it came late"]


@pytest.mark.slow
def test_a_kill_between_an_answer_and_what_follows_counts_it_once_and_asks_nothing_twice(
    open_gateway: Callable[..., Running], tape: Tape
) -> None:
    gateway = open_gateway([tape.link()], sending={"region": "SI"}, orders={"join_within": 1})
    gateway.start()
    client = gateway.client()
    changed(client, "PUT", "/answer-topics/hours/templates/en", {"text": "We are here {{ hours }}."})
    changed(client, "PATCH", "/answer-topics/hours", {"status": "live", "why": "a test"})
    asks = [{"kind": "scale", "text": {"en": text}, "low": 1, "high": 5} for text in ("How was it?", "And the price?")]
    closes = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    survey = changed(client, "POST", "/surveys", {"name": "S", "questions": asks, "closes_at": closes}, 201)["id"]
    changed(client, "POST", f"/surveys/{survey}/start", {"to": [PHONE]})
    reads(client, "How was it?")
    chance = random.Random(5)
    for phone, text in ((PHONE, "4"), (OTHER, "When are you open?")):
        types(client, text, phone)
        time.sleep(chance.uniform(0, 0.12))
        client.close()
        gateway.kill()
        gateway.start()
        client = gateway.client()

    def settled() -> bool:
        with gateway.looking() as conn:
            unread = conn.scalar(select(func.count()).where(inbound.c.state == "received"))
            texts = conn.scalar(select(func.count()).select_from(inbound))
            return unread == 0 and texts == 2

    until(settled, 30, "not every text was read")
    reads(client, "And the price?")
    reads(client, "We are here always.", OTHER)
    with gateway.looking() as conn:
        assert list(conn.scalars(select(survey_answer.c.value))) == [4]
        assert list(conn.scalars(select(auto_answer.c.state))) == ["sent"]
        said = Counter(conn.scalars(select(message.c.text)))
    assert len(said) == 3
    assert set(said.values()) == {1}
    client.close()


def test_a_machine_that_answers_whatever_it_gets_is_left_to_a_person(client: Client) -> None:
    changed(client, "PUT", "/answer-topics/hours/templates/en", {"text": "We are here {{ hours }}."})
    changed(client, "PATCH", "/answer-topics/hours", {"status": "live", "why": "a test"})
    types(client, "When are you open?")
    reads(client, "We are here always.")
    for count in range(2, 6):
        types(client, f"Ticket {count}: your message has been received. When are you open?")

        def read(count: int = count) -> bool:
            texts = client.get("/inbound")["data"]
            return len(texts) == count and all(one["status"] != "received" for one in texts)

        until(read, 20, "it was not read")
    texts = client.get(f"/simulator/handsets/{PHONE}/messages")["data"]
    assert len([one for one in texts if not one["mine"]]) == 1
    [inquiry] = client.get("/inquiries?queue=true")["data"]
    assert len(client.get(f"/inquiries/{inquiry['id']}")["texts"]) == 4
