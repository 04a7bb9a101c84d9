"""`smsgw config`: the configuration's own manual, and what is wrong with a file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from smsgw.cli.office import Office
from smsgw.cli.shell import Group, pass_office
from smsgw.config import Config, example
from smsgw.errors import BadConfig


@click.group("config", cls=Group, invoke_without_command=True, no_args_is_help=False)
@click.pass_context
def config(ctx: click.Context) -> None:
    """Print a commented example with every setting; or check a file, or show what is in force."""
    if ctx.invoked_subcommand is None:
        office = ctx.find_object(Office)
        assert office is not None
        text = example()
        office.voice.data({"example": text}, [text.rstrip("\n")])


@config.command("check")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@pass_office
def check(office: Office, file: Path | None) -> None:
    """Tell every mistake in FILE (or in the file that would be used) at once, with line and key."""
    office.path = file or office.path
    loaded = office.loaded()
    if wrong := list(_certificates(loaded.config)):
        raise BadConfig(wrong)
    for warning in loaded.warnings:
        office.voice.chat(f"warning: {warning}")
    names = [link.name for link in loaded.config.links if link.enabled]
    value = {"file": str(loaded.path), "ok": True, "links": names, "warnings": loaded.warnings}
    office.voice.data(value, [f"{loaded.path} is good; links: {', '.join(names) or 'none'}"])


def _certificates(config: Config) -> Iterator[str]:
    """What is wrong with the files that our servers show; only who checks must be able to read them."""
    for one in (config.web, *config.listen.smpp):
        try:
            one.server_context()
        except BadConfig as wrong:
            yield from wrong.mistakes


@config.command("show")
@click.option("--origin", is_flag=True, help="Also where each value comes from.")
@pass_office
def show(office: Office, origin: bool) -> None:
    """Show every setting as it is in force, secrets hidden."""
    found = office.loaded().origins
    value = [{"key": each.key, "value": each.value, "source": each.source} for each in found]
    lines = [f"{each.key} = {each.value}" + (f"  # {each.source}" if origin else "") for each in found]
    office.voice.data(value, lines)
