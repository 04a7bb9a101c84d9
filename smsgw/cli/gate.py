"""`smsgw gate`: how much a person gets at most, when marketing may arrive, what was refused, who changed what."""

from __future__ import annotations

import click

from smsgw.cli.office import Office
from smsgw.cli.shell import Group, pass_office
from smsgw.customers.consent import changes as consent_changes
from smsgw.customers.consent.changes import write
from smsgw.errors import NotFound
from smsgw.outbound import destinations
from smsgw.outbound.gate import facts as gate_facts
from smsgw.outbound.gate import rules as gate_rules

BY = "cli"
CAPS = {"category": "CATEGORY", "days": "IN DAYS", "most": "AT MOST"}
HOURS = {"region": "COUNTRY", "hours": "OPEN", "holidays": "QUIET HOLIDAYS", "source": "SOURCE"}
REFUSALS = {"at": "WHEN", "recipient": "TO", "purpose": "PURPOSE", "code": "CODE", "says": "WHY", "client": "ASKED BY"}
CHANGES = {"at": "WHEN", "what": "WHAT", "by": "BY"}


@click.group("gate", cls=Group)
def group() -> None:
    """The rules of the gate, and what it refused."""


@group.command("caps")
@click.option("--category", default="*", show_default=True, help="A category, or * for all together.")
@click.option("--days", type=click.Choice(("1", "7", "30")), help="In how many days.")
@click.option("--most", type=int, help="How many at most; without it that cap is taken away.")
@pass_office
def caps(office: Office, category: str, days: str | None, most: int | None) -> None:
    """Show how many offers and notices a person gets at most; with --days, set or take away a cap."""
    with office.gateway() as gateway:
        now, writer = gateway.clock(), gateway.database.writer
        if days is not None and most is not None:
            cap = gate_facts.Cap(category, int(days), most)
            write(writer, lambda conn: gate_rules.set_cap(conn, cap, BY, now))
        elif days is not None:
            span = int(days)
            if not write(writer, lambda conn: gate_rules.drop_cap(conn, category, span, BY, now)):
                raise NotFound(f"there is no cap for {category} in {days} days", hint="smsgw gate caps shows them")
        with gateway.database.reading() as conn:
            found = gate_rules.caps(conn)
    rows = [{"category": one.category, "days": one.days, "most": one.most} for one in found]
    office.voice.rows(rows, CAPS, "There is no cap. To set one: smsgw gate caps --days 7 --most 2")


@group.command("hours")
@click.argument("region", required=False)
@click.argument("hours", nargs=-1)
@click.option("--holidays/--no-holidays", default=True, help="Whether public holidays are quiet all day.")
@click.option("--reset", is_flag=True, help="Go back to the hours that come with smsgw.")
@pass_office
def open_hours(office: Office, region: str | None, hours: tuple[str, ...], holidays: bool, reset: bool) -> None:
    """Show when marketing may arrive; with REGION (SI, * for all others) and HOURS ("Mo-Sa 08:00-20:00"), set it."""
    with office.gateway() as gateway:
        now, writer = gateway.clock(), gateway.database.writer
        if region is not None and reset:
            if not write(writer, lambda conn: gate_rules.drop_hours(conn, region, BY, now)):
                raise NotFound(f"nobody set open hours for {region}", hint="smsgw gate hours shows them")
        elif region is not None:
            write(writer, lambda conn: gate_rules.set_hours(conn, region, hours, holidays, BY, now))
        with gateway.database.reading() as conn:
            rows = destinations.listed(gate_rules.hours(conn))
    office.voice.rows(rows, HOURS, "Marketing may arrive at every hour.")


@group.command("refusals")
@click.option("--to", metavar="NUMBER", help="Only those to this number, in E.164.")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True)
@pass_office
def refusals(office: Office, to: str | None, limit: int) -> None:
    """Show what was refused and why, newest first; the texts are not kept."""
    with office.gateway() as gateway, gateway.database.reading() as conn:
        rows = [row._asdict() for row in gate_rules.refusals(conn, limit, to)]
    office.voice.rows(rows, REFUSALS, "Nothing was refused.")


@group.command("changes")
@pass_office
def changes(office: Office) -> None:
    """Show who changed which rule, newest first."""
    with office.gateway() as gateway, gateway.database.reading() as conn:
        rows = [row._asdict() for row in consent_changes.listing(conn, 200)]
    office.voice.rows(rows, CHANGES, "Nobody changed anything yet.")
