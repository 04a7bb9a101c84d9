"""Looking at links and trying them out while no daemon runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from smsgw.cli import exits
from smsgw.cli.link import Bystander, report
from smsgw.cli.voice import Voice
from smsgw.errors import StoreError
from smsgw.link import Alphabet, Health, InboundPiece, LinkState, Receipt, ReceiptState
from smsgw.store import schema
from smsgw.store.database import Database
from smsgw.store.leases import Lease


def test_a_link_is_opened_here_and_told_to_be_good(smsgw) -> None:
    said = smsgw("link", "test", "phones", "--json")
    assert said.status == 0, said.err
    assert (said.data["health"], said.data["facts"]["phones"]) == ("up", "2")


def test_a_link_that_does_not_come_up_is_unreachable_and_says_why(smsgw, config_file: Path, monkeypatch) -> None:
    monkeypatch.setattr("smsgw.cli.link.tried.__defaults__", (0.3,))
    config_file.write_text(config_file.read_text() + "disconnected = true\n")
    said = smsgw("link", "test", "phones")
    assert said.status == 5
    assert "error: phones is down: The connection to the simulated network is cut" in said.err
    assert "next: smsgw doctor" in said.err


def test_a_link_that_is_refused_has_failed_and_not_been_out_of_reach() -> None:
    with pytest.raises(exits.Failed, match="the SIM asks for its PIN"):
        report(Voice(), "stick", Health(LinkState.RESTING, "the SIM asks for its PIN"))


def test_what_the_network_tells_a_test_is_not_acknowledged() -> None:
    events = Bystander(Voice())
    piece = InboundPiece("r1", "+38640111222", None, Alphabet.GSM7, b"for the daemon")
    for told in (events.inbound(piece), events.receipt(Receipt("r2", ReceiptState.DELIVERED))):
        assert isinstance(told.exception(0), StoreError)  # the contract: then the driver must not acknowledge


def test_while_a_daemon_starts_a_link_is_not_opened_twice(smsgw, config_file: Path) -> None:
    """The lease is held, so there is a daemon, which has not heard of the link yet."""
    url = f"sqlite:///{config_file.parent / 'smsgw.db'}"
    database = Database(url)
    schema.upgrade(database)
    database.close()
    with Lease(url):
        tape = config_file.parent / "phones.tape"
        smsgw("link", "ls")
        assert not tape.exists()


def test_links_are_listed_with_what_is_known_of_them(smsgw, config_file: Path) -> None:
    config_file.write_text(config_file.read_text() + '[[links]]\nname = "aside"\nkind = "fake"\nenabled = false\n')
    said = smsgw("link", "ls", "--json")
    assert [(each["name"], each["health"]) for each in said.data] == [("phones", "unknown"), ("aside", "off")]
    assert "No daemon is running" in said.err
    assert "not started yet" in smsgw("link", "ls").out
