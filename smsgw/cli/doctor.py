"""`smsgw doctor`: look at everything that smsgw needs, and say what is wrong and which command repairs it."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from datetime import UTC, datetime
from pathlib import Path

import click

from smsgw.cli import exits
from smsgw.cli.examine_host import clock, disk, modem_manager, web
from smsgw.cli.examine_links import one_link
from smsgw.cli.examine_listeners import listeners
from smsgw.cli.examine_mail import mail
from smsgw.cli.examine_nodes import examine as nodes
from smsgw.cli.examine_routes import routes
from smsgw.cli.examine_store import backups, store
from smsgw.cli.examine_webhooks import webhooks
from smsgw.cli.finding import Finding, bad, doubt, good
from smsgw.cli.office import Office, become_owner, runs
from smsgw.cli.shell import Command, pass_office
from smsgw.cli.voice import harmless
from smsgw.config import Config
from smsgw.errors import BadConfig, StoreError

SIGNS = {
    "good": click.style("✔", fg="green"),
    "doubt": click.style("▲", fg="yellow"),
    "bad": click.style("✖", fg="red"),
}


@click.command("doctor", cls=Command)
@pass_office
def doctor(office: Office) -> int:
    """Check configuration, store, disk, ports, links and clock; tell what repairs each fault."""
    found = []
    for each in examined(office):
        found.append(each)
        if not office.voice.as_json:
            office.voice.data(None, lines(each))
    worst = sum(each.level == "bad" for each in found)
    if office.voice.as_json:
        office.voice.data([each.as_json() for each in found], [])
    doubts = sum(each.level == "doubt" for each in found)
    office.voice.chat(f"{worst} to repair, {doubts} to look at, {len(found) - worst - doubts} good")
    return exits.FAILURE if worst else exits.OK


def lines(one: Finding) -> Iterator[str]:
    """A finding as people read it."""
    yield f"{SIGNS[one.level]} {one.what}: {harmless(one.says)}"
    if one.repair:
        yield f"    {one.repair}"


def examined(office: Office) -> Iterator[Finding]:
    """Everything that can be looked at, in the order in which it matters."""
    try:
        loaded = office.loaded()
    except BadConfig as wrong:
        yield from (bad("configuration", says, wrong.hint or "smsgw config check FILE") for says in wrong.mistakes)
        return
    yield good("configuration", str(loaded.path))
    for says in loaded.warnings:
        yield doubt("configuration", says, _after_colon(says))
    config = loaded.config
    become_owner(config.store.folder)
    alive = yield from _daemon(config)
    yield from store(config, alive)
    yield from nodes(config)
    yield from backups(config, datetime.now(UTC))
    yield from disk(config.store.folder)
    yield from web(config, alive)
    yield from listeners(config, alive)
    yield from clock(config)
    yield from routes(config)
    yield from webhooks(config)
    yield from mail(config)
    yield from modem_manager([link for link in config.links if link.enabled], Path("/proc"))
    for link in config.links:
        yield from one_link(config, link, alive, office.holder, office.modem_room())


def _daemon(config: Config) -> Generator[Finding, None, bool]:
    try:
        alive = runs(config)
    except StoreError as problem:
        yield bad("daemon", str(problem), problem.hint)
        return False
    if alive:
        yield good("daemon", "it runs")
    else:
        yield doubt("daemon", "it does not run", "smsgw run, or: systemctl start smsgw")
    return alive


def _after_colon(says: str) -> str:
    """The command at the end of a warning, if it names one."""
    tail = says.rpartition(": ")[2]
    return tail if tail.startswith(("chmod ", "chown ")) else ""
