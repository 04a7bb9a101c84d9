"""What every command is given: the configuration that was named, an open gateway, and how to speak.

The surprise: as root, commands that write become the owner of the state folder first. Otherwise `sudo smsgw key
create` before the first start would leave a database that the daemon may not write.
"""

from __future__ import annotations

import grp
import os
import pwd
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from smsgw.cli.voice import Voice
from smsgw.errors import StoreError

if TYPE_CHECKING:  # each is read in by those commands that come to it: most start without the half of it
    from smsgw.config import Config, Loaded
    from smsgw.daemon import Part
    from smsgw.gateway import Gateway

UNITS = tuple(Path(folder, "systemd/system/smsgw.service") for folder in ("/etc", "/usr/lib", "/lib"))


class Office:
    """The desk of one command line.

    parts: makes the parts of a daemon that smsgw itself does not know, the clock and the web server. holder: tells
    who else has a device open. modem_line: brings what `smsgw sim modem` plays with. modem_room: brings what
    `smsgw modem` and the doctor look at modems with, None when they may not be looked at.
    path: the configuration file, None to look for it.
    """

    def __init__(
        self,
        parts: Callable[[Gateway], list[Part]],
        holder: Callable[[str], str | None] = lambda device: None,
        environ: Mapping[str, str] = os.environ,
        modem_line: Callable[[], Any] = lambda: None,
        modem_room: Callable[[], Any] = lambda: None,
    ) -> None:
        self.parts = parts
        self.holder = holder
        self.modem_line = modem_line
        self.modem_room = modem_room
        self.environ = environ
        self.voice = Voice()
        self.path: Path | None = None

    def loaded(self) -> Loaded:
        """The configuration with its origins and warnings. Raises BadConfig."""
        from smsgw.config import load_with_origins

        return load_with_origins(self.path, self.environ)

    def config(self) -> Config:
        """The configuration. Raises BadConfig."""
        return self.loaded().config

    @contextmanager
    def gateway(self, config: Config | None = None) -> Iterator[Gateway]:
        """A gateway over the store whose links are not started, with every link's health as last written down.

        An empty store gets its tables, so that an installation can be provisioned before its first start. Raises
        BadConfig, StoreUnreachable, StoreError (it needs `smsgw db migrate`), StoreTooNew.
        """
        from smsgw.gateway import Gateway  # every verb there is
        from smsgw.store import schema

        config = config or self.config()
        become_owner(config.store.folder)
        gateway = Gateway(_quiet(config))
        try:
            if schema.revision(gateway.database) is None:
                schema.upgrade(gateway.database)
            schema.require_current(gateway.database)
            _hear(gateway)
            gateway.read_money()
            yield gateway
        finally:
            gateway.close()


def become_owner(folder: Path) -> None:
    """As root, become the owner of the state folder; as somebody else, or without a folder, stay who we are."""
    if os.geteuid() != 0 or not folder.is_dir():
        return
    owner = folder.stat()
    if owner.st_uid != 0:
        os.setgroups(_groups(owner.st_uid, owner.st_gid))
        os.setegid(owner.st_gid)
        os.seteuid(owner.st_uid)


def _groups(user: int, group: int) -> list[int]:
    """The groups that the daemon is in as this user: its own, and those that the unit gives it (dialout)."""
    try:
        own = os.getgrouplist(pwd.getpwuid(user).pw_name, group)
    except KeyError:  # a user without a name, as in containers
        own = [group]
    return list(dict.fromkeys([*own, *_groups_of_unit()]))


def _groups_of_unit(units: Iterable[Path] = UNITS) -> Iterator[int]:
    """The SupplementaryGroups= of the first of these units that is there; names that are no groups are left out."""
    unit = next((one for one in units if one.is_file()), None)
    found = re.findall(r"^SupplementaryGroups=(.*)$", unit.read_text(errors="replace") if unit else "", re.MULTILINE)
    for name in " ".join(found).split():
        with suppress(KeyError):
            yield grp.getgrnam(name).gr_gid


def runs(config: Config) -> bool:
    """Whether a daemon runs on this configuration's store now, of several nodes this one.

    Raises StoreError when nobody can tell.
    """
    from smsgw.store import leases

    try:
        return leases.held(config.store.full_url, config.node.called)
    except OSError as problem:
        says = f"{problem.filename}: {problem.strerror}"
        raise StoreError(says, code="store_unreachable", hint="run it as the user that owns the store") from problem


def _quiet(config: Config) -> Config:
    """The configuration for a process that starts no link: a simulated network must leave the daemon's tape alone."""
    quiet = []
    for link in config.links:
        if "tape" in type(link.driver).model_fields:
            link = link.model_copy(update={"driver": link.driver.model_copy(update={"tape": None})})
        quiet.append(link)
    return config.model_copy(update={"links": quiet})


def _hear(gateway: Gateway) -> None:
    """Let routing know how the daemon's links are; without writing that down again."""
    from smsgw.link import Health, LinkState
    from smsgw.store import links

    with gateway.database.reading() as conn:
        for row in links.listing(conn):
            if row.name in gateway.network.links:
                health = Health(LinkState(row.health), row.why, dict(row.facts))
                gateway.network.heard(row.name, health, row.since)
