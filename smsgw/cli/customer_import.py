"""`smsgw customer import`: a sheet against what we know, looked at, written, and for a day taken back."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from smsgw.cli.office import Office
from smsgw.cli.shell import Command, pass_office
from smsgw.cli.whom import CLERK
from smsgw.customers.importing import importing
from smsgw.customers.importing.columns import SKIP
from smsgw.customers.importing.importing import Importer, Upload, Wish
from smsgw.errors import BadInput, Fault, NotFound
from smsgw.gateway import Gateway
from smsgw.store.tables.types import AnyRow

SHOWN = 10  # lines of each kind
_DOES = {"reading": "compared", "applying": "written", "undoing": "taken back"}


def _pairs(option: str, given: tuple[str, ...]) -> dict[str, str]:
    pairs = [one.rpartition("=") if option == "--column" else one.partition("=") for one in given]
    if wrong := [one for one, (_, sign, _) in zip(given, pairs, strict=True) if not sign]:
        raise BadInput([Fault(f"/{option}", "usage", f"write {option} as NAME=VALUE, not {wrong[0]!r}")])
    return {name: value for name, _, value in pairs}


@click.command("import", cls=Command)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--yes", is_flag=True, help="Write it without asking.")
@click.option("--dry-run", is_flag=True, help="Show the difference, and write nothing.")
@click.option("--region", metavar="CC", help="The country of numbers without one; by default [sending] region.")
@click.option("--column", "columns", multiple=True, metavar="HEADING=MEANING", help="phone, name, field.city, - …")
@click.option("--encoding", help="Of a CSV, such as cp1250; else it is found.")
@click.option("--delimiter", help="Of a CSV; else it is found.")
@click.option(
    "--consent",
    multiple=True,
    metavar="NAME=VALUE",
    help="For lines that say none: consent=CATEGORY, consent_source, consent_at, consent_words.",
)
@pass_office
def import_(office: Office, /, file: Path, yes: bool, dry_run: bool, **more: Any) -> None:
    """Compare a CSV or XLSX sheet with the customers, show the difference, and write it when you say so."""
    try:
        content = file.read_bytes()
    except OSError as wrong:
        raise NotFound(f"{file} cannot be read: {wrong.strerror}", hint="name a CSV or XLSX file") from wrong
    with office.gateway() as gateway:
        region = (more["region"] or gateway.config.sending.region or "").upper() or None
        columns, consent = _pairs("--column", more["columns"]), _pairs("--consent", more["consent"])
        wish = Upload(
            file.name,
            content,
            CLERK,
            gateway.clock(),
            region,
            columns,
            more["encoding"],
            more["delimiter"],
            consent or None,
        )
        id = importing.upload(gateway.database, wish)
        row = _work(office, gateway, id)
        told, lines = _difference(gateway, row)
        ready = row.state == "ready" and told["counts"]["new"] + told["counts"]["changed"] > 0
        if ready and not dry_run and not yes and not office.voice.as_json:
            for line in lines:
                office.voice.chat(line)
            lines = []
            yes = click.confirm("Write this?", err=True)
        if ready and yes and not dry_run:
            row = _order(office, gateway, id, "apply")
            told, lines = _difference(gateway, row)
            lines = [
                f"{told['counts']['applied']} lines are written; to undo it within a day: smsgw customer undo {id}"
            ]
        elif row.state == "ready":
            importing.order(gateway.database.writer, Wish(id, "discard", CLERK, gateway.clock()))
            lines.append("Nothing is written.")
    office.voice.data(told, lines)


def _work(office: Office, gateway: Gateway, id: str) -> AnyRow:
    """Go on until the import waits for a person; on a terminal with a line that says how far it is."""
    live = sys.stderr.isatty() and not office.voice.as_json

    def told(row: AnyRow) -> None:
        if live and row.state in _DOES:
            of = f" of {row.lines}" if row.lines else ""
            click.echo(f"\r{row.done}{of} lines are {_DOES[row.state]} …", nl=False, err=True)

    row = Importer(gateway.database).finish(id, gateway.clock, told)
    if live:
        click.echo("\r" + " " * 60 + "\r", nl=False, err=True)
    if row.state == "failed":
        raise BadInput([Fault("/file", "sheet_unreadable", row.why)])
    return row


def _order(office: Office, gateway: Gateway, id: str, event: str) -> AnyRow:
    importing.order(gateway.database.writer, Wish(id, event, CLERK, gateway.clock()))
    return _work(office, gateway, id)


def _difference(gateway: Gateway, row: AnyRow) -> tuple[dict[str, Any], list[str]]:
    """What an import would do, for programs and for people."""
    with gateway.database.reading() as conn:
        counts = importing.counts(conn, row.id)
        shown = {kind: importing.lines(conn, row.id, SHOWN, kind) for kind in ("invalid", "changed", "new")}
    columns = ", ".join(
        f"{one['heading']} is {'left out' if one['is'] == SKIP else one['is']}" for one in row.facts["columns"]
    )
    words = [
        f"{row.file}: {columns}",
        ", ".join(f"{counts[kind]} {kind.replace('_', ' ')}" for kind in list(counts)[:5]),
    ]
    for kind, lines in shown.items():
        words += [f"  line {line.line}: {kind}{_about(line)}" for line in lines]
        if counts[kind] > len(lines):
            words.append(f"  … and {counts[kind] - len(lines)} more that are {kind}")
    return {"id": row.id, "status": row.state, "lines": row.lines, "counts": counts}, words


def _about(line: AnyRow) -> str:
    if line.verdict == "invalid":
        return f", {line.why}"
    stopped = " (said stop)" if line.opted_out else ""
    changes = "; ".join(f"{key}: {before} → {after}" for key, (before, after) in (line.changes or {}).items())
    said = changes or ", ".join([line.told.get("name") or "", *line.told.get("addresses", ())]).strip(", ")
    return f"{stopped}, {said}"


@click.command("imports", cls=Command)
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="How many at most.")
@pass_office
def imports(office: Office, limit: int) -> None:
    """Show imports, newest first."""
    with office.gateway() as gateway, gateway.database.reading() as conn:
        found = importing.listing(conn, limit)
    same = ("id", "state", "file", "lines", "by", "created_at")
    rows = [{name: row._mapping[name] for name in same} for row in found]
    columns = {"id": "ID", "state": "STATE", "file": "FILE", "lines": "LINES", "by": "BY", "created_at": "AT"}
    office.voice.rows(rows, columns, "There is none. To bring one: smsgw customer import FILE")


@click.command("undo", cls=Command)
@click.argument("import_id", metavar="IMPORT")
@pass_office
def undo(office: Office, import_id: str) -> None:
    """Take an IMPORT back, within a day; what somebody changed since stays."""
    with office.gateway() as gateway:
        row = _order(office, gateway, import_id, "undo")
        told, _ = _difference(gateway, row)
    office.voice.data(told, [f"{told['counts']['undone']} lines are taken back"])
