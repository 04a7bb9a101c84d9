"""`smsgw spool`: take the files that programs put into a folder for smstools, and send what is in them.

A file is sent, then moved. Killed in between, it is found again and submitted under the same client_ref, which is made
of its name and contents: that is the same message, not a second one.
"""

from __future__ import annotations

import hashlib
import os
import time
from dataclasses import dataclass
from pathlib import Path

import click

from smsgw.cli.office import Office
from smsgw.cli.shell import Command, pass_office
from smsgw.errors import BadInput, Conflict, Fault, QueueFull, RefusedByPolicy
from smsgw.gateway import Gateway
from smsgw.outbound.submit import Asked

CLIENT = "spool"
MOST = 1_000_000  # octets of a file
FOLDERS = ("outgoing", "sent", "failed")
CHARSETS = {"iso": "iso-8859-15", "latin": "iso-8859-15", "utf-8": "utf-8", "utf8": "utf-8", "ucs": "utf-16-be",
            "ucs2": "utf-16-be", "gsm": "iso-8859-15"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Spooled:
    """A file of smstools: its headers in small letters, and the octets behind the empty line."""

    headers: dict[str, str]
    body: bytes


def read(octets: bytes) -> Spooled:
    """A file's headers and its text. Raises BadInput."""
    head, found, body = octets.replace(b"\r\n", b"\n").partition(b"\n\n")
    headers: dict[str, str] = {}
    for line in head.decode("utf-8", "replace").split("\n"):
        name, colon, value = line.partition(":")
        if not colon:
            raise BadInput([Fault("", "spool_header", f"{line[:40]!r} is no header: write Name: value")])
        headers.setdefault(name.strip().lower(), value.strip())
    if not found or "to" not in headers:
        says = "a file has headers, To: among them, then an empty line, then the text"
        raise BadInput([Fault("", "spool_form", says)])
    return Spooled(headers, body)


def asked(file: Spooled, name: str, octets: bytes) -> Asked:
    """What a file asks for. Raises BadInput."""
    headers = file.headers
    alphabet = headers.get("alphabet", "").lower()
    is_data = alphabet.startswith("bin")
    ref = hashlib.sha256(name.encode() + b"\0" + octets).hexdigest()[:40]
    number = headers["to"]
    return Asked(
        to=number.removeprefix("s") if number.startswith(("+", "s", "0")) else f"+{number}",  # s: a short number
        text="" if is_data else _text(file.body, alphabet),
        client=CLIENT,
        sender=headers.get("from") or None,
        client_ref=f"spool:{ref}",
        priority=9 if headers.get("priority", "").lower() == "high" else None,
        message_class=0 if headers.get("flash", "").lower() in ("yes", "true", "1") else None,
        allow_duplicate=True,
        data=file.body if is_data else None,
    )


def _text(body: bytes, alphabet: str) -> str:
    """The text: in the alphabet that the file names; else UTF-8, and what is none is Latin."""
    body = body.removesuffix(b"\n")
    if alphabet not in CHARSETS:
        try:
            return body.decode()
        except UnicodeDecodeError:
            return body.decode("iso-8859-15")
    try:
        return body.decode(CHARSETS[alphabet])
    except UnicodeDecodeError as wrong:
        raise BadInput([Fault("/text", "text_undecodable", f"the text is not in {alphabet}")]) from wrong


def take(gateway: Gateway, folder: Path) -> tuple[int, int]:
    """Send every file in folder/outgoing; returns how many were sent, and how many refused.

    Raises QueueFull, StoreError: what is left stays where it is.
    """
    sent = refused = 0
    for path in sorted((folder / "outgoing").iterdir()):
        if path.name.startswith(".") or path.name.endswith(".LOCK") or not path.is_file():
            continue
        octets = path.read_bytes()[: MOST + 1]
        try:
            accepted = gateway.door.submit(asked(read(octets), path.name, octets))
        except (BadInput, RefusedByPolicy, Conflict) as problem:
            _move(path, folder / "failed", octets, f"Fail_reason: {problem}")
            refused += 1
        else:
            _move(path, folder / "sent", octets, f"Message_id: {accepted.row['id']}")
            sent += 1
    return sent, refused


def _move(path: Path, folder: Path, octets: bytes, line: str) -> None:
    """Put a file into another folder, with one header more: written whole, then named, then taken from here."""
    wanted, number = folder / path.name, 1
    while wanted.exists():
        wanted, number = folder / f"{path.name}.{number}", number + 1
    draft = folder / f".{path.name}.new"
    draft.write_bytes(line.replace("\n", " ").encode() + b"\n" + octets)
    os.replace(draft, wanted)
    path.unlink()


@click.command("spool", cls=Command)
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@click.option("--once", is_flag=True, help="Take what is there, and end.")
@click.option(
    "--every", type=click.FloatRange(0.1, 3600), default=1.0, show_default=True, help="Seconds between looks."
)
@pass_office
def spool(office: Office, folder: Path, once: bool, every: float) -> None:
    """Send the files in DIR/outgoing, written as for smstools, and move them to DIR/sent or DIR/failed."""
    for name in FOLDERS:
        (folder / name).mkdir(parents=True, exist_ok=True)
    with office.gateway() as gateway:
        while True:
            try:
                sent, refused = take(gateway, folder)
                if sent or refused or once:
                    office.voice.data({"sent": sent, "refused": refused}, [f"{sent} sent, {refused} refused"])
            except QueueFull as full:
                office.voice.chat(f"{full}; the files wait")
            if once:
                return
            time.sleep(every)
