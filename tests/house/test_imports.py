"""Who may import whom: the contracts in pyproject.toml hold, and each of them bites."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOMS = """
    __main__ cli daemon campaigns inbound outbound media money customers access
    store config text link log errors
"""


def broken_contracts(root: Path) -> str:
    """What import-linter says about a tree with a pyproject.toml; empty when every contract is kept."""
    linter = Path(sys.executable).with_name("lint-imports")
    assert linter.exists(), "lint-imports is missing: pip install -e '.[dev]'"
    ran = subprocess.run(
        [linter, "--no-logo", "--no-cache", "pyproject.toml"],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    return "" if ran.returncode == 0 else ran.stdout + ran.stderr


@pytest.fixture
def house(root: Path, tree: Callable[[dict[str, str]], Path]) -> Path:
    """A house with every room that the contracts know, all empty, under our contracts."""
    files = {f"{package}/__init__.py": "" for package in ("smsgw", "drivers", "schedules", "webadmin")}
    files |= {f"smsgw/{room}.py": "" for room in ROOMS.split()}
    place = tree(files | {"drivers/fake.py": "", "webadmin/pages.py": "", "schedules/expiry.py": ""})
    shutil.copy(root / "pyproject.toml", place)
    return place


def test_every_import_of_the_house_goes_the_allowed_way(root: Path) -> None:
    assert not (told := broken_contracts(root)), told


def test_imports_that_go_down_and_the_composition_root_that_looks_outward_are_allowed(house: Path) -> None:
    house.joinpath("smsgw/outbound.py").write_text("import smsgw.store, smsgw.customers\n")
    house.joinpath("smsgw/__main__.py").write_text("import webadmin, schedules.expiry, smsgw.cli\n")
    house.joinpath("drivers/fake.py").write_text("from smsgw import link, errors, text\n")
    house.joinpath("webadmin/pages.py").write_text("import smsgw.outbound\n")
    assert broken_contracts(house) == ""


@pytest.mark.parametrize(
    ("importer", "imported"),
    [
        ("smsgw/store.py", "smsgw.outbound"),  # upwards
        ("smsgw/text.py", "smsgw.config"),
        ("smsgw/access.py", "smsgw.customers"),  # sideways
        ("smsgw/daemon.py", "webadmin"),  # outward, and not the root
        ("smsgw/cli.py", "schedules.expiry"),
        ("smsgw/link.py", "drivers.fake"),
        ("drivers/fake.py", "smsgw.store"),  # a driver that knows the database
        ("drivers/fake.py", "smsgw.config"),
        ("drivers/fake.py", "webadmin.pages"),
        ("webadmin/pages.py", "drivers.fake"),
        ("webadmin/pages.py", "smsgw.__main__"),
        ("schedules/expiry.py", "webadmin.pages"),
        ("schedules/expiry.py", "smsgw.cli"),
    ],
)
def test_an_import_that_goes_the_wrong_way_is_told(house: Path, importer: str, imported: str) -> None:
    house.joinpath(importer).write_text(f"import {imported}\n")
    assert "BROKEN" in broken_contracts(house)


def test_a_new_room_that_stands_in_no_layer_is_told(house: Path) -> None:
    house.joinpath("smsgw/astrology.py").write_text("")
    assert "astrology" in broken_contracts(house)


def test_a_new_room_is_forbidden_to_drivers_by_itself(house: Path) -> None:
    house.joinpath("smsgw/astrology.py").write_text("")
    house.joinpath("drivers/fake.py").write_text("import smsgw.astrology\n")
    assert "drivers.fake -> smsgw.astrology" in broken_contracts(house)
