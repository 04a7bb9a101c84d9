"""Commands and groups that take `--config` and `--json` in any place, and the one loop that runs them.

Errors end here and nowhere else: a sentence and the next step on standard error, or with `--json` an object on
standard output, and the status that `exits` has for it.
"""

from __future__ import annotations

import difflib
import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from smsgw.cli import exits
from smsgw.cli.office import Office

Function = TypeVar("Function", bound=Callable[..., Any])


def _took_config(ctx: click.Context, _option: click.Parameter, value: Path | None) -> None:
    if value is not None and isinstance(ctx.obj, Office):
        ctx.obj.path = value


def _took_json(ctx: click.Context, _option: click.Parameter, value: bool) -> None:
    if value and isinstance(ctx.obj, Office):
        ctx.obj.voice.as_json = True


def _everywhere() -> list[click.Parameter]:
    """The options of every command; made anew for each, for click keeps them in it."""
    return [
        click.Option(
            ["--config"], metavar="FILE", type=click.Path(path_type=Path), expose_value=False, is_eager=True,
            callback=_took_config, help="The configuration; else $SMSGW_CONFIG, ./smsgw.toml, ~/.config, /etc.",
        ),
        click.Option(
            ["--json"], is_flag=True, expose_value=False, is_eager=True, callback=_took_json,
            help="Answer in JSON on standard output.",
        ),
    ]  # fmt: skip


class Command(click.Command):
    """A command. bare: options that may stand without a value, and the value they then have."""

    def __init__(self, *args: Any, bare: dict[str, str] | None = None, **kwargs: Any) -> None:
        kwargs["params"] = [*(kwargs.get("params") or []), *_everywhere()]
        super().__init__(*args, **kwargs)
        self._bare = bare or {}

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As click does; `--wait` alone never swallows the argument that follows it."""
        end = args.index("--") if "--" in args else len(args)
        spelled = [f"{arg}={self._bare[arg]}" if arg in self._bare else arg for arg in args[:end]]
        return super().parse_args(ctx, spelled + args[end:])


class Group(click.Group):
    """A group of commands, which offers what was probably meant when there is no such command."""

    command_class = Command
    group_class = type

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["params"] = [*(kwargs.get("params") or []), *_everywhere()]
        super().__init__(*args, **kwargs)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find a command. Raises UsageError with the nearest names."""
        known = self.list_commands(ctx)
        if args and args[0] not in known and not args[0].startswith("-"):
            near = difflib.get_close_matches(args[0], known, n=3, cutoff=0.5)
            meant = " or ".join(f'"{name}"' for name in near)
            offer = f"; did you mean {meant}?" if near else f"; there are: {', '.join(known)}"
            raise click.UsageError(f'{ctx.command_path} has no command "{args[0]}"{offer}', ctx)
        return super().resolve_command(ctx, args)


pass_office = click.make_pass_decorator(Office)


def execute(root: click.Command, office: Office, args: Sequence[str]) -> int:
    """Run a command line; returns its exit status. Says what there is to say when it ends badly."""
    try:
        status = root.main(args=list(args), prog_name="smsgw", obj=office, standalone_mode=False)
        sys.stdout.flush()
        return status if isinstance(status, int) else exits.OK
    except BrokenPipeError:  # whoever read us has seen enough, such as `head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return exits.OK
    except (Exception, KeyboardInterrupt) as problem:
        end = exits.ending(problem)
        if end is None:
            raise
        told(office, end, as_json=office.voice.as_json or "--json" in args)
        return end.status


def told(office: Office, end: exits.Ending, *, as_json: bool) -> None:
    """Say how a command ended badly; to be interrupted is no result, so nothing about it goes to standard output."""
    if end.status == exits.INTERRUPTED:
        office.voice.chat(end.detail)
        return
    if as_json:
        click.echo(json.dumps(end.as_json(), ensure_ascii=False))
        return
    if end.detail.startswith("Usage:"):  # a group without a command: click answers with its help
        office.voice.chat(end.detail)
        return
    first, *more = end.detail.splitlines() or [""]
    office.voice.chat("\n".join([f"error: {first}", *(f"       {line}" for line in more), f"next: {end.hint}"]))
