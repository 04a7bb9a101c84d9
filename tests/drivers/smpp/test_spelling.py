"""The ids of answers and receipts meet in one reference."""

from __future__ import annotations

import pytest

from drivers.smpp.spelling import REMEMBERED, ReceiptIds, Spelling


@pytest.mark.parametrize(
    ("rule", "answer", "receipt"),
    [
        (ReceiptIds.AS_IS, "Ab-1", "Ab-1"),
        (ReceiptIds.DECIMAL, "1F3A", "7994"),
        (ReceiptIds.DECIMAL, "00001f3a", "0000007994"),
        (ReceiptIds.HEX, "7994", "1F3A"),
        (ReceiptIds.HEX, "0000007994", "00001f3a"),
        (ReceiptIds.AUTO, "Ab-1", "Ab-1"),
        (ReceiptIds.AUTO, "1F3A", "7994"),
        (ReceiptIds.AUTO, "1F3A", "1f3a"),
        (ReceiptIds.AUTO, "7994", "0000007994"),
        (ReceiptIds.AUTO, "7994", "1F3A"),
    ],
)
def test_answer_and_receipt_get_the_same_reference(rule: ReceiptIds, answer: str, receipt: str) -> None:
    spelling = Spelling(rule)
    assert spelling.of_answer(answer) == spelling.of_receipt(receipt, None)


@pytest.mark.parametrize("rule", list(ReceiptIds))
def test_the_parameter_repeats_the_answer_and_so_beats_the_text(rule: ReceiptIds) -> None:
    spelling = Spelling(rule)
    assert spelling.of_receipt("99", "1f3a") == spelling.of_answer("1f3a")


def test_auto_leaves_the_reference_as_the_network_spelled_it() -> None:
    assert Spelling(ReceiptIds.AUTO).of_answer("00AB") == "00AB"


def test_auto_uses_what_it_learned_for_ids_that_it_no_longer_remembers() -> None:
    spelling = Spelling(ReceiptIds.AUTO)
    spelling.of_answer("1f3a")
    assert spelling.of_receipt("48879", None) == "48879"
    assert spelling.of_receipt("7994", None) == "1f3a"
    assert spelling.of_receipt("48879", None) == "beef"
    assert 'receipt_ids = "decimal"' in (spelling.finding or "")


def test_auto_does_not_guess_where_two_spellings_fit() -> None:
    spelling = Spelling(ReceiptIds.AUTO)
    spelling.of_answer("16")
    spelling.of_answer("10")
    assert spelling.of_receipt("16", None) == "16"
    assert spelling.finding is None


def test_auto_says_so_where_ids_come_as_they_are_and_asks_for_nothing() -> None:
    spelling = Spelling(ReceiptIds.AUTO)
    spelling.of_receipt(spelling.of_answer("7994"), None)
    assert spelling.finding == "found out: receipts spell ids as the answers do"


@pytest.mark.parametrize(
    ("answer", "receipt", "found"),
    [("1F3A", "7994", "decimal"), ("7994", "1F3A", "hexadecimal"), ("7994", "7994", "as")],
)
def test_auto_writes_into_the_log_what_it_found_out_and_by_which_ids_once(
    caplog: pytest.LogCaptureFixture, answer: str, receipt: str, found: str
) -> None:
    caplog.set_level("INFO")
    spelling = Spelling(ReceiptIds.AUTO, "carrier")
    for _ in range(3):
        spelling.of_answer(answer)
        spelling.of_receipt(receipt, None)
    (line,) = caplog.messages
    assert line.startswith(f"link carrier: found out: receipts spell ids {'in ' if found != 'as' else ''}{found}")
    assert (repr(answer) in line, repr(receipt) in line) == (True, True)


@pytest.mark.parametrize("rule", [ReceiptIds.AS_IS, ReceiptIds.HEX, ReceiptIds.DECIMAL])
def test_a_rule_finds_nothing_out(rule: ReceiptIds) -> None:
    spelling = Spelling(rule)
    spelling.of_receipt(spelling.of_answer("7994"), None)
    assert spelling.finding is None


def test_auto_remembers_a_bounded_number_of_ids() -> None:
    spelling = Spelling(ReceiptIds.AUTO)
    for number in range(REMEMBERED + 1):
        spelling.of_answer(f"{number + 0xA00000:x}")
    assert spelling.of_receipt(str(0xA00000), None) == str(0xA00000)
    assert spelling.of_receipt(str(0xA00001), None) == "a00001"


def test_a_receipt_without_any_id_has_no_reference() -> None:
    assert [Spelling(rule).of_receipt(None, None) for rule in ReceiptIds] == [None] * len(ReceiptIds)


def test_a_stranger_may_be_spelled_in_every_way_and_a_known_one_in_none() -> None:
    spelling = Spelling(ReceiptIds.AUTO)
    assert {"1A2B3D", "1a2b3d", "001A2B3D"} <= set(spelling.others("0001715005"))
    spelling.of_answer("1715005")
    assert spelling.others("1715005") == ()
    assert Spelling(ReceiptIds.DECIMAL).others("1715005") == ()
