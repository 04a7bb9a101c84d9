"""Jasmin's SMPP server before our link, and Jasmin's SMPP client at our SMSC.

The surprise: it lives in a virtual environment of its own under build/, for it holds old versions of what it needs; the
file beside it names them. Jasmin's broker and store are not here: only its PDUs and sessions meet ours.
"""

from __future__ import annotations

import json
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
from smsgw.text.parts import Piece, count, join, split
from tests.emulators.ports import unused
from tests.emulators.smsc import Network, smpp_network
from tests.flows.running import Running, until
from tests.peers.installed import python_with
from tests.peers.talking import Talker, Told

pytestmark = [pytest.mark.peer, pytest.mark.slow]

SOURCE = Path(__file__).parent / "jasmin-smpp"
JASMIN = "jasmin==0.11.1"
TO, OURS = "4915112345678", "4477"
GSM, PERSIAN = "Gr\u00fc\u00dfe an {alle}: 5\u20ac @ \u00a3", "سلام دنیا، سفارش شما آماده است 🙂"


def installed() -> Path:
    """The Python that has Jasmin's SMPP."""
    return python_with("jasmin", SOURCE / "requirements.txt", alone=JASMIN)


class Peer(Talker):
    """Jasmin as `role` says."""

    name, patience = "Jasmin", 90.0

    def __init__(self, *role: str) -> None:
        super().__init__(["setpriv", "--pdeathsig=KILL", installed(), SOURCE / "peer.py", *role])


# Our link, and Jasmin as its SMSC


@pytest.fixture(scope="module")
def server() -> Iterator[Peer]:
    running = Peer("server")
    yield running
    running.close()


@pytest.fixture(scope="module")
def port(server: Peer) -> int:
    return int(server.hear("listening")["port"])


@pytest.fixture
def told() -> Told:
    return Told(90)


@pytest.fixture
def make_link(port: int, told: Told) -> Iterator[Callable[..., Link]]:
    made: list[Link] = []

    def make(password: str = "secret08", **more: Any) -> Link:
        fields = {
            "host": "127.0.0.1", "port": port, "system_id": "shop", "password": password,
            "reconnect_first": 0.1, "sender": OURS, **more,
        }  # fmt: skip
        made.append(open_link("jasmin", Config.model_validate(fields), told))
        made[-1].start()
        return made[-1]

    yield make
    for link in made:
        link.stop(time.monotonic() + 3)


@pytest.fixture
def link(make_link: Callable[..., Link], told: Told) -> Link:
    up = make_link()
    told.until(LinkState.UP)
    return up


def send(link: Link, text: str) -> int:
    """Send a text in as many parts as it takes; returns how many PDUs."""
    pieces = split(text, link.abilities, 99)
    for number, one in enumerate(pieces, 1):
        link.send(WirePart("m", number, count(pieces), f"+{TO}", None, one.alphabet, one.user_data, udh=one.udh))
    return len(pieces)


@pytest.mark.parametrize(("text", "coding"), [(GSM, 0), (PERSIAN, 8)])
def test_jasmin_reads_the_text_that_was_written(server: Peer, link: Link, told: Told, text: str, coding: int) -> None:
    send(link, text)
    heard = server.hear("submit")
    octets = split(text, link.abilities, 1)[0].user_data
    assert (heard["short_message"], heard["data_coding"]) == (octets.hex(), coding)
    assert (bytes.fromhex(heard["destination_addr"]).decode(), heard["dest_addr_ton"]) == (TO, "INTERNATIONAL")
    assert told.outcomes.get(timeout=90) == heard["id"]


def test_jasmin_reads_the_parts_of_a_long_text(server: Peer, link: Link, told: Told) -> None:
    text = "Piece by piece, one after the other. " * 11
    parts = send(link, text)
    heard = [server.hear("submit") for _ in range(parts)]
    assert all(one["udhi"] for one in heard)
    assert b"".join(bytes.fromhex(one["short_message"])[6:] for one in heard).decode() == text
    assert [told.outcomes.get(timeout=90) for _ in heard] == [one["id"] for one in heard]


def test_jasmin_reads_the_numbers_of_parts_in_parameters(server: Peer, make_link: Any, told: Told) -> None:
    link = make_link(long_texts="sar")
    told.until(LinkState.UP)
    parts = send(link, "Piece by piece, one after the other. " * 11)
    heard = [server.hear("submit") for _ in range(parts)]
    places = [(one["sar_msg_ref_num"], one["sar_total_segments"], one["sar_segment_seqnum"]) for one in heard]
    assert places == [(99, parts, number) for number in range(1, parts + 1)]


@pytest.mark.parametrize(
    ("stat", "state"), [("DELIVRD", ReceiptState.DELIVERED), ("UNDELIV", ReceiptState.UNDELIVERABLE)]
)
def test_a_receipt_of_jasmin_finds_its_part(
    server: Peer, link: Link, told: Told, stat: str, state: ReceiptState
) -> None:
    send(link, "Hello")
    name = server.hear("submit")["id"]
    server.do("receipt", id=name, to=TO, state=stat, **{"from": OURS})
    receipt = told.receipts.get(timeout=90)
    assert (receipt.reference, receipt.state, receipt.recipient) == (name, state, f"+{TO}")
    assert server.hear("deliver_resp")["status"] == "ESME_ROK"


@pytest.mark.parametrize(("text", "coding"), [("yes please", 0), (PERSIAN, 8)])
def test_a_text_of_jasmin_is_read(server: Peer, link: Link, told: Told, text: str, coding: int) -> None:
    octets = text.encode("utf-16-be") if coding else text.encode()
    server.do("text", to=OURS, hex=octets.hex(), coding=coding, **{"from": TO})
    piece = told.pieces.get(timeout=90)
    assert join([Piece(piece.alphabet, piece.user_data)]) == text
    assert (piece.sender, server.hear("deliver_resp")["status"]) == (f"+{TO}", "ESME_ROK")


def test_a_throttle_and_a_refusal_of_jasmin_are_told_apart(server: Peer, link: Link, told: Told) -> None:
    for status in ("ESME_RTHROTTLED", "ESME_RINVDSTADR"):
        server.do("refuse", status=status)
    server.do("text", to=OURS, hex=b"go".hex(), coding=0, **{"from": TO})  # orders are taken in turn
    told.pieces.get(timeout=90)
    send(link, "one")
    assert isinstance(told.outcomes.get(timeout=90), Throttled)
    send(link, "two")
    assert isinstance(told.outcomes.get(timeout=90), RejectedForGood)


def test_a_wrong_password_is_told_by_name(make_link: Callable[..., Link], told: Told) -> None:
    link = make_link(password="wrong")
    assert "password" in told.until(LinkState.RESTING).why
    send(link, "Hello")
    assert isinstance(told.outcomes.get(timeout=90), Misconfigured)


def test_an_unbind_of_jasmin_is_answered_and_the_link_comes_back(server: Peer, link: Link, told: Told) -> None:
    server.do("unbind")
    told.until(LinkState.DOWN)
    told.until(LinkState.UP)
    send(link, "back again")
    assert bytes.fromhex(server.hear("submit")["short_message"]) == b"back again"


# Our SMSC, and Jasmin as its client


@pytest.fixture(scope="module")
def carrier() -> Iterator[Network]:
    with smpp_network() as network:
        network.automatic_receipts()
        yield network


@pytest.fixture(scope="module")
def smsc(carrier: Network, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Running, int, dict[str, str]]]:
    """Our daemon with an SMPP port, which passes everything on to the emulated carrier; its port, and an account."""
    folder = tmp_path_factory.mktemp("smsc")
    link = {"name": "carrier", "kind": "smpp", **carrier.settings()}
    gateway = Running(folder, f"sqlite:///{folder / 'store.db'}", [link])
    port = unused()
    with gateway.config.open("a") as config:
        config.write(f'\n[[listen.smpp]]\nlisten = "127.0.0.1:{port}"\n')
    gateway.start()
    gateway.smsgw("key", "create", "jasmin")
    words = ["--system-id", "jasmin", "--inbound", "*", "--allow-duplicates", "--json"]
    account = json.loads(gateway.smsgw("key", "smpp", "jasmin", *words).stdout)
    yield gateway, port, account
    gateway.kill()


@pytest.fixture(scope="module")
def client(smsc: tuple[Running, int, dict[str, str]]) -> Iterator[Peer]:
    _, port, account = smsc
    running = Peer("client", str(port), account["system_id"], account["password"])
    running.hear("bound")
    yield running
    running.close()


@pytest.mark.parametrize("split", ["udh", "sar"])
@pytest.mark.parametrize(
    ("text", "coding"),
    [("Hello from Jasmin", 0), (PERSIAN, 8), ("Piece by piece, one after the other. " * 11, 0), (f"{PERSIAN} " * 6, 8)],
    ids=["gsm", "ucs2", "long", "long-ucs2"],
)
def test_a_text_of_jasmins_client_is_taken_passed_on_and_reported(
    client: Peer, carrier: Network, text: str, coding: int, split: str
) -> None:
    to = f"49151{len(text):04d}{coding}{len(split):03d}{ord(split[0]) % 10}"
    octets = text.encode("utf-16-be") if coding else text.encode()
    client.do("send", hex=octets.hex(), coding=coding, split=split, to=to, **{"from": "Shop"})
    answer = client.hear("answer")
    assert answer["status"] == "ESME_ROK"
    until(lambda: (f"+{to}", text) in carrier.submitted(), 20, "it did not come to the carrier")
    receipt = client.hear("deliver")["receipt"]
    assert (receipt["id"] if isinstance(receipt["id"], str) else "", receipt["stat"]) != ("", "")
    assert receipt["stat"] == "DELIVRD"


def test_a_text_of_a_phone_comes_to_jasmins_client(client: Peer, carrier: Network) -> None:
    carrier.phone_sends("+4915120000001", "yes, please")
    while (heard := client.hear("deliver"))["receipt"]:
        pass  # of the texts before
    assert bytes.fromhex(heard["short_message"]) == b"yes, please"
    assert bytes.fromhex(heard["source_addr"]) == b"4915120000001"


def test_a_wrong_password_of_jasmins_client_is_refused(smsc: tuple[Running, int, dict[str, str]]) -> None:
    _, port, account = smsc
    intruder = Peer("client", str(port), account["system_id"], "wrong")
    assert "ESME_RINVPASWD" in intruder.hear("refused")["why"]
    intruder.close()
