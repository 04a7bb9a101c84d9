"""The command line and the composition root: the only file of smsgw that looks outward.

It knows the clock (`schedules`), the pages (`webadmin`) and the modems (`drivers`), and gives them to the
commands; they are imported when they are needed, which is for few commands.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

import click

from smsgw import __version__, log
from smsgw.cli.office import Office
from smsgw.cli.shell import Group, execute

if TYPE_CHECKING:
    from smsgw.daemon import Part
    from smsgw.gateway import Gateway

SECTIONS = {
    "To begin": {
        "demo": "demo.demo",
        "init": "init.init",
        "config": "config.config",
        "doctor": "doctor.doctor",
        "run": "run.run",
    },
    "Texts": {
        "send": "send.send",
        "inbox": "inbox.inbox",
        "log": "log.log",
        "replace": "send.replace_text",
        "cancel": "send.cancel",
        "read": "read.read_",
        "spool": "spool.spool",
    },
    "What customers want": {
        "order": "order.group",
        "catalogue": "catalogue.group",
        "inquiry": "inquiry.inquiry",
        "survey": "survey.survey",
        "correction": "correction.correction",
        "replay": "correction.replay",
    },
    "People": {
        "customer": "customer.customer",
        "group": "segment.group",
        "segment": "segment.segment",
        "consent": "consent.group",
        "capability": "capability.group",
        "import": "import_.import_",
    },
    "To many": {
        "template": "template.template",
        "campaign": "campaign.campaign",
        "gate": "gate.group",
    },
    "Money": {
        "rate": "rate.rate",
        "plan": "plan.plan",
        "budget": "budget.budget",
        "report": "report.report",
    },
    "Networks": {
        "link": "link.link",
        "modem": "modem.modem",
        "mail": "mail.group",
        "sim": "sim.sim",
        "tls": "tls.tls",
    },
    "Programs and accounts": {
        "key": "key.key",
        "webhook": "webhook.webhook",
        "user": "user.user",
        "audit": "audit.group",
    },
    "To look after it": {
        "top": "top.top",
        "tail": "tail.tail",
        "watch": "watch.watch",
        "db": "db.db",
    },
}
"""Each command by its name under the heading that `--help` has, and where it is under `smsgw.cli`."""

COMMANDS = {name: place for section in SECTIONS.values() for name, place in section.items()}


class Commands(Group):
    """The commands of SECTIONS, each read in when it is asked for: a command line reads in only the file of its own."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Their names, sorted."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name; None when there is none."""
        if cmd_name not in COMMANDS:
            return None
        file, _, attribute = COMMANDS[cmd_name].partition(".")
        command: click.Command = getattr(import_module(f"smsgw.cli.{file}"), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write them under their headings: whoever asks for help seeks a task, not a letter."""
        room = formatter.width - 6 - max(map(len, COMMANDS))
        for title, names in SECTIONS.items():
            found = [(name, self.get_command(ctx, name)) for name in names]
            with formatter.section(title):
                formatter.write_dl([(name, one.get_short_help_str(room)) for name, one in found if one is not None])


@click.group("smsgw", cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, message="smsgw %(version)s")
def root() -> None:
    """A two-way SMS gateway. To begin: smsgw demo tries everything; smsgw init sets it up."""


def parts(gateway: Gateway) -> list[Part]:
    """The parts of the daemon that only this file knows, in the order of their start."""
    from schedules.timetable import Clock
    from smsgw.listener import open_listener
    from smsgw.passed_sockets import SMPP, passed
    from webadmin import create_app
    from webadmin.server import WebServer

    ports = [(one, next(iter(passed(SMPP, one.port)), None)) for one in gateway.config.listen.smpp]
    listeners = [open_listener("smpp", one, gateway.reception, held) for one, held in ports]
    return [Clock(gateway), WebServer(gateway, create_app(gateway)), *listeners]


def holder(device: str) -> str | None:
    """Which other program has a serial port open."""
    from drivers.modem.holder import who_holds

    return who_holds(device)


def modem_line() -> Any:
    """The simulated modem and its faults (`smsgw.cli.sim_modem.ModemLine`)."""
    from drivers.modem.line import console

    return console


def modem_room() -> Any:
    """What can be done at a serial port by hand (`smsgw.cli.modem_room.ModemRoom`)."""
    from drivers.modem import bench

    return bench


def main(args: Sequence[str] | None = None) -> None:
    """Run a command line, and exit with its status (see `smsgw.cli.exits`)."""
    os.umask(0o077)  # whatever we write holds what people wrote to each other, or secrets
    log.set_up("warning")
    office = Office(parts, holder, modem_line=modem_line, modem_room=modem_room)
    sys.exit(execute(root, office, sys.argv[1:] if args is None else args))


if __name__ == "__main__":
    main()
