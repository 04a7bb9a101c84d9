"""`smsgw customer export`, `erase` and the like: a person's rights, and what is forgotten by its age."""

from __future__ import annotations

from pathlib import Path

import click

from smsgw.cli.office import Office
from smsgw.cli.shell import Command, pass_office
from smsgw.cli.whom import CLERK, whom
from smsgw.customers import audience, listed, privacy, segments
from smsgw.customers import export as copies
from smsgw.customers import retention as ages
from smsgw.customers.privacy import Act
from smsgw.gateway import Gateway
from smsgw.paper import csv, xlsx


def _act(gateway: Gateway, who: str, why: str = "") -> Act:
    with gateway.database.reading() as conn:
        return Act(whom(conn, who, gateway.config.sending.region).id, CLERK, gateway.clock(), why)


@click.command("sheet", cls=Command)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--rule", default="everybody", help="Only whom a rule means.")
@pass_office
def sheet(office: Office, file: Path, rule: str) -> None:
    """Write customers into FILE, .csv or .xlsx, as import reads it."""
    with office.gateway() as gateway, gateway.database.reading() as conn:
        checked = segments.read(conn, rule)
        table = listed.table(conn, audience.ids(conn, checked, gateway.clock()))
    file.write_bytes(xlsx.write([table]) if file.suffix == ".xlsx" else csv.write(table))
    office.voice.data({"file": str(file), "customers": len(table.rows)}, [f"{len(table.rows)} customers are in {file}"])


@click.command("export", cls=Command)
@click.argument("who")
@click.argument("file", type=click.Path(path_type=Path))
@pass_office
def export(office: Office, who: str, file: Path) -> None:
    """Write everything that is kept of WHO into FILE, a ZIP with JSON and a page for people."""
    with office.gateway() as gateway:
        act = _act(gateway, who)
        with gateway.database.reading() as conn:
            told = copies.everything(conn, act.id, act.at)
            files = copies.files(conn, told)
        gateway.database.writer.do(privacy.seen, (act.id, "exported", act.by, act.at))
    file.write_bytes(copies.as_zip(told, files))
    office.voice.data({"file": str(file), "customer": act.id}, [f"everything about {act.id} is in {file}"])


@click.command("erase", cls=Command)
@click.argument("who")
@click.option("--yes", is_flag=True, help="Without asking.")
@pass_office
def erase(office: Office, who: str, yes: bool) -> None:
    """Forget WHO: words, names and numbers go everywhere, costs stay; it cannot be taken back."""
    with office.gateway() as gateway:
        act = _act(gateway, who)
        if not yes:
            click.confirm(f"Forget {act.id}? This cannot be taken back.", abort=True, err=True)
        found = privacy.erase(gateway.database.writer, act)
    said = ", ".join(f"{count} {kind}" for kind, count in found.items())
    office.voice.data(found, [f"{act.id} is forgotten: {said} have no words any more"])


@click.command("hold", cls=Command)
@click.argument("who")
@click.option("--why", required=True, help="Such as a court's number.")
@pass_office
def hold(office: Office, who: str, why: str) -> None:
    """Put WHO under a legal hold: nothing of them is forgotten while it stands."""
    with office.gateway() as gateway:
        act = _act(gateway, who, why)
        privacy.hold(gateway.database.writer, act)
    office.voice.data({"held": act.id}, [f"{act.id} is held: {why}"])


@click.command("release", cls=Command)
@click.argument("who")
@pass_office
def release(office: Office, who: str) -> None:
    """Lift the legal hold of WHO."""
    with office.gateway() as gateway:
        act = _act(gateway, who)
        privacy.release(gateway.database.writer, act)
    office.voice.data({"released": act.id}, [f"{act.id} is not held any more"])


@click.command("retention", cls=Command)
@click.option("--dry-run", is_flag=True, help="Only count what would be forgotten.")
@pass_office
def retention(office: Office, dry_run: bool) -> None:
    """Forget what is older than [retention] says, as happens each day."""
    with office.gateway() as gateway:
        config = gateway.config.retention
        found = ages.run(gateway.database, config, gateway.clock(), CLERK, dry=dry_run)
    does = "would be forgotten" if dry_run else "are forgotten"
    rows = [{"kind": kind, "count": count} for kind, count in found.items()]
    if office.voice.as_json:
        office.voice.data(found, [])
    else:
        office.voice.rows(rows, {"kind": "WHAT", "count": does.upper()}, "")
