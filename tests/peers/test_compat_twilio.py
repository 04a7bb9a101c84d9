"""Twilio's libraries for Python (three major versions), unmodified but for the address: they find us in its place."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.flows.running import until
from tests.peers.doors import OURS, PHONE, Doors, doors
from tests.peers.installed import python_with

pytestmark = [pytest.mark.peer, pytest.mark.slow]
SOURCE = Path(__file__).parent / "twilio"


@pytest.fixture(scope="module")
def open_doors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doors]:
    with doors(tmp_path_factory.mktemp("twilio")) as made:
        yield made


@pytest.mark.parametrize("version", ["6", "7", "9"])
def test_twilios_library_sends_lists_cancels_and_believes_our_signature(open_doors: Doors, version: str) -> None:
    python = python_with(f"twilio-{version}", SOURCE / f"requirements-{version}.txt")
    called, place = open_doors.called, f"/status{version}"
    called.answers[f"/texts{version}"] = ("text/xml", f"<Response><Message>Hvala {version}</Message></Response>")
    called.answers[f"{place}/card.vcf"] = ("text/vcard", "BEGIN:VCARD\nVERSION:2.1\nFN:Knjigarna\nEND:VCARD\n")
    words = [
        open_doors.url,
        open_doors.account,
        open_doors.secret,
        PHONE,
        called.url + place,
        f"{called.url}/texts{version}",
    ]
    program = [str(python), str(SOURCE / "peer.py"), *words, version]
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as peer:
        assert peer.stdin is not None
        assert peer.stdout is not None
        told = json.loads(peer.stdout.readline())
        assert told["fetched"] == [told["sids"][0], "Čaj 0", "1"]
        assert told["listed"][:3] == told["sids"][::-1]
        assert (told["cancelled"], told["media"], told["number"], told["account"]) == ("canceled", 0, OURS, "active")
        assert told["card"] == ["MM", "1", ["text/x-vCard"]]
        assert told["errors"] == [[400, 21211], [400, 21617]]
        done = called.wait(lambda call: call.path == place and call.words["MessageStatus"] == "delivered", 3)
        assert {call.words["MessageSid"] for call in done} == set(told["sids"])
        for sid in told["sids"]:
            states = [call.words["MessageStatus"] for call in called.calls if call.words.get("MessageSid") == sid]
            assert states == ["queued", "sent", "delivered"]
        open_doors.phone_types(f"hello from {version}")
        text = called.wait(
            lambda call: call.path == f"/texts{version}" and call.words["Body"] == f"hello from {version}"
        )
        for call in (done[0], text[0]):
            asked = {
                "url": called.url + call.path, "words": call.words, "signature": call.headers["X-Twilio-Signature"],
            }  # fmt: skip
            for forged, believed in ({}, True), ({"words": {**call.words, "To": "+1"}}, False):
                peer.stdin.write(json.dumps({**asked, **forged}) + "\n")
                peer.stdin.flush()
                assert json.loads(peer.stdout.readline()) is believed
        until(lambda: f"Hvala {version}" in open_doors.phone_shows(), 20, "the reply did not come to the phone")
        peer.stdin.close()
