"""`smsgw survey`: ask many, and count what they answer."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click

from smsgw.cli.moments import duration, moment
from smsgw.cli.office import Office
from smsgw.cli.shell import Group, pass_office
from smsgw.cli.voice import harmless
from smsgw.errors import BadInput, Fault
from smsgw.inbound.surveys import results as surveys_results
from smsgw.inbound.surveys import surveys
from smsgw.inbound.surveys.results import Counted
from smsgw.inbound.surveys.surveys import Branch, End, NewSurvey, Question, Start
from smsgw.paper import csv

BY = "cli"
LIST = {"id": "ID", "name": "NAME", "state": "STATE", "closes_at": "CLOSES", "people": "PEOPLE"}
BAR = 30  # letters of the longest bar


@click.group("survey", cls=Group)
def survey() -> None:
    """Ask many, and count what they answer."""


@survey.command("draft")
@click.argument("name")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--closes", required=True, metavar="TIME", help="Its deadline: +7d, or 2026-12-01T18:00.")
@click.option("--remind", metavar="TIME", help="After how long somebody who does not answer is reminded, once: 24h.")
@pass_office
def draft(office: Office, name: str, file: Path, closes: str, remind: str | None) -> None:
    """Draft a survey; nobody is asked yet.

    FILE: a JSON list of questions, each {"kind": "scale", "text": {"en": "How was it?"}, "low": 1, "high": 5}, or a
    "choice" with "labels": [{"en": "price"}], or "free"; "branches": [{"low": 1, "high": 2, "next": 3}].
    """
    with office.gateway() as gateway:
        now = gateway.clock()
        after = None if remind is None else duration(remind, "/remind")
        new = NewSurvey(name, list(_questions(file)), moment(closes, now, "/closes"), BY, now, after)
        id = surveys.draft(gateway.database.writer, new)
    office.voice.chat(f"To ask people: smsgw survey start {id} NUMBER…")
    office.voice.data({"id": id, "state": "draft"}, [id])


def _questions(file: Path) -> Iterator[Question]:
    """The questions of a file. Raises BadInput."""
    try:
        for one in json.loads(file.read_text(encoding="utf-8")):
            branches = [Branch(**each) for each in one.pop("branches", [])]
            yield Question(branches=branches, **one)
    except (ValueError, TypeError, AttributeError) as wrong:
        says = f"{file} is no list of questions: {wrong}"
        raise BadInput([Fault("/file", "questions_invalid", says)], hint="smsgw survey draft --help") from wrong


@survey.command("start")
@click.argument("named", metavar="ID|NAME")
@click.argument("numbers", nargs=-1, metavar="NUMBER…")
@click.option(
    "--file", type=click.File(encoding="utf-8"), help="A file with a number in each line; - is standard input."
)
@pass_office
def start(office: Office, named: str, numbers: tuple[str, ...], file: Any) -> None:
    """Ask people; to a survey that runs they are added, and nobody is asked twice."""
    written = [*numbers, *(line.strip() for line in (file or ()) if line.strip())]
    with office.gateway() as gateway:
        wish = Start(named, written, BY, gateway.clock(), gateway.config.sending.region)
        added = surveys.start(gateway.database.writer, wish)
    office.voice.data({"survey": named, "added": added}, [f"{added} people will be asked"])


@survey.command("end")
@click.argument("named", metavar="ID|NAME")
@click.option("--why", default="", help="Why: it is kept.")
@pass_office
def end(office: Office, named: str, why: str) -> None:
    """End a survey before its deadline."""
    with office.gateway() as gateway:
        surveys.end(gateway.database.writer, End(named, BY, why, gateway.clock()))
    office.voice.data({"survey": named, "ended": True}, [f"{named} ends now"])


@survey.command("list")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="How many of the newest.")
@pass_office
def list_(office: Office, limit: int) -> None:
    """Show surveys, and how many of their people are where."""
    with office.gateway() as gateway, gateway.database.reading() as conn:
        rows = surveys.listing(conn, limit)
        people = surveys.counts(conn, [row.id for row in rows])
    told = [
        {"id": row.id, "name": row.name, "state": row.state, "closes_at": row.closes_at, "why": row.why}
        | {"people": ", ".join(f"{count} {state}" for state, count in sorted(people[row.id].items()))}
        for row in rows
    ]
    office.voice.rows(told, LIST, "There is no survey. To draft one: smsgw survey draft NAME FILE --closes +7d")


@survey.command("results")
@click.argument("named", metavar="ID|NAME")
@click.option("--language", help="The language of questions and labels.")
@click.option("--csv", "as_csv", is_flag=True, help="Every answer, as CSV.")
@pass_office
def results(office: Office, named: str, language: str | None, as_csv: bool) -> None:
    """Show what a survey brought: how often each answer was given."""
    with office.gateway() as gateway, gateway.database.reading() as conn:
        id = str(surveys.require(conn, named).id)
        if as_csv:
            written = csv.write(surveys_results.table(conn, id), language or "en").decode()
            office.voice.data({"csv": written}, written.splitlines())
            return
        counted = surveys_results.results(conn, id, language)
    office.voice.data([surveys_results.as_json(one) for one in counted], list(_lines(counted)))


def _lines(counted: Sequence[Counted]) -> Iterator[str]:
    for one in counted:
        mean = "" if one.mean is None else f", mean {one.mean}"
        yield f"{one.position}. {harmless(one.text)}  ({one.answered} answers{mean})"
        width = max((len(name) for name, _ in one.spread), default=0)
        for name, count in one.spread:
            bar = "#" * round(BAR * count / one.most) if one.most else ""
            yield f"   {name.rjust(width)}  {bar} {count}".rstrip()
        yield from (f"   “{harmless(words)}”" for words in (*one.words, *one.comments))
