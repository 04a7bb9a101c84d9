"""`smsgw modem` and the modem part of the doctor, over an emulated modem on a pseudo terminal."""

from __future__ import annotations

import json
import subprocess
import tomllib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from drivers.modem import Config
from drivers.modem.comms import SteadyComms
from smsgw.__main__ import holder, modem_room, parts, root
from smsgw.cli.office import Office
from smsgw.cli.shell import execute
from smsgw.link import Health, LinkState
from smsgw.store import links, schema
from smsgw.store.database import Database
from smsgw.store.leases import Lease
from tests.emulators.modem import EmulatedModem, Ways, modem_network

Desk = Callable[..., Any]


@pytest.fixture
def modem() -> Iterator[EmulatedModem]:
    with modem_network(Ways(maker="huawei", attempts="^CPIN")) as network:
        yield network.modem


@pytest.fixture(autouse=True)
def _a_modem_that_answers_quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SteadyComms, "quiet", 0.06)
    monkeypatch.setattr(SteadyComms, "probe_timeout", 2.0)


@pytest.fixture
def smsgw(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    """Run a command line that may look at modems; its configuration is there as soon as somebody writes it."""

    def run(*args: str, held_by: Callable[[str], str | None] = holder) -> Any:
        environ = {"HOME": str(tmp_path), "SMSGW_CONFIG": str(tmp_path / "smsgw.toml")}
        if not (tmp_path / "smsgw.toml").exists():
            del environ["SMSGW_CONFIG"]
        status = execute(root, Office(parts, held_by, environ, modem_room=modem_room), args)
        said = capsys.readouterr()
        data = json.loads(said.out) if "--json" in args else None
        return SimpleNamespace(status=status, out=said.out, err=said.err, data=data)

    return run


@pytest.fixture
def configured(tmp_path: Path, modem: EmulatedModem) -> Callable[..., str]:
    """Write a configuration with a link named stick, found by its SIM; returns the store's URL."""

    def write(*lines: str) -> str:
        url = f"sqlite:///{tmp_path / 'smsgw.db'}"
        ports = f"ports = [{json.dumps(str(modem.folder / '*'))}]"
        link = ["[[links]]", 'name = "stick"', 'kind = "modem"', f'iccid = "{modem.sim.iccid}"', ports, *lines]
        text = "\n".join(["[store]", f'url = "{url}"', "[web]", 'listen = "127.0.0.1:0"', *link, ""])
        (tmp_path / "smsgw.toml").write_text(text)
        (tmp_path / "smsgw.toml").chmod(0o600)
        return url

    return write


@pytest.fixture
def running(configured: Callable[..., str], modem: EmulatedModem) -> Iterator[None]:
    """A daemon holds the store, and has heard of its modem."""
    url = configured()
    facts = {"port": modem.device, "signal": "-109 dBm (2 of 31)", "operator": "SI Mobil", "imei": modem.imei}
    with ExitStack() as stack:
        stack.enter_context(Lease(url))
        database = Database(url)
        stack.callback(database.close)
        schema.upgrade(database)
        health = Health(LinkState.DEGRADED, "the signal is weak", facts)
        heard = links.Heard("stick", "modem", health, datetime(2026, 3, 1, tzinfo=UTC))
        database.writer.do(links.write_down, heard)
        yield


def findings(said: Any) -> list[tuple[str, str, str]]:
    """Level, words and repair of what was found at the only port."""
    [one] = said.data
    return [(each["level"], each["says"], each["repair"]) for each in one["findings"]]


def test_without_a_configuration_a_port_is_looked_at_and_told_line_by_line(smsgw: Desk, modem: EmulatedModem) -> None:
    said = smsgw("modem", "probe", modem.device)
    assert said.status == 0, said.err
    assert said.out.startswith(f"{modem.device}\n  ✔ a modem answers AT: ")
    assert f"✔ the SIM {modem.sim.iccid} is unlocked (3 PIN attempts left)" in said.out
    assert f"✔ texts go to the service centre {modem.sim.centre}" in said.out
    assert "✔ registered: home network" in said.out
    assert "✔ signal -71 dBm (21 of 31)" in said.out


def test_the_block_that_is_told_is_a_link_that_can_be_pasted(smsgw: Desk, modem: EmulatedModem) -> None:
    [one] = smsgw("modem", "probe", modem.device, "--json").data
    (link,) = tomllib.loads(one["block"])["links"]
    assert (link.pop("name"), link.pop("kind")) == ("modem", "modem")
    assert Config.model_validate(link).identity == {"iccid": modem.sim.iccid}
    assert one["facts"]["imsi"] == modem.sim.imsi
    assert one["block"].splitlines()[1] in smsgw("modem", "probe", modem.device).out


def test_a_modem_that_is_configured_by_its_port_gets_no_second_block(
    smsgw: Desk, configured: Callable[..., str], modem: EmulatedModem
) -> None:
    configured(f'device = "{modem.device}"')
    [one] = smsgw("modem", "probe", "--json").data
    assert (one["link"], one["block"], one["answers"]) == ("stick", None, True)


@pytest.mark.parametrize(
    ("wrong", "level", "words", "repair"),
    [
        ({"present": False}, "bad", "there is no SIM", "push a SIM in"),
        ({"locked": True, "pin": "1234"}, "doubt", "asks for its PIN (3 PIN attempts left)", "pin_file"),
        ({"locked": True, "pin": "1234", "attempts": 1}, "bad", "1 PIN attempt left", "into a phone"),
        ({"locked": True, "pin": "1234", "attempts": 0}, "bad", "SIM PUK", "enter the PUK"),
        ({"centre": ""}, "bad", "no number of a service centre", 'smsc = "+…"'),
        ({"attempts": 1}, "doubt", "1 PIN attempt left", "into a phone"),
    ],
)
def test_what_is_wrong_with_a_sim_is_told_with_its_repair(
    smsgw: Desk, modem: EmulatedModem, wrong: dict[str, Any], level: str, words: str, repair: str
) -> None:
    for name, value in wrong.items():
        setattr(modem.sim, name, value)
    said = smsgw("modem", "probe", modem.device, "--json")
    [found] = [each for each in findings(said) if each[0] != "good"]
    assert found[0] == level
    assert words in found[1]
    assert repair in found[2]
    assert said.status == (1 if level == "bad" else 0)
    assert modem.sim.pins_entered == []


def test_a_network_that_refuses_the_sim_and_a_faint_signal_are_bad(smsgw: Desk, modem: EmulatedModem) -> None:
    modem.set_registration(3, cause=11)
    modem.ways.signal = 1
    said = smsgw("modem", "signal", modem.device)
    assert said.status == 1
    assert "✖ not in a network: " in said.out
    assert "(cause 11)" in said.out
    assert "✖ signal -111 dBm (1 of 31): texts fail" in said.out


def test_a_port_that_is_not_there_is_told(smsgw: Desk, tmp_path: Path) -> None:
    said = smsgw("modem", "probe", f"{tmp_path}/no")
    assert said.status == 1
    assert "✖ there is no such port\n      plug the modem in" in said.out
    at = smsgw("modem", "at", f"{tmp_path}/no", "AT")
    assert (at.status, f"there is no port {tmp_path}/no" in at.err) == (1, True)


def test_the_list_tells_who_has_each_port_and_whose_it_is(
    smsgw: Desk, configured: Callable[..., str], modem: EmulatedModem
) -> None:
    configured(f'device = "{modem.device}"')
    [row] = smsgw("modem", "list", "--json", held_by=lambda device: "ModemManager (process 812)").data
    assert row == {
        "port": modem.device,
        "holder": "ModemManager (process 812)",
        "link": "stick",
        "health": "not open",
    }


@pytest.mark.usefixtures("running")
def test_a_port_that_the_daemon_has_is_told_as_the_daemon_knows_it_and_not_touched(
    smsgw: Desk, modem: EmulatedModem
) -> None:
    [row] = smsgw("modem", "list", "--json").data
    assert (row["holder"], row["link"], row["health"]) == ("smsgw", "stick", "degraded")
    assert smsgw("modem", "probe", "--json").data[0]["facts"]["operator"] == "SI Mobil"
    for name in ("stick", modem.device):
        said = smsgw("modem", "signal", name)
        assert (said.status, "✖ signal -109 dBm (2 of 31)" in said.out) == (1, True)
        assert "▲ the daemon has its modem" in said.out
        for words in (("at", name, "AT+CSQ"), ("numbers", name)):
            said = smsgw("modem", *words)
            assert said.status == 1
            assert f"the running daemon uses {modem.device} for the link stick" in said.err
            assert "next: systemctl stop smsgw" in said.err
    assert modem.commands == []


def test_the_numbers_of_a_sim_are_shown_and_set(smsgw: Desk, modem: EmulatedModem) -> None:
    shown = smsgw("modem", "numbers", modem.device).out
    assert shown == f"own number      {modem.sim.number}\nservice centre  {modem.sim.centre}\n"
    said = smsgw("modem", "numbers", modem.device, "--own", "+38640999888", "--smsc", "+38640441000", "--json")
    assert said.data.get("number") == "+38640999888", said
    assert (modem.sim.number, modem.sim.centre) == ("+38640999888", "+38640441000")
    assert smsgw("modem", "numbers", modem.device, "--smsc", "040 441 000").status == 2
    modem.sim.present = False
    said = smsgw("modem", "numbers", modem.device, "--own", "+38640999888")
    assert (said.status, "the modem refuses" in said.err) == (1, True)


def test_one_command_is_answered_and_an_error_ends_with_1(smsgw: Desk, modem: EmulatedModem) -> None:
    said = smsgw("modem", "at", modem.device, "AT+CSQ")
    assert (said.status, said.out) == (0, "+CSQ: 21,99\nOK\n")
    said = smsgw("modem", "at", modem.device, "AT+NONSENSE", "--json")
    assert (said.status, said.data["lines"], said.data["ok"]) == (1, ["ERROR"], False)


@pytest.mark.parametrize("command", ["+CSQ", "AT+CSQ\rAT+CFUN=0", "AT\x1a"])
def test_what_is_no_single_command_is_refused(smsgw: Desk, modem: EmulatedModem, command: str) -> None:
    said = smsgw("modem", "at", modem.device, command)
    assert (said.status, "is no AT command" in said.err) == (2, True)
    assert modem.commands == []


def test_a_port_that_another_program_has_is_left_alone(smsgw: Desk, modem: EmulatedModem) -> None:
    with Path(modem.device).open("rb", buffering=0) as held, subprocess.Popen(["sleep", "600"], stdin=held) as other:
        try:
            said = smsgw("modem", "at", modem.device, "AT+CSQ")
            probed = smsgw("modem", "probe", modem.device)
        finally:
            other.kill()
    assert (said.status, f"in use by sleep (process {other.pid})" in said.err) == (1, True)
    assert "next: stop that program" in said.err
    assert (probed.status, f"✖ in use by sleep (process {other.pid})" in probed.out) == (1, True)
    assert modem.commands == []


def test_a_modem_that_is_silent_is_a_timeout(smsgw: Desk, modem: EmulatedModem) -> None:
    modem.ways.silent = True
    said = smsgw("modem", "at", modem.device, "AT")
    assert (said.status, "does not answer" in said.err) == (4, True)


def test_a_code_is_asked_and_its_menus_are_replied_to(smsgw: Desk) -> None:
    with modem_network() as network:
        port = network.modem.device
        assert smsgw("modem", "ussd", port, "*101#").out == "Vaše stanje je 7,50 €. Še 120 SMS.\n"
        said = smsgw("modem", "ussd", port, "*123#")
        assert said.out == "1 Balance\n2 Bundles\n3 End\n"
        assert f"smsgw modem ussd {port} '*123#' REPLY" in said.err
        assert network.modem.commands[-1] == "AT+CUSD=2"  # nobody is left to reply
        assert smsgw("modem", "ussd", port, "*123#", "2", "1").out == "100 SMS added\n"
        said = smsgw("modem", "ussd", port, "*100#", "1")
        assert (said.status, "the network asked nothing" in said.err) == (1, True)
        said = smsgw("modem", "ussd", port, "*999#")
        assert (said.status, "the network does not support this code" in said.err) == (1, True)
        assert smsgw("modem", "ussd", port, "日本").status == 2


def test_a_modem_that_wants_its_codes_packed_gets_them_so(smsgw: Desk, modem: EmulatedModem) -> None:
    assert "12.34 EUR" in smsgw("modem", "ussd", modem.device, "*100#").out
    assert 'AT+CUSD=1,"AA180C3602",15' in modem.commands  # as Huawei's documents show it


def test_a_link_is_found_by_its_sim_at_whichever_port_it_is(
    smsgw: Desk, configured: Callable[..., str], modem: EmulatedModem
) -> None:
    configured()
    said = smsgw("modem", "ussd", "stick", "*100#", "--json")
    assert said.data["port"] == modem.device
    assert "12.34 EUR" in said.data["text"]
    modem.sim.iccid = "89386400000000009999"
    said = smsgw("modem", "ussd", "stick", "*100#")
    assert (said.status, "no modem with iccid" in said.err) == (1, True)
    said = smsgw("modem", "signal", "stik")
    assert "neither a port, such as /dev/ttyUSB0, nor a modem link; there are: stick" in said.err


def test_a_udev_rule_keeps_modem_manager_off(smsgw: Desk) -> None:
    said = smsgw("modem", "udev", "/dev/ttyS77", "/dev/ttyS77")
    comment, rule = said.out.splitlines()
    assert comment.startswith("# /etc/udev/rules.d/")
    assert 'KERNEL=="ttyS77"' in rule
    assert 'ENV{ID_MM_DEVICE_IGNORE}="1"' in rule
    assert "smsgw modem udev >" in said.err


def test_the_doctor_asks_a_modem_that_nobody_has(
    smsgw: Desk, configured: Callable[..., str], modem: EmulatedModem
) -> None:
    configured()
    assert "✔ link stick: signal -71 dBm (21 of 31)" in smsgw("doctor").out
    modem.ways.signal = 5
    modem.sim.centre = ""
    said = smsgw("doctor")
    assert "▲ link stick: signal -103 dBm (5 of 31): weak\n    move the modem" in said.out
    assert "✖ link stick: the SIM has no number of a service centre" in said.out
    modem.disconnect()
    assert "✖ link stick: no modem with iccid" in smsgw("doctor").out


@pytest.mark.usefixtures("running")
def test_the_doctor_tells_what_the_daemon_knows_of_the_signal(smsgw: Desk, modem: EmulatedModem) -> None:
    said = smsgw("doctor")
    assert "✖ link stick: signal -109 dBm (2 of 31): texts fail\n    move the modem" in said.out
    assert modem.commands == []
