"""What the doctor looks at for each link: the device or the address it needs, and how the daemon finds it."""

from __future__ import annotations

import grp
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from smsgw.cli.examine_session import session, signs_in
from smsgw.cli.finding import Finding, bad, doubt, good
from smsgw.cli.first_config import modems
from smsgw.cli.modem_findings import at_port, release, signal
from smsgw.cli.modem_places import ModemLink, search
from smsgw.cli.modem_room import ModemRoom
from smsgw.config import Config, LinkConfig
from smsgw.errors import NotFound, StoreError
from smsgw.link import LinkState
from smsgw.store import links
from smsgw.store.database import Database

PATIENCE = 5.0  # seconds for a connection
Holder = Callable[[str], str | None]


def one_link(
    config: Config, link: LinkConfig, alive: bool, holder: Holder, room: ModemRoom | None = None
) -> Iterator[Finding]:
    """Everything about one link. alive: a daemon runs, and has it open. room: how to ask a modem, if we may."""
    what = f"link {link.name}"
    if not link.enabled:
        yield doubt(what, "it is switched off", "set enabled = true in its table, and restart")
        return
    needs = list(_needs(what, link, alive, holder))
    yield from needs
    if alive:
        yield from _heard(config, link.name, what)
    elif link.kind == "modem" and room is not None and not any(each.level == "bad" for each in needs):
        yield from _modem(what, ModemLink(link.name, link.driver), room)
    elif signs_in(link.driver) and not any(each.level == "bad" for each in needs):
        yield session(what, link, datetime.now(UTC).date())
    elif not needs:
        yield good(what, f"kind {link.kind}")


def _needs(what: str, link: LinkConfig, alive: bool, holder: Holder) -> Iterator[Finding]:
    """What a driver of any kind shows that it needs: a device, or a host and a port."""
    driver = link.driver
    if isinstance(path := getattr(driver, "device", None), str):
        yield from device(what, Path(path), None if alive else holder)
    host, port = getattr(driver, "host", None), getattr(driver, "port", None)
    if callable(unreachable := getattr(driver, "unreachable", None)) and not alive:  # it knows its own steps
        yield _reached(what, f"{host}:{port}" if host else "what it needs", unreachable())
    elif isinstance(host, str) and isinstance(port, int) and not alive:
        yield server(what, host, port)


def _reached(what: str, place: str, why: str) -> Finding:
    if why:
        return bad(what, why, "check url, the tls_ settings and the firewall; ask whether this host may connect")
    return good(what, f"{place} can be reached")


def _modem(what: str, link: ModemLink, room: ModemRoom) -> Iterator[Finding]:
    """What the modem itself says, which nobody has open."""
    try:
        port = search(room, link, [link]).port
    except NotFound as nowhere:
        yield bad(what, str(nowhere), nowhere.hint)
        return
    yield from at_port(what, room.probe(port, **link.line), link.driver)


def device(what: str, path: Path, holder: Holder | None) -> Iterator[Finding]:
    """A serial port: there, ours to use, and nobody else's. holder: None when it is the daemon's own."""
    if not path.exists():
        there = ", ".join(map(str, modems())) or "none with a lasting name"
        yield bad(what, f"{path} is not there; there are: {there}", "plug the modem in; ls -l /dev/serial/by-id")
        return
    if not os.access(path, os.R_OK | os.W_OK, effective_ids=os.access in os.supports_effective_ids):
        group = _group(path)
        repair = f"usermod -aG {group} smsgw, then restart smsgw (SupplementaryGroups={group} in a unit)"
        yield bad(what, f"we may not use {path}, which is of group {group}", repair)
        return
    who = None if holder is None else holder(str(path))
    if who is not None:
        yield bad(what, f"{path} is in use by {who}", f"end it: {release(who)}")
    else:
        yield good(what, f"{path} can be opened")


def _group(path: Path) -> str:
    number = path.stat().st_gid
    try:
        return grp.getgrgid(number).gr_name
    except KeyError:
        return str(number)


def server(what: str, host: str, port: int) -> Finding:
    """A server: its name is known, and it takes a connection."""
    try:
        socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as problem:
        return bad(
            what, f"the name {host} is not known: {problem}", f"correct it, or the resolver: getent hosts {host}"
        )
    try:
        socket.create_connection((host, port), PATIENCE).close()
    except OSError as problem:
        says = f"{host}:{port} takes no connection: {problem}"
        return bad(what, says, "ask the carrier whether this host's address may connect; check the firewall")
    return good(what, f"{host}:{port} takes connections")


def _heard(config: Config, name: str, what: str) -> Iterator[Finding]:
    """What the running daemon knows of it."""
    try:
        with closing(Database(config.store.full_url)) as database, database.reading() as conn:
            row = next((row for row in links.listing(conn) if row.name == name), None)
    except StoreError:
        return
    if row is None:
        yield doubt(what, "the daemon does not know it", "restart it: it reads its configuration only then")
    elif row.health in (LinkState.UP, LinkState.DEGRADED):
        yield good(what, f"{row.health}: {row.why}" if row.why else row.health)
        if "signal" in row.facts:
            yield signal(what, row.facts)
    else:
        yield bad(what, f"{row.health}: {row.why}", f"smsgw link test {name} shows what it says")
