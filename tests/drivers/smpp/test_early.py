"""Early receipts find their message when its answer comes, and never another's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from drivers.smpp.early import WAITING, EarlyReceipts
from drivers.smpp.spelling import ReceiptIds, Spelling
from smsgw.link import Receipt, ReceiptState, WirePart

MakePart = Callable[..., WirePart]
PHONE = "+4915112345678"


class Run:
    """Early receipts under a rule, at a time that the test sets."""

    def __init__(self, told: Any, rule: ReceiptIds = ReceiptIds.AUTO) -> None:
        self.now = 0.0
        self.spelling = Spelling(rule)
        self.early = EarlyReceipts(told, self.spelling, 30.0, lambda: self.now)

    def receipt(self, reference: str, recipient: str | None = PHONE) -> None:
        self.early.note(Receipt(reference, ReceiptState.DELIVERED, recipient))

    def answer(self, part: WirePart, reference: str) -> None:
        self.early.taken(part, self.spelling.of_answer(reference))


@pytest.mark.parametrize(("receipt", "answer"), [("0000007994", "1F3A"), ("1F3A", "7994"), ("1f3a", "1F3A")])
def test_an_early_receipt_is_told_again_with_the_reference_of_the_answer(
    told: Any, a_part: MakePart, receipt: str, answer: str
) -> None:
    run = Run(told)
    run.receipt(receipt, PHONE[1:])
    run.answer(a_part(), answer)
    assert told.order == ["taken", "receipt"]
    assert told.receipts == [Receipt(answer, ReceiptState.DELIVERED, PHONE[1:])]


def test_a_receipt_that_spells_the_id_like_the_answer_needs_no_repetition(told: Any, a_part: MakePart) -> None:
    run = Run(told)
    run.receipt("7994")
    run.answer(a_part(), "7994")
    assert told.order == ["taken"]


@pytest.mark.parametrize("recipient", ["+4915112345679", None])
def test_an_id_that_fits_by_chance_is_not_enough_without_the_number(
    told: Any, a_part: MakePart, recipient: str | None
) -> None:
    run = Run(told)
    run.receipt("7994", recipient)
    run.answer(a_part(), "1f3a")
    assert told.order == ["taken"]


def test_an_answer_that_comes_much_later_is_of_another_message(told: Any, a_part: MakePart) -> None:
    run = Run(told)
    run.receipt("7994")
    run.now = 30.5
    run.answer(a_part(), "1f3a")
    assert told.order == ["taken"]


def test_a_receipt_whose_answer_was_there_first_is_not_kept(told: Any, a_part: MakePart) -> None:
    run = Run(told)
    run.answer(a_part(), "7994")
    run.receipt("7994")
    run.answer(a_part(), "1f3a")
    assert told.order == ["taken", "taken"]


@pytest.mark.parametrize("rule", [ReceiptIds.AS_IS, ReceiptIds.HEX, ReceiptIds.DECIMAL])
def test_where_the_spelling_is_configured_nothing_is_guessed(told: Any, a_part: MakePart, rule: ReceiptIds) -> None:
    run = Run(told, rule)
    run.receipt("7994")
    run.answer(a_part(), "1f3a")
    assert told.order == ["taken"]


def test_a_bounded_number_of_early_receipts_is_kept(told: Any, a_part: MakePart) -> None:
    run = Run(told)
    for number in range(3 * WAITING + 1):
        run.receipt(f"{number + 5_000_000}")
    run.answer(a_part(), f"{5_000_000:x}")
    run.answer(a_part(), f"{3 * WAITING + 5_000_000:x}")
    assert told.order == ["taken", "taken", "receipt"]
