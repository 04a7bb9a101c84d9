"""The doctor names the cause in a dozen seeded breakages, and the command that repairs each."""

from __future__ import annotations

import os
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from smsgw.cli.examine_host import clock, disk, modem_manager
from smsgw.cli.examine_store import file_of, file_system
from smsgw.cli.office import Office
from smsgw.config import load
from smsgw.outbound.submit import Asked


def worst(said: Any) -> list[tuple[str, str, str]]:
    """What is bad: what, says, repair."""
    return [(one["what"], one["says"], one["repair"]) for one in said.data if one["level"] == "bad"]


@pytest.fixture
def with_link(config_file: Path):
    """Add a link to the configuration."""

    def add(text: str) -> None:
        with config_file.open("a") as file:
            file.write(f"\n[[links]]\n{text}\n")

    return add


def test_a_gateway_that_only_does_not_run_is_well(smsgw) -> None:
    said = smsgw("doctor")
    assert said.status == 0, said.out
    assert "✔ configuration" in said.out
    assert "▲ daemon: it does not run\n    smsgw run" in said.out
    assert "0 to repair" in said.err


def test_every_mistake_of_the_configuration_is_told(smsgw, config_file: Path) -> None:
    config_file.write_text("[web]\nlisen = 1\nthreads = 0\n")
    said = smsgw("doctor", "--json")
    assert said.status == 1
    assert [what for what, _, _ in worst(said)] == ["configuration", "configuration"]
    assert "✖ configuration: " in smsgw("doctor").out


def test_a_missing_folder_is_told_with_the_command_that_makes_it(smsgw, config_file: Path) -> None:
    config_file.write_text(config_file.read_text().replace("sqlite:///", "sqlite:///missing/"))
    said = smsgw("doctor", "--json")
    assert said.status == 1
    assert f"mkdir -p -m 700 {config_file.parent / 'missing'}" in [repair for _, _, repair in worst(said)]


def test_a_store_that_everybody_can_read_is_doubtful(smsgw, config_file: Path) -> None:
    smsgw("db", "migrate")
    store = config_file.parent / "smsgw.db"
    store.chmod(0o644)
    said = smsgw("doctor", "--json")
    assert said.status == 0
    assert f"chmod o-rwx {store}*" in [one["repair"] for one in said.data]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_store_of_another_user_than_its_folder_is_told(tmp_path: Path) -> None:
    store = tmp_path / "smsgw.db"
    store.touch(0o600)
    os.chown(store, 12345, 12345)
    assert [one.repair for one in file_of(store)] == [f"chown 0:0 {store}*"]


def test_a_damaged_store_is_told(smsgw, config_file: Path) -> None:
    (config_file.parent / "smsgw.db").write_bytes(b"no database" * 1000)
    said = smsgw("doctor", "--json")
    assert said.status == 1
    assert "store" in [what for what, _, _ in worst(said)]


def test_a_network_disk_is_recognised(tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text("/dev/sda1 / ext4 rw 0 0\nserver:/x /mnt/far\\040away nfs4 rw 0 0\n")
    assert file_system(Path("/mnt/far away/smsgw"), mounts) == "nfs4"
    assert file_system(Path("/mnt/far"), mounts) == "ext4"
    assert file_system(Path("/mnt"), tmp_path / "nowhere") == ""


def test_a_full_disk_is_bad_and_a_nearly_full_one_doubtful(tmp_path: Path) -> None:
    endless = 1 << 62
    assert [one.level for one in disk(tmp_path, little=endless, enough=endless)] == ["bad"]
    assert [one.level for one in disk(tmp_path, little=0, enough=endless)] == ["doubt"]
    assert [one.level for one in disk(tmp_path, little=0, enough=0)] == ["good"]


def test_a_port_that_another_program_has_is_told(smsgw, config_file: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        config_file.write_text(config_file.read_text().replace("127.0.0.1:0", f"127.0.0.1:{port}"))
        [(what, _, repair)] = worst(smsgw("doctor", "--json"))
    assert what == "web"
    assert f"ss -ltnp 'sport = :{port}'" in repair


def test_a_clock_that_is_behind_what_was_written_down_is_told(smsgw, config_file: Path) -> None:
    smsgw("send", "+38640111222", "x")
    config = load(config_file, {})
    [found] = clock(config, datetime(2001, 1, 1, tzinfo=UTC))
    assert (found.level, found.repair) == ("bad", "set it: timedatectl set-ntp true")
    assert [one.level for one in clock(config, datetime(2099, 1, 1, tzinfo=UTC))] != ["bad"]


def test_a_modem_that_is_not_plugged_in_is_told(smsgw, with_link) -> None:
    with_link('name = "stick"\nkind = "modem"\ndevice = "/dev/serial/by-id/usb-none"')
    [(what, says, repair)] = worst(smsgw("doctor", "--json"))
    assert what == "link stick"
    assert "/dev/serial/by-id/usb-none is not there" in says
    assert "ls -l /dev/serial/by-id" in repair


def test_a_modem_that_another_program_has_is_told(smsgw, with_link, tmp_path: Path) -> None:
    port = tmp_path / "ttyUSB0"
    port.touch()
    with_link(f'name = "stick"\nkind = "modem"\ndevice = "{port}"')
    said = smsgw("doctor", "--json", held_by=lambda device: "ModemManager (process 812)")
    [(_, says, repair)] = worst(said)
    assert says == f"{port} is in use by ModemManager (process 812)"
    assert "systemctl disable --now ModemManager" in repair
    assert worst(smsgw("doctor", "--json", held_by=lambda device: None)) == []


def test_who_really_holds_a_port_is_found(smsgw, with_link, tmp_path: Path) -> None:
    import subprocess

    port = tmp_path / "ttyUSB0"
    port.touch()
    with_link(f'name = "stick"\nkind = "modem"\ndevice = "{port}"')
    with port.open() as held, subprocess.Popen(["sleep", "600"], stdin=held) as other:
        try:
            [(_, says, _)] = worst(smsgw("doctor", "--json"))
        finally:
            other.kill()
    assert f"sleep (process {other.pid})" in says


def test_modem_manager_is_only_looked_for_when_there_is_a_modem(tmp_path: Path) -> None:
    (tmp_path / "812").mkdir()
    (tmp_path / "812" / "comm").write_text("ModemManager\n")
    modem: Any = SimpleNamespace(driver=SimpleNamespace(device="/dev/ttyUSB0"))
    phones: Any = SimpleNamespace(driver=SimpleNamespace())
    assert [one.level for one in modem_manager([phones, modem], tmp_path)] == ["doubt"]
    assert list(modem_manager([phones], tmp_path)) == []
    (tmp_path / "812" / "comm").write_text("bash\n")
    assert [one.level for one in modem_manager([modem], tmp_path)] == ["good"]


def test_a_carrier_that_takes_no_connection_or_has_no_name_is_told(smsgw, with_link) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # bound, but nobody listens
        port = closed.getsockname()[1]
        with_link(f'name = "one"\nkind = "smpp"\nsystem_id = "x"\nhost = "127.0.0.1"\nport = {port}')
        with_link('name = "two"\nkind = "smpp"\nsystem_id = "x"\nhost = "smsc.invalid"')
        found = {what: says for what, says, _ in worst(smsgw("doctor", "--json"))}
    assert f"127.0.0.1:{port} takes no connection" in found["link one"]
    assert "the name smsc.invalid is not known" in found["link two"]


def test_a_carrier_that_takes_connections_is_good(smsgw, with_link) -> None:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        port = listening.getsockname()[1]
        with_link(f'name = "one"\nkind = "smpp"\nsystem_id = "x"\nhost = "127.0.0.1"\nport = {port}')
        said = smsgw("doctor", "--json")
    assert f"127.0.0.1:{port} takes connections" in [one["says"] for one in said.data]


def test_a_link_that_is_switched_off_is_doubtful(smsgw, with_link) -> None:
    with_link('name = "off"\nkind = "fake"\nenabled = false')
    levels = {one["what"]: one["level"] for one in smsgw("doctor", "--json").data}
    assert levels["link off"] == "doubt"


def test_messages_without_a_way_and_rates_without_a_link_are_told(smsgw, config_file: Path) -> None:
    smsgw("rate", "set", "phones", "*", "0.01", "EUR")
    office = Office(lambda gateway: [], environ={})
    office.path = config_file
    with office.gateway() as gateway:
        id = str(gateway.door.submit(Asked("+4366411122233", "hello", "test")).row["id"])
        gateway.network.forget("phones")
        gateway.database.writer.do(gateway.waiting.reroute, (datetime.now(UTC), timedelta(seconds=60)))
    assert smsgw("log", id, "--json").data["status"] == "held"
    config_file.write_text(config_file.read_text().replace('name = "phones"', 'name = "others"'))
    told = {one["what"]: one["says"] for one in smsgw("doctor", "--json").data}
    assert told["routes"] == "a message waits that no link serves, such as to +4366411122233"
    assert told["rates"] == "there are rates of phones, which is no link"
