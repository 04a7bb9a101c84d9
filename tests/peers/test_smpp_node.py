"""The SMPP driver against an SMSC that we did not write: node-smpp.

It is installed once, from the lock file beside it, into a folder under build/ that the lock file names.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from drivers.smpp import Config, open_link
from smsgw.link import (
    Link,
    LinkState,
    Misconfigured,
    ReceiptState,
    RejectedForGood,
    Throttled,
    WirePart,
)
from smsgw.text.parts import Piece, count, join, split, split_data
from tests.peers.talking import Talker, Told

pytestmark = pytest.mark.peer

SOURCE = Path(__file__).parent / "node-smsc"
BUILD = Path(__file__).parents[2] / "build"
TO, PHONE, OURS = "+4915112345678", "4915112345678", "4477"
GSM = "Grüße an {alle}: 5€ @ £ [x]~ Ünì"
PERSIAN = "سلام دنیا، سفارش شما آماده است 🙂"


def installed() -> Path:
    """The node_modules folder for the lock file, made if need be; fails, never skips, without node and npm."""
    for program in ("node", "npm"):
        if shutil.which(program) is None:
            pytest.fail(f"{program} is missing: apt-get install -y --no-install-recommends nodejs npm")
    lock = (SOURCE / "package-lock.json").read_bytes()
    place = BUILD / f"node-smsc-{hashlib.sha256(lock).hexdigest()[:12]}"
    if not place.exists():
        BUILD.mkdir(exist_ok=True)
        fresh = Path(tempfile.mkdtemp(prefix="node-smsc-", dir=BUILD))
        for name in ("package.json", "package-lock.json"):
            shutil.copy(SOURCE / name, fresh)
        words = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        done = subprocess.run(words, cwd=fresh, capture_output=True, text=True, timeout=120, check=False)
        if done.returncode:
            shutil.rmtree(fresh)
            pytest.fail(f"npm ci failed: {done.stderr}")
        try:
            fresh.rename(place)
        except OSError:  # another test run was faster
            shutil.rmtree(fresh)
    return place / "node_modules"


class Peer(Talker):
    """The running SMSC: what it said, and how to tell it what to do. more: of its environment, see smsc.js."""

    name = "the SMSC"

    def __init__(self, **more: str) -> None:
        environment = {**os.environ, "NODE_PATH": str(installed()), **more}
        super().__init__(["node", SOURCE / "smsc.js"], environment)
        self.port: int = self.hear("listening")["port"]

    def deliver(self, **fields: Any) -> None:
        plain = {"source_addr": PHONE, "source_addr_ton": 1, "source_addr_npi": 1, "destination_addr": OURS}
        self.do("deliver", fields={**plain, **fields})


@pytest.fixture(scope="module")
def peer() -> Iterator[Peer]:
    running = Peer()
    yield running
    running.close()


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def make_link(peer: Peer, told: Told) -> Iterator[Callable[..., Link]]:
    made: list[Link] = []

    def make(password: str = "secret08", **more: Any) -> Link:
        fields = {
            "host": "127.0.0.1", "port": peer.port, "system_id": "shop", "password": password,
            "reconnect_first": 0.1, "sender": OURS, **more,
        }  # fmt: skip
        made.append(open_link("node", Config.model_validate(fields), told))
        made[-1].start()
        return made[-1]

    yield make
    for link in made:
        link.stop(time.monotonic() + 2)


@pytest.fixture
def link(make_link: Callable[..., Link], told: Told) -> Link:
    up = make_link()
    told.until(LinkState.UP)
    return up


def send(link: Link, text: str) -> int:
    """Send a text in as many parts as it takes; returns how many."""
    pieces = split(text, link.abilities, 99)
    of = count(pieces)
    for number, piece in enumerate(pieces, 1):
        link.send(WirePart("m", number, of, TO, None, piece.alphabet, piece.user_data, udh=piece.udh))
    return len(pieces)


@pytest.mark.parametrize(("text", "data_coding"), [(GSM, 0), (PERSIAN, 8), ("Hello", 0)])
def test_node_smpp_reads_the_text_that_was_written(
    peer: Peer, link: Link, told: Told, text: str, data_coding: int
) -> None:
    send(link, text)
    heard = peer.hear("submit")
    assert (heard["text"], heard["to"], heard["from"], heard["data_coding"]) == (text, PHONE, OURS, data_coding)
    assert (heard["dest"], heard["source"], heard["registered"]) == ([1, 1], [3, 0], 1)
    assert told.outcomes.get(timeout=90) == heard["id"]


@pytest.mark.parametrize("text", ["Grüße, piece by piece {€}. " * 14, "قطعه قطعه " * 16])
def test_node_smpp_reads_three_parts_as_one_text(peer: Peer, link: Link, told: Told, text: str) -> None:
    assert send(link, text) == 3
    heard = [peer.hear("submit") for _ in range(3)]
    assert "".join(part["text"] for part in heard) == text
    assert [part["udh"] for part in heard] == [[f"00036303{number:02x}"] for number in (1, 2, 3)]
    assert all(part["esm_class"] == 0x40 for part in heard)
    assert [told.outcomes.get(timeout=90) for _ in heard] == [part["id"] for part in heard]


@pytest.mark.parametrize(
    ("settings", "text", "data_coding"),
    [
        ({"alphabet": "latin1"}, "Grüße @ ñ", 3),
        ({"alphabet": "latin1"}, "5 €", 8),
        ({"alphabet": "ucs2"}, "Hello", 8),
        ({"alphabet": "ascii", "data_codings": {"ascii": 3}}, "Hello {~}", 3),
    ],
)
def test_node_smpp_reads_every_alphabet_that_a_link_may_have(
    peer: Peer, make_link: Callable[..., Link], told: Told, settings: dict[str, Any], text: str, data_coding: int
) -> None:
    link = make_link(**settings)
    told.until(LinkState.UP)
    send(link, text)
    heard = peer.hear("submit")
    assert (heard["text"], heard["data_coding"]) == (text, data_coding)


@pytest.mark.parametrize("text", ["Grüße, piece by piece {€}. " * 14, "قطعه قطعه " * 16])
def test_node_smpp_reads_long_texts_by_parameters(
    peer: Peer, make_link: Callable[..., Link], told: Told, text: str
) -> None:
    link = make_link(long_texts="sar")
    told.until(LinkState.UP)
    send(link, text)
    heard = [peer.hear("submit") for _ in range(3)]
    assert "".join(part["text"] for part in heard) == text
    assert [part["sar"] for part in heard] == [[99, 3, number] for number in (1, 2, 3)]
    assert {part["esm_class"] for part in heard} == {0}


@pytest.mark.parametrize("text", ["Grüße, piece by piece {€}. " * 14, "قطعه قطعه " * 16])
def test_node_smpp_reads_a_long_text_whole(peer: Peer, make_link: Callable[..., Link], told: Told, text: str) -> None:
    link = make_link(long_texts="payload")
    told.until(LinkState.UP)
    send(link, text)
    heard = peer.hear("submit")
    assert (heard["payload"], heard["text"] or "", heard["registered"]) == (text, "", 1)


def test_node_smpp_reads_data_its_ports_and_every_flag(peer: Peer, make_link: Callable[..., Link], told: Told) -> None:
    link = make_link(
        ports="parameters", service_type="WAP", protocol_id=0x41, replace_if_present=True, reply_path=True,
        messaging_mode="store", receipts="failures", acknowledgements="both", intermediate=True, validity="none",
    )  # fmt: skip
    told.until(LinkState.UP)
    (piece,) = split_data(b"\0\xff", (2948, 9200), link.abilities, 99)
    link.send(WirePart("m", 1, 1, TO, None, piece.alphabet, piece.user_data, udh=piece.udh, validity=60))
    heard = peer.hear("submit")
    assert (heard["ports"], heard["octets"], heard["data_coding"]) == ([2948, 9200], "00ff", 4)
    assert (heard["service"], heard["protocol"], heard["replace"]) == ("WAP", 0x41, 1)
    assert (heard["esm_class"], heard["registered"], heard["validity"]) == (0x83, 0x1E, "")


def test_node_smpp_reads_the_ports_in_a_header(peer: Peer, link: Link, told: Told) -> None:
    (piece,) = split_data(b"\0\xff", (2948, 9200), link.abilities, 99)
    link.send(WirePart("m", 1, 1, TO, None, piece.alphabet, piece.user_data, udh=piece.udh))
    heard = peer.hear("submit")
    assert (heard["udh"], heard["octets"], heard["esm_class"]) == (["05040b8423f0"], "00ff", 0x40)


def test_a_receipt_of_node_smpp_finds_its_part(peer: Peer, link: Link, told: Told) -> None:
    send(link, "Hello")
    number = peer.hear("submit")["id"]
    said = f"id:{number} sub:001 dlvrd:001 submit date:2403011200 done date:2403011205 stat:DELIVRD err:000 text:Hello"
    peer.deliver(
        esm_class=4, data_coding=0, text=said, receipted_message_id=number, message_state=2, destination_addr=OURS
    )
    receipt = told.receipts.get(timeout=90)
    assert (receipt.reference, receipt.state, receipt.recipient) == (number, ReceiptState.DELIVERED, TO)
    assert peer.hear("deliver_resp")["status"] == 0


@pytest.mark.parametrize("more", [{"data_coding": 0}, {}])
@pytest.mark.parametrize("text", ["yes", "5€ @ home_{x}"])
def test_a_text_of_node_smpp_is_read(peer: Peer, link: Link, told: Told, text: str, more: dict[str, int]) -> None:
    peer.deliver(text=text, **more)
    piece = told.pieces.get(timeout=90)
    assert join([Piece(piece.alphabet, piece.user_data, piece.udh)]) == text
    assert (piece.sender, piece.to) == (TO, OURS)
    assert peer.hear("deliver_resp")["status"] == 0


def test_a_persian_text_of_node_smpp_is_read(peer: Peer, link: Link, told: Told) -> None:
    peer.deliver(text=PERSIAN)
    piece = told.pieces.get(timeout=90)
    assert join([Piece(piece.alphabet, piece.user_data)]) == PERSIAN


def test_pieces_of_node_smpp_are_joined_by_their_headers(peer: Peer, link: Link, told: Told) -> None:
    cuts = ["Erster Teil, ", "zweiter Teil {€}, ", "Schluß"]
    for number, cut in enumerate(cuts, 1):
        peer.deliver(text=cut, udh=f"0500032a03{number:02x}", data_coding=0)
    pieces = [told.pieces.get(timeout=90) for _ in cuts]
    assert join([Piece(piece.alphabet, piece.user_data, piece.udh) for piece in pieces]) == "".join(cuts)
    assert [piece.udh.hex() for piece in pieces] == [f"0500032a03{number:02x}" for number in (1, 2, 3)]


def test_pieces_of_node_smpp_may_be_numbered_by_parameters(peer: Peer, link: Link, told: Told) -> None:
    for number in (1, 2):
        sar = {"sar_msg_ref_num": 7, "sar_total_segments": 2, "sar_segment_seqnum": number}
        peer.deliver(text=f"piece {number} ", data_coding=0, **sar)
    places = [told.pieces.get(timeout=90).concatenation for _ in (1, 2)]
    assert [(place.reference, place.of, place.position) for place in places if place] == [(7, 2, 1), (7, 2, 2)]


def test_a_message_payload_of_node_smpp_is_read(peer: Peer, link: Link, told: Told) -> None:
    peer.deliver(payload="long " * 100, data_coding=0)
    piece = told.pieces.get(timeout=90)
    assert join([Piece(piece.alphabet, piece.user_data)]) == "long " * 100


def test_a_wrong_password_is_told_by_name(peer: Peer, make_link: Callable[..., Link], told: Told) -> None:
    link = make_link(password="wrong")
    why = told.until(LinkState.RESTING).why
    assert "password" in why
    assert "'shop'" in why
    send(link, "Hello")
    assert isinstance(told.outcomes.get(timeout=90), Misconfigured)


def test_a_throttle_and_a_refusal_are_told_apart(peer: Peer, link: Link, told: Told) -> None:
    peer.do("refuse", status=0x58)
    peer.do("refuse", status=0x0B)
    peer.do("enquire_link")
    peer.hear("enquire_link_resp")
    send(link, "one")
    send(link, "two")
    assert isinstance(told.outcomes.get(timeout=90), Throttled)
    assert isinstance(told.outcomes.get(timeout=90), RejectedForGood)


def test_enquire_link_is_answered_both_ways(peer: Peer, make_link: Callable[..., Link], told: Told) -> None:
    make_link(enquire_link=0.2)
    told.until(LinkState.UP)
    peer.hear("enquire_link")
    peer.do("enquire_link")
    assert peer.hear("enquire_link_resp")["status"] == 0


def test_an_unbind_of_node_smpp_is_answered_and_the_link_comes_back(peer: Peer, link: Link, told: Told) -> None:
    peer.do("unbind")
    assert peer.hear("unbind_resp")["status"] == 0
    assert "unbind" in told.until(LinkState.DOWN).why
    told.until(LinkState.UP)
    send(link, "back again")
    assert peer.hear("submit")["text"] == "back again"


def test_stopping_unbinds_properly(peer: Peer, make_link: Callable[..., Link], told: Told) -> None:
    link = make_link()
    told.until(LinkState.UP)
    link.stop(time.monotonic() + 3)
    peer.hear("unbind")


def test_transmitter_and_receiver_work_as_a_pair(peer: Peer, make_link: Callable[..., Link], told: Told) -> None:
    link = make_link(mode="transmitter+receiver")
    told.until(LinkState.UP)
    send(link, "by the transmitter")
    assert peer.hear("submit")["text"] == "by the transmitter"
