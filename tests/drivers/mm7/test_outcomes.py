"""What each status of an MMSC leads to, over the wire and in the table."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from drivers.mm7 import Mm7Link, outcomes
from drivers.mm7.outcomes import Outcome
from smsgw.link import (
    LinkDown,
    LinkError,
    LinkState,
    Misconfigured,
    NoAnswer,
    ReceiptState,
    RejectedForGood,
    Throttled,
)
from tests.drivers.mm7.conftest import mms, outcome
from tests.drivers.recorder import Recorder
from tests.emulators.mmsc import REL6, Answer, Mmsc, envelope

Open = Callable[..., Mm7Link]
FAULT = "<env:Fault><faultcode>env:{0}</faultcode><faultstring>no</faultstring></env:Fault>"
TABLE: dict[tuple[int, ...], Outcome] = {
    (1000, 1999): Outcome.ACCEPTED,
    (1100,): Outcome.PARTIAL,
    (2002, 2003, 2005): Outcome.RECIPIENT,
    (2004, 3002, 2560): Outcome.CONTENT,
    (2001, 4001, 4007, 2550, 2551, 2561, 2562, 2563, 2564, 2568): Outcome.ACCOUNT,
    (4002, 2505, 2507): Outcome.SCHEMA,
    (3003, 2503): Outcome.SPLIT,
    (3000, 4006, 3500, 3999): Outcome.LATER,
    (3510,): Outcome.SLOWER,
    (2000, 2006, 2007, 4003, 4004): Outcome.UNREAD,
    (4000, 4005, 2999, 4999, 9, 5000): Outcome.FOR_GOOD,
}
OF_HTTP: dict[tuple[int, ...], Outcome] = {
    (413,): Outcome.CONTENT,
    (401, 403, 404, 302): Outcome.ACCOUNT,
    (500, 502, 503): Outcome.LATER,
    (429,): Outcome.SLOWER,
    (400, 415): Outcome.UNREAD,
    (410,): Outcome.FOR_GOOD,
}
CASES: list[tuple[Answer, type[LinkError], str, float | None]] = [
    (Answer(2002, words="Address error"), RejectedForGood, "2002", None),
    (Answer(2004), RejectedForGood, "content-2004", None),
    (Answer(None, 413), RejectedForGood, "content-413", None),
    (Answer(4001), Misconfigured, "4001", None),
    (Answer(4002), Misconfigured, "4002", None),
    (Answer(2503), RejectedForGood, "2503", None),
    (Answer(4006, 500), LinkDown, "4006", 10.0),
    (Answer(None, 503), LinkDown, "503", 10.0),
    (Answer(3510), Throttled, "3510", None),
    (Answer(None, 429, headers={"Retry-After": "7"}), Throttled, "429", None),
    (Answer(2007, 500), RejectedForGood, "2007", None),
    (Answer(4321), RejectedForGood, "4321", None),
    (Answer(None, 200), NoAnswer, "no-mm7", None),
    (Answer(None, 202, text="<a><b></a>"), NoAnswer, "no-mm7", None),
    (Answer(None, 200, text=envelope("T", "<SubmitRsp><Status/></SubmitRsp>", REL6)), NoAnswer, "no-mm7", None),
    (Answer(None, 500, text=envelope("T", FAULT.format("Server"), REL6)), LinkDown, "3000", 10.0),
    (Answer(None, 500, text=envelope("T", FAULT.format("Client"), REL6)), RejectedForGood, "2000", None),
]


@pytest.mark.parametrize(("statuses", "wanted"), TABLE.items(), ids=lambda one: str(one))
def test_the_table_says_what_follows(statuses: tuple[int, ...], wanted: Outcome) -> None:
    assert {outcomes.judge(200, status, "").outcome for status in statuses} == {wanted}


@pytest.mark.parametrize(("statuses", "wanted"), OF_HTTP.items(), ids=lambda one: str(one))
def test_http_alone_says_what_follows_too(statuses: tuple[int, ...], wanted: Outcome) -> None:
    assert {outcomes.judge(status, None, "").outcome for status in statuses} == {wanted}


def test_every_outcome_is_explained_and_every_status_has_words() -> None:
    assert set(outcomes.WHAT_FOLLOWS) == set(Outcome)
    assert all(words for _, words in (*outcomes.MM7.values(), *outcomes.HTTP.values()))


@pytest.mark.parametrize(("answer", "kind", "code", "after"), CASES, ids=range(len(CASES)))
def test_an_answer_becomes_the_error_that_says_what_follows(
    mmsc: Mmsc, events: Recorder, link_to: Open, answer: Answer, kind: type[LinkError], code: str, after: float | None
) -> None:
    link = link_to(mmsc, window=1)
    mmsc.next.append(answer)
    error = outcome(link, events, mms())
    assert isinstance(error, kind)
    assert (error.code, error.after) == (code, after)
    assert error.says
    if answer.headers:
        assert error.rest == 7.0


def test_pauses_grow_to_an_hour_while_the_mmsc_has_trouble_and_use_up_no_tries(
    mmsc: Mmsc, events: Recorder, link_to: Open
) -> None:
    link = link_to(mmsc, window=1)
    mmsc.next = [Answer(4006) for _ in range(11)] + [Answer(1000), Answer(4006)]
    told = [outcome(link, events, mms(number)) for number in range(13)]
    errors = [one for one in told if isinstance(one, LinkError)]
    assert [one.after for one in errors] == [10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600, 10]
    assert not any(one.counts for one in errors)
    assert all(one.rest == one.after for one in errors)
    assert LinkState.DEGRADED in [one.state for one in events.healths]


def test_trouble_with_one_message_lets_the_others_go(mmsc: Mmsc, events: Recorder, link_to: Open) -> None:
    link = link_to(mmsc, window=1)
    mmsc.next = [Answer(3000), Answer(3000), Answer(3000)]
    told = [outcome(link, events, mms(number)) for number in (1, 1, 2, 3)]
    assert [one.after for one in told if isinstance(one, LinkError)] == [10, 20, 10]
    assert {one.rest for one in told if isinstance(one, LinkError)} == {0.0}
    assert isinstance(told[3], str)


def test_an_operators_own_status_may_mean_later(mmsc: Mmsc, events: Recorder, link_to: Open) -> None:
    link = link_to(mmsc, retry_statuses=[2009, 404], window=1)
    for answer in (Answer(2009), Answer(None, 404)):
        mmsc.next.append(answer)
        assert isinstance(outcome(link, events, mms()), LinkDown)


def test_a_yes_without_words_or_without_a_name_is_a_yes(mmsc: Mmsc, events: Recorder, link_to: Open) -> None:
    link = link_to(mmsc)
    mmsc.next = [Answer(1000, message_id=False)]
    assert outcome(link, events, mms()) == mmsc.asked[0].transaction


def test_what_the_mmsc_could_not_read_is_kept_without_the_picture(
    mmsc: Mmsc, events: Recorder, link_to: Open, tmp_path: object
) -> None:
    folder = tmp_path / "exchanges"  # type: ignore[operator]
    link = link_to(mmsc, exchanges=folder, window=1)
    mmsc.next = [Answer(4004, words="Validation error") for _ in range(3)]
    for number in range(3):
        outcome(link, events, mms(number))
    kept = sorted(folder.iterdir())
    assert len(kept) == 3
    assert b"SubmitReq" in kept[0].read_bytes()
    assert b"Validation error" in kept[0].read_bytes()
    assert b"JFIF" not in kept[0].read_bytes()


@pytest.mark.parametrize(
    ("word", "state", "final"),
    [
        ("Retrieved", ReceiptState.DELIVERED, True),
        ("Expired", ReceiptState.EXPIRED, True),
        ("Rejected", ReceiptState.REJECTED, True),
        ("Deferred", ReceiptState.ENROUTE, False),
        ("Indeterminate", ReceiptState.UNKNOWN, False),
        ("Forwarded", ReceiptState.ENROUTE, False),
        ("Unrecognised", ReceiptState.UNDELIVERABLE, True),
        ("Unrecognized", ReceiptState.UNDELIVERABLE, True),
        ("Unreachable", ReceiptState.UNDELIVERABLE, True),
        ("NotSupported", ReceiptState.UNDELIVERABLE, True),
        ("Something new", ReceiptState.UNKNOWN, False),
    ],
)
def test_a_report_decides_or_does_not(word: str, state: ReceiptState, final: bool) -> None:
    told, said = outcomes.state(word)
    assert (told, told.final) == (state, final)
    assert said == word.replace("zed", "sed")
