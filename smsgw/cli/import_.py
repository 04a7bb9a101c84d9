"""`smsgw import`: what another gateway was told and remembers, as ours, and a report of what was not understood."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from smsgw.cli.import_readers import READERS, Imported
from smsgw.cli.import_tables import playsms_links
from smsgw.cli.office import Office
from smsgw.cli.shell import Command, pass_office
from smsgw.config.toml import as_toml
from smsgw.errors import BadInput, Fault
from smsgw.takeover import gammu, kannel, playsms, smstools
from smsgw.takeover.dump import Unreadable
from smsgw.takeover.found import Found
from smsgw.takeover.storing import Report, Terms, bring
from smsgw.takeover.tables import tables_of

KINDS = ("gammu", "kalkun", "kannel", "playsms", "smstools")
MOST_NOTES = 200  # that are shown; --json has them all


@click.command("import", cls=Command)
@click.argument("kind", type=click.Choice(KINDS))
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE...")
@click.option("--history", is_flag=True, help="Take over messages, people, groups and stops instead of links.")
@click.option("--apply", is_flag=True, help="Store the history; without it, only say what would be stored.")
@click.option("--zone", help="Time zone of the times there, such as Europe/Ljubljana. By default this machine's.")
@pass_office
def import_(office: Office, kind: str, sources: tuple[str, ...], history: bool, apply: bool, zone: str | None) -> None:
    """Take over what another gateway has: its links from a configuration, or with --history what it remembers.

    SOURCE is a configuration (links), an access log, a spool folder, a dump of a database, a file of SQLite, or a
    database's URL. Links are written as tables of ours: look, then copy. History is stored with --apply; a second
    time adds nothing, and nothing of it is ever sent.
    """
    if history:
        _history(office, kind, sources, apply, zone)
        return
    if apply or len(sources) > 1:
        raise click.UsageError("links come from one configuration, and are only shown: copy them into yours")
    made = _links(kind, sources[0])
    value = {"links": made.links, "doors": made.doors, "commands": made.commands, "not_understood": made.notes}
    office.voice.data(value, written(made, Path(sources[0]).name).splitlines())
    for note in made.notes:
        office.voice.chat(note)
    if not made.links:
        office.voice.chat(f"{sources[0]} has no link that can be taken over")


def _links(kind: str, source: str) -> Imported:
    if kind == "playsms":
        return playsms_links(tables_of(source))
    if kind == "kalkun":
        says = (
            "Kalkun sends through gammu-smsd: smsgw import gammu /etc/gammu-smsdrc; then smsgw import kalkun --history"
        )
        return Imported(notes=[says])
    path = Path(source)
    if not path.is_file():
        raise BadInput([Fault("", "source_unreadable", f"there is no file {source}; for what it remembers: --history")])
    return READERS[kind](path.read_text("utf-8", "replace"))


def _history(office: Office, kind: str, sources: tuple[str, ...], apply: bool, zone: str | None) -> None:
    config, at = office.config(), datetime.now(UTC)
    found = _found(kind, sources, _zone(kind, zone))
    terms = Terms(kind, "cli", at, config.sending.region, dry=not apply)
    with office.gateway(config) as gateway:
        try:
            report = bring(gateway.database, found, terms)
        except Unreadable as wrong:
            raise BadInput([Fault("", "source_unreadable", str(wrong))]) from wrong
    _tell(office, report, apply)


def _zone(kind: str, zone: str | None) -> tzinfo:
    if zone is None:
        return UTC if kind == "playsms" else datetime.now().astimezone().tzinfo or UTC
    try:
        return ZoneInfo(zone)
    except (KeyError, ValueError) as wrong:
        raise click.BadParameter(f"{zone!r} is no time zone; they are called as Europe/Ljubljana") from wrong


def _found(kind: str, sources: tuple[str, ...], zone: tzinfo) -> Iterable[Found]:
    """Everything in the sources. Raises BadInput."""
    if kind == "kannel" and not any(_is_of_tables(one) for one in sources):
        return kannel.kannel_log([_path(one) for one in sources], zone)
    if kind == "smstools":
        return (one for source in sources for one in smstools.smstools(_path(source), zone))
    readers: dict[str, Callable[..., Iterable[Found]]] = {
        "kannel": kannel.kannel_tables, "gammu": gammu.gammu, "kalkun": gammu.kalkun, "playsms": playsms.playsms,
    }  # fmt: skip
    every = [tables_of(source) for source in sources]
    return (one for tables in every for one in readers[kind](tables, zone))


def _is_of_tables(source: str) -> bool:
    return "://" in source or source.endswith((".sql", ".db", ".sqlite", ".sqlite3"))


def _path(source: str) -> Path:
    path = Path(source)
    if not path.exists():
        raise BadInput([Fault("", "source_unreadable", f"there is no {source}")])
    return path


def _tell(office: Office, report: Report, apply: bool) -> None:
    does = "added" if apply else "would be added"
    names = sorted(set(report.added) | set(report.known))
    lines = [f"{name}: {report.added[name]} {does}, {report.known[name]} there already" for name in names]
    value = {
        "applied": apply,
        "added": dict(report.added),
        "known": dict(report.known),
        "not_understood": [{"where": note.where, "why": note.why} for note in report.notes],
    }
    office.voice.data(value, lines or ["nothing was found"])
    for note in report.notes[:MOST_NOTES]:
        office.voice.chat(f"{note.where}: {note.why}")
    if len(report.notes) > MOST_NOTES:
        office.voice.chat(f"and {len(report.notes) - MOST_NOTES} more: --json tells them all")
    if report.added["customers"]:
        office.voice.chat("nobody is taken to have agreed to offers: smsgw consent records who has")
    if not apply and report.added:
        office.voice.chat("nothing was stored: look, make a backup (smsgw db backup), then add --apply")


def written(made: Imported, source: str) -> str:
    """The tables, as they stand in the file."""
    lines = [f"# From {source}, by smsgw import."]
    if made.doors:
        lines += ["", "[doors]", f"open = {as_toml(made.doors)}"]
    for link in made.links:
        lines += ["", "[[links]]", *(f"{name} = {as_toml(value)}" for name, value in link.items())]
    if made.commands:
        lines += ["", "# Then:", *(f"#   {command}" for command in made.commands)]
    return "\n".join(lines)
