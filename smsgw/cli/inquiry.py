"""`smsgw inquiry`: what people must answer, and what is answered by itself."""

from __future__ import annotations

from typing import Any

import click
from sqlalchemy import select

from smsgw.cli.office import Office
from smsgw.cli.shell import Group, pass_office
from smsgw.cli.voice import harmless, local
from smsgw.inbound.inquiries import answers, inquiries, replying
from smsgw.inbound.inquiries import topics as answer_topics
from smsgw.inbound.inquiries.inquiries import REASONS, Assignment, Closing, Wanted
from smsgw.inbound.inquiries.replying import Reply
from smsgw.inbound.inquiries.topics import TOPICS, Switch, Words
from smsgw.store.lifecycle import ANSWER_TOPIC, INQUIRY
from smsgw.store.tables import inbound, message
from smsgw.store.tables.inquiries import PRIORITIES
from smsgw.store.tables.types import AnyRow
from smsgw.text.number import read_number

BY = "cli"
LIST = {
    "id": "ID", "state": "STATE", "priority": "PRIORITY", "due_at": "DUE", "from": "FROM", "topic": "TOPIC",
    "assigned_to": "WHOSE", "why": "WHY",
}  # fmt: skip
TOPIC_LIST = {
    "topic": "TOPIC", "state": "STATE", "accepted": "ACCEPTED", "rejected": "REJECTED", "waiting": "WAITING",
    "share": "SHARE", "confidence": "SURE TO", "languages": "LANGUAGES",
}  # fmt: skip


@click.group("inquiry", cls=Group)
def inquiry() -> None:
    """What customers ask, and who answers it."""


@inquiry.command("list")
@click.option("--state", type=click.Choice(list(INQUIRY.states)), help="All in this state; by default what is open.")
@click.option("--topic", help="Only those about this.")
@click.option("--whose", metavar="NAME", help="Only hers; '' for nobody's.")
@click.option("--from", "sender", metavar="NUMBER", help="Only those of this number.")
@click.option("--overdue", is_flag=True, help="Only those that should have been answered.")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="How many.")
@pass_office
def list_(
    office: Office,
    state: str | None,
    topic: str | None,
    whose: str | None,
    sender: str | None,
    overdue: bool,
    limit: int,
) -> None:
    """Show what must be answered, the most urgent first."""
    with office.gateway() as gateway:
        now = gateway.clock()
        number = None if sender is None else read_number(sender, gateway.config.sending.region)
        wanted = Wanted(state, topic, whose, number, now if overdue else None)
        with gateway.database.reading() as conn:
            found = inquiries.listing if state not in (None, "open") else inquiries.queue
            rows = [_shape(row) for row in found(conn, wanted, limit)]
    office.voice.rows(rows, LIST, "Nothing waits for an answer.")


def _shape(row: AnyRow) -> dict[str, Any]:
    names = ("id", "state", "why", "topic", "assigned_to", "language", "about", "opened_at", "due_at", "closed_for")
    told = {name: row._mapping[name] for name in names}
    return told | {"from": row.address, "priority": PRIORITIES[row.priority], "proposal": row.proposal}


@inquiry.command("show")
@click.argument("id")
@pass_office
def show(office: Office, id: str) -> None:
    """Show an inquiry with its texts, and the answer that is proposed."""
    with office.gateway() as gateway, gateway.database.reading() as conn:
        row = inquiries.require(conn, id)
        told = inquiries.texts(conn, [id])[id]
        ids = [one.text_id for one in told]
        words = {
            one.id: one.text
            for table in (inbound, message)
            for one in conn.execute(select(table.c.id, table.c.text).where(table.c.id.in_(ids)))
        }
        proposed = answers.proposed(conn, ids)
    texts = [{"id": one.text_id, "mine": one.mine, "at": one.at, "text": words.get(one.text_id, "")} for one in told]
    value = _shape(row) | {"texts": texts, "proposed_answer": None if proposed is None else proposed.text}
    lines = [f"{row.id}  {row.state}: {row.why}"]
    lines.append(
        f"  {row.topic}, {PRIORITIES[row.priority]}, due {local(row.due_at)}, {row.assigned_to or 'nobody has it'}"
    )
    for one in texts:
        lines.append(f"  {local(one['at'])}  {'we' if one['mine'] else row.address}: {harmless(one['text'])}")
    if proposed is not None:
        lines.append(f"  proposed: {harmless(proposed.text)}")
    office.voice.data(value, lines)


@inquiry.command("assign")
@click.argument("id")
@click.option("--to", metavar="NAME", help="To whom; '' takes it away from whoever has it.")
@click.option("--priority", type=click.Choice(PRIORITIES), help="How urgent it is.")
@click.option("--topic", help="What it is about.")
@click.option("--why", default="", help="Why: it is kept.")
@pass_office
def assign(office: Office, id: str, to: str | None, priority: str | None, topic: str | None, why: str) -> None:
    """Give an inquiry to somebody, or change how urgent it is or what it is about."""
    with office.gateway() as gateway:
        wish = Assignment(id, BY, why, gateway.clock(), to, priority, topic)
        inquiries.assign(gateway.database.writer, gateway.promise, wish)
        with gateway.database.reading() as conn:
            row = inquiries.require(conn, id)
    whose = row.assigned_to or "nobody"
    office.voice.data(_shape(row), [f"{id}: {row.topic}, {PRIORITIES[row.priority]}, belongs to {whose}"])


@inquiry.command("answer")
@click.argument("id")
@click.argument("text", required=False)
@click.option("--template", "use", flag_value="template", help="Say the template of its topic.")
@click.option("--proposal", "use", flag_value="proposal", help="Say what is proposed.")
@click.option("--close", "closing", type=click.Choice(REASONS), help="Close it with that, for this reason.")
@pass_office
def answer(office: Office, id: str, text: str | None, use: str | None, closing: str | None) -> None:
    """Answer an inquiry: the customer gets a text."""
    with office.gateway() as gateway:
        wish = Reply(id, BY, gateway.clock(), text, use, closing=closing)
        sent = replying.answer(gateway.database, gateway.door, gateway.promise.business, wish)
    office.voice.data({"inquiry": id, "message": sent}, [sent])


@inquiry.command("close")
@click.argument("id")
@click.argument("reason", type=click.Choice(REASONS))
@click.option("--why", default="", help="More of it, in your words.")
@pass_office
def close(office: Office, id: str, reason: str, why: str) -> None:
    """Close an inquiry; its texts are handled."""
    with office.gateway() as gateway:
        inquiries.close(gateway.database.writer, Closing(id, reason, BY, why, gateway.clock()))
    office.voice.data({"id": id, "state": "closed", "closed_for": reason}, [f"{id} is closed: {reason}"])


# What is answered by itself


@inquiry.command("topics")
@pass_office
def topics(office: Office) -> None:
    """Show the topics that may be answered by themselves, and how good that was."""
    with office.gateway() as gateway, gateway.database.reading() as conn:
        rows = []
        for row in answer_topics.listing(conn):
            told = answer_topics.measured(conn, row)
            languages = [one.language for one in answer_topics.templates(conn, row.id)]
            share = None if told.share is None else f"{told.share:.1%}"
            counts = {"accepted": told.accepted, "rejected": told.rejected, "waiting": told.waiting, "share": share}
            named = {"topic": row.id, "state": row.state, "why": row.why, "confidence": row.confidence}
            rows.append(named | counts | {"languages": languages})
    office.voice.rows(rows, TOPIC_LIST, "No topic is set up. To begin: smsgw inquiry template hours en TEXT")


@inquiry.command("template")
@click.argument("topic", type=click.Choice(TOPICS))
@click.argument("language")
@click.argument("text", required=False)
@pass_office
def template(office: Office, topic: str, language: str, text: str | None) -> None:
    """Write the words of a topic in a language; without TEXT they are taken away.

    They may speak of {{ hours }}, {{ today }}, {{ opens }}, {{ product }}, {{ price }} and {{ stock }}.
    """
    with office.gateway() as gateway:
        answer_topics.write(gateway.database.writer, Words(topic, language, text, BY, gateway.clock()))
    says = "has no words any more" if text is None else "has new words, and is measured anew in the shadow"
    office.voice.data({"topic": topic, "language": language, "text": text}, [f"{topic} in {language} {says}"])


@inquiry.command("switch")
@click.argument("topic", type=click.Choice(TOPICS))
@click.argument("state", type=click.Choice(list(ANSWER_TOPIC.states)), required=False)
@click.option("--sure", type=float, metavar="0.5-1", help="How sure a reading must be.")
@click.option("--why", required=True, help="Why: it is kept with your name.")
@pass_office
def switch(office: Office, topic: str, state: str | None, sure: float | None, why: str) -> None:
    """Have a topic answered by itself (live), only proposed (shadow), or neither (off)."""
    with office.gateway() as gateway:
        answer_topics.switch(gateway.database.writer, Switch(topic, state, why, BY, gateway.clock(), sure))
        with gateway.database.reading() as conn:
            row = answer_topics.require(conn, topic)
    value = {"topic": topic, "state": row.state, "confidence": row.confidence, "why": row.why}
    office.voice.data(value, [f"{topic} is {row.state}, for readings that are sure to {row.confidence:.2f}"])
