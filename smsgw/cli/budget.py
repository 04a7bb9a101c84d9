"""`smsgw budget`: what may be spent, what the owner is told, and what the brake lets pass."""

from __future__ import annotations

import click

from smsgw.cli.office import Office
from smsgw.cli.shell import Group, pass_office
from smsgw.errors import NotFound
from smsgw.money import alerts, brake, budgeting
from smsgw.money.pricelist import read_prefix
from smsgw.money.rates import spelled

BY = "cli"
COLUMNS = {"id": "ID", "name": "BUDGET", "whose": "OF", "now": "IN", "spent": "SPENT", "kept": "KEPT", "left": "LEFT",
           "ceiling": "CEILING", "currency": "IN"}  # fmt: skip


@click.group("budget", cls=Group)
def budget() -> None:
    """What may be spent, and what happens at the ceiling."""


@budget.command("set")
@click.argument("name")
@click.argument("ceiling")
@click.option("--currency", default=None, help="Of what; by default that of [money].")
@click.option("--scope", default="company", show_default=True, help="company, client, campaign, customer or link.")
@click.option("--subject", default="", metavar="ID", help="Which key, campaign, customer or link.")
@click.option("--period", default="month", show_default=True, help="day, month or whole.")
@click.option("--warn-at", default="80", show_default=True, metavar="PERCENT", help="When to warn.")
@click.option("--beyond", default="hold", show_default=True, help="At the ceiling: hold, or refuse.")
@click.option("--exempt", default="otp,conversational", show_default=True, help="Purposes that go on.")
@pass_office
def set_(office: Office, /, **told: str | None) -> None:
    """Set a budget called NAME of CEILING."""
    with office.gateway() as gateway:
        given = {name: value for name, value in told.items() if value is not None}
        terms = budgeting.read_terms(given, gateway.till.currency, gateway.till.zones)
        id = budgeting.add(gateway.database.writer, terms, gateway.clock())
    whose = terms.scope + (f" {terms.subject}" if terms.subject else "")
    words = f"{terms.name}: {spelled(terms.ceiling)} {terms.currency} a {terms.period} for the {whose} (budget {id})"
    office.voice.data({"id": id}, [words])


@budget.command("change")
@click.argument("id", type=int)
@click.option("--name", default=None, help="What it is called.")
@click.option("--ceiling", default=None, help="How much.")
@click.option("--warn-at", default=None, metavar="PERCENT", help="When to warn.")
@click.option("--beyond", default=None, help="At the ceiling: hold, or refuse.")
@click.option("--exempt", default=None, help="Purposes that go on.")
@pass_office
def change(office: Office, /, id: int, **told: str | None) -> None:
    """Change what a budget allows; what waits for it is looked at anew."""
    with office.gateway() as gateway:
        given = {name: value for name, value in told.items() if value is not None}
        budgeting.change(gateway.database.writer, id, given, gateway.clock())
    office.voice.data({"changed": id}, [f"budget {id} is changed"])


@budget.command("list")
@pass_office
def list_(office: Office) -> None:
    """Show the budgets and what is left of each."""
    with office.gateway() as gateway, gateway.database.reading() as conn:
        found = budgeting.standings(conn, gateway.till.budgets, gateway.clock())
    rows = [
        {
            "id": one.budget.id, "name": one.budget.name, "whose": f"{one.budget.scope} {one.budget.subject}".strip(),
            "now": one.period, "spent": spelled(one.spent), "kept": spelled(one.kept), "left": spelled(one.left),
            "ceiling": spelled(one.budget.ceiling), "currency": one.budget.currency,
        }
        for one in found
    ]  # fmt: skip
    office.voice.rows(rows, COLUMNS, "There is no budget. To set one: smsgw budget set NAME 100")


@budget.command("remove")
@click.argument("id", type=int)
@pass_office
def remove(office: Office, id: int) -> None:
    """End a budget; what waits for it is looked at anew."""
    with office.gateway() as gateway:
        there = budgeting.remove(gateway.database.writer, id, gateway.clock())
    if not there:
        raise NotFound(f"there is no budget {id}", hint="smsgw budget list shows them")
    office.voice.data({"removed": id}, [f"budget {id} is ended"])


@budget.command("alerts")
@click.option("--done", metavar="ID", help="Say that this one is dealt with.")
@pass_office
def alerts_(office: Office, done: str | None) -> None:
    """Show what you should know: budgets, bundles, clients that ran away, sums that do not agree."""
    with office.gateway() as gateway:
        if done is not None:
            alerts.over(gateway.database.writer, done, BY, gateway.clock())
        with gateway.database.reading() as conn:
            rows = [{key: row._mapping[key] for key in ("at", "kind", "why", "id")} for row in alerts.standing(conn)]
    office.voice.rows(rows, {"at": "SINCE", "kind": "KIND", "id": "ID", "why": "WHY"}, "There is nothing to know.")


@budget.command("clear")
@click.argument("client", default="")
@click.argument("prefix", default="")
@pass_office
def clear(office: Office, client: str, prefix: str) -> None:
    """Let pass what the brake holds: CLIENT's pace, or its messages to numbers with PREFIX (CLIENT * is everybody)."""
    with office.gateway() as gateway:
        whose, where = client.strip("*"), read_prefix(prefix) if prefix else ""
        wish = brake.Clearance(whose, where, None, BY, gateway.clock())
        brake.clear(gateway.database.writer, wish)
    words = (
        f"{whose or 'everybody'} may write to numbers with {where}" if where else f"{whose or 'everybody'} may go on"
    )
    office.voice.data({"client": whose, "prefix": where}, [words])
