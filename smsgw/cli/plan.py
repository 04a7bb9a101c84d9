"""`smsgw plan`: what a SIM has free, what its operator takes for fair, and how long it lasts."""

from __future__ import annotations

import click

from smsgw.cli.office import Office
from smsgw.cli.shell import Group, pass_office
from smsgw.errors import NotFound
from smsgw.money import bundles

COLUMNS = {"id": "ID", "link": "LINK", "name": "PLAN", "used": "USED", "had": "OF", "ends": "UNTIL", "lasts": "LASTS",
           "hour": "IN AN HOUR", "day": "TODAY", "people": "PEOPLE"}  # fmt: skip


@click.group("plan", cls=Group)
def plan() -> None:
    """What SIMs have free, and what their operators take for fair."""


@plan.command("set")
@click.argument("link")
@click.option("--name", default="", help="What it is called.")
@click.option("--units", default="", help="Free parts in a period.")
@click.option("--period", default="month", show_default=True, help="day, week or month.")
@click.option("--reset-day", default="1", show_default=True, help="On which day of it a period begins.")
@click.option("--rollover", default="0", show_default=True, help="For how many periods what is left is kept.")
@click.option("--scope", default="", metavar="PREFIXES", help="Numbers that it is for, such as +386, or eea.")
@click.option("--beyond", default="price", show_default=True, help="When nothing is left: price, or stop.")
@click.option("--hour-cap", default="", metavar="PARTS", help="At most so many in an hour.")
@click.option("--day-cap", default="", metavar="PARTS", help="At most so many in a day.")
@click.option("--people-cap", default="", metavar="COUNT", help="At most so many different numbers in a month.")
@click.option("--warn-at", default="80", show_default=True, metavar="PERCENT", help="When to warn.")
@click.option("--from", "valid_from", metavar="DAY", default="", help="From this day on, in the link's zone; else now.")
@pass_office
def set_(office: Office, /, link: str, **told: str) -> None:
    """Give LINK's SIM a plan."""
    with office.gateway() as gateway:
        now, till = gateway.clock(), gateway.till
        terms = bundles.read_terms({"link": link, **told}, till.zones, till.currency, now)
        id = bundles.add(gateway.database.writer, terms, now)
    words = (
        f"{terms.link}: {terms.units} parts a {terms.period} are free" if terms.units else f"{terms.link}: only caps"
    )
    office.voice.data({"id": id}, [f"{words}, from {terms.valid_from:%Y-%m-%d %H:%M} UTC on (plan {id})"])


@plan.command("list")
@pass_office
def list_(office: Office) -> None:
    """Show the plans, what is left of each, and how long it lasts."""
    with office.gateway() as gateway, gateway.database.reading() as conn:
        found = bundles.standings(conn, gateway.till.zones, gateway.clock())
    rows = [
        {
            "id": one.plan.id, "link": one.plan.link, "name": one.plan.name, "used": one.used, "had": one.had,
            "left": one.left, "ends": one.ends, "lasts": one.last_day and one.last_day.isoformat(),
            "hour": _of(one.sent_hour, one.plan.hour_cap), "day": _of(one.sent_day, one.plan.day_cap),
            "people": _of(one.people, one.plan.people_cap),
        }
        for one in found
    ]  # fmt: skip
    office.voice.rows(rows, COLUMNS, "There is no plan. To say one: smsgw plan set LINK --units 1000 --reset-day 15")


def _of(count: int, cap: int | None) -> str:
    return f"{count} of {cap}" if cap else str(count)


@plan.command("remove")
@click.argument("id", type=int)
@pass_office
def remove(office: Office, id: int) -> None:
    """Take a plan away; what it gave stays written."""
    with office.gateway() as gateway:
        there = bundles.remove(gateway.database.writer, id, gateway.clock())
    if not there:
        raise NotFound(f"there is no plan {id}", hint="smsgw plan list shows them")
    office.voice.data({"removed": id}, [f"plan {id} is gone"])
