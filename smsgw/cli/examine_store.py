"""What the doctor looks at in the store: is it there, is it ours, may we write, is it whole, and is it backed up."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import text

from smsgw.cli.db import sqlite_path
from smsgw.cli.finding import Finding, bad, doubt, good
from smsgw.config import Config
from smsgw.errors import StoreError
from smsgw.store import schema
from smsgw.store.backup import made
from smsgw.store.database import Database

FAR = ("nfs", "nfs4", "cifs", "smb3", "9p", "fuse.sshfs")  # file systems whose locks and mmap SQLite's WAL cannot trust


def store(config: Config, alive: bool) -> Iterator[Finding]:
    """Everything about the store. alive: a daemon runs."""
    path = sqlite_path(config)
    if path is not None:
        found = list(file_of(path))
        yield from found
        if any(each.level == "bad" for each in found):
            return
        if not path.exists():
            yield doubt("store", f"{path} is not there yet", "smsgw run makes it")
            return
    try:
        with closing(Database(config.store.full_url)) as database:
            at = schema.revision(database)
            if path is not None:
                with database.reading() as conn:
                    wrong = [str(row[0]) for row in conn.execute(text("PRAGMA quick_check(3)")) if row[0] != "ok"]
                yield from (bad("store", says, "smsgw db restore FILE brings a backup back") for says in wrong)
    except StoreError as problem:
        yield bad("store", str(problem), problem.hint or "check [store] in the configuration")
        return
    if schema.suits(at):
        yield good("store", f"revision {at}")
    else:
        says = f"it is at revision {at or 'none'}, this smsgw needs {schema.newest()}"
        yield doubt("store", says, "restart the daemon" if alive else "smsgw db migrate")


def backups(config: Config, now: datetime) -> Iterator[Finding]:
    """Where backups are to be made by the clock: the newest is no older than two of their times."""
    told = config.store
    if not told.backup_every:
        return
    there = made(told.backups)
    if there and now - there[-1][0] <= 2 * timedelta(hours=told.backup_every):
        yield good("backup", f"the newest is from {there[-1][0]:%Y-%m-%d %H:%M} UTC")
        return
    says = f"the newest is from {there[-1][0]:%Y-%m-%d %H:%M} UTC" if there else f"there is none in {told.backups}"
    yield bad("backup", says, "see why: journalctl -u smsgw -g backed; or by hand: smsgw db backup FILE")


def file_of(path: Path) -> Iterator[Finding]:
    """Folder and file of a SQLite store: there, writable, with one owner, closed to others, on a local disk."""
    folder, quoted = path.parent, shlex.quote(str(path))
    if not folder.is_dir():
        yield bad("store", f"the folder {folder} is missing", f"mkdir -p -m 700 {shlex.quote(str(folder))}")
        return
    owner = folder.stat()
    if not os.access(folder, os.W_OK | os.X_OK, effective_ids=os.access in os.supports_effective_ids):
        says = f"{folder} belongs to user {owner.st_uid}, and we may not write there"
        yield bad("store", says, "run smsgw as its owner, such as: sudo -u smsgw smsgw doctor")
        return
    if (kind := file_system(folder)) in FAR:
        says = f"{folder} is on {kind}, on which SQLite can lose messages"
        yield bad("store", says, "move it to a local disk, or use PostgreSQL: [store] url")
    if not path.exists():
        return
    file = path.stat()
    if file.st_uid != owner.st_uid:
        says = f"{path} belongs to user {file.st_uid}, its folder to user {owner.st_uid}"
        yield bad("store", says, f"chown {owner.st_uid}:{owner.st_gid} {quoted}*")
    if file.st_mode & 0o007:
        yield doubt("store", f"everybody on this host can read {path}", f"chmod o-rwx {quoted}*")


def file_system(folder: Path, mounts: Path = Path("/proc/mounts")) -> str:
    """The kind of file system a folder is on; empty where nobody tells (not Linux)."""
    try:
        lines = mounts.read_text().splitlines()
    except OSError:
        return ""
    here = folder.resolve()
    best, kind = -1, ""
    for line in lines:
        _, place, sort, *_ = line.split(" ")
        point = Path(re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), place))  # fstab(5): \040 is a space
        if here.is_relative_to(point) and len(point.parts) >= best:
            best, kind = len(point.parts), sort
    return kind
