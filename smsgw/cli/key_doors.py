"""`smsgw key doors`: what a client of another gateway writes into its settings, and where texts of phones are told."""

from __future__ import annotations

import click

from smsgw.access import keys
from smsgw.cli.office import Office
from smsgw.cli.shell import Command, pass_office
from smsgw.errors import NotFound
from smsgw.gateway import Gateway
from smsgw.store.tables.types import AnyRow
from smsgw.webhooks import clients
from smsgw.webhooks.clients import TEXTS, ClientHook
from smsgw.webhooks.dialects.twilio import account_sid
from smsgw.webhooks.terms import allowed_of


@click.command("doors", cls=Command)
@click.argument("key", metavar="ID|NAME")
@click.option(
    "--get-url", metavar="URL", help="Kannel's get-url for texts of phones, with its escapes; its body is sent back."
)
@click.option("--post-url", metavar="URL", help="Kannel's post-url: the text in the body, the rest in headers.")
@click.option("--mo-url", metavar="URL", help="Jasmin's HTTP connector: where texts of phones are told.")
@click.option("--no-reply", is_flag=True, help="Do not send back what get-url or post-url answers.")
@click.option(
    "--accept-x-kannel-headers",
    "heeds",
    is_flag=True,
    help="X-Kannel-To and X-Kannel-From of such an answer say to whom else it goes, and from whom.",
)
@pass_office
def doors(
    office: Office, key: str, get_url: str | None, post_url: str | None, mo_url: str | None, no_reply: bool, heeds: bool
) -> None:  # fmt: skip
    """Show what a program of another gateway needs to use this key, and set where texts of phones are told."""
    with office.gateway() as gateway:
        row = _key(gateway, key)
        most = 0 if no_reply else 1
        for url, dialect, method in (
            (get_url, "kannel", "GET"),
            (post_url, "kannel", "POST"),
            (mo_url, "jasmin", "POST"),
        ):
            if url is not None:
                terms = {"method": method, "max_messages": most, "user": row.name}
                if dialect == "kannel" and heeds:
                    terms["accept_headers"] = True
                wish = ClientHook(str(row.id), dialect, url, TEXTS, gateway.clock(), terms)
                allowed = allowed_of(
                    gateway.config.webhooks, lambda: {gateway.config.web.port, *gateway.config.doors.ports}
                )
                clients.put(gateway.database.writer, wish, allowed, {"method": method})
        _tell(office, gateway, row)


def _key(gateway: Gateway, named: str) -> AnyRow:
    with gateway.database.reading() as conn:
        for row in keys.listing(conn):
            if named in (row.id, row.name) and row.revoked_at is None:
                return row
    raise NotFound(f"there is no key {named!r} that is not revoked", hint="smsgw key ls shows them")


def _tell(office: Office, gateway: Gateway, row: AnyRow) -> None:
    web, opened = gateway.config.web, gateway.config.doors.open
    base = web.public_url or f"{web.scheme}://{web.listen}"
    lines = {
        "kannel": f"{base}/cgi-bin/sendsms?username={row.name}&password=SECRET&to=NUMBER&text=TEXT",
        "twilio": f"account {account_sid(row.id)}, token SECRET, base {base}",
        "android": f"{base}/3rdparty/v1 with user {row.name} and password SECRET",
        "jasmin": f"{base}/send?username={row.name}&password=SECRET&to=NUMBER&content=TEXT",
    }
    for name in (name for name in lines if name not in opened):
        office.voice.chat(f"The door {name} is shut: open it with [doors] open in the configuration.")
    office.voice.data(lines, [f"{name}: {line}" for name, line in lines.items() if name in opened])
