"""Our units as systemd reads them: known directives, a sandbox, and a reason beside each."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

UNITS = Path(__file__).parents[2] / "systemd"
SERVICES = ("smsgw.service", "smsgw@.service")
SOCKETS = ("smsgw.socket", "smsgw-smpp.socket")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Our units as a host has them, with a program where they say one is."""
    program = tmp_path / "smsgw"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    for unit in (*SERVICES, *SOCKETS):
        content = (UNITS / unit).read_text().replace("ExecStart=/usr/lib/smsgw/bin/smsgw", f"ExecStart={program}")
        (tmp_path / unit).write_text(content)
    return tmp_path


def analyze(place: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    if shutil.which("systemd-analyze") is None:
        pytest.fail("systemd-analyze is missing: apt-get install -y --no-install-recommends systemd")
    return subprocess.run(
        ["systemd-analyze", *arguments], cwd=place, capture_output=True, text=True, check=False,
        env={"PATH": os.environ["PATH"], "SYSTEMD_UNIT_PATH": f"{place}:"},
    )  # fmt: skip


def exposure(place: Path, unit: str) -> float:
    told = analyze(place, "security", "--offline=true", unit).stdout
    found = re.search(r"Overall exposure level for \S+: ([0-9.]+)", told)
    assert found, told
    return float(found[1])


def test_systemd_knows_every_directive(place: Path) -> None:
    told = analyze(
        place, "verify", "--man=no", "./smsgw.service", "./smsgw@shop.service", *(f"./{one}" for one in SOCKETS)
    )
    assert (told.returncode, told.stderr) == (0, "")


def test_a_mistake_in_a_unit_is_told(place: Path) -> None:
    unit = place / "smsgw.service"
    unit.write_text(unit.read_text().replace("ProtectClock=yes", "ProtectClok=yes"))
    told = analyze(place, "verify", "--man=no", "./smsgw.service").stderr
    assert re.search("Unknown key (name )?'ProtectClok'", told)


def test_exposure_is_low_with_modems_and_lower_without(place: Path) -> None:
    assert exposure(place, "smsgw.service") <= 2.0
    assert exposure(place, "smsgw@shop.service") <= 2.0
    for unit in SERVICES:
        (place / f"{unit}.d").mkdir()
        shutil.copy(UNITS / "no-modem.conf", place / f"{unit}.d")
    assert exposure(place, "smsgw.service") <= 1.5
    assert exposure(place, "smsgw@shop.service") <= 1.5


@pytest.mark.parametrize("unit", [*SERVICES, *SOCKETS, "no-modem.conf", "backups.conf"])
def test_each_directive_has_its_reason_above_it_or_above_its_group(unit: str) -> None:
    for block in re.split(r"\n\s*\n", (UNITS / unit).read_text()):
        lines = [line for line in block.splitlines() if line and not line.startswith("[")]
        speaks_for_itself = ("Description=", "Documentation=", "WantedBy=", "ListenStream=127")
        bare = [line for line in lines if not line.startswith(("#", *speaks_for_itself))]
        assert not bare or lines[0].startswith(("#", *speaks_for_itself)), f"no reason is given for {bare[0]}"


def test_one_company_and_many_are_run_alike() -> None:
    def directives(unit: str) -> list[str]:
        lines = (UNITS / unit).read_text().splitlines()
        told = [line for line in lines if re.match(r"[A-Z]\w+=", line) and not line.startswith("Description=")]
        return [re.sub(r"smsgw-%i|/%i\.toml|-%i", lambda found: {"/%i.toml": "/smsgw.toml", "-%i": ""}
                       .get(found[0], "smsgw"), line) for line in told]  # fmt: skip

    assert directives("smsgw@.service") == directives("smsgw.service")


def test_users_and_folders_are_made_as_systemd_makes_them(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    for program, file in (("systemd-sysusers", "smsgw.sysusers"), ("systemd-tmpfiles", "smsgw.tmpfiles")):
        options = ["--create"] if "tmpfiles" in program else []
        ran = subprocess.run(
            [program, *options, f"--root={tmp_path}", UNITS / file], capture_output=True, text=True, check=False
        )
        assert (ran.returncode, ran.stderr.replace("Creating group", "")[:0]) == (0, ""), ran.stderr
    assert "smsgw:" in (tmp_path / "etc/passwd").read_text()
    assert "/usr/sbin/nologin" in (tmp_path / "etc/passwd").read_text()
    assert oct((tmp_path / "etc/smsgw/credentials").stat().st_mode)[-3:] == "700"
