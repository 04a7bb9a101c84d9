"""`smsgw order`: what customers ordered, and what people decide about it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

import click

from smsgw.cli.moments import duration
from smsgw.cli.office import Office
from smsgw.cli.shell import Group, pass_office
from smsgw.cli.voice import local
from smsgw.errors import BadInput, Fault
from smsgw.inbound.orders import listing as orders_listing
from smsgw.inbound.orders.desk import Act, Desk
from smsgw.inbound.orders.money import money, quantity
from smsgw.store.lifecycle import ORDER
from smsgw.store.tables.types import AnyRow
from smsgw.text.number import read_number
from smsgw.webhooks.order_document import documents

BY = "cli"
REQUESTS = {
    "edit": "the customer wants it changed",
    "cancel": "the customer wants it cancelled",
    "answer": "the customer answers",
}
LIST = {
    "number": "NUMBER",
    "state": "STATE",
    "customer": "CUSTOMER",
    "lines": "LINES",
    "total": "TOTAL",
    "created_at": "MADE",
    "why": "WHY",
}


@click.group("order", cls=Group)
def group() -> None:
    """Orders: what customers ordered, and what is to be done about it."""


def _chosen(command: Any) -> Any:
    """The options that choose orders."""
    for option in (
        click.option("--since", metavar="TIME", help="Made since then: 2026-11-24T14:00, or 2h, 3d for so long ago."),
        click.option("--from", "sender", metavar="NUMBER", help="Only those of this customer."),
        click.option("--state", type=click.Choice(list(ORDER.states)), help="Only those in this state."),
    ):
        command = option(command)
    return command


def _wanted(office: Office, state: str | None, sender: str | None, since: str | None) -> orders_listing.Wanted:
    region = office.config().sending.region
    address = None if sender is None else read_number(sender, region)
    return orders_listing.Wanted(state, address, None if since is None else _moment(since))


def _moment(written: str) -> datetime:
    """How long ago, or ISO 8601, local unless it has a zone. Raises BadInput."""
    try:
        return datetime.fromisoformat(written.strip()).astimezone()
    except ValueError:
        return datetime.now().astimezone() - timedelta(seconds=duration(written, "/since"))


@group.command("list")
@_chosen
@click.option("--limit", type=click.IntRange(1, 10_000), default=20, show_default=True, help="How many of the newest.")
@pass_office
def list_(office: Office, state: str | None, sender: str | None, since: str | None, limit: int) -> None:
    """Show orders, the newest last."""
    wanted = _wanted(office, state, sender, since)
    with office.gateway() as gateway, gateway.database.reading() as conn:
        rows = orders_listing.listing(conn, wanted, limit)[::-1]
        lines = orders_listing.lines(conn, rows)
    office.voice.rows([_row(row, lines[row.id]) for row in rows], LIST, "There is no order.")


def _row(row: AnyRow, lines: list[AnyRow]) -> dict[str, Any]:
    told = ", ".join(f"{quantity(line.quantity, 'en')} x {line.sku}" for line in lines)
    return {
        "number": row.number,
        "id": row.id,
        "state": row.state,
        "customer": row.address,
        "lines": told,
        "total": money(row.total, row.currency, "en"),
        "created_at": row.created_at,
        "why": row.why,
    }


@group.command("show")
@click.argument("named", metavar="NUMBER|ID")
@pass_office
def show(office: Office, named: str) -> None:
    """Show an order, the words that made it, and everything that happened."""
    with office.gateway() as gateway, gateway.database.reading() as conn:
        row = orders_listing.find(conn, named)
        told = documents(conn, [row.id])[row.id]
        lines = orders_listing.lines(conn, [row])[row.id]
        events = orders_listing.events(conn, row.id)
    out = [f"Order {row.number} of {row.address} is {row.state}: {row.why}"]
    for line in lines:
        amount = money(line.amount, line.currency, "en")
        out.append(
            f"  {quantity(line.quantity, 'en'):>8} {line.unit:4} {line.sku:14} {line.name}  {amount}  {line.how}"
        )
    out.append(f"  total {money(row.total, row.currency, 'en')}" + (f"; wish: {row.wish}" if row.wish else ""))
    out.append(f"  words: {told['words']}")
    if row.reasons:
        out.append(f"  a person must look: {'; '.join(row.reasons)}")
    if row.request:
        out.append(f"  {REQUESTS[row.request['what']]}: {row.request['words']}")
    if row.proof:
        out.append(f"  confirmed with the words: {row.proof.get('words')}")
    out += [f"  {local(one.at)}  {one.event}: {one.why} (by {one.by})" for one in events]
    office.voice.data(told, out)


@group.command("export")
@_chosen
@pass_office
def export(office: Office, state: str | None, sender: str | None, since: str | None) -> None:
    """Write orders as CSV, a row for each line."""
    wanted = _wanted(office, state, sender, since)
    with office.gateway() as gateway, gateway.database.reading() as conn:
        rows = orders_listing.listing(conn, wanted, 100_000)[::-1]
        csv = orders_listing.as_csv(rows, orders_listing.lines(conn, rows))
    office.voice.data({"csv": csv}, csv.splitlines())


def _do(office: Office, verb: Callable[[Desk], Callable[[Act], AnyRow]], named: str, why: str, **more: Any) -> None:
    with office.gateway() as gateway:
        row = verb(gateway.orders)(Act(named, BY, gateway.clock(), why, **more))
    office.voice.data({"number": row.number, "id": row.id, "state": row.state}, [f"order {row.number} is {row.state}"])


_WHY = click.option("--why", default="", help="The reason, for the history.")
_QUIETLY = click.option("--quietly", is_flag=True, help="The customer is not told.")
_BY_PHONE = click.option("--by-phone", is_flag=True, help="The customer said yes already: confirm it at once.")


@group.command("accept")
@click.argument("named", metavar="NUMBER|ID")
@_WHY
@_BY_PHONE
@pass_office
def accept(office: Office, named: str, why: str, by_phone: bool) -> None:
    """Take what was understood; the customer is asked for a yes."""
    _do(office, lambda desk: desk.accept, named, why, by_phone=by_phone)


@group.command("edit")
@click.argument("named", metavar="NUMBER|ID")
@click.argument("lines", metavar="SKU=QUANTITY...", nargs=-1, required=True)
@_WHY
@_BY_PHONE
@pass_office
def edit(office: Office, named: str, lines: tuple[str, ...], why: str, by_phone: bool) -> None:
    """Put other lines; the customer is asked for a yes."""
    _do(office, lambda desk: desk.edit, named, why, by_phone=by_phone, items=_items(lines))


def _items(lines: tuple[str, ...]) -> list[tuple[str, Fraction]]:
    items = []
    faults = []
    for place, line in enumerate(lines):
        sku, _, count = line.rpartition("=")
        try:
            items.append((sku, Fraction(count.replace(",", "."))))
        except (ValueError, ZeroDivisionError):
            faults.append(Fault(f"/lines/{place}", "line_invalid", f"{line!r} is no line: write NB-A4=2"))
    if faults:
        raise BadInput(faults)
    return items


@group.command("ask")
@click.argument("named", metavar="NUMBER|ID")
@click.argument("text")
@pass_office
def ask(office: Office, named: str, text: str) -> None:
    """Ask the customer something about it."""
    _do(office, lambda desk: desk.ask, named, "", text=text)


@group.command("reject")
@click.argument("named", metavar="NUMBER|ID")
@_WHY
@_QUIETLY
@pass_office
def reject(office: Office, named: str, why: str, quietly: bool) -> None:
    """Do not take it, or not the change that the customer wants."""
    _do(office, lambda desk: desk.reject, named, why, quietly=quietly)


@group.command("confirm")
@click.argument("named", metavar="NUMBER|ID")
@_WHY
@_QUIETLY
@pass_office
def confirm(office: Office, named: str, why: str, quietly: bool) -> None:
    """The customer said yes by another way; --why says how."""
    _do(office, lambda desk: desk.confirm, named, why, quietly=quietly)


@group.command("fulfil")
@click.argument("named", metavar="NUMBER|ID")
@_WHY
@pass_office
def fulfil(office: Office, named: str, why: str) -> None:
    """It was handed over."""
    _do(office, lambda desk: desk.fulfil, named, why)


@group.command("cancel")
@click.argument("named", metavar="NUMBER|ID")
@_WHY
@_QUIETLY
@pass_office
def cancel(office: Office, named: str, why: str, quietly: bool) -> None:
    """Cancel it; the customer is told, unless quietly."""
    _do(office, lambda desk: desk.cancel, named, why, quietly=quietly)
