"""`smsgw send`, `replace` and `cancel`: put a message into the store, wait for it, say something else, take it back.

They write to the store themselves; the running daemon picks a message up within half a second. Without a daemon it
is queued all the same.
"""

from __future__ import annotations

import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import click

from smsgw.cli import exits, remote, sent
from smsgw.cli.moments import duration, moment
from smsgw.cli.office import Office, runs
from smsgw.cli.shell import Command, pass_office
from smsgw.cli.voice import local
from smsgw.errors import BadInput, Conflict, Fault, RefusedByPolicy
from smsgw.gateway import Gateway
from smsgw.media import contents, store
from smsgw.media.contents import POLICIES
from smsgw.money.rates import money
from smsgw.outbound import outbox
from smsgw.outbound.cutting import carries
from smsgw.outbound.gate import gate
from smsgw.outbound.rewording import Replacement
from smsgw.outbound.submit import Asked, Ready
from smsgw.text.preview import Preview, preview
from smsgw.text.septets import OCTETS_IN_A_PART

CLIENT = "cli"
NETWORKS_PATIENCE = 75.0  # seconds for an answer of the daemon's, which waits for a network's
WAIT = "60"  # seconds, for --wait without a number
MEDIA_HELP = "A picture, video, sound or other file, with TEXT beside the first; may be said more than once."
PURPOSES = ("transactional", "service", "conversational", "marketing", "otp")


@click.command("send", cls=Command, bare={"--wait": WAIT})
@click.argument("to", metavar="NUMBER")
@click.argument("text", required=False)
@click.option("--data", metavar="HEX", help="Octets for an application instead of TEXT; - is read from standard input.")
@click.option("--ports", metavar="TO[:FROM]", help="The ports of the data, such as 2948:9200.")
@click.option("--media", multiple=True, type=click.Path(exists=True, dir_okay=False), metavar="FILE", help=MEDIA_HELP)
@click.option("--subject", default="", metavar="WORDS", help="The subject of a picture message or mail.")
@click.option("--policy", type=click.Choice(POLICIES), help="For phones that are not known to show picture messages.")
@click.option("--from", "sender", metavar="SENDER", help="Who it is from: a number, or a name of up to 11 letters.")
@click.option("--link", metavar="NAME", help="Over this link and no other.")
@click.option("--at", metavar="TIME", help="Not before: 2026-11-23T18:30, 18:30, or +10m.")
@click.option("--expires", metavar="TIME", help="Not worth sending after: 90s, 10m, 2h, 3d.")
@click.option("--priority", type=click.IntRange(0, 9), help="9 overtakes all others; by default the purpose decides.")
@click.option("--purpose", type=click.Choice(PURPOSES), default="transactional", show_default=True)
@click.option("--category", metavar="CODE", help="Of marketing: what its recipients agreed to.")
@click.option("--client-ref", metavar="REF", help="Your own name for it: the same one is never sent twice.")
@click.option("--allow-duplicate", is_flag=True, help="Also if the same text went to this number a moment ago.")
@click.option("--wait", metavar="[=SECONDS]", help="Return when it is delivered; without a number within 60 s.")
@click.option("--dry-run", is_flag=True, help="Show parts, letters, link and what the gate says; send nothing.")
@pass_office
def send(
    office: Office,
    /,
    to: str,
    text: str | None,
    data: str | None,
    media: tuple[str, ...],
    subject: str,
    policy: str | None,
    ports: str | None,
    at: str | None,
    expires: str | None,
    wait: str | None,
    dry_run: bool,
    **more: Any,
) -> int | None:
    """Send TEXT (or --data, or --media) to NUMBER, or to a mail address; TEXT - is read from standard input."""
    seconds = None if wait is None else duration(wait, "/wait")
    with office.gateway() as gateway:
        words = "" if text is None else _text(text)
        content = _content(gateway, media, words, subject, policy) if media or subject else None
        asked = Asked(
            to=to,
            text=words if content is None else "",
            content=content,
            data=None if data is None else _octets(data),
            ports=None if ports is None else _ports(ports),
            client=CLIENT,
            send_at=None if at is None else moment(at, gateway.clock(), "/at"),
            expires_in=None if expires is None else duration(expires, "/expires"),
            **more,
        )
        if dry_run:
            return _preview(office, gateway, asked)
        return _send(office, gateway, asked, seconds)


def _send(office: Office, gateway: Gateway, asked: Asked, seconds: int | None) -> int:
    alone = not runs(gateway.config)
    accepted = gateway.door.submit(asked)
    row = accepted.row
    if not accepted.created:
        office.voice.chat(f"this client-ref is known: nothing new was sent, this is what became of {row['id']}")
    if alone and seconds is not None:
        says = f"{row['id']} is {row['state']}, but nothing sends it: no daemon is running"
        raise exits.Unreachable(says, code="no_daemon", hint="start it: smsgw run; the message is sent then")
    if seconds is not None:
        office.voice.chat(sent.line(row))
        row = sent.await_end(gateway, row, seconds, office.voice)
    elif alone:
        office.voice.chat(f"{row['state']}; no daemon is running: start it with smsgw run")
    office.voice.data(sent.shape(row), [sent.line(row)])
    return exits.OK


def _content(
    gateway: Gateway, files: tuple[str, ...], words: str, subject: str, policy: str | None
) -> contents.Contents:
    """Files put into the store, with words on the first slide. Raises BadInput with what is wrong of every file."""
    faults: list[Fault] = []
    given = []
    for place, file in enumerate(files):
        try:
            octets = Path(file).read_bytes()
            given.append(store.examined(octets, gateway.clock(), f"/media/{place}", gateway.config.media.most))
        except BadInput as wrong:
            faults += [Fault(fault.pointer, fault.code, f"{file}: {fault.detail}") for fault in wrong.faults]
    if faults:
        raise BadInput(faults)
    stored = [gateway.database.writer.do(store.take, one) for one in given]
    return replace(contents.of_stored(stored, words, subject), policy=policy)


def _text(written: str) -> str:
    if written != "-":
        return written
    if sys.stdin.isatty():
        click.echo("Type the text; end it with Ctrl-D:", err=True)
    try:
        return sys.stdin.read().removesuffix("\n")
    except UnicodeDecodeError as wrong:
        says = "standard input is not in UTF-8"
        raise BadInput(
            [Fault("/text", "text_undecodable", says)], hint="convert it: iconv -f latin1 -t utf-8"
        ) from wrong


def _octets(written: str) -> bytes:
    """Hexadecimal digits, blanks and line ends between them allowed; - for octets as they are on standard input."""
    if written == "-":
        return sys.stdin.buffer.read()
    try:
        return bytes.fromhex(written)
    except ValueError as wrong:
        says = f"{written[:40]!r} is no row of hexadecimal digits, two for each octet, such as 0AFF"
        raise BadInput([Fault("/data", "data_undecodable", says)]) from wrong


def _ports(written: str) -> tuple[int, int]:
    to, _, origin = written.partition(":")
    try:
        return int(to), int(origin or "0")
    except ValueError as wrong:
        says = f"{written[:40]!r} names no ports: write 2948, or 2948:9200 with the one it comes from"
        raise BadInput([Fault("/ports", "wrong_form", says)]) from wrong


def _preview(office: Office, gateway: Gateway, asked: Asked) -> int:
    """Show what would become of a message. Raises BadInput, RefusedByPolicy (no_route)."""
    ready = gateway.door.read(asked)
    costs = _costs(ready, gateway)
    with gateway.database.reading() as conn:
        answers = gate.explain(conn, ready.candidate, gateway.door.terms.rules, gateway.clock())
    verdict = gate.decided(answers)
    decision, why = _said(verdict)
    checks = [dict(zip(("name", "decision", "why"), (one.name, *_said(one.verdict)), strict=True)) for one in answers]
    value = {
        "to": ready.row["recipient"], "from": ready.row["sender"], "link": ready.row["link"],
        "route": ready.row["trace"], "price": money(ready.row["price"], ready.row["currency"]),
        "gate": {"decision": decision, "why": why, "checks": checks}, **asdict(costs),
    }  # fmt: skip
    if isinstance(verdict, gate.Refuse) and office.voice.as_json:
        office.voice.data(value, [])
        return exits.REFUSED
    lines = _preview_lines(ready, costs, decision, why)
    lines += [f"  {one['name']}: {one['decision']}, {one['why']}" for one in checks if one["decision"] != "send"]
    office.voice.data(value, lines)
    if isinstance(verdict, gate.Refuse):
        raise RefusedByPolicy([Fault("/to", verdict.code, verdict.says)])
    office.voice.chat("Nothing was sent.")
    return exits.OK


def _costs(ready: Ready, gateway: Gateway) -> Preview:
    """What a message takes; of data the letters are its octets."""
    data, row = ready.asked.data, ready.row
    abilities = gateway.network.links[row["link"]].abilities
    if ready.content is not None:
        if carries(row["encoding"]):
            return Preview(row["encoding"], len(row["text"]), 1, 0, [], [], 1)
        return preview(row["text"], abilities)
    if data is None:
        return preview(ready.asked.text, abilities)
    last = ready.parts[-1]
    left = OCTETS_IN_A_PART - len(last["udh"]) - len(last["user_data"])
    return Preview(row["encoding"], len(data), row["parts"], left, [], [], row["parts"])


def _said(verdict: gate.Verdict | None) -> tuple[str, str]:
    if verdict is None:
        return "send", ""
    return ("hold", verdict.says) if isinstance(verdict, gate.Hold) else ("refuse", verdict.says)


def _preview_lines(ready: Ready, costs: Preview, decision: str, why: str) -> list[str]:
    counted = "octets" if ready.asked.data is not None else "letters"
    lines = [
        f"to:       {ready.row['recipient']}",
        f"from:     {ready.row['sender'] or 'the own number of the link'}",
        f"route:    {'; '.join(ready.row['trace'])}",
        f"parts:    {costs.parts} ({costs.encoding}), {costs.characters} {counted}, room for {costs.left_in_part} more",
    ]
    if (price := money(ready.row["price"], ready.row["currency"])) is not None:
        lines.append(f"price:    {price['amount']} {price['currency']}")
    if costs.forced_by and costs.encoding != "gsm7":
        lines.append(f"forced by: {' '.join(costs.forced_by)}")
    if costs.parts_after_swap < costs.parts:
        swaps = ", ".join(f"{letter} as {other or 'nothing'}" for letter, other in costs.swaps)
        lines.append(f"plainer:  {costs.parts_after_swap} with {swaps}")
    lines.append(f"due:      {local(ready.row['due_at'])}, valid until {local(ready.row['valid_until'])}")
    return [*lines, f"gate:     {decision}" + (f": {why}" if why else "")]


@click.command("replace", cls=Command)
@click.argument("id")
@click.argument("text")
@pass_office
def replace_text(office: Office, id: str, text: str) -> None:
    """Put TEXT in the place of what message ID says; - is read from standard input.

    At once where it has not left yet; where its network has it, that is asked (then a daemon must run).
    """
    words, says = _text(text), f"{id} says it now"
    with office.gateway() as gateway:
        try:
            gateway.replacing.in_store(Replacement(id, words, CLIENT, gateway.clock()))
        except Conflict as late:
            if late.code != "already_sending" or not runs(gateway.config):
                raise
            says = ""
    if not says:  # only the daemon has the links open
        asked = {"text": words}
        remote.reach(office, None, None).call("POST", f"/messages/{id}/replace", asked, NETWORKS_PATIENCE)
        says = f"{id} says it now: its network has the other text"
    office.voice.data({"id": id, "text": words}, [says])


@click.command("cancel", cls=Command)
@click.argument("id")
@pass_office
def cancel(office: Office, id: str) -> None:
    """Take back a message that has not left yet, or that its network gives back (then a daemon must run)."""
    says = f"{id} is cancelled"
    with office.gateway() as gateway:
        try:
            outbox.cancel(gateway.database.writer, outbox.Cancelled(id, CLIENT, gateway.clock()))
        except Conflict as late:
            if late.code != "already_sending" or not runs(gateway.config):
                raise
            says = ""
    if not says:  # only the daemon has the links open
        told = remote.reach(office, None, None).call("POST", f"/messages/{id}/cancel")
        says = f"{id} is cancelled: {told['why']}"
    office.voice.data({"id": id, "status": "cancelled"}, [says])
