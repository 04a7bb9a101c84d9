"""What the doctor looks at on the host: disk, port, clock, and ModemManager."""

from __future__ import annotations

import shutil
import socket
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from smsgw.cli.db import sqlite_path
from smsgw.cli.finding import Finding, bad, doubt, good
from smsgw.cli.local_key import ADDRESS_FILE, address, opener
from smsgw.config import Config, LinkConfig
from smsgw.errors import StoreError
from smsgw.store.database import Database
from smsgw.store.tables import history

LITTLE, ENOUGH = 100 * 2**20, 2**30  # octets free


def disk(folder: Path, little: int = LITTLE, enough: int = ENOUGH) -> Iterator[Finding]:
    """Room for the store. A full disk stops everything, though nothing that was accepted is lost."""
    if not folder.is_dir():
        return
    free = shutil.disk_usage(folder).free
    says = f"{free / 2**20:,.0f} MB free at {folder}"
    if free < little:
        yield bad("disk", says, f"free some space there: du -xh {folder} | sort -h | tail")
    elif free < enough:
        yield doubt("disk", says, "make room soon")
    else:
        yield good("disk", says)


def web(config: Config, alive: bool) -> Iterator[Finding]:
    """The web server answers, or its port is free."""
    if alive:
        file = config.store.folder / ADDRESS_FILE
        try:
            url = file.read_text().strip() if file.exists() else address(config.web)
            with opener().open(f"{url}/readyz", timeout=5):
                yield good("web", f"{url} answers")
        except OSError as problem:
            yield bad("web", f"{url} is not ready: {problem}", "see the log: journalctl -u smsgw -n 50")
        return
    try:
        found = socket.getaddrinfo(config.web.host, config.web.port, type=socket.SOCK_STREAM)
        for family, *_, place in found[:1]:
            with socket.socket(family, socket.SOCK_STREAM) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(place)
        yield good("web", f"{config.web.listen} is free")
    except OSError as problem:
        says = f"nobody can listen at {config.web.listen}: {problem.strerror or problem}"
        repair = f"ss -ltnp 'sport = :{config.web.port}' shows who does; or another `listen` in [web]"
        yield bad("web", says, repair)


def clock(config: Config, now: datetime | None = None) -> Iterator[Finding]:
    """The clock goes, is not behind what it wrote down, and is set by the network."""
    now = now or datetime.now(UTC)
    newest = _newest(config)
    if newest is not None and newest > now:
        says = f"it says {now:%Y-%m-%d %H:%M} UTC, but the store has seen {newest:%Y-%m-%d %H:%M}"
        yield bad("clock", says, "set it: timedatectl set-ntp true")
    elif synchronised() is False:
        yield doubt("clock", "nothing sets it by the network", "timedatectl set-ntp true")
    else:
        yield good("clock", f"{now:%Y-%m-%d %H:%M:%S} UTC")


def _newest(config: Config) -> datetime | None:
    path = sqlite_path(config)
    if path is not None and not path.exists():
        return None
    try:
        with closing(Database(config.store.full_url)) as database, database.reading() as conn:
            newest: datetime | None = conn.scalar(select(func.max(history.c.at)))
            return newest
    except (StoreError, SQLAlchemyError):
        return None  # what is wrong with the store is told where the store is looked at


def synchronised() -> bool | None:
    """Whether systemd says that the clock is set by the network; None when it does not say."""
    program = shutil.which("timedatectl")
    if program is None:
        return None
    ran = subprocess.run(
        [program, "show", "--property=NTPSynchronized", "--value"], capture_output=True, text=True, check=False
    )
    return {"yes": True, "no": False}.get(ran.stdout.strip())


def modem_manager(links: Sequence[LinkConfig], proc: Path) -> Iterator[Finding]:
    """ModemManager probes every serial port, and breaks what we are saying to a modem there."""
    if not any(hasattr(link.driver, "device") for link in links):
        return
    names = {_name(process) for process in proc.glob("[0-9]*/comm")}
    if "ModemManager" in names:
        repair = "systemctl disable --now ModemManager; or keep it off the modem alone: smsgw modem udev prints a rule"
        yield doubt("ModemManager", "it runs, and may take a modem", repair)
    else:
        yield good("ModemManager", "it does not run")


def _name(file: Path) -> str:
    try:
        return file.read_text().strip()
    except OSError:  # it ended meanwhile
        return ""
