"""`smsgw read`: how a text is read, and why; or a whole file of texts against a catalogue."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import click

from smsgw.cli.office import Office
from smsgw.cli.shell import Command, pass_office
from smsgw.errors import BadInput, Fault, NotFound
from smsgw.gateway import Gateway
from smsgw.inbound import expectations
from smsgw.inbound.catalogue import catalogue
from smsgw.inbound.reading import explain, lines
from smsgw.inbound.reading.read import compile_catalogue, read
from smsgw.inbound.reading.terms import Reading
from smsgw.text.number import read_number


@click.command("read", cls=Command)
@click.argument("text", required=False)
@click.option("--from", "sender", metavar="NUMBER", help="Read it as an answer of this customer to what is open.")
@click.option("--jsonl", "texts", metavar="IN", type=click.Path(path_type=Path), help="Read a file of texts instead.")
@click.option("--catalogue", "products", metavar="FILE", type=click.Path(path_type=Path), help="Of --jsonl: products.")
@click.option("--out", metavar="OUT", type=click.Path(path_type=Path), help="Of --jsonl: where the readings go.")
@pass_office
def read_(
    office: Office, text: str | None, sender: str | None, texts: Path | None, products: Path | None, out: Path | None
) -> None:
    """Explain how TEXT is read: its kind, the words that say so, and why a person would look.

    With --jsonl a file with one text a line is read, and nothing of this installation is used.
    """
    if texts is not None:
        if text is not None or sender is not None or products is None or out is None:
            raise click.UsageError("--jsonl needs --catalogue and --out, and no TEXT or --from")
        _read_file(office, texts, products, out)
    elif text is None or products is not None or out is not None:
        raise click.UsageError("give a TEXT, or --jsonl IN --catalogue FILE --out OUT")
    else:
        with office.gateway() as gateway:
            reading = _read_one(gateway, text, sender)
        office.voice.data(_told(reading, text), explain.sentences(reading, text))


def _read_one(gateway: Gateway, text: str, sender: str | None) -> Reading:
    """One text by the catalogue of the store, and by what is open with its sender."""
    now = gateway.clock()
    number = None if sender is None else read_number(sender, gateway.config.sending.region)
    with gateway.database.reading() as conn:
        shelf = catalogue.Shelf().current(conn, now)
        opened = None if number is None else expectations.newest(conn, number, now)
    return read(text, shelf.compiled, opened)


def _told(reading: Reading, text: str) -> dict[str, Any]:
    line = lines.prediction("", text, reading)
    del line["id"]
    return line | {
        "reasons": list(reading.reasons),
        "language": reading.language,
        "evidence": [{"start": one.start, "end": one.end, "meaning": one.meaning} for one in reading.evidence],
    }


def _read_file(office: Office, texts: Path, products: Path, out: Path) -> None:
    """A file of texts; the readings appear whole, or not at all."""
    found = lines.read_catalogue(_text_of(products, "/catalogue"))
    asked = lines.read_texts(_text_of(texts, "/jsonl"), found)
    compiled = compile_catalogue(found)
    written = [lines.written(lines.prediction(one.id, one.text, read(one.text, compiled, one.open))) for one in asked]
    _write(out, "".join(written))
    office.voice.data({"texts": len(asked), "out": str(out)}, [f"{len(asked)} texts were read: {out}"])


def _text_of(file: Path, pointer: str) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except OSError as wrong:
        raise NotFound(f"{file} cannot be read: {wrong.strerror}", hint="name a file that is there") from wrong
    except UnicodeDecodeError as wrong:
        says = f"{file} is not UTF-8: byte {wrong.start + 1} cannot be read"
        raise BadInput([Fault(pointer, "not_utf8", says)], hint="save it as UTF-8") from wrong


def _write(out: Path, text: str) -> None:
    try:
        with NamedTemporaryFile("w", encoding="utf-8", dir=out.parent, prefix=out.name, delete=False) as temporary:
            temporary.write(text)
        os.replace(temporary.name, out)
    except OSError as wrong:
        raise NotFound(f"{out} cannot be written: {wrong.strerror}", hint="name a file in a folder of yours") from wrong
