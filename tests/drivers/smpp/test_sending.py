"""Parts going out: the window, answers, refusals, lost connections, stopping."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from drivers.smpp.esme import Esme
from smsgw.link import (
    Alphabet,
    LinkDown,
    LinkState,
    Misconfigured,
    NoAnswer,
    RejectedForGood,
    Throttled,
    WirePart,
)
from smsgw.text.parts import count, split
from tests.emulators.smsc import NUMBER, Network
from tests.emulators.smsc_server import Smsc

MakeLink = Callable[..., Esme]
MakePart = Callable[..., WirePart]
Soon = Callable[..., None]
TO = "+4915112345678"


def sending(link: Esme, parts: list[WirePart]) -> threading.Thread:
    """A thread that sends them, for it may have to wait."""

    def send_all() -> None:
        for part in parts:
            link.send(part)

    return threading.Thread(target=send_all)


def test_a_part_goes_out_with_everything_that_was_asked(
    network: Network, make_link: MakeLink, told: Any, a_part: MakePart, soon: Soon
) -> None:
    make_link().send(a_part("Hello", validity=86400, priority=9, sender="Bakery"))
    soon(lambda: told.taken_parts)
    (submit,) = network.smsc.submits
    assert told.taken_parts[0][1] == submit.id
    assert (submit.source_ton, submit.source_npi, submit.source) == (5, 0, "Bakery")
    assert (submit.dest_ton, submit.dest_npi, submit.dest) == (1, 1, TO[1:])
    assert (submit.message, submit.data_coding, submit.esm_class) == (b"Hello", 0, 0)
    assert (submit.registered, submit.validity, submit.priority_flag) == (1, "000001000000000R", 3)
    assert (submit.protocol_id, submit.replace, submit.schedule, submit.service_type) == (0, 0, "", "")


def test_no_receipt_is_asked_for_when_none_is_wanted(
    network: Network, make_link: MakeLink, told: Any, a_part: MakePart, soon: Soon
) -> None:
    make_link().send(a_part(receipt=False))
    soon(lambda: told.taken_parts)
    assert network.smsc.submits[0].registered == 0


def test_the_sender_of_the_link_is_used_when_the_part_names_none(
    network: Network, make_link: MakeLink, told: Any, a_part: MakePart, soon: Soon
) -> None:
    make_link().send(a_part())
    soon(lambda: told.taken_parts)
    assert "+" + network.smsc.submits[0].source == NUMBER


def test_of_several_in_one_go_one_that_cannot_be_written_is_told_and_the_others_go(
    network: Network, make_link: MakeLink, told: Any, a_part: MakePart, soon: Soon
) -> None:
    link = make_link()
    parts = [a_part("too long" * (40 if number == 3 else 1), number=number) for number in range(1, 6)]
    decided = []
    while parts:
        decided.append(link.send_some(parts))
        parts = parts[decided[-1] :]
    assert decided == [2, 1, 2]
    soon(lambda: len(told.taken_parts) == 4)
    assert [part.message_id for part, _ in told.taken_parts] == ["1", "2", "4", "5"]
    ((bad, error),) = told.failed_parts
    assert (bad.message_id, error.code) == ("3", "unsendable")
    assert len(network.smsc.submits) == 4


@pytest.mark.parametrize(
    "text", ["Ünì {[€]} @ £", "سلام دنیا " * 20, "Long GSM text, {piece} by piece. " * 12, "🙂" * 90]
)
def test_a_text_of_any_letters_and_length_arrives_as_it_was_written(
    network: Network, make_link: MakeLink, told: Any, soon: Soon, text: str
) -> None:
    link = make_link()
    pieces = split(text, link.abilities, 77)
    for number, piece in enumerate(pieces, 1):
        link.send(WirePart("m", number, len(pieces), TO, None, piece.alphabet, piece.user_data, udh=piece.udh))
    soon(lambda: len(told.taken_parts) == len(pieces))
    assert network.submitted() == [(TO, text)]


def test_the_window_holds_back_what_exceeds_it_and_lets_it_go_when_answers_come(
    network: Network, make_link: MakeLink, told: Any, a_part: MakePart, soon: Soon
) -> None:
    network.configure(answer_delay=3.0)
    link = make_link(window=3)
    begun = time.monotonic()
    for number in range(3):
        link.send(a_part(number=number))
    assert told.outcomes == 0, "it did not wait for any of them"
    link.send(a_part(number=3))
    assert time.monotonic() - begun >= 2.9
    soon(lambda: len(told.taken_parts) == 4)


def test_every_part_of_many_is_answered_once_whatever_the_chunks(
    network: Network, make_link: MakeLink, told: Any, a_part: MakePart, soon: Soon
) -> None:
    network.configure(chunk=7, receipts=True)
    link = make_link(window=20)
    for number in range(300):
        link.send(a_part(number=number))
    soon(lambda: told.outcomes == 300 and len(told.receipts) == 300)
    assert sorted(int(part.message_id) for part, _ in told.taken_parts) == list(range(300))
    assert {receipt.reference for receipt in told.receipts} == {reference for _, reference in told.taken_parts}


def test_many_threads_may_send_at_once(
    network: Network, make_link: MakeLink, told: Any, a_part: MakePart, soon: Soon
) -> None:
    link = make_link(window=5)

    def send_some(first: int) -> None:
        for number in range(first, first + 100):
            link.send(a_part(str(number), number=number))

    threads = [threading.Thread(target=send_some, args=(first,)) for first in range(0, 400, 100)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    soon(lambda: told.outcomes == 400)
    assert sorted(int(text) for _, text in network.submitted()) == list(range(400))


def test_refusals_are_told_by_what_becomes_of_the_part(
    network: Network, make_link: MakeLink, told: Any, a_part: MakePart, soon: Soon
) -> None:
    network.refuse_next(0x0B)
    network.throttle_next()
    link = make_link()
    for number in range(3):
        link.send(a_part(number=number))
    soon(lambda: told.outcomes == 3)
    refused, throttled = (error for _, error in told.failed_parts)
    assert isinstance(refused, RejectedForGood)
    assert "recipient's number" in refused.says
    assert isinstance(throttled, Throttled)
    assert throttled.rest == 0.2
    assert [part.message_id for part, _ in told.taken_parts] == ["2"]


@pytest.mark.parametrize("changed", [{"to": "+" + "1" * 30}, {"sender": "Пекарня"}, {"user_data": b"a" * 300}])
def test_a_part_that_cannot_be_written_is_given_up_without_touching_the_wire(
    network: Network, make_link: MakeLink, told: Any, a_part: MakePart, changed: dict[str, Any]
) -> None:
    make_link().send(a_part(**changed))
    assert isinstance(told.failed_parts[0][1], RejectedForGood)
    assert network.smsc.submits == []


def test_an_answer_without_an_id_still_gives_a_reference_of_its_own(
    network: Network, make_link: MakeLink, told: Any, a_part: MakePart, soon: Soon
) -> None:
    network.configure(id_form="")
    link = make_link()
    link.send(a_part(number=1))
    link.send(a_part(number=2))
    soon(lambda: len(told.taken_parts) == 2)
    references = {reference for _, reference in told.taken_parts}
    assert len(references) == 2
    assert all(reference.startswith("unnamed-") for reference in references)


def test_silence_is_no_answer_and_a_late_answer_settles_it(
    network: Network, make_link: MakeLink, told: Any, a_part: MakePart, soon: Soon
) -> None:
    network.configure(answer_delay=3.0)
    link = make_link(answer_timeout=1.0)
    link.send(a_part())
    soon(lambda: told.failed_parts)
    error = told.failed_parts[0][1]
    assert isinstance(error, NoAnswer)
    assert error.then == "lose"
    soon(lambda: LinkState.DEGRADED in [health.state for health in told.healths])
    soon(lambda: told.taken_parts)
    assert told.outcomes == 2
    network.configure(answer_delay=0.0)
    link.send(a_part(number=2))
    soon(lambda: link.health().state is LinkState.UP)


def test_what_was_on_its_way_when_the_connection_broke_is_unsure_and_the_rest_is_not(
    network: Network, make_link: MakeLink, told: Any, a_part: MakePart, soon: Soon
) -> None:
    network.configure(swallow_submits=True)
    link = make_link(window=2, answer_timeout=60.0)
    sender = sending(link, [a_part(number=number) for number in range(4)])
    sender.start()
    soon(lambda: len(network.smsc.submits) == 2)
    network.disconnect()
    sender.join(90)
    soon(lambda: told.outcomes == 4)
    by_number = {part.message_id: type(error) for part, error in told.failed_parts}
    assert by_number == {"0": NoAnswer, "1": NoAnswer, "2": LinkDown, "3": LinkDown}


def test_what_the_kernel_never_took_is_certainly_not_sent(
    network: Network, make_link: MakeLink, told: Any, a_part: MakePart, soon: Soon
) -> None:
    def stop_reading(smsc: Smsc) -> None:
        for session in smsc.sessions:
            session.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            session.transport.pause_reading()

    link = make_link(window=10_000, answer_timeout=600.0)
    wire = link._sessions[0].wire
    assert wire is not None
    wire._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)  # else the kernel takes megabytes
    network.do(stop_reading)
    for number in range(10_000):
        link.send(a_part("x" * 254, number=number))
    network.do(Smsc.drop)
    soon(lambda: told.outcomes == 10_000)
    kinds = [type(error) for _, error in sorted(told.failed_parts, key=lambda f: int(f[0].message_id))]
    left = kinds.count(NoAnswer)
    assert 0 < left < 10_000
    assert kinds == [NoAnswer] * left + [LinkDown] * (10_000 - left)


def test_a_link_that_is_down_says_so_at_once_and_comes_back_by_itself(
    network: Network, make_link: MakeLink, told: Any, a_part: MakePart, soon: Soon
) -> None:
    link = make_link()
    network.disconnect()
    soon(lambda: link.health().state is LinkState.DOWN)
    link.send(a_part(number=1))
    error = told.failed_parts[0][1]
    assert isinstance(error, LinkDown)
    assert not error.counts
    network.reconnect()
    soon(lambda: link.health().state is LinkState.UP)
    link.send(a_part(number=2))
    soon(lambda: told.taken_parts)


def test_stopping_waits_for_answers_and_then_unbinds(
    network: Network, make_link: MakeLink, told: Any, a_part: MakePart
) -> None:
    network.configure(answer_delay=0.3)
    link = make_link()
    for number in range(5):
        link.send(a_part(number=number))
    link.stop(time.monotonic() + 60)
    assert len(told.taken_parts) == 5
    assert 6 in [command for command, _, _ in network.smsc.heard]
    assert link.health().state is LinkState.DOWN


def test_stopping_ends_at_its_deadline_with_every_part_told(
    network: Network, make_link: MakeLink, told: Any, a_part: MakePart, soon: Soon
) -> None:
    link = make_link(answer_timeout=600.0, window=2)
    network.go_silent()
    sender = sending(link, [a_part(number=number) for number in range(3)])
    sender.start()
    soon(lambda: len(network.smsc.submits) == 2)
    begun = time.monotonic()
    link.stop(begun + 0.3)
    assert time.monotonic() - begun < 60
    sender.join(60)
    assert {part.message_id: type(error) for part, error in told.failed_parts} == {
        "0": NoAnswer, "1": NoAnswer, "2": LinkDown,
    }  # fmt: skip


def test_after_stopping_nothing_is_sent_any_more(make_link: MakeLink, told: Any, a_part: MakePart) -> None:
    link = make_link()
    link.stop(time.monotonic() + 1)
    link.send(a_part())
    assert isinstance(told.failed_parts[0][1], LinkDown)


def test_a_link_that_never_connected_stops_at_once(make_link: MakeLink, network: Network) -> None:
    network.disconnect()
    link = make_link(bound=False)
    begun = time.monotonic()
    link.stop(begun + 100)
    assert time.monotonic() - begun < 60


def test_a_wrong_password_rests_the_link_and_says_which_account(
    network: Network, make_link: MakeLink, told: Any, a_part: MakePart, soon: Soon
) -> None:
    link = make_link(bound=False, password="wrong", refused_pause=6)
    soon(lambda: link.health().state is LinkState.RESTING)
    why = link.health().why
    assert "password" in why
    assert "'shop'" in why
    assert "127.0.0.1" in why
    link.send(a_part())
    error = told.failed_parts[0][1]
    assert isinstance(error, Misconfigured)
    assert error.says == why
    assert 0 < error.rest <= 6
    network.configure(password="wrong")
    soon(lambda: link.health().state is LinkState.UP)


def test_octets_go_out_as_they_are(
    network: Network, make_link: MakeLink, told: Any, a_part: MakePart, soon: Soon
) -> None:
    make_link().send(a_part(alphabet=Alphabet.OCTETS, user_data=bytes(range(256))[:140]))
    soon(lambda: told.taken_parts)
    (submit,) = network.smsc.submits
    assert (submit.message, submit.data_coding) == (bytes(range(140)), 4)


@pytest.mark.parametrize("text", ["Long GSM text, {piece} by piece. " * 12, "سلام دنیا " * 20, "short"])
@pytest.mark.parametrize("way", ["udh", "sar", "payload"])
def test_a_long_text_arrives_whole_by_every_way_and_has_a_receipt_for_every_part(
    network: Network, make_link: MakeLink, told: Any, soon: Soon, text: str, way: str
) -> None:
    network.automatic_receipts()
    link = make_link(long_texts=way)
    pieces = split(text, link.abilities, 77)
    of = count(pieces)
    for number, piece in enumerate(pieces, 1):
        link.send(WirePart("m", number, of, TO, None, piece.alphabet, piece.user_data, udh=piece.udh))
    soon(lambda: len(told.taken_parts) == len(pieces) and len(told.receipts) == len(pieces))
    assert network.submitted() == [(TO, text)]
    assert {submit.registered for submit in network.do(lambda smsc: list(smsc.submits))} == {1}
    assert (len(pieces) == 1) == (way == "payload" or text == "short")
    assert {receipt.reference for receipt in told.receipts} == {reference for _, reference in told.taken_parts}


def test_what_auto_found_out_about_ids_is_a_fact_of_the_link(
    network: Network, make_link: MakeLink, told: Any, a_part: MakePart, soon: Soon
) -> None:
    network.configure(receipts=True, id_form="{:X}", receipt_id_form="{:010d}", receipt_parameters=False)
    link = make_link()
    assert "receipt_ids" not in link.health().facts
    link.send(a_part())
    soon(lambda: told.receipts)
    assert told.receipts[0].reference == told.taken_parts[0][1]
    assert 'receipt_ids = "decimal"' in link.health().facts["receipt_ids"]
    soon(lambda: "receipt_ids" in told.healths[-1].facts)  # told at the next tick, so that pages and commands have it
    assert sum("receipt_ids" in health.facts for health in told.healths) == 1
