"""`smsgw modem mms-check` and its like: every step of the way to an MMSC, and what waits in the network."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from drivers.modem.comms import SteadyComms
from smsgw.__main__ import holder, modem_room, parts, root
from smsgw.cli.office import Office
from smsgw.cli.shell import execute
from smsgw.store import schema
from smsgw.store.database import Database
from tests.emulators import mm1_mmsc
from tests.emulators.mm1_mmsc import Mmsc
from tests.emulators.modem import Ways, modem_network
from tests.smsgw.desk import Desk
from tests.smsgw.inbound.mms_shop import Shop, Stick

Run = Callable[..., Any]


@pytest.fixture
def mmsc() -> Iterator[Mmsc]:
    with mm1_mmsc.mmsc() as made:
        yield made


@pytest.fixture(autouse=True)
def _a_modem_that_answers_quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SteadyComms, "quiet", 0.06)


@pytest.fixture
def smsgw(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command line over a link named stick with these settings."""

    def run(*args: str, **link: object) -> Any:
        told = {"device": "/dev/nowhere", **link}
        lines = [f"{name} = {json.dumps(value)}" for name, value in told.items()]
        text = [
            "[store]",
            f'url = "sqlite:///{tmp_path / "smsgw.db"}"',
            "[[links]]",
            'name = "stick"',
            'kind = "modem"',
        ]
        (tmp_path / "smsgw.toml").write_text("\n".join([*text, *lines, ""]))
        (tmp_path / "smsgw.toml").chmod(0o600)
        environ = {"HOME": str(tmp_path), "SMSGW_CONFIG": str(tmp_path / "smsgw.toml")}
        status = execute(root, Office(parts, holder, environ, modem_room=modem_room), args)
        said = capsys.readouterr()
        data = json.loads(said.out) if "--json" in args else None
        return SimpleNamespace(status=status, out=said.out, err=said.err, data=data)

    return run


def test_every_step_to_the_mmsc_is_told_when_all_is_well(smsgw: Run, mmsc: Mmsc) -> None:
    said = smsgw("modem", "mms-check", "stick", mms_url=mmsc.url, mms_proxy=mmsc.proxy, mms_interface="lo")
    assert said.status == 0, said.err
    assert [line.split(":")[0] for line in said.out.splitlines()] == [
        "✔ set-up", "✔ bearer", "✔ name", "✔ connection", "✔ answer"
    ]  # fmt: skip
    assert "lo has 127.0.0.1" in said.out
    assert "HTTP (status 404)" in said.out
    [asked] = mmsc.asked
    assert asked.target == mmsc.url


@pytest.mark.parametrize(
    ("link", "step", "says", "hint"),
    [
        ({"mms_url": None}, "set-up", "there is no mms_url", "ask the operator"),
        ({"mms_interface": "nobearer0"}, "bearer", "nobearer0 has no address", "mms_up"),
        (
            {"mms_proxy": None, "mms_url": "http://no.such.invalid/"},
            "name",
            "no.such.invalid is not known",
            "resolvers",
        ),
        ({"mms_proxy": "127.0.0.1:1"}, "connection", "takes no connection", "inside the operator's network"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_step_that_fails_is_told_with_what_helps_and_those_before_are_well(
    smsgw: Run, mmsc: Mmsc, link: dict[str, Any], step: str, says: str, hint: str
) -> None:
    given = {"mms_url": mmsc.url, "mms_proxy": mmsc.proxy, **link}
    if given["mms_url"] is None:
        given = {}
    said = smsgw("modem", "mms-check", "stick", "--json", **{name: value for name, value in given.items() if value})
    assert said.status == 1
    *before, last = said.data["steps"]
    assert all(one["well"] for one in before)
    assert (last["step"], last["well"]) == (step, False)
    assert says in last["says"]
    assert hint in last["hint"]


@pytest.mark.parametrize(("status", "hint"), [(403, "contract"), (502, "later")])
def test_an_mmsc_that_will_not_have_us_is_told(smsgw: Run, mmsc: Mmsc, status: int, hint: str) -> None:
    mmsc.faults["get"] = [status]
    said = smsgw("modem", "mms-check", "stick", mms_url=mmsc.url, mms_proxy=mmsc.proxy)
    assert said.status == 1
    assert f"✖ answer: it answered with HTTP {status}" in said.out
    assert hint in said.out.splitlines()[-1]


def test_the_way_through_the_modem_is_gone_too(smsgw: Run, mmsc: Mmsc) -> None:
    with modem_network(Ways(maker="Quectel", model="EC25")) as network:
        settings = {"device": network.modem.device, "mms_url": mmsc.url, "mms_apn": "mms", "mms_carrier": "modem"}
        said = smsgw("modem", "mms-check", "stick", **settings)
        assert said.status == 0, said.out
        assert "the modem brought its data connection up" in said.out
        network.modem.ways.model = "M1"
        said = smsgw("modem", "mms-check", "stick", **settings)
    assert said.status == 1
    assert "✖ set-up: the HTTP commands of a M1 are not known" in said.out


def test_a_link_that_is_not_there_is_named(smsgw: Run) -> None:
    said = smsgw("modem", "mms-check", "stock")
    assert said.status == 1
    assert "neither a port" in said.err


def test_what_waits_and_what_was_pushed_is_shown_and_can_be_tried_again(smsgw: Run, mmsc: Mmsc, tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'smsgw.db'}")
    schema.upgrade(database)
    shop = Shop(Desk(database, now=datetime.now(UTC)), mmsc, {"a": Stick(mmsc)})
    shop.arrives(mmsc.holds(size=31_000))
    shop.arrives(mm1_mmsc.SERVICE_INDICATION, reference=8)
    mmsc.faults["get"] = [410]
    shop.fetching.serve("a")
    database.close()
    [one] = smsgw("modem", "mms", "--json").data
    assert (one["link"], one["size"], one["state"]) == ("a", 31_000, "given_up")
    [push] = smsgw("modem", "pushes", "--json").data
    assert (push["content_type"], push["octets"]) == ("application/vnd.wap.sic", mm1_mmsc.SERVICE_INDICATION.hex())
    assert smsgw("modem", "mms-again", one["id"]).status == 0
    assert smsgw("modem", "mms", "--state", "waiting", "--json").data[0]["id"] == one["id"]
    again = smsgw("modem", "mms-again", one["id"])
    assert again.status == 1
    assert "not given up" in again.err
