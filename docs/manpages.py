"""Write the manual pages, smsgw(1) and one for each command, out of what the commands say of themselves.

    python docs/manpages.py FOLDER

The pages are in the language of man(7); `man ./smsgw.1` shows one.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from smsgw import __version__
from smsgw.__main__ import root


def main(folder: Path) -> None:
    """Write every page into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    context = click.Context(root, info_name="smsgw")
    (folder / "smsgw.1").write_text(page(root, context, FILES + EXITS), encoding="utf-8")
    for name in root.list_commands(context):
        command = root.get_command(context, name)
        assert command is not None
        inner = click.Context(command, info_name=name, parent=context)
        (folder / f"smsgw-{name}.1").write_text(page(command, inner), encoding="utf-8")


def page(command: click.Command, context: click.Context, more: str = "") -> str:
    """One page: a command, or a group with everything in it."""
    path = context.command_path
    title = path.replace(" ", "-")
    says = sentences(command)
    lines = [
        f'.TH {title.upper().replace("-", chr(92) + "-")} 1 "" "smsgw {__version__}" "smsgw"',
        ".SH NAME",
        f"{plain(title)} \\- {plain(says[0].rstrip('.') if says else path)}",
        ".SH SYNOPSIS",
        *synopsis(command, context),
        ".SH DESCRIPTION",
        *(line for each in says for line in (".PP", plain(each))),
        *options(command, context),
    ]
    if isinstance(command, click.Group):
        lines.append(".SH COMMANDS")
        for inner, below in commands(command, context):
            lines += [".TP", f"\\fB{plain(below.command_path)}\\fR {plain(arguments(inner, below))}"]
            lines.append(plain(" ".join(sentences(inner))) or "\\&")
            lines += [part for part in options(inner, below, heading=False) if context.parent is not None]
    if more:
        lines.append(more.strip())
    if context.parent is not None:
        lines += [".SH SEE ALSO", ".BR smsgw (1)"]
    return "\n".join(lines) + "\n"


def synopsis(command: click.Command, context: click.Context) -> Iterator[str]:
    yield f"\\fB{plain(context.command_path)}\\fR {plain(arguments(command, context))}"


def arguments(command: click.Command, context: click.Context) -> str:
    """What stands behind a command: [OPTIONS] FILE."""
    return " ".join(command.collect_usage_pieces(context))


def options(command: click.Command, context: click.Context, *, heading: bool = True) -> list[str]:
    """The options with their help."""
    given = [one for one in command.get_params(context) if isinstance(one, click.Option)]
    if not heading:  # what every command has is told once
        given = [one for one in given if not {"--help", "--config", "--json"} & set(one.opts)]
    found = [one for one in (option.get_help_record(context) for option in given) if one is not None]
    if not found:
        return []
    lines = [".SH OPTIONS"] if heading else [".RS"]
    for names, says in found:
        lines += [".TP", f"\\fB{plain(names)}\\fR", plain(" ".join(says.split())) or "\\&"]
    return lines if heading else [*lines, ".RE"]


def commands(group: click.Group, context: click.Context) -> Iterator[tuple[click.Command, click.Context]]:
    """What is in a group, at the top and, but for the root, below."""
    for name in group.list_commands(context):
        inner = group.get_command(context, name)
        if inner is None or inner.hidden:
            continue
        below = click.Context(inner, info_name=name, parent=context)
        yield inner, below
        if isinstance(inner, click.Group) and context.parent is not None:
            yield from commands(inner, below)


def sentences(command: click.Command) -> list[str]:
    """The paragraphs of a command's help."""
    told = (command.help or "").split("\f")[0].replace("\b", "")
    return [" ".join(each.split()) for each in re.split(r"\n\s*\n", told) if each.strip()]


def plain(words: str) -> str:
    """Words that troff must take as they are: no escape, no request at a line's beginning, hyphens to be copied."""
    words = words.replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{words}" if words.startswith((".", "'")) else words


FILES = """
.SH FILES
.TP
.I /etc/smsgw/smsgw.toml
The configuration; smsgw config prints it with every key explained.
.TP
.I /var/lib/smsgw
The store, and everything else that is kept.
"""
EXITS = """
.SH EXIT STATUS
0 ok, 1 failure, 2 usage, 3 refused by policy, 4 timeout, 5 unreachable, 6 configuration, 7 authentication,
130 interrupted.
"""

if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python docs/manpages.py FOLDER")
    main(Path(sys.argv[1]))
