"""`smsgw watch`: the owner's one-time codes, and a trial of what they are told."""

from __future__ import annotations

import click
import pyotp

from smsgw.cli.office import Office
from smsgw.cli.shell import Group, pass_office
from smsgw.errors import NotFound
from smsgw.outbound.submit import Asked


@click.group("watch", cls=Group)
def watch() -> None:
    """Who is told before anything breaks, and who commands by text: secret, test."""


@watch.command("secret")
@pass_office
def secret(office: Office) -> None:
    """Make a secret for [watch] remote_secret, and the address that an authenticator app reads."""
    made = pyotp.random_base32()
    address = pyotp.TOTP(made).provisioning_uri(name="owner", issuer_name="smsgw")
    office.voice.data({"secret": made, "uri": address}, [made, address])
    office.voice.chat("Put the first into the configuration ([watch] remote_secret), the second into the app.")


@watch.command("test")
@pass_office
def test(office: Office) -> None:
    """Send a text to every phone in [watch] numbers, as if something were wrong."""
    with office.gateway() as gateway:
        numbers = gateway.config.watch.numbers
        if not numbers:
            raise NotFound("[watch] numbers names no phone", hint="add one: smsgw config shows how")
        asked = [
            Asked(number, "smsgw: this is a test; nothing is wrong", "watch", link=gateway.config.watch.link,
                  priority=9, purpose="service", allow_duplicate=True)
            for number in numbers
        ]  # fmt: skip
        ids = []
        for outcome in gateway.door.submit_many(asked):
            if isinstance(outcome, Exception):
                raise outcome
            ids.append(outcome.row["id"])
    office.voice.data({"ids": ids}, [f"{len(ids)} accepted; smsgw log shows how far they came"])
