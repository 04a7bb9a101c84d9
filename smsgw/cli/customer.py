"""`smsgw customer`: who our customers are, what happened with them, who of them are one."""

from __future__ import annotations

from typing import Any

import click

from smsgw.cli.customer_import import import_, imports, undo
from smsgw.cli.customer_privacy import erase, export, hold, release, retention, sheet
from smsgw.cli.office import Office
from smsgw.cli.shell import Group, pass_office
from smsgw.cli.voice import harmless, local
from smsgw.cli.whom import CLERK, whom
from smsgw.customers import customers, duplicates, fields, finding, merging, own_page, segments, timeline
from smsgw.customers.customers import Note, Person, Wish
from smsgw.customers.fields import KINDS, Field
from smsgw.errors import BadInput, Conflict, Fault

COLUMNS = {"id": "ID", "name": "NAME", "addresses": "ADDRESSES", "language": "IN", "tags": "TAGS"}


@click.group("customer", cls=Group)
def customer() -> None:
    """Customers: find, show, add, import, merge, forget."""


for one in (import_, imports, undo, sheet, export, erase, hold, release, retention):
    customer.add_command(one)


def _shape(person: Person) -> dict[str, Any]:
    row = person.row
    same = ("revision", "created_at", "updated_at", "hold_why")
    return {"id": row.id, **person.told(), **{name: row._mapping[name] for name in same}}


@customer.command("list")
@click.argument("words", nargs=-1)
@click.option("--rule", metavar="RULE", help="Only whom a rule means, such as: bought in 90 days and tag vip.")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="How many at most.")
@pass_office
def list_(office: Office, words: tuple[str, ...], rule: str | None, limit: int) -> None:
    """Show customers, newest first; WORDS: a piece of a name, number, mail address, or a reference."""
    with office.gateway() as gateway, gateway.database.reading() as conn:
        checked = None if rule is None else segments.read(conn, rule)
        wanted = finding.Wanted(" ".join(words), checked)
        people = customers.many(conn, finding.find(conn, wanted, limit, gateway.clock()))
    office.voice.rows([_shape(one) for one in people], COLUMNS, "There is no such customer.")


@customer.command("page")
@click.argument("who")
@pass_office
def page(office: Office, who: str) -> None:
    """Make the link to the own page of WHO: orders, messages, the same again, a question; good for 90 days."""
    with office.gateway() as gateway:
        base = gateway.config.web.public_url
        if base is None:
            raise Conflict("nobody can reach the pages yet", hint="set public_url in [web] to where they are")
        with gateway.database.reading() as conn:
            number = own_page.number_of(whom(conn, who, gateway.config.sending.region))
        written = gateway.database.writer.do(own_page.token_step, (number, gateway.clock()))
    url = f"{base}{own_page.PATH}{written}"
    office.voice.data({"url": url}, [url])


@customer.command("show")
@click.argument("who")
@click.option("--limit", type=click.IntRange(1, 1000), default=30, show_default=True, help="How much of the past.")
@pass_office
def show(office: Office, who: str, limit: int) -> None:
    """Show the card of WHO (an id, a number, a mail address), and what happened lately."""
    with office.gateway() as gateway:
        region = gateway.config.sending.region
        with gateway.database.reading() as conn:
            person = whom(conn, who, region)
            past = timeline.read(conn, person, limit).entries
            alike = duplicates.of(conn, person.id, region)
    lines = [f"{person.row.name or 'a customer without a name'}  {person.id}"]
    told = person.told()
    lines += [
        f"  {key}: {_said(told[key])}"
        for key in ("addresses", "language", "zone", "channel", "reference", "tags")
        if told[key]
    ]
    lines += [f"  {name}: {_said(value)}" for name, value in told["fields"].items()]
    lines += [f"  legal hold: {person.row.hold_why}"] if person.row.hold_why else []
    lines += [
        f"  perhaps the same as {pair.other if pair.one == person.id else pair.one}: {pair.why}" for pair in alike
    ]
    for entry in reversed(past):
        way = "→" if entry.mine else "←"
        words = harmless(entry.text or entry.why).replace("\n", " ⏎ ")
        if entry.first_text is not None:
            words += f" (at first: {harmless(entry.first_text)})".replace("\n", " ⏎ ")
        lines.append(f"{local(entry.at)} {way} {entry.kind} ({entry.state}) {words}")
    shown = [{name: getattr(entry, name) for name in entry.__slots__} for entry in past]
    office.voice.data(_shape(person) | {"timeline": shown}, lines)


def _said(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _told(**given: Any) -> dict[str, Any]:
    """What the options say, as details.read takes it; an empty text takes away."""
    told = {key: value for key, value in given.items() if value is not None and value != ()}
    if "fields" in told:
        pairs = [one.partition("=") for one in told["fields"]]
        wrong = [name for name, sign, _ in pairs if not sign]
        if wrong:
            raise BadInput([Fault("/fields", "field_invalid", f"write a field as NAME=VALUE, not {wrong[0]!r}")])
        told["fields"] = {name: value or None for name, _, value in pairs}
    for key in ("addresses", "tags"):
        if key in told:
            told[key] = [one for one in told[key] if one]
    return told


def _options(command: Any) -> Any:
    for option in (
        click.option("--field", "fields", multiple=True, metavar="NAME=VALUE", help="A field of your own; repeat it."),
        click.option("--tag", "tags", multiple=True, help="A one-word mark; repeat it; all that there are to be."),
        click.option("--reference", help="What your own program calls the person."),
        click.option("--channel", help="sms, mms, email or call."),
        click.option("--zone", help="The time zone, such as Europe/Ljubljana."),
        click.option("--language", help="Two letters, such as sl."),
        click.option("--address", "addresses", multiple=True, help="A number or mail address; repeat it."),
        click.option("--name", help="What the person is called."),
    ):
        command = option(command)
    return command


@customer.command("add")
@_options
@pass_office
def add(office: Office, /, **given: Any) -> None:
    """Make a customer."""
    with office.gateway() as gateway:
        wish = Wish(_told(**given), CLERK, gateway.clock(), gateway.config.sending.region)
        id = customers.create(gateway.database.writer, wish)
    office.voice.data({"id": id}, [id])


@customer.command("change")
@click.argument("who")
@_options
@pass_office
def change(office: Office, /, who: str, **given: Any) -> None:
    """Change WHO as told; what is not told stays; an empty value takes away."""
    with office.gateway() as gateway:
        region = gateway.config.sending.region
        with gateway.database.reading() as conn:
            id = whom(conn, who, region).id
        wish = Wish(_told(**given), CLERK, gateway.clock(), region, id)
        revision = customers.change(gateway.database.writer, wish)
    office.voice.data({"id": id, "revision": revision}, [f"{id} is at revision {revision}"])


@customer.command("note")
@click.argument("who")
@click.argument("text")
@pass_office
def note(office: Office, who: str, text: str) -> None:
    """Keep a note on the card of WHO."""
    with office.gateway() as gateway:
        with gateway.database.reading() as conn:
            id = whom(conn, who, gateway.config.sending.region).id
        kept = customers.note(gateway.database.writer, Note(id, text, CLERK, gateway.clock()))
    office.voice.data({"id": kept}, [kept])


@customer.command("duplicates")
@pass_office
def duplicates_(office: Office) -> None:
    """Show who may be the same person."""
    with office.gateway() as gateway, gateway.database.reading() as conn:
        pairs = duplicates.offer(conn, gateway.config.sending.region)
    rows = [{"one": pair.one, "other": pair.other, "score": pair.score, "why": pair.why} for pair in pairs]
    columns = {"one": "THIS", "other": "AND THIS", "score": "SURE", "why": "FOR"}
    office.voice.rows(rows, columns, "Nobody looks like anybody else.")


@customer.command("merge")
@click.argument("kept")
@click.argument("gone")
@pass_office
def merge(office: Office, kept: str, gone: str) -> None:
    """Make GONE a part of KEPT, for they are one person."""
    with office.gateway() as gateway:
        region = gateway.config.sending.region
        with gateway.database.reading() as conn:
            one, other = whom(conn, kept, region).id, whom(conn, gone, region).id
        id = merging.merge(gateway.database.writer, merging.Merge(one, other, CLERK, gateway.clock()))
    office.voice.data({"id": id}, [f"{other} is a part of {one} now; to undo it: smsgw customer unmerge {id}"])


@customer.command("unmerge")
@click.argument("merge")
@pass_office
def unmerge(office: Office, merge: str) -> None:
    """Take a MERGE back."""
    with office.gateway() as gateway:
        merging.undo(gateway.database.writer, merging.Undo(merge, CLERK, gateway.clock()))
    office.voice.data({"undone": merge}, [f"{merge} is undone"])


@customer.group("field", cls=Group)
def field() -> None:
    """Fields of your own, besides name, language and the like."""


@field.command("list")
@pass_office
def field_list(office: Office) -> None:
    """Show the fields."""
    with office.gateway() as gateway, gateway.database.reading() as conn:
        found = fields.defined(conn).values()
    rows = [{"name": one.name, "label": one.label, "kind": one.kind, "choices": list(one.choices)} for one in found]
    columns = {"name": "NAME", "label": "LABEL", "kind": "KIND", "choices": "CHOICES"}
    office.voice.rows(rows, columns, "There is none. To define one: smsgw customer field add city City")


@field.command("add")
@click.argument("name")
@click.argument("label")
@click.option("--kind", type=click.Choice(KINDS), default="text", show_default=True, help="What its values are.")
@click.option("--choice", "choices", multiple=True, help="Of a choice: what there is; repeat it.")
@pass_office
def field_add(office: Office, name: str, label: str, kind: str, choices: tuple[str, ...]) -> None:
    """Define a field NAME that people call LABEL, or change its label and choices."""
    with office.gateway() as gateway:
        new = fields.define(gateway.database.writer, Field(name, label, kind, choices), gateway.clock())
    office.voice.data({"name": name, "new": new}, [f"{name} is {'defined' if new else 'changed'}"])


@field.command("remove")
@click.argument("name")
@pass_office
def field_remove(office: Office, name: str) -> None:
    """Take a field away, with the values of all customers."""
    with office.gateway() as gateway:
        fields.remove(gateway.database.writer, name)
    office.voice.data({"removed": name}, [f"{name} is gone"])
