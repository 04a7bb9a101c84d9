"""`smsgw import`: another gateway's configuration as ours, and a report of what was not understood."""

from __future__ import annotations

from pathlib import Path

import click

from smsgw.cli.import_readers import READERS, Imported
from smsgw.cli.office import Office
from smsgw.cli.shell import Command, pass_office
from smsgw.config.toml import as_toml


@click.command("import", cls=Command)
@click.argument("kind", type=click.Choice(sorted(READERS)))
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@pass_office
def import_(office: Office, kind: str, file: Path) -> None:
    """Write the links in FILE, a configuration of KIND, as tables of ours. Nothing is changed: look, then copy."""
    made = READERS[kind](file.read_text("utf-8", "replace"))
    value = {"links": made.links, "doors": made.doors, "commands": made.commands, "not_understood": made.notes}
    office.voice.data(value, written(made, file.name).splitlines())
    for note in made.notes:
        office.voice.chat(note)
    if not made.links:
        office.voice.chat(f"{file} has no link that can be taken over")


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
