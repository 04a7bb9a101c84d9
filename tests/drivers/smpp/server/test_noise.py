"""Noise in any shape costs one client its session at most: the port lives, and every question has an answer."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from tests.emulators import smpp_client
from tests.emulators.smpp_client import HEADER, RESP, Pdu, SmppClient, address, cstring, several, submit, tlv

BODIES = {
    smpp_client.SUBMIT_SM: submit(parameters=tlv(0x0424, b"")),
    smpp_client.SUBMIT_MULTI: submit(destination=several("38640111222", "38640111333")),
    smpp_client.DATA_SM: cstring("") + address("Shop", 5, 0) + address("38640111222") + b"\0\1\0" + tlv(0x0424, b"x"),
    smpp_client.QUERY_SM: b"msg_1\0" + address("Shop", 5, 0),
    smpp_client.CANCEL_SM: b"\0msg_1\0" + address("Shop", 5, 0) * 2,
    smpp_client.REPLACE_SM: b"msg_1\0" + address("Shop", 5, 0) + b"\0\0\1\0\2ab",
    smpp_client.BIND_TRANSCEIVER: b"shop\0secret08\0\0\x34\0\0\0",
    0x00010200: b"a vendor's own",
}


def spoiled(chance: random.Random, body: bytes) -> bytes:
    """A body with something taken away, put in, or turned over."""
    octets = bytearray(body)
    for _ in range(chance.randint(1, 4)):
        place = chance.randrange(len(octets) + 1)
        what = chance.randrange(4)
        if what == 0:
            del octets[place : place + chance.randint(1, 30)]
        elif what == 1:
            octets[place:place] = chance.randbytes(chance.randint(1, 30))
        elif octets:
            octets[min(place, len(octets) - 1)] = chance.randrange(256)
    return bytes(octets)


@pytest.mark.parametrize("seed", range(8))
def test_spoiled_pdus_are_each_answered_once(client: SmppClient, seed: int) -> None:
    chance = random.Random(seed)
    sent = [chance.choice(list(BODIES)) for _ in range(150)]
    numbers = {client.send(command, spoiled(chance, BODIES[command])): command for command in sent}
    for number, command in numbers.items():
        answer = client.answer_to(number)
        assert answer.command in (command | RESP, smpp_client.GENERIC_NACK)
    assert client.unasked == []


@pytest.mark.parametrize("seed", range(4))
def test_a_stream_of_noise_ends_one_session_and_no_other(listening: Callable[..., Any], seed: int) -> None:
    chance = random.Random(seed)
    port = listening(bind_within=2, answer_timeout=1).port
    with SmppClient(port) as good:
        assert good.bind("shop", "secret08").status == 0
        for _ in range(10):
            with SmppClient(port) as bad:
                try:
                    for _ in range(20):
                        bad.socket.sendall(chance.randbytes(chance.randint(1, 3000)))
                except OSError:
                    continue  # it was closed already, as it should be
                assert bad.closed()
        assert good.ask(smpp_client.SUBMIT_SM, submit()).status == 0


def test_a_length_that_is_too_great_is_not_waited_for(client: SmppClient) -> None:
    client.socket.sendall(HEADER.pack(65_537, smpp_client.SUBMIT_SM, 0, 1))
    nack = client.read()
    assert isinstance(nack, Pdu)
    assert (nack.command, nack.status) == (smpp_client.GENERIC_NACK, 0x02)
    assert client.closed()
