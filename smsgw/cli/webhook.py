"""`smsgw webhook`: programs that are told what happens."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import click
from sqlalchemy import Connection

from smsgw.cli import exits
from smsgw.cli.moments import duration
from smsgw.cli.office import Office
from smsgw.cli.shell import Group, pass_office
from smsgw.cli.voice import harmless, local, shortened
from smsgw.errors import BadInput, Fault, NotFound
from smsgw.gateway import Gateway
from smsgw.store.tables.types import AnyRow
from smsgw.webhooks import deliveries, events, hooks, trial
from smsgw.webhooks.addresses import Allowed
from smsgw.webhooks.terms import allowed_of, terms_of

BY = "cli"
LIST = {"id": "ID", "state": "STATE", "waiting": "WAITING", "events": "EVENTS", "url": "URL"}
LOG = {"id": "ID", "created_at": "PLANNED", "event": "EVENT", "record_id": "ABOUT", "state": "STATE", "why": "WHY"}


@click.group("webhook", cls=Group)
def webhook() -> None:
    """Programs that are told over HTTP what happens."""


def _which(conn: Connection, named: str) -> str:
    """The id of the webhook with this id or URL. Raises NotFound."""
    known = hooks.listing(conn)
    found = [row for row in known if named in (row.id, row.url)]
    if len(found) != 1:
        many = f"{len(found)} webhooks call {named}: name one by its id" if found else f"there is no webhook {named}"
        raise NotFound(many, hint="smsgw webhook list shows them")
    return str(found[0].id)


def _own_port(gateway: Gateway) -> Allowed:
    return allowed_of(gateway.config.webhooks, lambda: {gateway.config.web.port, *gateway.config.doors.ports})


@webhook.command("add")
@click.argument("url")
@click.option(
    "--event", "patterns", multiple=True, metavar="EVENT",
    help="What is told, such as message.delivered, message.* or *; may be repeated. By default how messages end, "
    "and what comes in.",
)  # fmt: skip
@pass_office
def add(office: Office, url: str, patterns: tuple[str, ...]) -> None:
    """Have a program told from now on; the secret that signs is shown once."""
    with office.gateway() as gateway:
        wanted = list(patterns or events.USUAL)
        wish = hooks.NewHook(url, wanted, BY, gateway.clock())
        id, secret = hooks.create(gateway.database.writer, wish, _own_port(gateway))
    office.voice.chat(f"The webhook {id}; it is told: {', '.join(wanted)}")
    office.voice.chat(f"To try it: smsgw webhook test {id}. Its secret, shown this once:")
    office.voice.data({"id": id, "url": url, "events": wanted, "secret": secret}, [secret])


@webhook.command("list")
@pass_office
def list_(office: Office) -> None:
    """Show the webhooks and how they are."""
    with office.gateway() as gateway, gateway.database.reading() as conn:
        waiting = deliveries.waiting(conn)
        rows = [_shape(row, waiting.get(row.id, 0)) for row in hooks.listing(conn)]
    office.voice.rows(rows, LIST, "There is no webhook. To have a program told: smsgw webhook add URL")
    for row in rows:
        if row["state"] != "active" or row["failing_since"]:
            since = f" (failing since {local(row['failing_since'])})" if row["failing_since"] else ""
            office.voice.chat(f"{row['id']} is {row['state']}{since}: {row['why']}")


def _shape(row: AnyRow, waiting: int) -> dict[str, Any]:
    names = ("id", "url", "events", "state", "why", "by", "created_at", "failing_since")
    return {name: row._mapping[name] for name in names} | {"waiting": waiting}


@webhook.command("test")
@click.argument("named", metavar="ID|URL")
@pass_office
def test(office: Office, named: str) -> None:
    """Send a test event now, and show what is answered."""
    with office.gateway() as gateway:
        with gateway.database.reading() as conn:
            id = _which(conn, named)
        terms = terms_of(
            gateway.config.webhooks, lambda: {gateway.config.web.port, *gateway.config.doors.ports}, gateway.clock
        )
        delivery, told = trial.try_out(gateway.database, id, BY, terms)
    value = {"webhook": id, "delivery": delivery, "status": told.status, "said": told.said, "ms": told.ms}
    if not told.good:
        hint = "it must answer 2xx; smsgw webhook log shows what was sent"
        if told.status is not None and 300 <= told.status < 400:
            hint = "redirects are not followed: set up the webhook with the address where it leads"
        says = told.error or f"the receiver answered {told.status}: {shortened(told.said, 200)}"
        raise exits.Failed(says, code="webhook_failed", hint=hint)
    office.voice.data(value, [f"The receiver answered {told.status} within {told.ms} ms."])


@webhook.command("log")
@click.argument("named", metavar="ID|URL")
@click.argument("delivery", required=False)
@click.option("--state", type=click.Choice(["pending", "delivered", "dead"]), help="Only those in this state.")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="How many of the newest.")
@pass_office
def log(office: Office, named: str, delivery: str | None, state: str | None, limit: int) -> None:
    """Show what was told and how it was answered; with a delivery's id all of it."""
    with office.gateway() as gateway, gateway.database.reading() as conn:
        id = _which(conn, named)
        if delivery is not None:
            _whole(office, deliveries.get(conn, id, delivery))
            return
        rows = deliveries.listing(conn, deliveries.Wanted(id, state), limit)[::-1]
    office.voice.rows([dict(row._mapping) for row in rows], LOG, "Nothing was told yet.")


def _whole(office: Office, row: AnyRow) -> None:
    lines = [f"{row.id}  {row.event}  {row.state}: {row.why}"]
    for one in row.tries or []:
        lines.append(f"  {one['at']}  {one['error']}  {shortened(one['said'])}")
    if row.status is not None:
        lines.append(f"  last answer: {row.status}  {shortened(row.said or '')}")
    pretty = json.dumps(json.loads(row.body), ensure_ascii=False, indent=2)
    office.voice.data(dict(row._mapping), [*lines, *harmless(pretty).split("\n")])


@webhook.command("replay")
@click.argument("named", metavar="ID|URL")
@click.argument("delivery", required=False)
@click.option("--since", metavar="TIME", help="Everything since then: 2026-11-24T14:00, or 2h, 3d for so long ago.")
@click.option("--only-dead", is_flag=True, help="Of that only what was given up.")
@pass_office
def replay(office: Office, named: str, delivery: str | None, since: str | None, only_dead: bool) -> None:
    """Tell one event again, or everything since a time, under the ids that they had."""
    if (delivery is None) == (since is None):
        raise BadInput([Fault("/since", "replay_what", "say what to tell again: a delivery's id, or --since TIME")])
    with office.gateway() as gateway:
        now = gateway.clock()
        with gateway.database.reading() as conn:
            id = _which(conn, named)
        if delivery is not None:
            deliveries.replay(gateway.database.writer, id, delivery, BY, now)
            count = 1
        else:
            count = deliveries.replay_since(gateway.database, id, _since(str(since), now), BY, now, only_dead=only_dead)
    office.voice.data({"webhook": id, "replayed": count}, [f"told again: {count}"])


def _since(written: str, now: datetime) -> datetime:
    """A time in the past: how long ago, or ISO 8601, local unless it has a zone. Raises BadInput."""
    try:
        return datetime.fromisoformat(written.strip()).astimezone()
    except ValueError:
        return now - timedelta(seconds=duration(written, "/since"))


@webhook.command("rotate")
@click.argument("named", metavar="ID|URL")
@click.option("--overlap", default="24h", show_default=True, help="For how long the old secret signs beside the new.")
@pass_office
def rotate(office: Office, named: str, overlap: str) -> None:
    """Give a webhook a new secret, shown this once."""
    beside = timedelta(seconds=duration(overlap, "/overlap"))
    with office.gateway() as gateway:
        with gateway.database.reading() as conn:
            id = _which(conn, named)
        secret = hooks.rotate(gateway.database.writer, id, gateway.clock(), beside)
    office.voice.chat(f"The new secret of {id}, shown this once; the old one signs beside it for {overlap}:")
    office.voice.data({"id": id, "secret": secret}, [secret])


@webhook.command("enable")
@click.argument("named", metavar="ID|URL")
@pass_office
def enable(office: Office, named: str) -> None:
    """Switch a webhook on again; it is told what happens from now on."""
    _switch(office, named, True)


@webhook.command("disable")
@click.argument("named", metavar="ID|URL")
@pass_office
def disable(office: Office, named: str) -> None:
    """Switch a webhook off; its log stays."""
    _switch(office, named, False)


def _switch(office: Office, named: str, active: bool) -> None:
    with office.gateway() as gateway:
        with gateway.database.reading() as conn:
            id = _which(conn, named)
        wish = hooks.Change(id, BY, gateway.clock(), active=active)
        hooks.change(gateway.database.writer, wish, _own_port(gateway))
    office.voice.data({"id": id, "active": active}, [f"{id} is {'active' if active else 'disabled'}"])


@webhook.command("remove")
@click.argument("named", metavar="ID|URL")
@pass_office
def remove(office: Office, named: str) -> None:
    """Take a webhook away, with its log and what waits for it."""
    with office.gateway() as gateway:
        with gateway.database.reading() as conn:
            id = _which(conn, named)
        hooks.remove(gateway.database.writer, id)
    office.voice.data({"removed": id}, [f"removed: {id}"])
