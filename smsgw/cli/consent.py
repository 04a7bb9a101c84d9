"""`smsgw consent`: who agreed to what, with proof; categories, keywords, and what a text would do."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import click
from pydantic_core import to_json
from sqlalchemy import Connection

from smsgw.cli.moments import moment
from smsgw.cli.office import Office
from smsgw.cli.shell import Group, pass_office
from smsgw.customers.consent import choice as consent_choice
from smsgw.customers.consent import consent
from smsgw.customers.consent import doubts as consent_doubts
from smsgw.customers.consent import proof as consent_proof
from smsgw.customers.consent import suppression as consent_suppression
from smsgw.customers.consent.categories import Category, every, keep, retire
from smsgw.customers.consent.certificate import as_pdf
from smsgw.customers.consent.changes import write
from smsgw.customers.consent.telling import Told, read_address, tell, wrong
from smsgw.errors import BadInput, Fault
from smsgw.inbound.consent import questions as consent_questions
from smsgw.inbound.consent import vocabulary as consent_vocabulary

BY = "cli"
LEDGER = {"at": "WHEN", "purpose": "ABOUT", "statement": "ANSWER", "words": "WORDS", "source": "HOW", "by": "BY"}
CATEGORIES = {"code": "CODE", "names": "NAMES", "words": "ALSO CALLED", "active": "IN USE"}
DOUBTS = {"inbound_id": "TEXT", "address": "FROM", "words": "WORDS", "at": "WHEN"}


@click.group("consent", cls=Group)
def group() -> None:
    """Who agreed to what, and who took it back."""


@group.command("show")
@click.argument("address")
@pass_office
def show(office: Office, address: str) -> None:
    """Show what holds for ADDRESS, and everything that was said about it."""
    with office.gateway() as gateway, gateway.database.reading() as conn:
        whose = read_address(address, gateway.config.sending.region)
        rows = consent.ledger(conn, [whose]).get(whose, [])
        found = consent_choice.standing(conn, whose, gateway.clock())
    told = {"address": whose, "level": found.level, "categories": sorted(found.categories), "statements": rows}
    lines = [f"{whose}: {found.level}" + (f" ({', '.join(sorted(found.categories))})" if found.categories else "")]
    lines += [f"{row['at']:%Y-%m-%d %H:%M}  {row['statement']:9}  {row['purpose']:12}  {row['words']}" for row in rows]
    office.voice.data(told, lines)


@group.command("record")
@click.argument("address")
@click.argument("words")
@click.option("--for", "scope", default="*", show_default=True, help="A category, * for everything, marketing, orders.")
@click.option("--source", type=click.Choice(("form", "paper", "clerk", "api")), default="clerk", show_default=True)
@click.option("--at", metavar="TIME", help="When they said it; now by default.")
@click.option("--wording", metavar="TEXT", help="The text that they answered.")
@click.option("--note", metavar="TEXT", help="A note.")
@click.option("--ask", is_flag=True, help="Ask the number itself (double opt-in); only its own yes counts then.")
@pass_office
def record(office: Office, /, address: str, words: str, at: str | None, ask: bool, **more: Any) -> None:
    """Write down that ADDRESS said yes, in these WORDS."""
    _tell(office, address, words, at, True, ask, **more)


@group.command("withdraw")
@click.argument("address")
@click.argument("words")
@click.option("--for", "scope", default="*", show_default=True, help="A category, * for everything, or marketing.")
@click.option("--source", type=click.Choice(("form", "paper", "clerk", "api")), default="clerk", show_default=True)
@click.option("--at", metavar="TIME", help="When they said it; now by default.")
@click.option("--note", metavar="TEXT", help="A note, such as who took the call.")
@pass_office
def withdraw(office: Office, /, address: str, words: str, at: str | None, **more: Any) -> None:
    """Write down that ADDRESS said no, in these WORDS; what waits for it is refused."""
    _tell(office, address, words, at, False, False, **more)


def _tell(
    office: Office, address: str, words: str, at: str | None, granted: bool, ask: bool, scope: str, **more: Any
) -> None:
    with office.gateway() as gateway:
        now = gateway.clock()
        whose = read_address(address, gateway.config.sending.region)
        said = None if at is None else moment(at, now, "/at")
        told = Told(whose, granted, words, scope=scope, by=BY, at=said, **more)

        def act(conn: Connection) -> int:
            if not ask:
                return tell(conn, told, now)
            if faults := wrong(conn, told, now):
                raise BadInput(faults)
            wish = consent_questions.Wish(whose, scope, told.source, words, BY)
            return consent_questions.ask(conn, wish, consent_vocabulary.vocabulary(conn), now)

        count = write(gateway.database.writer, act)
    what = "asked" if ask else "granted" if granted else "withdrawn"
    more_words = f"; {count} messages that waited are refused" if not granted and count else ""
    office.voice.data({"address": whose, "statement": what, "scope": scope}, [f"{whose}: {what} ({scope}){more_words}"])


@group.command("categories")
@click.argument("code", required=False)
@click.option("--name", "names", multiple=True, metavar="LANG=NAME", help="Its name in a language; several times.")
@click.option("--word", "words", multiple=True, help='What else people call it in "STOP …"; several times.')
@click.option("--retire", "gone", is_flag=True, help="Take it out of use.")
@pass_office
def categories(office: Office, code: str | None, names: tuple[str, ...], words: tuple[str, ...], gone: bool) -> None:
    """Show the categories; with CODE and --name, add or change one."""
    with office.gateway() as gateway:
        now = gateway.clock()
        if code is not None and gone:
            write(gateway.database.writer, lambda conn: retire(conn, code, BY, now))
        elif code is not None:
            wanted = Category(code, _names(names), words)
            write(gateway.database.writer, lambda conn: keep(conn, wanted, BY, now))
        with gateway.database.reading() as conn:
            found = every(conn).values()
    rows = [
        {"code": one.code, "names": dict(one.names), "words": list(one.words), "active": one.active} for one in found
    ]
    office.voice.rows(rows, CATEGORIES, "There is none. To add one: smsgw consent categories school --name en=school")


def _names(written: tuple[str, ...]) -> dict[str, str]:
    pairs = [one.partition("=") for one in written]
    faults = [
        Fault("/name", "wrong_form", f"{''.join(pair)!r}: write the language and the name, as in sl=šola")
        for pair in pairs
        if not pair[1]
    ]
    if faults:
        raise BadInput(faults)
    return {language: name for language, _, name in pairs}


@group.command("test")
@click.argument("text")
@click.option("--from", "sender", metavar="NUMBER", help="As if it came from this number.")
@pass_office
def test(office: Office, text: str, sender: str | None) -> None:
    """Show what the reader of consent words makes of TEXT; nothing is written down."""
    with office.gateway() as gateway, gateway.database.reading() as conn:
        number = read_address(sender, gateway.config.sending.region) if sender else ""
        found = consent_vocabulary.tried(conn, text, number)
    if found["meaning"] is None:
        lines = ["It says nothing about consent."]
    else:
        about = f" for {found['category']}" if found["category"] else ""
        proof = f" by {found['words']!r} ({found['language']}, {found['how']})" if found["words"] else ""
        lines = [f"{found['meaning']}{about}{proof}" + ("" if found["acts"] else "; it is not acted on by itself")]
    office.voice.data(found, lines)


@group.command("certificate")
@click.argument("address")
@click.option("--pdf", "file", type=click.Path(path_type=Path), metavar="FILE", help="Write it there as a PDF instead.")
@pass_office
def certificate(office: Office, address: str, file: Path | None) -> None:
    """Write everything that was said about one person as JSON, for an inspector; ADDRESS may be a customer's id."""
    with office.gateway() as gateway, gateway.database.reading() as conn:
        whose = address if address.startswith("cus_") else read_address(address, gateway.config.sending.region)
        found = consent_proof.certificate(conn, whose, gateway.clock(), gateway.config.gate.soft_opt_in)
    if file is not None:
        file.write_bytes(as_pdf(found))
        office.voice.data({"file": str(file)}, [f"The certificate of {whose} is in {file}."])
        return
    office.voice.data(found, to_json(found, indent=2).decode().splitlines())


@group.command("doubts")
@click.argument("id", required=False)
@click.option("--stop/--go-on", "meant", default=None, help="Whether the text with this ID was a stop.")
@pass_office
def doubts(office: Office, id: str | None, meant: bool | None) -> None:
    """Show texts that may have been a stop; with ID, say whether it was."""
    with office.gateway() as gateway:
        now: datetime = gateway.clock()
        if id is not None and meant is not None:
            write(gateway.database.writer, lambda conn: consent_doubts.decide(conn, id, bool(meant), BY, now))
        with gateway.database.reading() as conn:
            rows = [row._asdict() for row in consent_doubts.listing(conn, 200)]
    office.voice.rows(rows, DOUBTS, "No text waits to be read.")


@group.command("word")
@click.argument("words")
@click.argument("meaning", type=click.Choice(("stop", "start", "help", "status", "courtesy", "nothing", "forget")))
@click.option("--language", metavar="LANG", help="Its language, such as sl.")
@pass_office
def word(office: Office, words: str, meaning: str, language: str | None) -> None:
    """Say what a keyword means; nothing: one that comes with smsgw does not count here; forget: as it came."""
    with office.gateway() as gateway:
        now = gateway.clock()
        if meaning == "forget":
            write(gateway.database.writer, lambda conn: consent_vocabulary.unteach(conn, words, BY, now))
        else:
            write(
                gateway.database.writer,
                lambda conn: consent_vocabulary.teach(conn, words, meaning, language, BY, now),
            )
    office.voice.data({"words": words, "meaning": meaning}, [f"{words!r}: {meaning}"])


@group.command("suppress")
@click.argument("addresses", nargs=-1, required=True)
@click.option("--why", required=True, help="Why nothing goes there.")
@click.option("--reach", type=click.Choice(("everything", "marketing")), default="everything", show_default=True)
@click.option("--lift", "gone", is_flag=True, help="Take them off the list instead.")
@pass_office
def suppress(office: Office, addresses: tuple[str, ...], why: str, reach: str, gone: bool) -> None:
    """Have nothing sent to ADDRESSES, whoever asks."""
    with office.gateway() as gateway:
        now = gateway.clock()
        listed = [read_address(one, gateway.config.sending.region) for one in addresses]
        count = write(
            gateway.database.writer,
            lambda conn: (
                consent_suppression.lift(conn, listed, BY, now)
                if gone
                else consent_suppression.suppress(conn, listed, why, BY, now, reach=reach)
            ),
        )
    office.voice.data({"changed": count}, [f"{count} {'no longer ' if gone else ''}suppressed"])
