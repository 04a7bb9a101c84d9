"""The simulated modem as a modem, and its faults: each does what its name says, on a bare serial port."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import serial

from drivers.modem.line import SimulatedModem, Ways
from drivers.modem.line.ways import sentences, spelled, turn
from drivers.modem.pdu import encode_submit
from smsgw.errors import BadInput
from smsgw.link import Alphabet, WirePart

PDU, LENGTH = encode_submit(WirePart("m", 1, 1, "+38641000002", None, Alphabet.GSM7, b"hello"))


class Host:
    """Somebody at the other end, with nothing but pyserial."""

    def __init__(self, modem: SimulatedModem) -> None:
        self.modem = modem
        self.port = serial.Serial(modem.device, timeout=0.05, write_timeout=60)
        self._heard = b""

    def hears(self, pattern: bytes = rb"(OK|ERROR[^\r]*)\r\n|> $", seconds: float = 60.0) -> bytes:
        """What is said until this has come; all that there is, if it does not come."""
        until = time.monotonic() + seconds
        while not (found := re.search(pattern, self._heard)) and time.monotonic() < until:
            self._heard += self.port.read(max(1, self.port.in_waiting))
        end = found.end() if found else len(self._heard)
        said, self._heard = self._heard[:end], self._heard[end:]
        return said

    def hears_out(self) -> bytes:
        """What is said until nothing comes for a second."""
        self.port.timeout = 1.0
        said, self._heard = self._heard, b""
        while more := self.port.read(max(1, self.port.in_waiting)):
            said += more
        return said

    def asks(self, command: str, **how: Any) -> bytes:
        self.port.write(command.encode() + b"\r")
        return self.hears(**how)

    def sends(self, **how: Any) -> bytes:
        assert self.asks(f"AT+CMGS={LENGTH}").endswith(b"> ")
        self.port.write(PDU.encode() + b"\x1a")
        return self.hears(**how)


Plug = Callable[..., Host]


@pytest.fixture
def plug(tmp_path: Path) -> Iterator[Plug]:
    """Plug a modem in and open its port: plug(noise=0.5, seed=3)."""
    hosts: list[Host] = []

    def make(seed: int = 0, pin: str | None = None, **ways: Any) -> Host:
        modem = SimulatedModem(tmp_path, Ways(**ways), pin, seed=seed, number=len(hosts) + 1)
        modem.echo = False
        hosts.append(Host(modem))
        return hosts[-1]

    yield make
    for host in hosts:
        host.port.close()
        host.modem.close()


def test_it_takes_a_text_and_reports_on_it(plug: Plug) -> None:
    host = plug()
    host.asks("AT+CNMI=2,1,0,2,0")
    assert b"+CMGS: 1\r\n\r\nOK" in host.sends()
    assert b"+CDSI" in host.hears(rb"\+CDSI[^\r]*\r\n")
    (sent,) = host.modem.submissions
    assert (sent.to, sent.text) == ("+38641000002", "hello")


def test_it_stores_a_text_lists_it_and_forgets_it_when_told(plug: Plug) -> None:
    host = plug()
    host.asks("AT+CNMI=2,1,0,2,0")
    host.modem.phone_sends("+4915112345678", "hi")
    assert b'+CMTI: "ME",1' in host.hears(rb"CMTI[^\r]*\r\n")
    host.asks('AT+CPMS="ME"')
    assert b"+CMGL: 1,0,," in host.asks("AT+CMGL=4")
    assert b"+CMGL: 1,1,," in host.asks("AT+CMGL=4"), "it was read by being listed"
    assert host.asks("AT+CMGD=1").endswith(b"OK\r\n")
    assert b"+CMGL:" not in host.asks("AT+CMGL=4")


def test_what_finds_no_place_waits_in_the_network(plug: Plug) -> None:
    host = plug(slots=2)
    for number in range(3):
        host.modem.phone_sends("+4915112345678", f"text {number}")
    assert (len(host.modem.stored["ME"]), host.modem.waits_outside()) == (2, 1)
    host.asks('AT+CPMS="ME"')
    host.asks("AT+CNMI=2,1,0,2,0")
    host.asks("AT+CMGD=1")
    assert b'"ME",1' in host.hears(rb"CMTI[^\r]*\r\n")
    assert (len(host.modem.stored["ME"]), host.modem.waits_outside()) == (2, 0)


def test_at_9600_baud_octets_take_their_time(plug: Plug) -> None:
    host = plug(baud=9600)
    begun = time.monotonic()
    said = host.asks("AT+CGSN") + host.asks("AT+CPMS=?")
    assert (time.monotonic() - begun) / (len(said) * 10 / 9600) > 0.6


def test_a_text_in_the_air_takes_the_air_time(plug: Plug) -> None:
    host = plug(air_time=0.4)
    begun = time.monotonic()
    assert b"+CMGS" in host.sends()
    assert time.monotonic() - begun >= 0.4


def test_pulled_out_early_the_network_has_nothing_and_late_it_has_the_text(plug: Plug) -> None:
    for air, taken in ((3.0, 0), (0.8, 1)):
        host = plug(air_time=air)
        host.sends(seconds=0.1 if taken == 0 else 0.6)
        host.modem.disconnect()
        until = time.monotonic() + (60 if taken else air / 2 + 0.2)
        while len(host.modem.submissions) < max(taken, 1) and time.monotonic() < until:
            time.sleep(0.02)
        host.modem.connect()
        assert len(host.modem.submissions) == taken
        host.port.close()
        again = Host(host.modem)
        assert b"+CMGS" not in again.hears(seconds=0.2), "the answer belongs to another plugging-in"
        again.port.close()


def test_it_comes_back_under_another_name_as_the_same_modem(plug: Plug, tmp_path: Path) -> None:
    host = plug()
    before = host.asks("AT+CIMI") + host.asks("AT+CGSN") + host.asks("AT+CCID")
    host.port.close()
    host.modem.reappear("ttyUSB99")
    host.modem.echo = False
    again = Host(host.modem)
    assert host.modem.device == str(tmp_path / "ttyUSB99")
    assert before == again.asks("AT+CIMI") + again.asks("AT+CGSN") + again.asks("AT+CCID")
    again.port.close()


def test_several_at_once_are_several_people(plug: Plug) -> None:
    hosts = [plug() for _ in range(3)]
    for what in ("AT+CIMI", "AT+CGSN", "AT+CCID"):
        assert len({host.asks(what) for host in hosts}) == 3


def test_a_port_that_blocks_takes_nothing_and_then_everything(plug: Plug) -> None:
    host = plug(blocked=True)
    until = time.monotonic() + 60
    while not host.modem._is_blocked and time.monotonic() < until:
        time.sleep(0.02)
    time.sleep(0.1)
    host.port.write_timeout = 0.3
    with pytest.raises(serial.SerialTimeoutException):
        host.port.write(b"AT\r")
    host.modem.ways.blocked = False
    host.port.write_timeout = 60
    assert host.asks("AT").endswith(b"OK\r\n")


def test_a_frozen_modem_does_after_the_thaw_what_was_typed(plug: Plug) -> None:
    host = plug(frozen=True)
    assert host.asks("AT+CSQ", seconds=0.3) == b""
    host.modem.ways.frozen = False
    assert b"+CSQ: 21" in host.hears()


def test_a_swallowed_answer_is_one_that_the_network_took(plug: Plug) -> None:
    host = plug(swallow=1)
    assert b"+CMGS: 1" not in host.sends(seconds=0.3)
    assert b"+CMGS: 2" in host.sends()
    assert len(host.modem.submissions) == 2


def test_a_refusal_once_and_for_ever(plug: Plug) -> None:
    host = plug(cms_once=500, cms_always=38)
    assert b"+CMS ERROR: 500" in host.sends()
    assert b"+CMS ERROR: 38" in host.sends()
    host.modem.ways.cms_always = 0
    assert b"+CMGS" in host.sends()


def test_an_echo_goes_when_it_is_told_to_or_stays(plug: Plug) -> None:
    for stays in (False, True):
        host = plug(echo_stays=stays)
        host.asks("ATE0")
        assert host.asks("AT+CSQ").startswith(b"AT+CSQ") is stays
        host.asks("ATE1")
        assert host.asks("AT+CSQ").startswith(b"AT+CSQ")


def test_news_inside_stand_in_an_answer(plug: Plug) -> None:
    host = plug(news_inside=True)
    host.asks("AT+CNMI=2,1,0,2,0")
    host.modem.phone_sends("+4915112345678", "hi")
    assert re.search(rb"\+CSQ: 21,99\r\n\r\n\+CMTI[^\r]*\r\n\r\nOK", host.asks("AT+CSQ"))


def test_noise_and_garbage_are_the_same_for_a_seed_and_others_for_another(plug: Plug) -> None:
    said = []
    for seed in (1, 1, 2):
        host = plug(seed=seed, noise=0.5, garbage=0.3)
        heard = [host.asks(command, seconds=0.3) for command in ("AT", "ATI", "AT+CPMS=?", "AT+CSQ") * 2]
        said.append(b"".join(heard) + host.hears_out())
    assert said[0] == said[1] != said[2]
    assert any(octet > 0x7F for octet in said[0])


def test_the_pin_is_lost_after_three_wrong_ones_and_the_puk_brings_it_back(plug: Plug) -> None:
    host = plug(pin="4711")
    assert b"+CPIN: SIM PIN" in host.asks("AT+CPIN?")
    assert b"SIM PIN,3,3" in host.asks('AT+CPINR="SIM PIN"')
    for _ in range(3):
        host.asks('AT+CPIN="0000"')
    assert b"+CPIN: SIM PUK" in host.asks("AT+CPIN?")
    assert host.asks('AT+CPIN="12345678","4711"').endswith(b"OK\r\n")
    assert b"+CPIN: READY" in host.asks("AT+CPIN?")


def test_a_menu_of_two_steps_and_its_end(plug: Plug) -> None:
    host = plug()
    assert b"+CUSD: 1," in host.asks('AT+CUSD=1,"*123#",15', pattern=rb'CUSD: .*"')
    assert b"100 SMS for 1 EUR" in host.asks('AT+CUSD=1,"2",15', pattern=rb"CUSD: 1[^\"]+\"[^\"]+\"")
    assert b'+CUSD: 0,"100 SMS added",15' in host.asks('AT+CUSD=1,"1",15', pattern=rb'added",15|CUSD: 4')
    assert b"+CUSD: 4" in host.asks('AT+CUSD=1,"*999#",15', pattern=rb"CUSD: 4")


@pytest.mark.parametrize(("how", "said"), [("ucs2", b'"005600610161'), ("packed", b'"D9775D0E')])
def test_codes_are_answered_in_every_spelling(plug: Plug, how: str, said: bytes) -> None:
    host = plug(ussd=how)
    code = "*101#" if how == "ucs2" else "*100#"
    assert said in host.asks(f'AT+CUSD=1,"{code}",15', pattern=rb",(15|72)\r\n")


def test_a_reset_takes_it_away_and_brings_it_back_without_its_settings(plug: Plug) -> None:
    host = plug(reset_takes=0.2)
    host.asks("AT+CNMI=2,1,0,2,0")
    host.asks("AT+CFUN=1,1")
    host.port.close()
    until = time.monotonic() + 60
    time.sleep(0.1)
    while not Path(host.modem.device).exists() and time.monotonic() < until:
        time.sleep(0.02)
    again = Host(host.modem)
    assert b"+CNMI: 0,0,0,0,0" in again.asks("AT+CNMI?")
    again.port.close()


def test_every_fault_has_a_name_and_a_sentence_and_takes_its_own_default() -> None:
    for name, default, says in sentences():
        assert len(says.split()) > 2
        ways = Ways()
        turn(ways, name, spelled(default))
        assert getattr(ways, name) == default, name


@pytest.mark.parametrize(("name", "value"), [("nois", "1"), ("noise", "loud"), ("frozen", "maybe"), ("busy", "1.5")])
def test_a_fault_that_is_none_is_told(name: str, value: str) -> None:
    with pytest.raises(BadInput, match=r"no fault|does not do"):
        turn(Ways(), name, value)
