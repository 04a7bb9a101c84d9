"""The session itself: every way a connection can fail, in words; keep-alive; strange PDUs."""

from __future__ import annotations

import itertools
import socket
import struct
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from drivers.smpp.esme import Esme
from smsgw.link import LinkState
from tests.emulators.listener import listener
from tests.emulators.smsc import Network
from tests.emulators.smsc_codec import HEADER, pdu

MakeLink = Callable[..., Esme]
Soon = Callable[..., None]


def why_down(link: Esme, soon: Soon) -> str:
    said: list[str] = []

    def down() -> bool:
        health = link.health()  # once, for a moment later it may try again
        if health.state is LinkState.DOWN and health.why:
            said.append(health.why)
        return bool(said)

    soon(down)
    return said[0]


def test_a_refused_connection_says_what_to_check(make_link: MakeLink, network: Network, soon: Soon) -> None:
    network.disconnect()
    why = why_down(make_link(bound=False), soon)
    assert f"127.0.0.1:{network.smsc.port} refuses connections" in why


def test_an_unknown_host_says_so(make_link: MakeLink, soon: Soon) -> None:
    assert "there is no host 'smsc.invalid'" in why_down(make_link(bound=False, host="smsc.invalid"), soon)


def test_a_server_of_another_kind_is_recognised(make_link: MakeLink, soon: Soon) -> None:
    with listener(lambda c: c.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as port:
        why = why_down(make_link(bound=False, port=port), soon)
    assert "does not speak SMPP" in why
    assert "HTTP/1.1" in why


def test_a_server_that_hangs_up_on_us_says_what_that_may_mean(make_link: MakeLink, soon: Soon) -> None:
    with listener(lambda c: None) as port:
        why = why_down(make_link(bound=False, port=port), soon)
    assert "certain addresses" in why


def test_a_server_that_does_not_answer_the_bind_says_so(make_link: MakeLink, soon: Soon) -> None:
    with listener(lambda c: [None for _ in iter(lambda: c.recv(100), b"")]) as port:
        why = why_down(make_link(bound=False, port=port, answer_timeout=0.2), soon)
    assert "did not answer the bind within 0.2 seconds" in why


def test_an_smsc_that_is_busy_at_the_bind_is_tried_again_by_itself(
    make_link: MakeLink, network: Network, soon: Soon
) -> None:
    network.configure(bind_status=0x08)
    link = make_link(bound=False)
    assert "system error" in why_down(link, soon)
    network.configure(bind_status=0)
    soon(lambda: link.health().state is LinkState.UP)


def test_the_pauses_between_tries_grow_up_to_a_bound_and_carry_chance() -> None:
    from drivers.smpp import Config
    from drivers.smpp.session import Session

    pauses: list[float] = []
    enough = threading.Event()

    class Owner:
        def ended(self, session: Session, why: object, pause: float) -> None:
            pauses.append(pause)
            if len(pauses) == 5:
                enough.set()

    with listener(lambda c: None) as port:
        config = Config.model_validate(
            {"host": "127.0.0.1", "port": port, "system_id": "s", "reconnect_first": 0.01, "reconnect_most": 0.04}
        )
        session = Session("x", config, "transceiver", Owner(), time.monotonic, lambda: 0.5)  # type: ignore[arg-type]
        session.start()
        assert enough.wait(90)
        session.stop(time.monotonic() + 1)
    assert pauses[:5] == pytest.approx([0.0075, 0.015, 0.03, 0.03, 0.03])


def test_sequence_numbers_begin_at_1_and_begin_again_behind_the_last(
    make_link: MakeLink, monkeypatch: pytest.MonkeyPatch
) -> None:
    (session,) = make_link()._sessions
    monkeypatch.setattr(session, "_numbers", itertools.count())
    assert session.next_sequence() == 1
    monkeypatch.setattr(session, "_numbers", itertools.count(0x7FFFFFFE))
    assert [session.next_sequence() for _ in range(2)] == [0x7FFFFFFF, 1]


def test_an_enquire_link_is_answered(make_link: MakeLink, network: Network, soon: Soon) -> None:
    make_link()
    network.do(lambda smsc: smsc.sessions[0].ask(0x15))
    soon(lambda: (0x80000015, 0, 1) in network.smsc.heard)


def test_silence_is_broken_by_an_enquire_link(make_link: MakeLink, network: Network, soon: Soon) -> None:
    link = make_link(enquire_link=0.1)
    soon(lambda: [command for command, _, _ in network.smsc.heard].count(0x15) >= 3)
    assert link.health().state is LinkState.UP
    assert len(network.smsc.binds) == 1


def test_an_smsc_that_answers_no_enquire_link_is_left_and_bound_anew(
    make_link: MakeLink, network: Network, told: Any, soon: Soon
) -> None:
    link = make_link(enquire_link=0.1, answer_timeout=0.2)
    network.go_silent()
    soon(lambda: any("silent" in health.why for health in told.healths))
    network.go_silent(False)
    soon(lambda: link.health().state is LinkState.UP)


def test_an_unbind_of_the_smsc_is_answered_and_the_link_comes_back(
    make_link: MakeLink, network: Network, told: Any, soon: Soon
) -> None:
    link = make_link()
    network.do(lambda smsc: smsc.sessions[0].ask(6))
    soon(lambda: (0x80000006, 0, 1) in network.smsc.heard)
    soon(lambda: any("unbind" in health.why for health in told.healths))
    soon(lambda: len(network.smsc.binds) == 2 and link.health().state is LinkState.UP)


@pytest.mark.parametrize(
    "strange",
    [
        pdu(0x00010200, 0, 77, b"vendor"),
        pdu(0x00000003, 0, 77),
    ],
)
def test_an_unknown_command_is_answered_with_generic_nack_and_survived(
    make_link: MakeLink, network: Network, soon: Soon, strange: bytes
) -> None:
    link = make_link()
    network.do(lambda smsc: smsc.broadcast(strange))
    soon(lambda: (0x80000000, 3, 77) in network.smsc.heard)
    assert link.health().state is LinkState.UP


@pytest.mark.parametrize(
    "strange",
    [
        pdu(0x80000004, 0, 999, b"late\0"),
        pdu(0x80000000, 3, 999),
        pdu(0x8000F00D, 0, 5),
        pdu(0x80000015, 0, 555),
        pdu(0x00000102, 0, 1, b"\0\0\0\0\0\0"),
        pdu(0x0000000B, 0, 1, b"smsc\0pw\0"),
        pdu(0x80000006, 0, 5),
    ],
)
def test_what_answers_nothing_and_wants_no_answer_is_survived_in_silence(
    make_link: MakeLink, network: Network, soon: Soon, strange: bytes
) -> None:
    link = make_link()
    network.do(lambda smsc: smsc.broadcast(strange + pdu(0x15, 0, 4321)))
    soon(lambda: (0x80000015, 0, 4321) in network.smsc.heard)
    assert not [command for command, _, _ in network.smsc.heard if command == 0x80000000]
    assert link.health().state is LinkState.UP


@pytest.mark.parametrize("length", [2, 1 << 20, 0xFFFFFFFF])
def test_an_impossible_length_ends_the_session_and_the_link_comes_back(
    make_link: MakeLink, network: Network, told: Any, soon: Soon, length: int
) -> None:
    link = make_link()
    network.do(lambda smsc: smsc.broadcast(struct.pack(">IIII", length, 5, 0, 1)))
    soon(lambda: (0x80000000, 2, 0) in network.smsc.heard)
    soon(lambda: len(network.smsc.binds) == 2 and link.health().state is LinkState.UP)


def test_pdus_in_one_piece_with_the_bind_answer_are_not_lost(make_link: MakeLink, told: Any, soon: Soon) -> None:
    from tests.emulators.smsc_codec import deliver

    def bind_and_say(connection: socket.socket) -> None:
        sequence = HEADER.unpack_from(connection.recv(1000))[3]
        connection.sendall(pdu(0x80000009, 0, sequence, b"x\0") + pdu(5, 0, 1, deliver("+4915", "4477", b"Hi")))
        connection.recv(1000)

    with listener(bind_and_say) as port:
        make_link(bound=False, port=port)
        soon(lambda: told.pieces)
    assert told.pieces[0].user_data == b"Hi"


def test_health_names_the_smsc_and_what_is_on_its_way(make_link: MakeLink) -> None:
    facts = make_link().health().facts
    assert (facts["smsc"], facts["system_id"], facts["on their way"]) == ("emulator", "shop", "0")


def test_an_unbind_that_nobody_answers_ends_in_time(make_link: MakeLink, network: Network, soon: Soon) -> None:
    link = make_link()
    network.go_silent()
    begun = time.monotonic()
    link.stop(begun + 0.5)
    assert time.monotonic() - begun < 25  # it does not wait for the answer, for which there are thirty seconds
    soon(lambda: 6 in [command for command, _, _ in network.smsc.heard])
    soon(lambda: not network.smsc.sessions)
