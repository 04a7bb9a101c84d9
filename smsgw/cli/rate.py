"""`smsgw rate`: what a part costs over which link, to which numbers, from which day on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from smsgw.cli.office import Office
from smsgw.cli.shell import Group, pass_office
from smsgw.config import Config
from smsgw.errors import NotFound
from smsgw.money import exchange, networks, pricelist, pricing
from smsgw.money.rates import spelled
from smsgw.paper.sheets import open_sheet
from smsgw.store.tables.types import AnyRow

LATELY = timedelta(days=30)
COLUMNS = {
    "link": "LINK", "kind": "OF", "prefix": "NUMBERS", "amount": "A PART", "currency": "IN", "valid_from": "FROM",
    "charged": "ON",
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
@click.option("--kind", default="sms", show_default=True, help="Of what: sms, mms, inbound or ussd.")
@click.option("--network", default="", metavar="MCCMNC", help="Of a network; PREFIX is * then.")
@click.option("--upto-kb", default="", metavar="KB", help="Of an MMS: the largest that it is for.")
@click.option("--failed", default="", metavar="AMOUNT", help="What a part costs that did not arrive.")
@click.option("--minimum", default="", metavar="AMOUNT", help="The least for one message.")
@click.option("--round-up-to", default="", metavar="AMOUNT", help="A message's price is a multiple of it.")
@pass_office
def set_(office: Office, /, link: str, prefix: str, amount: str, currency: str, **more: str) -> None:
    """Say that a part over LINK to numbers with PREFIX (* for all) costs AMOUNT, such as 0.012 EUR."""
    told = {"link": link, "prefix": prefix, "amount": amount, "currency": currency, **more}
    with office.gateway() as gateway:
        now = gateway.clock()
        line = pricelist.read_line(told, _zones(gateway.config), now)
        stored = pricelist.store(gateway.database.writer, [line], now)
    what = {"sms": "a part to", "mms": "an MMS to", "inbound": "a part from", "ussd": "a USSD question to"}[line.kind]
    where = line.network or line.prefix or "every number"
    words = f"{line.link}: {what} {where} costs {spelled(line.amount)} {line.currency}"
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
        rows = [row | {"prefix": row["network"] or row["prefix"] or "*"} for row in rows]
    office.voice.rows(rows, COLUMNS, "There is no rate. To say one: smsgw rate set LINK +386 0.012 EUR")


@rate.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Only tell what it would change.")
@pass_office
def import_(office: Office, file: Path, dry_run: bool) -> None:
    """Take rates from a CSV or XLSX file whose first line names the columns; all of them or none.

    Told before they count: what they change, what last month would have cost by them, gaps and overlaps.
    """
    content = read_file(file)
    with office.gateway() as gateway:
        now = gateway.clock()
        lines = pricelist.read_sheet(content, _zones(gateway.config), now)
        with gateway.database.reading() as conn:
            look = pricing.look(conn, lines, now - LATELY, now)
        if not dry_run:
            pricelist.store(gateway.database.writer, lines, now)
    for words in _remarks(look):
        office.voice.chat(words)
    counts = {what: look.count(what) for what in ("new", "changed", "same")}
    words = "{new} new, {changed} changed, {same} as they were".format(**counts)
    office.voice.data(counts, [f"{len(lines)} rates: {words}" + (" (nothing is stored)" if dry_run else "")])


def _remarks(look: pricing.Look) -> Iterator[str]:
    """What a price list does, in sentences."""
    for change in look.changes:
        if change.what == "changed" and change.before is not None:
            line = change.line
            where = line.network or line.prefix or "*"
            yield f"{line.link} {where}: {spelled(change.before)} becomes {spelled(line.amount)} {line.currency}"
    for currency, (before, after) in pricing.totals(look.effects).items():
        if before != after:
            yield f"last month would have cost {spelled(after)} {currency}, not {spelled(before)}"
    yield from (gap.says for gap in look.gaps)
    yield from look.overlaps


@rate.command("gaps")
@pass_office
def gaps(office: Office) -> None:
    """Tell where messages of the last month had no price, and which prices lie in others."""
    with office.gateway() as gateway:
        now = gateway.clock()
        with gateway.database.reading() as conn:
            found = pricing.gaps(pricing.traffic(conn, now - LATELY, now), gateway.rates, now)
            rows = pricelist.listing(conn)
    overlaps = pricing.overlaps(rows, {row.link for row in rows})
    listed = [{"link": gap.link, "prefix": gap.prefix, "messages": gap.messages} for gap in found]
    words = [*(gap.says for gap in found), *overlaps] or ["every number that was written to has a price"]
    office.voice.data({"gaps": listed, "overlaps": overlaps}, words)


@rate.command("exchange")
@click.argument("currency")
@click.argument("into")
@click.argument("worth")
@click.option("--from", "valid_from", metavar="DAY", default="", help="From this day on; else now.")
@pass_office
def exchange_(office: Office, currency: str, into: str, worth: str, valid_from: str) -> None:
    """Say what one unit of CURRENCY is WORTH in INTO, such as USD EUR 0.92."""
    told = {"currency": currency, "into": into, "worth": worth, "valid_from": valid_from}
    with office.gateway() as gateway:
        now = gateway.clock()
        line = exchange.read_line(told, gateway.till.zone, now)
        exchange.store(gateway.database.writer, [line], now)
    worth = exchange.spelled(line.worth)
    value = {"currency": line.currency, "into": line.into, "worth": worth, "valid_from": line.valid_from}
    office.voice.data(value, [f"1 {line.currency} is {worth} {line.into} from {line.valid_from:%Y-%m-%d %H:%M} UTC on"])


@rate.command("exchanges")
@click.option("--import", "file", type=click.Path(path_type=Path), help="Take them from a CSV or XLSX file first.")
@pass_office
def exchanges(office: Office, file: Path | None) -> None:
    """Show what currencies are worth in each other."""
    with office.gateway() as gateway:
        if file is not None:
            now = gateway.clock()
            lines = exchange.read_rows(open_sheet(read_file(file)).rows(), gateway.till.zone, now)
            exchange.store(gateway.database.writer, lines, now)
        with gateway.database.reading() as conn:
            listed = exchange.listing(conn)
    rows = [{"currency": row.currency, "into": row.into, "worth": exchange.spelled(row.worth), "from": row.valid_from}
            for row in listed]  # fmt: skip
    columns = {"currency": "ONE", "worth": "IS", "into": "OF", "from": "FROM"}
    office.voice.rows(rows, columns, "There is no rate of exchange. To say one: smsgw rate exchange USD EUR 0.92")


@rate.command("networks")
@click.argument("file", type=click.Path(path_type=Path))
@pass_office
def networks_(office: Office, file: Path) -> None:
    """Take from a CSV file prefix,network,name to which network (MCC and MNC) numbers belong."""
    found = networks.read_csv(read_file(file).decode("utf-8-sig", "replace"))
    with office.gateway() as gateway:
        count = networks.store(gateway.database.writer, found, gateway.clock())
    office.voice.data({"count": count}, [f"{count} beginnings of numbers are known by their network"])


def read_file(file: Path) -> bytes:
    """A file's octets. Raises NotFound."""
    try:
        return file.read_bytes()
    except OSError as wrong:
        raise NotFound(f"{file} cannot be read: {wrong.strerror}", hint="name a CSV or XLSX file") from wrong


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
    return pricelist.as_told(row) | {"valid_from": row.valid_from}


def _told(stored: pricelist.Stored) -> dict[str, int]:
    return {"new": stored.new, "changed": stored.changed, "same": stored.same}
