"""Answers of the network as they are written down: many in one statement, each as it was given."""

from __future__ import annotations

import pytest

from smsgw.outbound.handover import Answer
from tests.smsgw.desk import Desk


def test_an_answer_to_what_was_taken_already_changes_nothing(desk: Desk) -> None:
    id = desk.submit()
    [wire] = desk.claim()
    desk.taken(wire, "r1")
    desk.taken(wire, "r2")
    assert [part.reference for part in desk.parts(id)] == ["r1"]


def test_of_two_answers_for_a_part_that_are_written_down_together_the_first_stays(desk: Desk) -> None:
    id = desk.submit()
    [wire] = desk.claim()
    both = [Answer("a", id, wire.position, desk.now, reference=said) for said in ("r1", "r2")]
    desk.database.writer.do_all(desk.handover.record, both)
    assert [part.reference for part in desk.parts(id)] == ["r1"]
    desk.receipt("r1")
    assert desk.state(id) == "delivered"


@pytest.mark.parametrize("reference", ['it\'s \\ \\u0041 "so"', "100 %s %(at)s {x} $[0] :at ?", "№ ١٢ 😀 \u2028", ""])
def test_a_reference_is_kept_as_the_network_spells_it(desk: Desk, reference: str) -> None:
    ids = [desk.submit(text=f"text {number}") for number in range(2)]
    wires = desk.claim()
    answers = [
        Answer("a", wire.message_id, 1, desk.now, reference=said)
        for wire, said in zip(wires, (reference, "r2"), strict=True)
    ]
    desk.database.writer.do_all(desk.handover.record, answers)
    assert [part.reference for id in ids for part in desk.parts(id)] == [reference, "r2"]
    desk.receipt(reference)
    assert [desk.state(id) for id in ids] == ["delivered", "sent"]
