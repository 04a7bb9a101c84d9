"""The session of the SMPP driver against node-smpp: TLS both ways, several binds, outbind, data_sm, the three verbs."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from drivers.smpp import Config
from drivers.smpp.esme import Esme
from smsgw.errors import NotFound
from smsgw.link import Alphabet, LinkState, ReceiptState, WirePart
from tests.emulators.authority import Authority
from tests.peers.talking import Told
from tests.peers.test_smpp_node import OURS, PHONE, TO, Peer

pytestmark = pytest.mark.peer
VERBS = {"query_sm": True, "cancel_sm": True, "replace_sm": True}


@contextmanager
def linked(peer: Peer, **more: Any) -> Iterator[tuple[Esme, Told]]:
    """A link to the peer, and what it told."""
    told = Told()
    fields = {"host": "127.0.0.1", "port": peer.port, "system_id": "shop", "password": "secret08", "sender": OURS}
    config = Config.model_validate({**fields, "reconnect_first": 0.1, "refused_pause": 0.5, **more})
    link = Esme("node", config, told, time.monotonic, lambda: 0.5)
    link.start()
    try:
        yield link, told
    finally:
        link.stop(time.monotonic() + 2)


@pytest.fixture(scope="module")
def peer() -> Iterator[Peer]:
    running = Peer()
    yield running
    running.close()


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"), "ours")


@pytest.fixture(scope="module")
def pair(authority: Authority) -> tuple[Path, Path]:
    """The SMSC's certificate and key."""
    return authority.sign("smsc", "IP:127.0.0.1")


def part(number: int = 1, text: bytes = b"Hello") -> WirePart:
    return WirePart(str(number), 1, 1, TO, None, Alphabet.GSM7, text)


def until(true: Callable[[], object], seconds: float = 90.0) -> None:
    """Wait for something that other threads bring about."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.01)


def test_an_encrypted_session_carries_texts_both_ways(authority: Authority, pair: tuple[Path, Path]) -> None:
    peer = Peer(SMSC_CERT=str(pair[0]), SMSC_KEY=str(pair[1]))
    try:
        with linked(peer, tls=True, tls_ca=str(authority.file)) as (link, told):
            told.until(LinkState.UP)
            for number in range(50):
                link.send(part(number))
            assert len({told.outcomes.get(timeout=90) for _ in range(50)}) == 50
            peer.deliver(text="back", data_coding=0)
            assert told.pieces.get(timeout=90).user_data == b"back"
            assert peer.hear("deliver_resp")["status"] == 0
            assert link.health().facts["tls"].startswith("TLSv1.")
        peer.hear("unbind")
        with linked(peer, tls=True) as (link, told):
            assert "tls_ca" in told.until(LinkState.RESTING).why
        with linked(peer) as (link, told):
            why = told.until(LinkState.DOWN if _is_vague(link) else LinkState.RESTING).why
            assert "TLS" in why
    finally:
        peer.close()


def _is_vague(link: Esme) -> bool:
    """Whether the SMSC hung up on a bind without TLS before it said so, as some do."""
    until(lambda: link.health().state in (LinkState.DOWN, LinkState.RESTING))
    return link.health().state is LinkState.DOWN


def test_our_certificate_is_shown_and_its_lack_is_told(authority: Authority, pair: tuple[Path, Path]) -> None:
    peer = Peer(SMSC_CERT=str(pair[0]), SMSC_KEY=str(pair[1]), SMSC_CLIENTS=str(authority.file))
    cert, key = authority.sign("shop")
    trust = {"tls": True, "tls_ca": str(authority.file)}
    try:
        with linked(peer, **trust, tls_certificate=str(cert), tls_key=str(key)) as (_, told):
            told.until(LinkState.UP)
        with linked(peer, **trust) as (link, _):
            until(lambda: "certificate from us" in link.health().why)
    finally:
        peer.close()


def test_each_of_several_binds_carries_parts(peer: Peer) -> None:
    with linked(peer, binds=3, window=2) as (link, told):
        until(lambda: link.health().facts["connections"] == "3 of 3")
        for number in range(60):
            link.send(part(number))
        assert len({told.outcomes.get(timeout=90) for _ in range(60)}) == 60


def test_the_verbs_are_understood_and_their_answers_read(peer: Peer) -> None:
    with linked(peer, **VERBS) as (link, told):
        told.until(LinkState.UP)
        link.send(part())
        reference = told.outcomes.get(timeout=90)
        assert isinstance(reference, str)
        said = link.query(reference, None, TO)
        assert (said.reference, said.state, said.recipient) == (reference, ReceiptState.DELIVERED, TO)
        heard = peer.hear("query_sm")
        assert (heard["id"], heard["from"]) == (reference, OURS)
        link.cancel(reference, None, TO)
        heard = peer.hear("cancel_sm")
        assert (heard["id"], heard["from"], heard["to"]) == (reference, OURS, PHONE)
        link.replace(reference, part(text=b"tomorrow"))
        heard = peer.hear("replace_sm")
        assert (heard["id"], heard["text"]) == (reference, "tomorrow")
        with pytest.raises(NotFound):
            link.query("nobody", None, TO)


def test_a_data_sm_is_taken_and_acknowledged(peer: Peer) -> None:
    with linked(peer) as (_, told):
        told.until(LinkState.UP)
        fields = {"source_addr": PHONE, "source_addr_ton": 1, "destination_addr": OURS}
        peer.do("data", fields={**fields, "data_coding": 0, "message_payload": {"message": "by data sm"}})
        piece = told.pieces.get(timeout=90)
        assert (piece.user_data, piece.sender) == (b"by data sm", TO)
        assert peer.hear("data_resp")["status"] == 0


def test_an_smsc_that_calls_is_bound_back_and_heard(peer: Peer) -> None:
    with linked(peer, mode="outbind", outbind_listen="127.0.0.1:0", outbind_password="sesame") as (link, told):
        door = link._door
        assert door is not None
        until(lambda: door.port)
        peer.do("outbind", port=door.port, password="sesame")
        while (bound := peer.hear("bind"))["command"] != "bind_receiver":
            pass  # those of the tests before
        assert (bound["system_id"], bound["good"]) == ("shop", True)
        peer.deliver(text="by outbind", data_coding=0)
        assert told.pieces.get(timeout=90).user_data == b"by outbind"
        assert peer.hear("deliver_resp")["status"] == 0
