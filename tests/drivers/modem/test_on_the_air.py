"""What goes out to the network besides plain texts, and how the channel is used: flash, data, ports, +CMMS, pauses."""

from __future__ import annotations

import time

import pytest

from smsgw.link import Alphabet, WirePart
from tests.drivers.modem.conftest import CUSTOMER, Open, Rig, one_part
from tests.emulators.modem import Ways


def sent_commands(rig: Rig) -> list[str]:
    """What was said to send, without the rest."""
    return [command.split("=")[0] for command in rig.modem.commands if command.startswith(("AT+CMGS", "AT+CMMS"))]


def test_the_channel_is_kept_open_between_the_parts_of_a_text_and_asked_for_once(rig_for: Open) -> None:
    rig = rig_for(sweep_interval=600, check_interval=600).settled()
    rig.send_and_wait("a long text " * 35)
    assert sent_commands(rig) == ["AT+CMMS", "AT+CMGS", "AT+CMGS", "AT+CMGS"]
    assert rig.modem.more_to_send == 1


def test_a_single_text_asks_for_no_channel(rig: Rig) -> None:
    rig.send_and_wait("short")
    assert sent_commands(rig) == ["AT+CMGS"]


def test_after_a_pause_the_channel_is_asked_for_again(rig_for: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("drivers.modem.at._CHANNEL_STAYS", 0.0)
    rig = rig_for(sweep_interval=600, check_interval=600).settled()
    rig.send_and_wait("a long text " * 35)
    assert sent_commands(rig) == ["AT+CMMS", "AT+CMGS", "AT+CMMS", "AT+CMGS", "AT+CMGS"]


def test_a_modem_that_does_not_know_how_to_keep_a_channel_is_asked_once_and_sends_all_the_same(
    rig_for: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    from drivers.modem.line import commands

    monkeypatch.setattr(commands, "COMMANDS", [entry for entry in commands.COMMANDS if "CMMS" not in entry[0].pattern])
    rig = rig_for(sweep_interval=600, check_interval=600).settled()
    for _ in range(2):
        assert len(rig.events.references(rig.send_and_wait("a long text " * 35))) == 3
    assert sent_commands(rig).count("AT+CMMS") == 1


def test_between_one_answer_and_the_next_text_nothing_waits_for_a_timer(
    rig_for: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig = rig_for(Ways(reports="manual"), sweep_interval=600, check_interval=600).settled()
    asked: list[float] = []
    answered: list[float] = []
    prompt, submit = rig.modem.prompt, rig.modem.submit
    monkeypatch.setattr(rig.modem, "prompt", lambda length: (asked.append(time.monotonic()), prompt(length)))
    monkeypatch.setattr(rig.modem, "submit", lambda pdu, n: (submit(pdu, n), answered.append(time.monotonic())))
    parts = [part for number in range(30) for part in rig.send(f"text {number}")]
    rig.answered(parts)
    gaps = [then - before for before, then in zip(answered, asked[1:], strict=False)]
    assert len(gaps) == 29
    assert min(gaps) < 0.05, "a busy machine makes some longer; a timer would make all of them so"


def test_a_flash_text_and_its_validity_reach_the_network(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    pdus: list[str] = []
    submit = rig.modem.submit
    monkeypatch.setattr(rig.modem, "submit", lambda pdu, length: (pdus.append(pdu), submit(pdu, length)))
    rig.link.send(one_part(message_class=0, validity=24 * 3600))
    rig.events.wait(lambda: rig.events.answers)
    assert pdus[0].endswith("0010A7" + "03" + "61F118"), "protocol 0, class 0, 24 hours, three septets"


@pytest.mark.parametrize("udh", ["", "0605040B8423F0"], ids=["bare", "to port 2948"])
def test_octets_go_out_as_they_are_with_their_header(rig: Rig, udh: str) -> None:
    octets = bytes(range(100))
    rig.link.send(WirePart("m", 1, 1, CUSTOMER, None, Alphabet.OCTETS, octets, bytes.fromhex(udh)))
    rig.events.wait(lambda: rig.events.answers)
    (sent,) = rig.modem.submissions
    assert sent.read["dcs"]["encoding"] == "binary"
    assert sent.read["user_data"]["data"] == octets
    header = sent.read["user_data"]["header"]
    assert (header["elements"][0]["data"] if header else "") == udh[6:]
