"""`smsgw db`: bring the store up to date, look it over, back it up while the gateway runs, bring a backup back.

A backup is checked before it gets its name, so that a file of that name is always a good one. What a restore
replaces is kept aside.
"""

from __future__ import annotations

import os
import sqlite3
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import click

from smsgw.cli import exits, postgres
from smsgw.cli.office import Office, become_owner
from smsgw.cli.shell import Group, pass_office
from smsgw.config import Config
from smsgw.errors import Conflict, NotFound, StoreError
from smsgw.store import partitions, schema, trial, vacuum
from smsgw.store.backup import read_only, remove, sound, write
from smsgw.store.backup import sqlite_path as backup_file
from smsgw.store.database import Database
from smsgw.store.leases import Lease

FILE = click.argument("file", type=click.Path(path_type=Path, dir_okay=False))


@click.group("db", cls=Group)
def db() -> None:
    """The store: migrate, check, backup, restore, verify, vacuum, partition."""


@db.command("migrate")
@pass_office
def migrate(office: Office) -> None:
    """Bring the store to this version's tables; smsgw run does so too."""
    config = office.config()
    become_owner(config.store.folder)
    with Lease(config.store.full_url), closing(Database(config.store.full_url)) as database:
        before, after = schema.upgrade(database)
    words = f"it was at {after} already" if before == after else f"from {before or 'nothing'} to {after}"
    office.voice.data({"before": before, "after": after}, [f"The store is at {after}: {words}."])


@db.command("check")
@pass_office
def check(office: Office) -> None:
    """Read everything in the store and tell what is wrong; it may run meanwhile."""
    config = office.config()
    become_owner(config.store.folder)
    _exists(config)
    with closing(Database(config.store.full_url)) as database:
        at = schema.revision(database)
        found = schema.faults(database) if at is not None else ["the store is empty"]
    if at is not None and not schema.suits(at):
        found.insert(0, f"it is at revision {at}, this smsgw needs {schema.newest()}")
    if not found:
        office.voice.data({"revision": at, "faults": []}, [f"The store is good (revision {at})."])
        return
    hint = "smsgw db migrate, if it is only old; else smsgw db restore FILE brings a backup back"
    raise StoreError("the store has faults:\n" + "\n".join(found), code="store_faulty", hint=hint)


@db.command("backup")
@FILE
@click.option("--force", is_flag=True, help="Replace FILE if it exists.")
@pass_office
def backup(office: Office, file: Path, force: bool) -> None:
    """Write the whole store to FILE while the gateway runs, and check what was written."""
    config = office.config()
    if file.exists() and not force:
        raise Conflict(f"{file} exists already", hint="choose another name, or replace it with --force")
    _exists(config)
    at = write(config.store.full_url, file)
    size = file.stat().st_size
    office.voice.data({"file": str(file), "bytes": size, "revision": at}, [f"{file}: {size:,} bytes, checked"])


@db.command("restore")
@FILE
@pass_office
def restore(office: Office, file: Path) -> None:
    """Put the backup FILE in the place of the store; what was there is kept aside. The gateway must be stopped."""
    config = office.config()
    if not file.exists():
        raise NotFound(f"there is no {file}", hint="name a file that smsgw db backup wrote")
    path = sqlite_path(config)
    with Lease(config.store.full_url):
        if path is not None:
            at, aside = put_back(file, path)
        else:
            at, aside = postgres.bring_back(config.store.full_url, file)
    office.voice.data(
        {"restored": str(file), "revision": at, "aside": str(aside) if aside else None},
        [f"The store is what {file} holds (revision {at})."],
    )
    if aside:
        office.voice.chat(f"What was there before is kept: {aside}")
    if not schema.suits(at):
        office.voice.chat("It is from an older smsgw: smsgw db migrate, or the next smsgw run, brings it up to date.")


@db.command("verify")
@FILE
@pass_office
def verify(office: Office, file: Path) -> None:
    """Bring the backup FILE back somewhere else, as a trial, and read everything in it; the store is left alone."""
    if not file.exists():
        raise NotFound(f"there is no {file}", hint="name a file that smsgw db backup wrote")
    told = trial.bring_back(office.config().store.full_url, file)
    words = [
        f"{file} can be brought back: revision {told.revision}, {told.messages:,} messages, {told.inbound:,} texts"
    ]
    office.voice.data(
        {"file": str(file), "revision": told.revision, "messages": told.messages, "inbound": told.inbound}, words
    )


@db.command("vacuum")
@pass_office
def vacuum_(office: Office) -> None:
    """Write the store anew, so that it is as small as can be. The gateway must be stopped; while it runs it gives free
    room back by itself."""
    config = office.config()
    become_owner(config.store.folder)
    _exists(config)
    path = sqlite_path(config)
    if path is None:
        raise Conflict("PostgreSQL does that by itself", hint="VACUUM (VERBOSE) in psql, if you must")
    with Lease(config.store.full_url):
        before, after = vacuum.anew(path)
    office.voice.data({"before": before, "after": after}, [f"{path}: {before:,} bytes before, {after:,} now"])


@db.command("partition")
@click.option("--check", "only_check", is_flag=True, help="Say what would be done and how long it may take.")
@pass_office
def partition(office: Office, only_check: bool) -> None:
    """Keep messages by the month from now on (PostgreSQL, from about 100 million messages). There is no way back but a
    backup; the gateway must be stopped on all nodes."""
    config = office.config()
    become_owner(config.store.folder)
    _exists(config)
    now = datetime.now(UTC)
    with closing(Database(config.store.full_url)) as database:
        schema.require_current(database)
        if only_check:
            found, seconds = partitions.plan(database, now), None
        else:
            partitions.plan(database, now)  # what cannot be is told before anybody is asked to stop
            with Lease(config.store.full_url):
                begun = time.monotonic()
                found, seconds = partitions.convert(database, now), time.monotonic() - begun
    data = {"messages": found.rows, "bytes": found.octets, "begins": found.begins.isoformat(), "done": not only_check}
    what = f"about {found.rows:,} messages ({found.octets / 1e9:.1f} GB with their parts)"
    if seconds is None:
        words = [
            f"The store has {what}. They stay where they are and become the first partition, up to",
            f"{found.begins:%Y-%m-%d} (UTC). They are read once: {_minutes(found.octets)} at 100 MB a second.",
            "Stop all nodes before, and make a backup.",
        ]
    else:
        words = [f"The store is kept by months from {found.begins:%Y-%m-%d} on; it took {seconds:.0f} s for {what}."]
    office.voice.data(data, words)


def _minutes(octets: int) -> str:
    """How long reading so much takes, in words."""
    minutes = octets / 100e6 / 60
    return f"about {minutes:.0f} minutes" if minutes >= 1 else "less than a minute"


def sqlite_path(config: Config) -> Path | None:
    """The file of a SQLite store, None for PostgreSQL."""
    return backup_file(config.store.full_url)


def _exists(config: Config) -> None:
    """Raises NotFound when there is no SQLite file: opening it would make one."""
    path = sqlite_path(config)
    if path is not None and not path.exists():
        raise NotFound(f"there is no store at {path} yet", hint="smsgw run makes it; smsgw init sets everything up")


def put_back(file: Path, path: Path) -> tuple[str | None, Path | None]:
    """Put a backup in the place of a store that nobody uses; returns its revision and where the old one is."""
    new = path.with_name(f".{path.name}.new")
    remove(new)
    with closing(read_only(file)) as source, closing(sqlite3.connect(new)) as target:
        try:
            source.backup(target)
        except sqlite3.DatabaseError as problem:
            remove(new)
            raise StoreError(f"{file} is no SQLite file: {problem}", hint="name another backup") from problem
    try:
        at = sound(new)
        if at is None:
            raise StoreError(f"{file} holds no store of smsgw", hint="name a file that smsgw db backup wrote")
        aside = _set_aside(path)
        new.replace(path)
    finally:
        remove(new)
    if aside is not None:
        old = aside.stat()
        if os.geteuid() == 0:
            os.chown(path, old.st_uid, old.st_gid)
        path.chmod(old.st_mode & 0o777)
    return at, aside


def _set_aside(path: Path) -> Path | None:
    if not path.exists():
        return None
    with closing(sqlite3.connect(path)) as conn:
        left = conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()  # what its WAL holds belongs to it
    if left[0]:
        raise exits.Failed(f"{path} is in use", hint="end whatever reads it, then try again")
    aside = path.with_name(f"{path.name}.before-{datetime.now():%Y%m%dT%H%M%S}")
    path.rename(aside)
    remove(path)
    return aside
