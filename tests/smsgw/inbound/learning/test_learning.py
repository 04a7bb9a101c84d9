"""Corrections become aliases and examples when a person approves; the model only proposes and re-orders."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

from smsgw.errors import BadInput, Conflict, NotFound
from smsgw.inbound.catalogue import catalogue
from smsgw.inbound.inquiries import inquiries
from smsgw.inbound.learning import learning
from smsgw.inbound.learning.guessing import Proposer, readiness, train
from smsgw.inbound.learning.learning import Judgement, Wrong
from smsgw.inbound.reading.terms import Reading
from smsgw.store import schema
from smsgw.store.database import Database
from smsgw.store.tables import product
from tests.smsgw.desk import Desk
from tests.smsgw.inbound.counter import BOB, Counter, question


@pytest.fixture
def counter(tmp_path: Path) -> Iterator[Counter]:
    opened = Database(f"sqlite:///{tmp_path / 'store.db'}")
    schema.upgrade(opened)
    yield Counter(Desk(opened))
    opened.close()


def with_pens(counter: Counter) -> None:
    row: dict[str, Any] = {
        "sku": "PEN", "names": {"sl": "kemični svinčnik"}, "unit": "pcs", "max_auto": 50_000, "active": True,
        "changed_at": counter.desk.now,
    }  # fmt: skip
    counter.writer.do(lambda conn, batch: [conn.execute(insert(product).values(**one)) for one in batch], row)


def propose(counter: Counter, **told: Any) -> str:
    counter.desk.later(milliseconds=1)
    return learning.propose(counter.writer, Wrong("clerk", counter.desk.now, **told))


def decide(counter: Counter, id: str, approved: bool = True) -> None:
    learning.decide(counter.writer, Judgement(id, approved, "owner", "", counter.desk.now))


def aliases(counter: Counter) -> dict[str, Any]:
    with counter.reading() as conn:
        return catalogue.aliases(conn)


def test_words_become_an_alias_only_after_a_person_approved_them(desk: Desk) -> None:
    counter = Counter(desk)
    with_pens(counter)
    text = counter.hears("2 papirčka prosim", Reading("other", "unclear", reasons=("unclear",)))
    id = propose(counter, inbound_id=text, words="Papirčka", sku="PEN", language="sl")
    assert aliases(counter) == {}
    decide(counter, id)
    assert aliases(counter) == {"PEN": {"sl": ("Papirčka",)}}
    assert desk.events(id) == ["propose", "approve"]
    with counter.reading() as conn:
        assert [row.id for row in learning.listing(conn, 5, state="approved", kind="alias")] == [id]


def test_what_is_rejected_teaches_nothing_and_is_decided_once(counter: Counter) -> None:
    with_pens(counter)
    id = propose(counter, text="2 pisala", words="pisala", sku="PEN")
    decide(counter, id, approved=False)
    assert aliases(counter) == {}
    with pytest.raises(Conflict, match="rejected already"):
        decide(counter, id)


@pytest.mark.parametrize(
    ("told", "pointers"),
    [
        ({}, ["/inbound_id", "/words"]),
        ({"text": "x", "inbound_id": "in_1", "meant": "order"}, ["/inbound_id"]),
        ({"text": "x", "words": "x"}, ["/sku"]),
        ({"text": "x", "meant": "weather"}, ["/meant"]),
        ({"text": "x", "meant": "inquiry"}, ["/topic"]),
        ({"text": "x", "meant": "inquiry", "topic": "spam"}, ["/topic"]),
        ({"text": "x", "meant": "order", "topic": "hours"}, ["/topic"]),
        ({"text": "x", "meant": "order", "language": "xx"}, ["/language"]),
    ],
)
def test_a_correction_tells_its_mistakes(counter: Counter, told: dict[str, Any], pointers: list[str]) -> None:
    with pytest.raises(BadInput) as refused:
        propose(counter, **told)
    assert [fault.pointer for fault in refused.value.faults] == pointers


def test_a_correction_is_about_words_that_are_there_and_products_that_exist(counter: Counter) -> None:
    with_pens(counter)
    with pytest.raises(BadInput, match="does not say"):
        propose(counter, text="2 pens", words="paper", sku="PEN")
    with pytest.raises(NotFound, match="no product"):
        propose(counter, text="2 pens", words="pens", sku="PENCIL")
    with pytest.raises(NotFound, match="no inbound text"):
        propose(counter, inbound_id="in_none", meant="order")


# The model

HOURS = ["when do you open", "are you open on sunday", "opening times please", "until when is the shop open"]
ANGRY = ["my parcel is broken again", "the pen is broken and leaks", "broken glass in the box", "it arrived broken"]


def with_labels(counter: Counter, times: int = 4) -> None:
    for n in range(times):
        for texts, topic in ((HOURS, "hours"), (ANGRY, "complaint")):
            for text in texts:
                decide(counter, propose(counter, text=f"{text} {n}", meant="inquiry", topic=topic))


def test_the_same_examples_make_the_same_model() -> None:
    known = [
        (text, label) for texts, label in ((HOURS, "inquiry/hours"), (ANGRY, "inquiry/complaint")) for text in texts
    ]
    texts = ["open tomorrow?", "it is broken", "чай"]
    first, second = train(known).guess(texts), train(known).guess(texts)
    assert first == second
    assert [label for label, _ in first[:2]] == ["inquiry/hours", "inquiry/complaint"]
    assert train(known).guess([]) == []


def test_there_is_no_model_before_there_are_labels_enough(counter: Counter) -> None:
    with_labels(counter, 1)
    with counter.reading() as conn:
        told = readiness(conn)
    assert (told.ready, told.installed, told.examples) == (False, True, 8)
    assert told.why == "8 of 30 labels are approved"
    assert Proposer().propose(counter.desk.database, counter.desk.now) == 0


def test_without_the_extra_it_says_so_and_nothing_else_changes(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_labels(counter)
    monkeypatch.setitem(sys.modules, "sklearn", None)
    counter.hears("it is broken", question("product", "it"))
    with counter.reading() as conn:
        assert readiness(conn).why == 'scikit-learn is not installed: pip install "smsgw[learning]"'
    assert Proposer().propose(counter.desk.database, counter.desk.now) == 0


def test_the_model_proposes_and_re_orders_and_changes_nothing_else(counter: Counter) -> None:
    with_labels(counter)
    counter.hears("when will you open", question("product", "when"))
    counter.hears("all of it broken", question("product", "all"), BOB)
    with counter.reading() as conn:
        before = [row.address for row in inquiries.queue(conn, inquiries.Wanted())]
    proposer = Proposer()
    assert proposer.propose(counter.desk.database, counter.desk.now) == 2
    assert proposer.propose(counter.desk.database, counter.desk.now) == 0
    with counter.reading() as conn:
        rows = inquiries.queue(conn, inquiries.Wanted())
    assert [row.address for row in rows] == before[::-1]
    assert rows[0].address == BOB
    assert rows[0].proposal["topic"] == "inquiry/complaint"
    assert {(row.state, row.topic, row.priority) for row in rows} == {("open", "product", 1)}
    assert counter.said() == counter.said(BOB) == []
