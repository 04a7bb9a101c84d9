"""`smsgw template`: texts with variables, by language, that campaigns are written from."""

from __future__ import annotations

from pathlib import Path

import click

from smsgw.campaigns import facts, templates
from smsgw.cli.office import Office
from smsgw.cli.shell import Group, pass_office
from smsgw.errors import BadInput, Fault, NotFound
from smsgw.link import Abilities

BY = "cli"
LIST = {"id": "ID", "name": "NAME", "languages": "LANGUAGES", "parts": "PARTS", "variables": "VARIABLES"}


@click.group("template", cls=Group)
def template() -> None:
    """Texts with variables, by language, that campaigns are written from."""


def texts_of(written: tuple[str, ...]) -> dict[str, str]:
    """The texts of `sl=Pozdravljeni` and `fa=@file`, by language. Raises BadInput."""
    found = {}
    for one in written:
        language, equals, text = one.partition("=")
        if not equals:
            says = f"{one[:40]!r} says no language: write sl=TEXT, or sl=@FILE"
            raise BadInput([Fault("/texts", "language_missing", says)])
        found[language.strip()] = _file(text[1:]) if text.startswith("@") else text
    return found


def _file(name: str) -> str:
    try:
        return Path(name).read_text(encoding="utf-8").rstrip("\n")
    except (OSError, UnicodeDecodeError) as wrong:
        raise BadInput([Fault("/texts", "file_unreadable", f"{name} cannot be read: {wrong}")]) from wrong


@template.command("add")
@click.argument("name")
@click.option("--text", "written", multiple=True, required=True, metavar="LANGUAGE=TEXT|@FILE", help="May be repeated.")
@click.option("--language", metavar="LANGUAGE", help="Whose text is for everybody else; by default the first.")
@pass_office
def add(office: Office, name: str, written: tuple[str, ...], language: str | None) -> None:
    """Write a template, or write the one of this name anew."""
    with office.gateway() as gateway:
        wish = templates.Wish(name, texts_of(written), BY, gateway.clock(), language)
        with gateway.database.reading() as conn:
            try:
                id = str(templates.find(conn, name).id)
            except NotFound:
                id = None
        if id is None:
            id = templates.create(gateway.database.writer, wish)
        else:
            templates.change(gateway.database.writer, id, wish)
    office.voice.data({"id": id}, [id])


@template.command("list")
@pass_office
def list_(office: Office) -> None:
    """Show the templates, with what each takes in every language."""
    with office.gateway() as gateway, gateway.database.reading() as conn:
        able = next((link.abilities for link in gateway.network.links.values()), Abilities())
        rows = []
        for row in templates.listing(conn):
            shown = {language: templates.shown(text, able) for language, text in row.texts.items()}
            rows.append(
                {
                    "id": row.id, "name": row.name, "languages": list(row.texts),
                    "parts": [f"{language} {told['parts']}" for language, told in shown.items()],
                    "variables": sorted({name for told in shown.values() for name in told["variables"]}),
                }
            )  # fmt: skip
    office.voice.rows(rows, LIST, "There is no template. To write one: smsgw template add NAME --text sl=TEXT")


@template.command("show")
@click.argument("named", metavar="NAME|ID")
@pass_office
def show(office: Office, named: str) -> None:
    """Show a template's texts."""
    with office.gateway() as gateway, gateway.database.reading() as conn:
        row = templates.find(conn, named)
    lines = [line for language, text in row.texts.items() for line in (f"{language}:", f"  {text}")]
    office.voice.data(dict(row._mapping), lines)


@template.command("variables")
@pass_office
def variables(office: Office) -> None:
    """Show what texts may speak of: facts, and the fields of customers."""
    with office.gateway() as gateway, gateway.database.reading() as conn:
        known = facts.known(conn)
    office.voice.data(known, [f"{{{{ {name} }}}}" for name in known])


@template.command("remove")
@click.argument("named", metavar="NAME|ID")
@pass_office
def remove(office: Office, named: str) -> None:
    """Take a template away; campaigns keep the texts that they were written with."""
    with office.gateway() as gateway:
        with gateway.database.reading() as conn:
            id = str(templates.find(conn, named).id)
        templates.remove(gateway.database.writer, id, gateway.clock())
    office.voice.data({"removed": id}, [f"removed: {id}"])
