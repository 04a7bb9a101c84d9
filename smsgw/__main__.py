"""The command line and the composition root: the only file of smsgw that looks outward.

It knows the clock (`schedules`), the pages (`webadmin`) and the modems (`drivers`), and gives them to the
commands; they are imported when they are needed, which is for few commands.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Any

import click

from smsgw import __version__, log
from smsgw.cli import (
    budget,
    campaign,
    catalogue,
    config,
    consent,
    correction,
    customer,
    db,
    demo,
    doctor,
    gate,
    import_,
    inbox,
    init,
    inquiry,
    key,
    link,
    mail,
    modem,
    order,
    plan,
    rate,
    read,
    report,
    run,
    segment,
    send,
    sim,
    spool,
    survey,
    template,
    user,
    webhook,
)
from smsgw.cli import log as messages
from smsgw.cli.office import Office
from smsgw.cli.shell import Group, execute
from smsgw.daemon import Part
from smsgw.gateway import Gateway
from smsgw.listener import open_listener

COMMANDS: tuple[click.Command, ...] = (
    demo.demo,
    init.init,
    run.run,
    send.send,
    send.cancel,
    spool.spool,
    import_.import_,
    inbox.inbox,
    read.read_,
    order.group,
    catalogue.group,
    inquiry.inquiry,
    survey.survey,
    correction.correction,
    correction.replay,
    messages.log,
    link.link,
    template.template,
    campaign.campaign,
    customer.customer,
    segment.group,
    segment.segment,
    consent.group,
    gate.group,
    rate.rate,
    plan.plan,
    budget.budget,
    report.report,
    config.config,
    doctor.doctor,
    key.key,
    user.user,
    webhook.webhook,
    mail.group,
    db.db,
    modem.modem,
    sim.sim,
)


@click.group("smsgw", cls=Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, message="smsgw %(version)s")
def root() -> None:
    """A two-way SMS gateway. To begin: smsgw demo tries everything; smsgw init sets it up."""


for command in COMMANDS:
    root.add_command(command)


def parts(gateway: Gateway) -> list[Part]:
    """The parts of the daemon that only this file knows, in the order of their start."""
    from schedules.timetable import Clock
    from webadmin import create_app
    from webadmin.server import WebServer

    listeners = [open_listener("smpp", port, gateway.reception) for port in gateway.config.listen.smpp]
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
