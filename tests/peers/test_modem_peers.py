"""The simulated modem before programs that have met real ones: gammu, gammu-smsd and smstools take it for a modem.

So our driver's tests are tests at something that behaves as modems do.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.emulators.modem_process import ModemProcess
from tests.peers.modem_programs import GammuSmsd, Peer, Smstools, end, needs

pytestmark = [pytest.mark.peer, pytest.mark.slow]

PHONE, CUSTOMER = "+4915112345678", "+38641000002"
LONG = "a text of two parts, {with} letters that cost double: € " * 4
Plug = Callable[..., ModemProcess]


@pytest.fixture
def plug(tmp_path: Path) -> Iterator[Plug]:
    """Plug a simulated modem in that has the SIM's memory alone, as these programs expect."""
    plugged: list[ModemProcess] = []

    def make(**faults: Any) -> ModemProcess:
        plugged.append(ModemProcess(tmp_path / "line", memories="SM", receives_into="SM", **faults))
        return plugged[-1]

    yield make
    for one in plugged:
        one.close()


@pytest.fixture(params=[GammuSmsd, Smstools])
def serve(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[ModemProcess], Peer]]:
    """Let each of the two daemons serve a modem."""
    serving: list[Peer] = []

    def start(modem: ModemProcess) -> Peer:
        serving.append(request.param(tmp_path / "peer", modem.device))
        return serving[-1]

    yield start
    for one in serving:
        end(one)


def sent(modem: ModemProcess) -> list[str]:
    """The whole texts that the network took, in order."""
    texts: list[str] = []
    for event in modem.events("submitted"):
        place = event["place"]
        if place is None or place[2] == 1:
            texts.append(event["text"])
        else:
            texts[-1] += event["text"]
    return texts


def gammu(modem: ModemProcess, folder: Path, *words: str) -> str:
    """Run gammu's command line at the modem; fails unless it is content."""
    (folder / "gammurc").write_text(f"[gammu]\ndevice = {modem.device}\nconnection = at\n")
    ran = subprocess.run(
        [needs("gammu"), "-c", str(folder / "gammurc"), *words],
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def test_gammu_knows_who_it_is(plug: Plug, tmp_path: Path) -> None:
    modem = plug(seed=4)
    said = gammu(modem, tmp_path, "identify")
    assert "Manufacturer         : ACME" in said
    assert "IMEI                 : 356938030000059" in said
    assert "SIM IMSI             : 293400000000005" in said


def test_gammu_sends_through_it_and_reads_and_deletes_what_came(plug: Plug, tmp_path: Path) -> None:
    modem = plug()
    gammu(modem, tmp_path, "sendsms", "TEXT", CUSTOMER, "-text", LONG, "-len", str(len(LONG)), "-autolen", "400")
    assert sent(modem) == [LONG]
    modem.do(f"{PHONE} Are you open?")
    modem.wait(lambda: modem.events("typed"), "no phone typed")
    said = gammu(modem, tmp_path, "getallsms")
    assert "Are you open?" in said
    assert PHONE in said
    gammu(modem, tmp_path, "deletesms", "1", "1")
    assert [event["index"] for event in modem.events("deleted")] == [1]


def test_gammu_sees_signal_and_network(plug: Plug, tmp_path: Path) -> None:
    modem = plug(signal=15)
    said = gammu(modem, tmp_path, "monitor", "1")
    assert "Signal strength      : -83 dBm" in said
    assert "Network state        : home network" in said


def test_a_daemon_sends_through_it(plug: Plug, serve: Callable[[ModemProcess], Peer]) -> None:
    modem = plug(air=0.1)
    peer = serve(modem)
    for number in range(3):
        peer.queue(CUSTOMER, f"text {number}")
    modem.wait(lambda: len(sent(modem)) == 3, f"they were not sent: {peer.last_words()}", 60)
    assert sorted(sent(modem)) == ["text 0", "text 1", "text 2"]
    assert {event["to"] for event in modem.events("submitted")} == {CUSTOMER}


def test_a_daemon_stores_what_phones_send_and_deletes_it(plug: Plug, serve: Callable[[ModemProcess], Peer]) -> None:
    modem = plug(slots=5)
    peer = serve(modem)
    texts = {f"text {number} of 8" for number in range(8)}  # three more than the SIM has places for
    for text in sorted(texts):
        modem.do(f"{PHONE} {text}")
    modem.wait(lambda: texts <= set(peer.received()), f"they were not stored: {peer.last_words()}", 60)
    modem.wait(lambda: len(modem.events("deleted")) == 8, "they were not deleted", 30)


def test_a_daemon_tries_again_what_was_refused(plug: Plug, serve: Callable[[ModemProcess], Peer]) -> None:
    modem = plug(cms_once=38)
    peer = serve(modem)
    peer.queue(CUSTOMER, "once more")
    modem.wait(lambda: sent(modem) == ["once more"], f"it was not sent: {peer.last_words()}", 60)
    assert [event["with"] for event in modem.events("refused")] == ["+CMS ERROR: 38"]
