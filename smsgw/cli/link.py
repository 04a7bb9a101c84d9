"""`smsgw link`: how the connections are, and trying one out.

The surprise: without a daemon `link test` opens the link itself and stores nothing. What the network tells it
meanwhile is not acknowledged, so the network says it again to the daemon.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import click

from smsgw.cli import exits, sent
from smsgw.cli.link_trace import trace
from smsgw.cli.moments import duration
from smsgw.cli.office import Office, runs
from smsgw.cli.shell import Group, pass_office
from smsgw.cli.voice import Voice, harmless
from smsgw.config import Config, LinkConfig
from smsgw.errors import NotFound
from smsgw.link import Health, LinkState, open_link
from smsgw.outbound import balances
from smsgw.outbound.submit import Asked
from smsgw.outbound.usage import Usage, usage
from smsgw.store import links
from smsgw.store.leases import Lease
from smsgw.watch.trying import Silent

COLUMNS = {"name": "NAME", "kind": "KIND", "health": "HEALTH", "since": "SINCE", "why": "WHY", "facts": "FACTS"}
PATIENCE = 20.0  # seconds for a link to come up
GOOD = (LinkState.UP, LinkState.DEGRADED)
TEXT = "smsgw link test"
SHOWN = 20  # balances


@click.group("link", cls=Group)
def link() -> None:
    """The connections to networks."""


link.add_command(trace)


@link.command("ls")
@pass_office
def ls(office: Office) -> None:
    """Show every link and how it is."""
    config = office.config()
    alive = runs(config)
    with office.gateway(config) as gateway, gateway.database.reading() as conn:
        heard = {row.name: dict(row._mapping) for row in links.listing(conn)}
    if not alive:
        office.voice.chat("No daemon is running, so no link is open; this is how they were. To start it: smsgw run")
    rows = [_row(one, heard.get(one.name), alive) for one in config.links]
    if not office.voice.as_json:
        rows = [row | {"facts": _facts(row["facts"])} for row in rows]
    office.voice.rows(rows, COLUMNS, "No link is configured: add a [[links]] table; smsgw config shows how")


def _row(one: LinkConfig, heard: dict[str, Any] | None, alive: bool) -> dict[str, Any]:
    row = {"name": one.name, "kind": one.kind, "enabled": one.enabled, "since": None, "facts": {}, "pace": None}
    if not one.enabled:
        return row | {"health": "off", "why": "enabled = false in the configuration"}
    if heard is None:
        return row | {"health": "unknown", "why": "not started yet"}
    known = {key: heard[key] for key in ("health", "why", "since", "facts", "pace")}
    if not alive and known["health"] != LinkState.DOWN:
        known |= {"health": "down", "why": f"no daemon is running; it was {known['health']} when one was last"}
    return row | known


def _pace(pace: dict[str, Any] | None) -> dict[str, str]:
    """How fast it may send and did, within the last five seconds or when a daemon was last there."""
    if pace is None:
        return {}
    allowed = "no bound" if pace["allowed"] is None else f"{pace['allowed']:g} parts a second"
    told = f"{pace['throttled']} times, {pace['throttled_minute']} in the last minute"
    sent = f"{pace['sent_second']} parts in the last second, {pace['sent_minute']} in the last minute"
    return {"pace": f"{allowed} ({pace['why']})", "sent": sent} | ({"throttled": told} if pace["throttled"] else {})


def _facts(facts: dict[str, str]) -> str:
    return ", ".join(f"{name} {value}" for name, value in facts.items())


@link.command("show")
@click.argument("name")
@pass_office
def show(office: Office, name: str) -> None:
    """Show everything about one link: how it is, what it sent, and what is left on its SIM."""
    config = office.config()
    chosen, alive = find(config, name), runs(config)
    with office.gateway(config) as gateway, gateway.database.reading() as conn:
        heard = {row.name: dict(row._mapping) for row in links.listing(conn)}
        sent_by_it = usage(conn, name, gateway.clock())
        kept = balances.history(conn, name, SHOWN)
        hours = gateway.network.hours_told(name, gateway.clock())
    row = _row(chosen, heard.get(name), alive)
    row["facts"] |= {} if hours is None else {"hours": hours}
    sums = [{"at": one.at, "amount": balances.money(one) or None, "said": one.trouble or one.said} for one in kept]
    value = row | {"parts_today": sent_by_it.today, "parts_this_month": sent_by_it.month, "balances": sums}
    office.voice.data(value, list(_page(row, sent_by_it, sums)))


def _page(row: dict[str, Any], sent_by_it: Usage, sums: list[dict[str, Any]]) -> Iterator[str]:
    """One link for people."""
    yield f"{row['name']} ({row['kind']}) is {row['health']}" + (f": {row['why']}" if row["why"] else "")
    counted = {"parts today": str(sent_by_it.today), "parts this month": str(sent_by_it.month), **_pace(row["pace"])}
    for fact, words in sorted((row["facts"] | counted).items()):
        yield f"  {fact:18} {harmless(words)}"
    if sums:
        yield "Balances, newest first:"
    for one in sums:
        yield f"  {one['at']:%Y-%m-%d %H:%M}  {harmless(one['amount'] or one['said'])}"


@link.command("test")
@click.argument("name")
@click.option("--to", metavar="NUMBER", help="Also send a text to this number over the link, and wait for it.")
@click.option("--wait", metavar="SECONDS", default="60", show_default=True, help="How long to wait for that text.")
@pass_office
def test(office: Office, name: str, to: str | None, wait: str) -> None:
    """See whether a link works: through the running daemon, else by opening it here for up to 20 seconds."""
    config = office.config()
    chosen = find(config, name)
    if runs(config):
        _through_daemon(office, config, chosen, to, duration(wait, "/wait"))
    elif to is not None:
        says = "no daemon is running, so nothing can be sent"
        raise exits.Unreachable(
            says, code="no_daemon", hint=f"start it: smsgw run; without --to, the link {name} alone"
        )
    else:
        shared = config.store.url.startswith("postgresql")
        node = config.node.called if shared else None
        with Lease(config.store.full_url, node):  # no daemon of this node may take the same modem meanwhile
            report(office.voice, name, tried(chosen, office.voice))


def find(config: Config, name: str) -> LinkConfig:
    """The link with this name. Raises NotFound."""
    for one in config.links:
        if one.name == name:
            return one
    there = ", ".join(one.name for one in config.links) or "none"
    raise NotFound(f"there is no link {name}; there are: {there}", hint="smsgw link ls shows them")


def _through_daemon(office: Office, config: Config, chosen: LinkConfig, to: str | None, seconds: int) -> None:
    if not chosen.enabled:
        raise exits.Failed(f"{chosen.name} is not enabled", hint="set enabled = true in its table, and restart smsgw")
    with office.gateway(config) as gateway:
        deadline = time.monotonic() + PATIENCE
        health = Health(LinkState.CONNECTING, "the daemon has not heard of it yet")
        while health.state is LinkState.CONNECTING and time.monotonic() < deadline:
            with gateway.database.reading() as conn:
                for row in links.listing(conn):
                    if row.name == chosen.name:
                        health = Health(LinkState(row.health), row.why, dict(row.facts))
            time.sleep(sent.LOOK)
        if to is None or health.state not in GOOD:
            report(office.voice, chosen.name, health)
            return
        office.voice.chat(f"{chosen.name} is {health.state}: sending a text")
        accepted = gateway.door.submit(Asked(to, TEXT, "cli", link=chosen.name, allow_duplicate=True))
        message = sent.await_end(gateway, accepted.row, seconds, office.voice)
        value = {"link": chosen.name, "health": health.state.value, "message": sent.shape(message)}
        office.voice.data(value, [f"{chosen.name} works: {sent.line(message)}"])


def report(voice: Voice, name: str, health: Health) -> None:
    """Say how a link is. Raises Unreachable when it is not connected, Failed when it is refused or rests."""
    if health.state not in GOOD:
        says = f"{name} is {health.state}: {health.why or 'it does not say why'}"
        away = health.state in (LinkState.DOWN, LinkState.CONNECTING)
        kind = exits.Unreachable if away else exits.Failed
        raise kind(says, code="link_not_up", hint="smsgw doctor looks at the device or the address it needs")
    facts = [f"  {key}: {value}" for key, value in health.facts.items()]
    value = {"link": name, "health": health.state.value, "why": health.why, "facts": health.facts}
    voice.data(value, [f"{name} is {health.state}" + (f": {health.why}" if health.why else ""), *facts])


def tried(chosen: LinkConfig, voice: Voice, patience: float = PATIENCE) -> Health:
    """Open a link, tell what it says of itself until it works or patience ends, and close it; its last health."""
    events = Bystander(voice)
    opened = open_link(chosen.name, chosen.kind, chosen.driver, events)
    opened.start()
    try:
        deadline = time.monotonic() + patience
        while (health := opened.health()).state not in GOOD and time.monotonic() < deadline:
            if health.state is LinkState.RESTING:  # the driver says itself that a person must act
                break
            time.sleep(sent.LOOK)
        return health
    finally:
        opened.stop(time.monotonic() + 3)


class Bystander(Silent):
    """Listens to a link that is tried out and tells how it is."""

    def __init__(self, voice: Voice) -> None:
        self._voice = voice
        self._said = ""

    def health(self, health: Health) -> None:
        """Tell every change."""
        says = f"{health.state}: {health.why}"
        if says != self._said:
            self._voice.chat(says)
        self._said = says
