"""`smsgw catalogue`: what can be ordered; a CSV file is compared first and then, as a second step, taken."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from smsgw.cli.office import Office
from smsgw.cli.shell import Group, pass_office
from smsgw.errors import BadInput, Fault, NotFound
from smsgw.inbound.catalogue import catalogue
from smsgw.inbound.catalogue import file as catalogue_file
from smsgw.inbound.catalogue import importing as catalogue_import
from smsgw.inbound.catalogue.importing import Difference
from smsgw.inbound.orders.money import MILLION, money, quantity
from smsgw.webhooks.order_document import decimal

BY = "cli"
LIST = {
    "sku": "SKU",
    "code": "CODE",
    "name": "NAME",
    "unit": "UNIT",
    "price": "PRICE",
    "most": "AT MOST",
    "stock": "STOCK",
}


@click.group("catalogue", cls=Group)
def group() -> None:
    """What can be ordered: products, their names, prices and units."""


@group.command("list")
@click.option("--inactive", is_flag=True, help="Also what is sold no more.")
@click.option("--language", default="en", show_default=True, help="The language of the names.")
@pass_office
def list_(office: Office, inactive: bool, language: str) -> None:
    """Show the products."""
    with office.gateway() as gateway, gateway.database.reading() as conn:
        rows = catalogue.listing(conn, inactive=inactive)
    told = [
        {
            "sku": row.sku,
            "code": row.code,
            "name": catalogue.name_of(row, language),
            "unit": row.unit,
            "price": money(row.price, row.currency, "en"),
            "most": quantity(row.max_auto, "en"),
            "stock": row.stock,
            "active": row.active,
        }
        for row in rows
    ]
    office.voice.rows(told, LIST, "There is no product. To take some: smsgw catalogue import FILE.csv")


@group.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--apply", "applied", is_flag=True, help="Change the catalogue; without it the differences are shown.")
@click.option("--keep", is_flag=True, help="Products that the file leaves out stay.")
@click.option("--despite", is_flag=True, help="Leave wrong lines out instead of stopping.")
@pass_office
def import_(office: Office, file: Path, applied: bool, keep: bool, despite: bool) -> None:
    """Show what a CSV file would change; with --apply, change it."""
    text = _read(file)
    with office.gateway() as gateway:
        listed = catalogue_file.read(text, gateway.config.orders.currency)
        if applied:
            wish = catalogue_import.Wish(listed, None, BY, gateway.clock(), keep, despite)
            told = catalogue_import.apply(gateway.database.writer, wish)
        else:
            with gateway.database.reading() as conn:
                told = catalogue_import.compare(conn, listed, keep=keep)
    office.voice.data(_shape(told, applied), _lines(told, applied))
    if not applied and not told.invalid:
        office.voice.chat(f"Nothing is changed yet. To change it: smsgw catalogue import {file} --apply")


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except OSError as wrong:
        raise NotFound(f"{file} cannot be read: {wrong.strerror}", hint="name a CSV file") from wrong
    except UnicodeDecodeError as wrong:
        says = f"{file} is not UTF-8: byte {wrong.start + 1} cannot be read"
        raise BadInput([Fault("/file", "not_utf8", says)], hint="save it as CSV UTF-8") from wrong


def _shape(told: Difference, applied: bool) -> dict[str, Any]:
    return {
        "applied": applied,
        "version": told.version,
        "new": [line.sku for line in told.new],
        "changed": {one.sku: {name: list(pair) for name, pair in one.fields.items()} for one in told.changed},
        "gone": list(told.gone),
        "same": told.same,
        "invalid": [{"line": one.line, "sku": one.sku, "column": one.column, "why": one.why} for one in told.invalid],
    }


def _plain(name: str, value: Any) -> Any:
    """A field's value as a file writes it."""
    if isinstance(value, int) and name in ("price", "max_auto"):
        return decimal(value, MILLION if name == "price" else catalogue.THOUSAND)
    return "nothing" if value in (None, {}, "") else value


def _lines(told: Difference, applied: bool) -> list[str]:
    lines = [f"+ {line.sku}  {next(iter(line.names.values()), '')}" for line in told.new]
    for one in told.changed:
        lines += [
            f"~ {one.sku}  {name}: {_plain(name, was)} -> {_plain(name, now)}"
            for name, (was, now) in one.fields.items()
        ]
    lines += [f"- {sku}" for sku in told.gone]
    lines += [f"! line {one.line} {one.sku} {one.column}: {one.why}" for one in told.invalid]
    counts = f"{len(told.new)} new, {len(told.changed)} changed, {len(told.gone)} gone, {told.same} as they were"
    wrong = len({one.line for one in told.invalid})
    return [*lines, f"{'done' if applied else 'would be'}: {counts}" + (f"; {wrong} lines are wrong" if wrong else "")]


@group.command("export")
@pass_office
def export(office: Office) -> None:
    """Write the catalogue as CSV, as import reads it."""
    with office.gateway() as gateway, gateway.database.reading() as conn:
        rows, spoken = catalogue.listing(conn), catalogue.aliases(conn)
    csv = catalogue_file.as_csv(catalogue_file.as_line(row, spoken.get(row.sku, {})) for row in rows)
    office.voice.data({"csv": csv}, csv.splitlines())


@group.command("alias")
@click.argument("sku")
@click.argument("words")
@click.option("--language", default="", help="A language tag, such as sl; by default any language.")
@click.option("--remove", is_flag=True, help="Take it away.")
@pass_office
def alias(office: Office, sku: str, words: str, language: str, remove: bool) -> None:
    """Have WORDS mean the product SKU from now on."""
    with office.gateway() as gateway:
        wish = catalogue.Taught(sku, language, words, BY, gateway.clock())
        done = gateway.database.writer.do(catalogue.unteach if remove else catalogue.teach, wish)
    if remove and not done:
        raise NotFound(f"{words!r} is no alias of {sku}", hint="smsgw catalogue export shows them")
    says = f"{words!r} means {sku}{' no more' if remove else ''}"
    office.voice.data({"sku": sku, "words": words, "language": language, "removed": remove}, [says])
