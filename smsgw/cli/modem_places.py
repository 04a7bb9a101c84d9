"""Which serial port is whose: what the configuration says of it, and which one the running daemon has open.

The surprise: no configuration is needed. Who has just bought a modem looks at it before anything is set up.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from smsgw.cli.modem_room import ModemRoom, PortFacts
from smsgw.cli.office import Office, become_owner, runs
from smsgw.config import Config, LinkConfig
from smsgw.errors import BadConfig, Conflict, NotFound, StoreError
from smsgw.store import links
from smsgw.store.database import Database

IDENTITIES = ("iccid", "imsi", "imei")


@dataclass(frozen=True)
class ModemLink:
    """A configured link that has a modem. live: the daemon has it. health, why, facts: as it was heard last."""

    name: str
    driver: Any
    live: bool = False
    health: str = ""
    why: str = ""
    facts: dict[str, str] = field(default_factory=dict)

    @property
    def line(self) -> dict[str, Any]:
        """Speed and flow control, as the driver wants them."""
        return {"baudrate": self.driver.baudrate, "flow": self.driver.flow_control}

    @property
    def identity(self) -> dict[str, str]:
        """By which numbers its modem is found, as far as configured."""
        return {name: number for name in IDENTITIES if (number := getattr(self.driver, name)) is not None}

    @property
    def port(self) -> str | None:
        """The port that the daemon has open, else the configured one; None when it is found by its SIM."""
        device: str | None = self.driver.device
        return (self.facts.get("port") if self.live else None) or device

    def has(self, port: str) -> bool:
        """Whether this port is its."""
        names = {name for name in (self.port, self.driver.device) if name}
        return os.path.realpath(port) in map(os.path.realpath, names)


@dataclass(frozen=True)
class Place:
    """A port to speak at, and the link that it belongs to, if any."""

    port: str
    link: ModemLink | None = None

    @property
    def line(self) -> dict[str, Any]:
        """Speed and flow control, if they are known."""
        return self.link.line if self.link else {}


def modem_links(office: Office) -> list[ModemLink]:
    """The links with a modem; none when there is no configuration. Says when the configuration cannot be read."""
    try:
        config = office.config()
    except BadConfig as wrong:
        if "no configuration file" not in str(wrong):
            office.voice.chat(f"The configuration cannot be read, so its links are not known: {wrong}")
        return []
    return links_of(config)


def links_of(config: Config) -> list[ModemLink]:
    """The links with a modem in a configuration, with what its daemon has heard of them."""
    ours = [link for link in config.links if link.kind == "modem"]
    alive, heard = _heard(config) if ours else (False, {})
    return [_with(link, alive, heard.get(link.name)) for link in ours]


def _with(link: LinkConfig, alive: bool, row: Any) -> ModemLink:
    live = alive and link.enabled
    if row is None:
        return ModemLink(link.name, link.driver, live)
    return ModemLink(link.name, link.driver, live, row.health, row.why, dict(row.facts))


def _heard(config: Config) -> tuple[bool, dict[str, Any]]:
    """Whether a daemon runs, and what it wrote down of each link."""
    try:
        with _as_owner(config.store.folder):
            if not runs(config):
                return False, {}
            with closing(Database(config.store.full_url)) as database, database.reading() as conn:
                return True, {row.name: row for row in links.listing(conn)}
    except StoreError:  # what is wrong with the store is told by the doctor
        return False, {}


@contextmanager
def _as_owner(folder: Path) -> Iterator[None]:
    """As root, be the owner of the store for a while; then root again, who may open ports and see who has them."""
    user, group, groups = os.geteuid(), os.getegid(), os.getgroups()
    become_owner(folder)
    try:
        yield
    finally:
        os.seteuid(user)
        os.setegid(group)
        if os.getgroups() != groups:
            os.setgroups(groups)


def everywhere(room: ModemRoom, ours: list[ModemLink]) -> list[str]:
    """Every port there is: at the usual places, and where the links look."""
    more = [pattern for link in ours for pattern in link.driver.ports]
    return room.list_ports([*more, *(port for link in ours if (port := link.port))])


def owner_of(port: str, ours: list[ModemLink]) -> ModemLink | None:
    """The link whose port this is; the one that is open before the others."""
    return next((link for link in sorted(ours, key=lambda link: not link.live) if link.has(port)), None)


def named(named_so: str, ours: list[ModemLink]) -> Place | ModemLink:
    """A port by its path, or a link by its name. Raises NotFound."""
    if "/" in named_so:
        return Place(named_so, owner_of(named_so, ours))
    link = next((link for link in ours if link.name == named_so), None)
    if link is not None:
        return link
    there = ", ".join(link.name for link in ours) or "none"
    raise NotFound(
        f"{named_so} is neither a port, such as /dev/ttyUSB0, nor a modem link; there are: {there}",
        hint="smsgw modem list shows ports and links",
    )


def free_place(room: ModemRoom, named_so: str, ours: list[ModemLink]) -> Place:
    """Where the modem is that somebody named, when the daemon has it not. Raises NotFound, Conflict."""
    found = named(named_so, ours)
    link = found.link if isinstance(found, Place) else found
    if link is not None and link.live:
        raise Conflict(
            f"the running daemon uses {link.port or 'its modem'} for the link {link.name}",
            code="port_busy",
            hint=f"systemctl stop smsgw, then again; smsgw modem signal {link.name} asks the daemon",
        )
    return found if isinstance(found, Place) else search(room, found, ours)


def search(room: ModemRoom, link: ModemLink, ours: list[ModemLink]) -> Place:
    """The port of a link whose daemon does not run: the configured one, or where its SIM or modem is.

    Raises NotFound.
    """
    if not link.identity and link.port:
        return Place(link.port, link)
    for port in everywhere(room, ours):
        if _is(link, room.probe(port, **link.line)):
            return Place(port, link)
    wanted = ", ".join(f"{name} {number}" for name, number in link.identity.items())
    raise NotFound(f"no modem with {wanted} is plugged in, or it is busy", hint="smsgw modem probe shows what there is")


def _is(link: ModemLink, found: PortFacts) -> bool:
    return found.answers and all(found.facts.get(name) == number for name, number in link.identity.items())
