"""`smsgw mail`: letters that went out, wait, or are dead; conversations by mail, answers, and keys of addresses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click
from sqlalchemy import Connection

from smsgw.cli.office import Office
from smsgw.cli.shell import Group, pass_office
from smsgw.errors import NotFound
from smsgw.media import mail, mail_threads
from smsgw.store.lifecycle import MAIL

LIST = {"id": "ID", "created_at": "WRITTEN", "recipient": "TO", "subject": "SUBJECT", "state": "STATE", "why": "WHY"}
THREADS = {"address": "CUSTOMER", "answers_until": "ANSWERS UNTIL", "series": "REVOKED", "inbound_id": "TOLD OF"}
ANSWERS = {"at": "AT", "sender": "FROM", "address": "TO", "sent_id": "SENT AS", "why": "WHY"}
KEYS = {"id": "KEY", "created_at": "MADE", "revoked_at": "REVOKED"}


@click.group("mail", cls=Group)
def group() -> None:
    """Letters by e-mail: what went out, what waits, and what was given up."""


@group.command("list")
@click.option("--state", type=click.Choice(list(MAIL.states)), help="Only those in this state.")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="How many of the newest.")
@pass_office
def list_(office: Office, state: str | None, limit: int) -> None:
    """Show letters, the newest last."""
    with office.gateway() as gateway, gateway.database.reading() as conn:
        rows = mail.listing(conn, limit, state)[::-1]
    office.voice.rows([dict(row._mapping) for row in rows], LIST, "There is no letter.")


@group.command("again")
@click.argument("id")
@pass_office
def again(office: Office, id: str) -> None:
    """Send a letter once more."""
    with office.gateway() as gateway:
        mail.again(gateway.database.writer, id, "cli", gateway.clock())
    office.voice.data({"id": id}, [f"{id} is sent again"])


@group.command("threads")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="How many of the newest.")
@pass_office
def threads(office: Office, limit: int) -> None:
    """Show the conversations that mailboxes were told of, and until when answers to them are taken."""
    with office.gateway() as gateway, gateway.database.reading() as conn:
        rows = mail_threads.threads(conn, limit)[::-1]
    office.voice.rows([dict(row._mapping) for row in rows], THREADS, "No mailbox was told of anything yet.")


@group.command("answers")
@click.option("--refused", is_flag=True, help="Only those that were not sent.")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="How many of the newest.")
@pass_office
def answers(office: Office, refused: bool, limit: int) -> None:
    """Show answers that came back by mail, and why some were not sent."""
    with office.gateway() as gateway, gateway.database.reading() as conn:
        rows = mail_threads.answers(conn, limit, refused)[::-1]
    office.voice.rows([dict(row._mapping) for row in rows], ANSWERS, "No answer came by mail yet.")


@group.command("revoke")
@click.argument("address")
@pass_office
def revoke(office: Office, address: str) -> None:
    """Take no more answers to the mails about ADDRESS that are out there; the next mail has a new address."""
    with office.gateway() as gateway:
        gateway.database.writer.do(_each(mail_threads.revoke), address)
    office.voice.data({"address": address}, [f"answers to older mails about {address} are refused from now on"])


@group.command("keys")
@pass_office
def keys(office: Office) -> None:
    """Show the keys that make the addresses for answers."""
    with office.gateway() as gateway, gateway.database.reading() as conn:
        rows = mail_threads.keys(conn)
    office.voice.rows([dict(row._mapping) for row in rows], KEYS, "There is no key yet: the first mail makes one.")


@group.command("new-key")
@pass_office
def new_key(office: Office) -> None:
    """Make addresses with a new key from now on; those of older keys stay good until their key is revoked."""
    with office.gateway() as gateway:
        now = gateway.clock()
        gateway.database.writer.do(_each(mail_threads.new_key), now)
    office.voice.data({"created_at": now}, ["new addresses are made with a new key"])


@group.command("revoke-key")
@click.argument("key", type=int)
@pass_office
def revoke_key(office: Office, key: int) -> None:
    """Refuse every answer to an address that was made with KEY; bounces to such addresses are not heard either."""
    with office.gateway() as gateway:
        now = gateway.clock()
        gateway.database.writer.do(_each(lambda conn, id: mail_threads.revoke_key(conn, id, now)), key)
    office.voice.data({"key": key}, [f"no address of key {key} is good any more"])


def _each(act: Callable[[Connection, Any], None]) -> Callable[[Connection, list[Any]], list[Exception | None]]:
    """A writer's step that does this for each."""

    def step(conn: Connection, batch: list[Any]) -> list[Exception | None]:
        results: list[Exception | None] = []
        for one in batch:
            try:
                act(conn, one)
                results.append(None)
            except NotFound as missing:
                results.append(missing)
        return results

    return step
