"""`smsgw report`: what messages cost, by whom and where, and whether the books agree with the parts."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import click

from smsgw.cli.office import Office
from smsgw.cli.shell import Group, pass_office
from smsgw.errors import BadInput, Fault, NotFound, StoreError
from smsgw.money import closing, facts, proof, reconcile, report_tables, reports
from smsgw.money.rates import spelled

COLUMNS = {"name": "", "messages": "MESSAGES", "parts": "PARTS", "share": "ARRIVED", "planned": "PLANNED",
           "amount": "BOOKED", "per_delivered": "PER DELIVERED", "replies": "REPLIES", "orders": "ORDERS"}  # fmt: skip
_LONGEST = 200_000


@click.group("report", cls=Group)
def report() -> None:
    """What messages cost, and whether the books agree."""


@report.command("costs")
@click.argument("month", default="")
@click.option("--by", default="link", show_default=True, help=", ".join(reports.DIMENSIONS))
@click.option("--since", default="", metavar="DAY", help="From this day on, in place of MONTH.")
@click.option("--until", default="", metavar="DAY", help="Until this day.")
@click.option("--only", multiple=True, metavar="WHAT=VALUE", help="Only what is so, such as link=carrier.")
@click.option("--language", default="en", show_default=True, help="Of a file.")
@click.option("--to", "file", type=click.Path(path_type=Path), help="Write it to a .csv, .xlsx or .pdf file.")
@pass_office
def costs(
    office: Office, month: str, by: str, since: str, until: str, only: tuple[str, ...], language: str, file: Path | None
) -> None:
    """What MONTH (2026-11; by default the present one) cost."""
    told = {"month": month, "by": by, "since": since, "until": until, **_only(only)}
    shape = None if file is None else file.suffix.lstrip(".").lower()
    if shape is not None and shape not in report_tables.FORMATS:
        raise BadInput([Fault("/to", "shape_invalid", f"{file} must end in .csv, .xlsx or .pdf")])
    with office.gateway() as gateway:
        now = gateway.clock()
        asked = reports.read_asked(told, now.astimezone(gateway.till.zone).date())
        with gateway.database.reading() as conn:
            found = reports.costs(conn, asked, gateway.till, now, _LONGEST if file else reports.MOST)
    if file is not None and shape is not None:
        _keep(file, report_tables.written(found, shape, language, now))
        office.voice.data({"file": str(file), "lines": len(found.lines)}, [f"{len(found.lines)} lines are in {file}"])
        return
    for note in found.notes:
        office.voice.chat(note)
    rows = [_row(line, report_tables.named(line, by, "en")) for line in found.lines]
    total = [] if office.voice.as_json or not rows else [_row(found.total, "total")]
    headings = COLUMNS | {"name": by.upper(), "amount": f"BOOKED {found.currency}"}
    office.voice.rows([*rows, *total], headings, "Nothing went out in that time.")


def _only(told: tuple[str, ...]) -> dict[str, str]:
    odd = [one for one in told if one.partition("=")[0] not in reports.DIMENSIONS or "=" not in one]
    if odd:
        says = f"{odd[0]!r} must be one of {', '.join(reports.DIMENSIONS)} with its value, such as link=carrier"
        raise BadInput([Fault("/only", "only_invalid", says)])
    return {name: value for name, _, value in (one.partition("=") for one in told)}


def _keep(file: Path, made: bytes) -> None:
    try:
        file.write_bytes(made)
    except OSError as wrong:
        raise NotFound(f"{file} cannot be written: {wrong.strerror}") from wrong


def _row(line: reports.Line, name: str) -> dict[str, Any]:
    share = line.delivered_share
    return {
        "key": line.key, "name": name, "messages": line.messages, "parts": line.parts,
        "share": None if share is None else f"{share:.1%}", "planned": spelled(line.planned),
        "amount": spelled(line.amount), "per_delivered": _cost(line.cost_per("delivered")), "replies": line.replies,
        "per_reply": _cost(line.cost_per("replies")), "orders": line.orders,
        "per_order": _cost(line.cost_per("orders")),
    }  # fmt: skip


def _cost(cost: Decimal | None) -> str | None:
    return None if cost is None else f"{cost:.4f}"


@report.command("campaign")
@click.argument("id")
@pass_office
def campaign(office: Office, id: str) -> None:
    """What was planned for a campaign, what was booked, and why they differ."""
    with office.gateway() as gateway, gateway.database.reading() as conn:
        found = reconcile.campaign(conn, id)
    office.voice.data({"messages": found.messages, "says": found.says}, found.says)


@report.command("proof")
@click.argument("since", default="")
@click.argument("until", default="")
@pass_office
def prove(office: Office, since: str, until: str) -> None:
    """Prove that what was booked from SINCE to UNTIL is what the parts must have cost; yesterday by default."""
    with office.gateway() as gateway:
        yesterday = gateway.clock().astimezone(gateway.till.zone).date() - timedelta(days=1)
        first = _day(since, yesterday)
        last = _day(until, first)
        begin, end = facts.span(first, last, gateway.till.zone)
        with gateway.database.reading() as conn:
            found = proof.prove(conn, gateway.till.plans, begin, end)
    told = [{"message_id": one.message_id, "link": one.link, "says": one.says} for one in found.differences]
    lines = [f"{one.message_id or one.link}: {one.says}" for one in found.differences]
    days = f"{first}" if first == last else f"{first} to {last}"
    office.voice.data(
        {"holds": found.holds, "says": found.says, "differences": told}, [f"{days}: {found.says}", *lines]
    )
    if not found.holds:
        raise StoreError("the books do not agree with the parts", code="proof_wrong", hint="smsgw log ID tells more")


@report.command("close")
@click.argument("since")
@click.argument("until", default="")
@click.option("--open", "opened", is_flag=True, help="Open them instead: they are added up anew for each report.")
@pass_office
def close(office: Office, since: str, until: str, opened: bool) -> None:
    """Close the days from SINCE to UNTIL, also again; the clock does so by itself every night."""
    first = _day(since, None)
    last = _day(until, first)
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    with office.gateway() as gateway:
        now = gateway.clock()
        days = [day for day in days if day < now.astimezone(gateway.till.zone).date()]
        if opened:
            closing.reopen(gateway.database.writer, first, last)
        for day in () if opened else days:
            closing.close(gateway.database, day, gateway.till.zone, now)
    office.voice.data({"days": len(days)}, [f"{len(days)} days are {'open' if opened else 'closed'}"])


def _day(written: str, usual: date | None) -> date:
    try:
        return date.fromisoformat(written) if written or usual is None else usual
    except ValueError as wrong:
        raise BadInput([Fault("/day", "day_invalid", f"{written!r} must be a day such as 2026-11-26")]) from wrong
