"""`smsgw run --only`: which words it takes, and which parts of the daemon they are."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click
import pytest

from smsgw.cli.office import Office
from smsgw.cli.run import parts_of, read_roles
from smsgw.config import Config
from smsgw.gateway import Gateway
from smsgw.holding.keeper import ROLES
from tests.smsgw.cli.conftest import Smsgw


def test_a_store_in_a_file_is_not_shared(smsgw: Smsgw) -> None:
    said = smsgw("run", "--only", "links")
    assert said.status == 6
    assert "only PostgreSQL can be shared" in said.err


def test_a_part_of_the_work_that_there_is_not_is_told_with_those_that_there_are(smsgw: Smsgw) -> None:
    said = smsgw("run", "--only", "web,modems")
    assert said.status == 2
    assert "there is no 'modems'; there are: web, links, clock" in said.err


def test_without_it_a_node_does_everything() -> None:
    assert read_roles(None) == ROLES
    assert read_roles("web, clock") == ("web", "clock")
    with pytest.raises(click.BadParameter):
        read_roles("")


@pytest.mark.parametrize(
    ("roles", "names"),
    [
        (("links",), ["mms", "clock"]),
        (("clock",), ["webhooks", "reading", "clock"]),
        (("web",), ["clock", "web server", "smpp", "local key"]),
        (ROLES, ["webhooks", "reading", "mms", "clock", "web server", "smpp", "local key"]),
    ],
)
def test_each_role_has_its_parts_and_every_node_the_clock_for_its_own_links(
    roles: tuple[str, ...], names: list[str], tmp_path: Path
) -> None:
    outer: list[Any] = [SimpleNamespace(name=name) for name in ("clock", "web server", "smpp")]
    gateway = Gateway(Config.model_validate({"store": {"url": f"sqlite:///{tmp_path / 'store.db'}"}}))
    assert [part.name for part in parts_of(Office(lambda _: outer), gateway, roles)] == names
    gateway.close()
