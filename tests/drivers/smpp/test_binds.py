"""Several binds to a link, in every mode, at several places: what goes where, and what one bind less means."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError

from drivers.smpp import Config, session_pdus
from drivers.smpp.esme import Esme
from drivers.smpp.inbound import Occurrences
from smsgw.link import Alphabet, LinkDown, LinkState, Misconfigured, WirePart
from tests.emulators.listener import listener
from tests.emulators.smsc import Network, smpp_network
from tests.emulators.smsc_codec import pdu, tlv

MakeLink = Callable[..., Esme]
MakePart = Callable[..., WirePart]
Soon = Callable[..., None]
LEAST = {"host": "smsc.example", "system_id": "shop", "password": "secret08"}


def test_parts_are_spread_over_all_binds_and_receipts_come_by_any(
    make_link: MakeLink, network: Network, told: Any, a_part: MakePart, soon: Soon
) -> None:
    network.automatic_receipts()
    link = make_link(binds=3, window=2)
    assert link.window == 6
    assert link.health().facts["connections"] == "3 of 3"
    for number in range(60):
        link.send(a_part(str(number), number=number))
    soon(lambda: len(told.taken_parts) == 60 and len(told.receipts) == 60, 20)
    assert sorted(int(text) for _, text in network.submitted()) == list(range(60))
    assert {session.submitted > 0 for session in network.do(lambda smsc: list(smsc.sessions))} == {True}


def test_each_bind_has_a_window_of_its_own(
    make_link: MakeLink, network: Network, told: Any, a_part: MakePart, soon: Soon
) -> None:
    network.configure(swallow_submits=True)
    link = make_link(binds=2, window=3, answer_timeout=300)
    for number in range(6):
        link.send(a_part(number=number))
    soon(lambda: len(network.do(lambda smsc: list(smsc.submits))) == 6)
    counts = sorted(session.submitted for session in network.do(lambda smsc: list(smsc.sessions)))
    assert counts == [3, 3]
    link.stop(time.monotonic())


def test_one_bind_down_degrades_the_link_and_the_others_go_on(
    make_link: MakeLink, network: Network, told: Any, a_part: MakePart, soon: Soon
) -> None:
    link = make_link(binds=2, window=5, reconnect_first=600, reconnect_most=600)
    network.do(lambda smsc: smsc.sessions[0].transport.abort())
    soon(lambda: link.health().state is LinkState.DEGRADED)
    assert "1 of 2 connections: the connection to" in link.health().why
    assert link.health().facts["connections"] == "1 of 2"
    assert link.window == 5
    for number in range(20):
        link.send(a_part(number=number))
    soon(lambda: len(told.taken_parts) == 20)
    assert told.failed_parts == []


def test_all_binds_down_is_down_and_they_come_back(
    make_link: MakeLink, network: Network, told: Any, a_part: MakePart, soon: Soon
) -> None:
    link = make_link(binds=2)
    network.disconnect()
    soon(lambda: link.health().state is LinkState.DOWN)
    link.send(a_part())
    assert isinstance(told.failed_parts[0][1], LinkDown)
    network.reconnect()
    soon(lambda: link.health().state is LinkState.UP and link.health().facts["connections"] == "2 of 2", 10)


def test_what_one_lost_bind_carried_is_unsure_and_nothing_else(
    make_link: MakeLink, network: Network, told: Any, a_part: MakePart, soon: Soon
) -> None:
    network.configure(swallow_submits=True)
    link = make_link(binds=2, answer_timeout=300, reconnect_first=600, reconnect_most=600)
    for number in range(10):
        link.send(a_part(number=number))
    soon(lambda: len(network.do(lambda smsc: list(smsc.submits))) == 10)
    network.do(lambda smsc: smsc.sessions[0].transport.abort())
    soon(lambda: len(told.failed_parts) == 5)
    assert {type(error).__name__ for _, error in told.failed_parts} == {"NoAnswer"}
    assert len(link._window) == 5
    link.stop(time.monotonic())


@pytest.mark.parametrize(
    ("mode", "binds", "commands"),
    [
        ("transceiver", 2, [9, 9]),
        ("transmitter+receiver", 2, [1, 1, 2, 2]),
        ("transmitter", 1, [2]),
        ("receiver", 3, [1, 1, 1]),
    ],
)
def test_a_mode_says_which_binds_are_made(
    make_link: MakeLink, network: Network, mode: str, binds: int, commands: list[int]
) -> None:
    make_link(mode=mode, binds=binds)
    assert sorted(bind["command"] for bind in network.smsc.binds) == commands


def test_a_pair_without_its_transmitter_says_that_it_cannot_send_and_parts_are_told_to_wait(
    make_link: MakeLink, network: Network, told: Any, a_part: MakePart, soon: Soon
) -> None:
    link = make_link(mode="transmitter+receiver", reconnect_first=600, reconnect_most=600)
    network.do(lambda smsc: next(one for one in smsc.sessions if not one.receives).transport.abort())
    soon(lambda: link.health().state is LinkState.DEGRADED)
    assert link.health().why.startswith("cannot send: ")
    link.send(a_part())
    (_, error) = told.failed_parts[0]
    assert isinstance(error, LinkDown)
    assert error.rest > 10  # nobody tries a thousand times a second what cannot work for half a minute


def test_a_receiver_takes_texts_and_refuses_parts_with_what_to_do(
    make_link: MakeLink, network: Network, told: Any, a_part: MakePart, soon: Soon
) -> None:
    link = make_link(mode="receiver")
    assert not link.abilities.sends
    network.phone_sends("+4915100000001", "hello")
    soon(lambda: told.pieces)
    parts = [a_part(number=number) for number in (1, 2)]
    while parts:
        parts = parts[link.send_some(parts) :]
    link.send(a_part(number=3))
    assert [part.message_id for part, _ in told.failed_parts] == ["1", "2", "3"]
    for _, error in told.failed_parts:
        assert isinstance(error, Misconfigured)
        assert "only receives" in error.says


def test_a_transmitter_sends(make_link: MakeLink, told: Any, a_part: MakePart, soon: Soon) -> None:
    link = make_link(mode="transmitter")
    assert link.abilities.sends
    link.send(a_part())
    soon(lambda: told.taken_parts)


def test_another_place_is_tried_when_the_first_fails(
    network: Network, make_link: MakeLink, told: Any, a_part: MakePart, soon: Soon
) -> None:
    with smpp_network() as other:
        link = make_link(other_hosts=[f"127.0.0.1:{other.smsc.port}"])
        assert len(network.smsc.binds) == 1
        network.disconnect()
        soon(lambda: other.smsc.binds and link.health().state is LinkState.UP, 10)
        link.send(a_part("by the other"))
        soon(lambda: [text for _, text in other.submitted()] == ["by the other"])
        network.reconnect()
        other.disconnect()
        soon(lambda: len(network.smsc.binds) == 2 and link.health().state is LinkState.UP, 10)


def test_an_error_names_the_place_that_it_came_from(make_link: MakeLink, network: Network, soon: Soon) -> None:
    with listener(lambda connection: None) as port:
        link = make_link(other_hosts=[f"127.0.0.1:{port}"], bound=False, password="wrong", refused_pause=0.1)
        soon(lambda: f"127.0.0.1:{network.smsc.port} does not accept the password" in link.health().why, 10)
        soon(lambda: f"127.0.0.1:{port} ended the connection" in link.health().why, 10)


def test_the_bind_says_what_the_configuration_says(make_link: MakeLink, network: Network) -> None:
    make_link(
        interface_version="5.0", system_type="VMA", address_ton=1, address_npi=8, address_range="^4477",
        password="secret08",
    )  # fmt: skip
    bind = network.smsc.binds[0]
    assert (bind["system_id"], bind["password"], bind["system_type"]) == ("shop", "secret08", "VMA")
    assert bytes.fromhex(bind["rest"]) == b"\x50\x01\x08^4477\0"


@pytest.mark.parametrize("role", ["transceiver", "transmitter", "receiver"])
def test_a_bind_has_the_octets_that_smpplib_makes(role: str) -> None:
    config = Config.model_validate({**LEAST, "system_type": "t", "address_ton": 1, "address_npi": 2})
    fields = {"system_id": "shop", "password": "secret08", "system_type": "t", "addr_ton": 1, "addr_npi": 2}
    reference = session_pdus.make(f"bind_{role}", 7, address_range="", **fields)
    assert session_pdus.bind(config, role, 7) == reference


def test_a_long_password_is_sent_whole_and_said_to_be_long(
    make_link: MakeLink, network: Network, caplog: pytest.LogCaptureFixture
) -> None:
    network.configure(password="a-long-password")
    link = make_link(password="a-long-password")
    assert network.smsc.binds[0]["password"] == "a-long-password"
    assert "8 letters" in link.health().facts["password"]
    assert "longer than the 8 letters of SMPP" in caplog.text
    assert "a-long-password" not in caplog.text


def test_a_refused_long_password_may_be_refused_for_its_length(
    make_link: MakeLink, network: Network, soon: Soon
) -> None:
    link = make_link(bound=False, password="a-long-password")
    soon(lambda: all(words in link.health().why for words in ("15 letters", "SMPP allows 8")))
    soon(lambda: link.health().state is LinkState.RESTING)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"tls_ca": "x.pem"}, "tls = true"),
        ({"tls": True, "tls_key": "x.pem"}, "without tls_certificate"),
        ({"mode": "outbind"}, "outbind_listen"),
        ({"outbind_from": ["nowhere"]}, "no address"),
        ({"other_hosts": ["a b"]}, "other_hosts"),
        ({"binds": 0}, "binds"),
        ({"interface_version": "2.0"}, "interface_version"),
        ({"password": "x" * 65}, "64"),
    ],
)
def test_settings_that_do_not_fit_together_are_told(fields: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        Config.model_validate({**LEAST, **fields})


def test_files_are_looked_for_beside_the_configuration() -> None:
    made = Config.model_validate({**LEAST, "tls": True, "tls_ca": "ca.pem"}, context={"folder": "/etc/smsgw"})
    assert str(made.tls_ca) == "/etc/smsgw/ca.pem"


def test_places_are_read_with_and_without_ports() -> None:
    made = Config.model_validate(
        {**LEAST, "port": 2776, "other_hosts": ["b.example", "c.example:99", "[::1]:5", "[::2]"]}
    )
    assert made.places == [("smsc.example", 2776), ("b.example", 2776), ("c.example", 99), ("::1", 5), ("::2", 2776)]


def test_the_version_that_an_smsc_names_is_a_fact(make_link: MakeLink) -> None:
    def bind(connection: Any) -> None:
        frame = connection.recv(1000)
        connection.sendall(pdu(0x80000009, 0, int.from_bytes(frame[12:16], "big"), b"x\0" + tlv(0x0210, b"\x50")))
        connection.recv(1000)

    with listener(bind) as port:
        assert make_link(port=port).health().facts["SMPP"] == "5.0"


@pytest.mark.parametrize(
    "body", [b"", b"x", b"x\0", b"x\0\x02\x10", b"x\0\x02\x10\0\x05\x50", b"x\0" + tlv(0x1400, b"v")]
)
def test_a_bind_answer_without_a_version_names_none(body: bytes) -> None:
    assert session_pdus.version_of(pdu(0x80000009, 0, 1, body)) == ""


def test_octets_are_carried_by_any_bind(make_link: MakeLink, told: Any, a_part: MakePart, soon: Soon) -> None:
    link = make_link(binds=2)
    link.send(a_part(alphabet=Alphabet.OCTETS, user_data=b"\x00\xff"))
    soon(lambda: told.taken_parts)


def test_stopping_unbinds_every_bind_at_once(make_link: MakeLink, network: Network) -> None:
    link = make_link(binds=4)
    begun = time.monotonic()
    link.stop(begun + 200)
    assert time.monotonic() - begun < 100
    assert [command for command, _, _ in network.smsc.heard].count(6) == 4


def test_only_what_the_lost_bind_brought_is_counted_anew() -> None:
    """The customer's next "yes" over the other bind is no repeat of what that one brought before."""
    names, one, two = Occurrences(certain=30), object(), object()
    brought = [names.name("yes", one), names.name("yes", two)]
    assert brought == ["yes:0", "yes:1"]
    for reference in brought:
        names.acknowledged(reference, 990)
    names.new_session(1000, one)
    assert names.name("yes", two) == "yes:0"  # it may be the first one, said again over the other bind
    assert names.name("yes", two) == "yes:2"
