"""`smsgw rate`: what a part costs over which link, to which numbers, from which day on."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from smsgw.cli.office import Office
from smsgw.cli.shell import Group, pass_office
from smsgw.config import Config
from smsgw.errors import BadInput, Fault, NotFound
from smsgw.money import pricelist
from smsgw.money.rates import spelled
from smsgw.store.tables.types import AnyRow

COLUMNS = {
    "link": "LINK", "prefix": "NUMBERS", "amount": "A PART", "currency": "IN", "valid_from": "FROM", "charged": "ON",
}  # fmt: skip


@click.group("rate", cls=Group)
def rate() -> None:
    """What a part costs over each link."""


@rate.command("set")
@click.argument("link")
@click.argument("prefix")
@click.argument("amount")
@click.argument("currency")
@click.option("--from", "valid_from", metavar="DAY", default="", help="From this day on, in the link's zone; else now.")
@click.option("--on", "charged", default="submit", show_default=True, help="Charged on submit, or on delivery only.")
@pass_office
def set_(office: Office, link: str, prefix: str, amount: str, currency: str, valid_from: str, charged: str) -> None:
    """Say that a part over LINK to numbers with PREFIX (* for all) costs AMOUNT, such as 0.012 EUR."""
    told = {"link": link, "prefix": prefix, "amount": amount, "currency": currency}
    with office.gateway() as gateway:
        now = gateway.clock()
        line = pricelist.read_line(told | {"valid_from": valid_from, "charged": charged}, _zones(gateway.config), now)
        stored = pricelist.store(gateway.database.writer, [line], now)
    words = f"{line.link}: a part to {line.prefix or 'every number'} costs {spelled(line.amount)} {line.currency}"
    when = "as it did" if stored.same else f"from {line.valid_from:%Y-%m-%d %H:%M} UTC on"
    office.voice.data(_told(stored), [f"{words} {when}, charged on {line.charged}"])


@rate.command("list")
@click.option("--link", metavar="NAME", help="Only those of this link.")
@pass_office
def list_(office: Office, link: str | None) -> None:
    """Show the rates."""
    with office.gateway() as gateway, gateway.database.reading() as conn:
        rows = [_shape(row) for row in pricelist.listing(conn, link)]
    if not office.voice.as_json:
        rows = [row | {"prefix": row["prefix"] or "*"} for row in rows]
    office.voice.rows(rows, COLUMNS, "There is no rate. To say one: smsgw rate set LINK +386 0.012 EUR")


@rate.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@pass_office
def import_(office: Office, file: Path) -> None:
    """Take rates from a CSV file: link,prefix,valid_from,amount,currency,charged; all of them or none."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except OSError as wrong:
        raise NotFound(f"{file} cannot be read: {wrong.strerror}", hint="name a CSV file") from wrong
    except UnicodeDecodeError as wrong:
        says = f"{file} is not UTF-8: byte {wrong.start + 1} cannot be read"
        raise BadInput([Fault("/file", "not_utf8", says)], hint="save it as CSV UTF-8") from wrong
    with office.gateway() as gateway:
        now = gateway.clock()
        lines = pricelist.read_csv(text, _zones(gateway.config), now)
        stored = pricelist.store(gateway.database.writer, lines, now)
    words = f"{len(lines)} rates: {stored.new} new, {stored.changed} changed, {stored.same} as they were"
    office.voice.data(_told(stored), [words])


@rate.command("export")
@click.option("--link", metavar="NAME", help="Only those of this link.")
@pass_office
def export(office: Office, link: str | None) -> None:
    """Write the rates as CSV, as import reads it."""
    with office.gateway() as gateway, gateway.database.reading() as conn:
        rows = pricelist.listing(conn, link)
    office.voice.data([_shape(row) for row in rows], pricelist.as_csv(rows).splitlines())


@rate.command("remove")
@click.argument("link")
@click.argument("prefix")
@pass_office
def remove(office: Office, link: str, prefix: str) -> None:
    """Take every rate of LINK for PREFIX (* for the one of all numbers) away; what was booked stays."""
    wanted = pricelist.read_prefix(prefix)
    with office.gateway() as gateway:
        count = pricelist.remove(gateway.database.writer, link, wanted, gateway.clock())
    if not count:
        raise NotFound(f"{link} has no rate for {wanted or 'every number'}", hint="smsgw rate list shows them")
    office.voice.data({"removed": count}, [f"{count} rates of {link} for {wanted or 'every number'} are gone"])


def _zones(config: Config) -> dict[str, ZoneInfo]:
    return {link.name: ZoneInfo(link.zone) for link in config.links}


def _shape(row: AnyRow) -> dict[str, Any]:
    keys = ("link", "prefix", "valid_from", "currency", "charged")
    return {key: row._mapping[key] for key in keys} | {"amount": spelled(row.amount)}


def _told(stored: pricelist.Stored) -> dict[str, int]:
    return {"new": stored.new, "changed": stored.changed, "same": stored.same}
