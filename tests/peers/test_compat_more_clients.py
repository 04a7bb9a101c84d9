"""Clients that insist on https, Novu's provider, and the webhooks' library for Node, unmodified but for the address."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from smsgw.webhooks.signing import Signer
from tests.flows.running import until
from tests.peers.doors import PHONE, Doors, doors
from tests.peers.installed import node_modules, python_with, run
from tests.peers.tls_front import TlsFront

pytestmark = [pytest.mark.peer, pytest.mark.slow]
HERE = Path(__file__).parent
TLS = HERE / "doors-tls"
NOVU = "@novu/providers@0.24.2"


@pytest.fixture(scope="module")
def open_doors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doors]:
    with doors(tmp_path_factory.mktemp("more")) as made:
        yield made


@pytest.fixture(scope="module")
def front(open_doors: Doors, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TlsFront]:
    made = TlsFront(tmp_path_factory.mktemp("tls"), open_doors.running.port)
    yield made
    made.close()


def test_symfonys_bridge_sends_and_prints_our_refusal(open_doors: Doors, front: TlsFront) -> None:
    words = ["localhost", str(front.port), open_doors.account, open_doors.secret, PHONE, str(front.authority)]
    ran = subprocess.run(
        ["php", "-d", "include_path=/usr/share/php", str(TLS / "symfony.php"), *words],
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    told = json.loads(ran.stdout)
    assert told["id"].startswith("SM")
    assert len(told["id"]) == 34
    assert told["refused"].startswith("Unable to send the SMS: ")
    assert "/api/v1/problems" in told["refused"]
    until(lambda: "Čaj iz PHP" in open_doors.phone_shows(), 20, "it did not come to the phone")


def test_signalwires_library_sends_fetches_and_lists(open_doors: Doors, front: TlsFront) -> None:
    python = python_with("signalwire", TLS / "requirements.txt")
    words = [f"https://localhost:{front.port}", open_doors.account, open_doors.secret, PHONE, str(front.authority)]
    program = [str(python), "-W", "ignore", str(TLS / "signalwire_peer.py"), *words]
    ran = subprocess.run(program, capture_output=True, text=True, timeout=180, check=False)
    assert ran.returncode == 0, ran.stderr
    told = json.loads(ran.stdout)
    assert (told["fetched"], told["listed"], told["refused"]) == ("Čaj iz SignalWire", told["sid"], 21211)
    until(lambda: "Čaj iz SignalWire" in open_doors.phone_shows(), 20, "it did not come to the phone")


def test_novus_provider_sends_and_nodes_library_believes_our_signature(open_doors: Doors) -> None:
    place = node_modules("doors-novu", HERE / "doors-novu")
    if not (place / "package").is_dir():
        run("npm", "pack", NOVU, "--silent", "--pack-destination", str(place))
        run("tar", "-xzf", str(next(place.glob("*.tgz"))), "-C", str(place))
    secret = "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    words = ["127.0.0.1", str(open_doors.running.port), open_doors.secret, PHONE, secret]
    node = shutil.which("node") or "node"
    with subprocess.Popen(
        [node, str(place / "client.js"), *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as peer:
        assert peer.stdin is not None
        assert peer.stdout is not None
        assert json.loads(peer.stdout.readline())["id"] == "novu-1"
        until(lambda: "Čaj iz Novu" in open_doors.phone_shows(), 20, "it did not come to the phone")
        body, at = '{"type":"webhook.test"}', str(_now())
        signature = Signer([secret]).signature(b"evt_1", at.encode(), body.encode())
        headers = {"webhook-id": "evt_1", "webhook-timestamp": at, "webhook-signature": signature.decode()}
        for said, believed in (body, True), (body.replace("test", "best"), False):
            peer.stdin.write(json.dumps({"body": said, "headers": headers}) + "\n")
            peer.stdin.flush()
            assert json.loads(peer.stdout.readline()) is believed
        peer.stdin.close()


def _now() -> int:
    """What the clock of this machine says, as the library asks it."""
    return int(time.time())
