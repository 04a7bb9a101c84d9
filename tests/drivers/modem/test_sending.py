"""Texts that go out over a modem: the answer of each part, told once, and honest when it is not known."""

from __future__ import annotations

import threading
import time

import pytest

from drivers.modem.sending import Window
from smsgw.link import (
    LinkDown,
    LinkError,
    LinkState,
    Misconfigured,
    NoAnswer,
    ReceiptState,
    RecipientUnreachable,
    RejectedForGood,
    RejectedForNow,
    Throttled,
)
from tests.drivers.modem.conftest import CUSTOMER, Open, Rig, one_part
from tests.drivers.recorder import Recorder
from tests.emulators.modem import Ways


def test_a_part_is_taken_under_the_modems_number_and_the_recipients_last_digits(rig: Rig) -> None:
    first = rig.send_and_wait("one", "+38641000002")
    second = rig.send_and_wait("two", "+4915112345678")
    assert rig.events.references(first) == ["1:41000002"]
    assert rig.events.references(second) == ["2:12345678"]


def test_the_parts_of_a_long_text_each_have_an_answer_and_a_report(rig: Rig) -> None:
    parts = rig.send_and_wait("{Everything} must go! €€€ " * 20)
    assert len(parts) == 5
    rig.events.wait(lambda: len(rig.events.receipts) == 5)
    assert [receipt.reference for receipt in rig.events.receipts] == rig.events.references(parts)
    assert rig.network.submitted() == [(CUSTOMER, "{Everything} must go! €€€ " * 20)]


@pytest.mark.parametrize("ways", [Ways(), Ways(notify_modes=("2,1,0,1,0",)), Ways(reports="early")])
def test_a_report_comes_up_however_the_modem_hands_it_over(rig_for: Open, ways: Ways) -> None:
    rig = rig_for(ways).up()
    parts = rig.send_and_wait("hello")
    rig.events.wait(lambda: rig.events.receipts)
    (receipt,) = rig.events.receipts
    assert receipt.reference == rig.events.references(parts)[0]
    assert (receipt.state, receipt.recipient) == (ReceiptState.DELIVERED, CUSTOMER)
    assert receipt.also == (f"?:{CUSTOMER[-8:]}",)
    assert receipt.at is not None
    if ways.notify_modes[0] == "2,1,0,2,0":
        rig.events.wait(lambda: rig.modem.deleted)
        assert all(not held for held in rig.modem.stored.values())


def test_a_report_that_spells_the_number_nationally_has_the_same_reference(rig_for: Open) -> None:
    rig = rig_for(Ways(reports="manual")).up()
    parts = rig.send_and_wait("hello", "+38641000002")
    rig.modem.send_receipt("+38641000002", 0x46, recipient="041000002")
    rig.events.wait(lambda: rig.events.receipts)
    (receipt,) = rig.events.receipts
    assert receipt.reference == rig.events.references(parts)[0]
    assert (receipt.state, receipt.error) == (ReceiptState.EXPIRED, "46")


def test_a_part_that_wants_no_report_gets_none(rig: Rig) -> None:
    rig.link.send(one_part(receipt=False))
    rig.send_and_wait("hello")
    rig.events.wait(lambda: rig.events.receipts)
    assert [one.wants_report for one in rig.modem.submissions] == [False, True]
    assert [receipt.reference for receipt in rig.events.receipts] == ["2:41000002"]


@pytest.mark.parametrize(
    ("refusal", "kind"),
    [
        (28, RejectedForGood),
        (304, RejectedForGood),
        (38, RejectedForNow),
        (500, RejectedForNow),
        (127, RejectedForNow),
        (201, RejectedForNow),
        (322, RejectedForNow),
        (27, RecipientUnreachable),
        (42, Throttled),
        (331, LinkDown),
        (330, Misconfigured),
        ("+CME ERROR: 30", LinkDown),
        ("+CME ERROR: 100", RejectedForNow),
        ("ERROR", RejectedForNow),
    ],
)
def test_a_refusal_has_its_kind_and_the_next_part_is_not_held_up(
    rig: Rig, refusal: int | str, kind: type[LinkError]
) -> None:
    rig.modem.refuse_next(refusal)
    (error,) = rig.events.refusals(rig.send_and_wait("refused"))
    assert type(error) is kind
    assert error.says
    assert error.code in (f"CMS {refusal}", str(refusal).replace("+", "").replace(" ERROR:", ""))
    assert rig.events.references(rig.send_and_wait("next"))
    assert rig.network.submitted() == [(CUSTOMER, "next")]


def test_a_sim_that_fails_is_looked_at_again_from_the_start(rig: Rig) -> None:
    rig.modem.refuse_next(313)
    (error,) = rig.events.refusals(rig.send_and_wait("refused"))
    assert isinstance(error, Misconfigured)
    rig.events.wait(lambda: rig.modem.commands.count("AT+CPIN?") == 2)
    rig.events.wait_up()
    assert rig.events.references(rig.send_and_wait("next"))


def test_a_recipient_that_a_modem_cannot_dial_is_refused_without_the_modem(rig: Rig) -> None:
    (error,) = rig.events.refusals(rig.send_and_wait("hello", "SHOP"))
    assert isinstance(error, RejectedForGood)
    assert not any("CMGS" in command for command in rig.modem.commands)


def test_an_answer_that_never_comes_leaves_the_part_in_doubt(rig_for: Open) -> None:
    rig = rig_for(answer_timeout=2.5).up()
    rig.modem.swallow_answers()
    (error,) = rig.events.refusals(rig.send_and_wait("hello"))
    assert isinstance(error, NoAnswer)
    rig.modem.swallow_answers(False)
    assert rig.events.references(rig.send_and_wait("next")) == ["2:41000002"]


def test_an_answer_that_comes_late_is_told_after_all_and_not_taken_for_the_next_ones(rig_for: Open) -> None:
    rig = rig_for(answer_timeout=2.5, check_interval=600, sweep_interval=600).up()
    rig.modem.hold_answers()
    late = rig.send_and_wait("late")
    assert isinstance(rig.events.refusals(late)[0], NoAnswer)
    rig.modem.release_answers()
    rig.events.wait(lambda: len(rig.events.answers) == 2)
    assert rig.events.answers[1] == (late[0], "1:41000002")
    assert rig.events.references(rig.send_and_wait("next")) == ["2:41000002"]
    assert len(rig.events.answers) == 3


def test_a_late_answer_while_the_line_is_being_put_right_is_not_lost(rig_for: Open) -> None:
    rig = rig_for(answer_timeout=2.5, check_interval=600, sweep_interval=600).up()
    rig.modem.hold_answers()
    late = rig.send_and_wait("late")
    threading.Timer(0.1, rig.modem.release_answers).start()
    following = rig.send_and_wait("next")  # its first act is to bring modem and us together again
    rig.events.wait(lambda: len(rig.events.answers) == 3)
    assert [answer for part, answer in rig.events.answers if part is late[0]][1] == "1:41000002"
    assert [answer for part, answer in rig.events.answers if part is following[0]] == ["2:41000002"]


def test_without_a_prompt_nothing_was_sent_and_the_link_says_so(rig_for: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("drivers.modem.at.PROMPT_TIMEOUT", 0.3)
    rig = rig_for(Ways(prompt="")).up()
    (error,) = rig.events.refusals(rig.send_and_wait("hello"))
    assert isinstance(error, LinkDown)
    assert rig.modem.submissions == []
    monkeypatch.setattr("drivers.modem.at.PROMPT_TIMEOUT", 60.0)
    rig.modem.ways.prompt = "\r\n>"  # without the usual space
    assert rig.events.references(rig.send_and_wait("next"))


@pytest.mark.parametrize("prompt", ["\r\n> ", ">", "\r\n>\r\n", "\r>  "])
def test_a_prompt_is_seen_in_whatever_form(rig_for: Open, prompt: str) -> None:
    rig = rig_for(Ways(prompt=prompt)).up()
    assert rig.events.references(rig.send_and_wait("hello"))
    assert rig.network.submitted() == [(CUSTOMER, "hello")]


def test_the_window_holds_one_part_and_send_waits_for_it(rig_for: Open) -> None:
    rig = rig_for(Ways(air_time=1.5)).up()
    assert rig.link.window == 1
    began = time.monotonic()
    first = rig.send("one")
    second = rig.send("two")
    assert time.monotonic() - began > 1.4
    assert len(rig.events.references(first)) == 1, "the first has its answer before there is room for another"
    rig.answered(first + second)
    assert len(rig.events.references(first + second)) == 2


def test_a_part_before_the_modem_is_there_is_told_as_link_down(rig_for: Open) -> None:
    rig = rig_for()
    (error,) = rig.events.refusals(rig.send_and_wait("hello"))
    assert isinstance(error, LinkDown)


def test_a_stop_waits_for_the_answer_in_flight_and_then_closes_the_port(rig_for: Open) -> None:
    rig = rig_for(Ways(air_time=0.5)).up()
    parts = rig.send("last words")
    rig.stop(60)
    assert len(rig.events.references(parts)) == 1
    assert rig.link.health().state is LinkState.DOWN
    assert rig.events.refusals(rig.send_and_wait("too late"))
    assert not [thread for thread in threading.enumerate() if rig.modem.device in thread.name]


def test_a_stop_still_sends_what_was_given_while_the_modem_was_busy(rig_for: Open) -> None:
    rig = rig_for(sweep_interval=600, check_interval=0.5).settled()
    rig.modem.delay = 0.3
    rig.events.wait(lambda: rig.modem.commands[-1] == "AT+CNMI?")  # it is being looked after
    parts = rig.send("just in time")
    rig.stop(60)
    assert len(rig.events.references(parts)) == 1


def test_whatever_happens_at_the_same_time_a_part_is_answered_once(events: Recorder) -> None:
    window = Window(events)
    window.open()
    part = one_part()
    assert window.offer(part)
    assert window.begin() is part
    assert window.begin() is None
    for settle in (
        lambda: window.failed(part, NoAnswer("gone")),
        lambda: window.taken(part, "1:41000002"),
        window.give_up,
    ):
        settle()
    assert len(events.answers_of([part])) == 1
    window.late("+CMGS: 9")
    window.late("+CMGS: 9")
    assert [answer for _, answer in events.answers[1:]] == ["9:41000002"]


def test_a_window_that_was_closed_is_never_open_again(events: Recorder) -> None:
    window = Window(events)
    window.close(LinkDown("stopped"))
    window.open()
    assert not window.offer(one_part())


def test_the_services_centre_and_the_validity_reach_the_network(rig_for: Open) -> None:
    rig = rig_for(smsc="+38640441000").up()
    rig.link.send(one_part(validity=3600))
    rig.events.wait(lambda: rig.events.answers)
    (sent,) = rig.modem.submissions
    assert sent.centre == "38640441000"
    assert sent.read["vp"] == 11  # 12 times five minutes
