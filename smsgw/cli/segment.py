"""`smsgw group` and `smsgw segment`: lists of customers by hand, and by rule."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import click

from smsgw.cli.office import Office
from smsgw.cli.shell import Group, pass_office
from smsgw.cli.whom import CLERK, whom
from smsgw.customers import audience, groups, segments
from smsgw.customers.groups import Members
from smsgw.customers.segments import Wish
from smsgw.errors import BadInput, Fault, NotFound


@click.group("group", cls=Group)
def group() -> None:
    """Lists of customers by hand."""


@group.command("list")
@pass_office
def group_list(office: Office) -> None:
    """Show the groups."""
    with office.gateway() as gateway, gateway.database.reading() as conn:
        found = groups.listing(conn)
    rows = [{name: row._mapping[name] for name in ("id", "name", "members", "created_at")} for row in found]
    columns = {"id": "ID", "name": "NAME", "members": "MEMBERS", "created_at": "SINCE"}
    office.voice.rows(rows, columns, "There is none. To make one: smsgw group add Teachers")


@group.command("add")
@click.argument("name")
@pass_office
def group_add(office: Office, name: str) -> None:
    """Make an empty group NAME."""
    with office.gateway() as gateway:
        id = groups.create(gateway.database.writer, name, CLERK, gateway.clock())
    office.voice.data({"id": id}, [id])


@group.command("remove")
@click.argument("name")
@pass_office
def group_remove(office: Office, name: str) -> None:
    """Take the group NAME away; its members stay customers."""
    with office.gateway() as gateway:
        groups.remove(gateway.database.writer, name)
    office.voice.data({"removed": name}, [f"{name} is gone"])


@group.command("join")
@click.argument("name")
@click.argument("who", nargs=-1, required=True)
@pass_office
def group_join(office: Office, name: str, who: tuple[str, ...]) -> None:
    """Put customers (ids, numbers, mail addresses) into the group NAME."""
    _members(office, name, who, leave=False)


@group.command("leave")
@click.argument("name")
@click.argument("who", nargs=-1, required=True)
@pass_office
def group_leave(office: Office, name: str, who: tuple[str, ...]) -> None:
    """Take customers out of the group NAME."""
    _members(office, name, who, leave=True)


def _members(office: Office, name: str, who: tuple[str, ...], leave: bool) -> None:
    with office.gateway() as gateway:
        with gateway.database.reading() as conn:
            ids = [whom(conn, one, gateway.config.sending.region).id for one in who]
        wish = Members(name, ids, CLERK, gateway.clock(), leave)
        count = groups.set_members(gateway.database.writer, wish)
    office.voice.data({"changed": count}, [f"{count} {'left' if leave else 'came into'} {name}"])


@click.group("segment", cls=Group)
def segment() -> None:
    """Audiences by rule, such as: bought in 90 days and allows school-offers."""


def _rule(written: str) -> Mapping[str, Any] | str:
    """A rule as somebody types it: words, or JSON if it begins with a brace."""
    if not written.lstrip().startswith("{"):
        return written
    try:
        told: Mapping[str, Any] = json.loads(written)
    except ValueError as wrong:
        raise BadInput([Fault("/rule", "malformed_body", f"the rule is no JSON: {wrong}")]) from wrong
    return told


@segment.command("list")
@pass_office
def segment_list(office: Office) -> None:
    """Show the segments."""
    with office.gateway() as gateway, gateway.database.reading() as conn:
        known = audience.known(conn)
        rows = [
            {"id": row.id, "name": row.name, "rule": segments.words(row.rule, known)} for row in segments.listing(conn)
        ]
    columns = {"id": "ID", "name": "NAME", "rule": "RULE"}
    office.voice.rows(rows, columns, "There is none. To keep one: smsgw segment save NAME RULE")


@segment.command("save")
@click.argument("name")
@click.argument("rule")
@pass_office
def segment_save(office: Office, name: str, rule: str) -> None:
    """Keep RULE under NAME; a segment of that name gets the rule."""
    with office.gateway() as gateway:
        now = gateway.clock()
        with gateway.database.reading() as conn:
            try:
                there = str(segments.get(conn, name).id)
            except NotFound:
                there = None
        wish = Wish(CLERK, now, None if there else name, _rule(rule), there)
        id = segments.save(gateway.database.writer, wish)
        with gateway.database.reading() as conn:
            row, known = segments.get(conn, id), audience.known(conn)
            count = audience.count(conn, row.rule, now)
    words = segments.words(row.rule, known)
    office.voice.data({"id": id, "rule": row.rule, "count": count}, [f"{row.name}: {words}", f"{count} customers now"])


@segment.command("count")
@click.argument("rule")
@pass_office
def segment_count(office: Office, rule: str) -> None:
    """Count whom RULE, in words or JSON, means now; a segment is: segment NAME."""
    with office.gateway() as gateway, gateway.database.reading() as conn:
        checked = segments.read(conn, _rule(rule))
        count = audience.count(conn, checked, gateway.clock())
        words = segments.words(checked, audience.known(conn))
    office.voice.data({"count": count, "rule": checked, "words": words}, [f"{count} customers: {words}"])


@segment.command("remove")
@click.argument("name")
@pass_office
def segment_remove(office: Office, name: str) -> None:
    """Take the segment NAME away."""
    with office.gateway() as gateway:
        segments.remove(gateway.database.writer, name)
    office.voice.data({"removed": name}, [f"{name} is gone"])
