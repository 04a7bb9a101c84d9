"""smstools' folders: sent, failed and incoming, with the reports that lie among what came in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, tzinfo
from pathlib import Path

from .found import DELIVERED, FAILED, SENT, UNDELIVERED, Found, Note, Received, Sent, moment

MOST = 1_000_000  # octets of a file
CHARSETS = {"ucs": "utf-16-be", "utf": "utf-8", "iso": "iso-8859-15", "gsm": "iso-8859-15", "lat": "iso-8859-15"}
WAITING = ("outgoing", "checked")
_STATUS = re.compile(r"Status:\s*([0-9]+)")
Headers = dict[str, str]


def smstools(folder: Path, zone: tzinfo) -> Iterator[Found]:
    """Everything in a spool folder such as /var/spool/sms. zone: of the times in the files."""
    reports = dict(_reports(folder))
    for name, path in _files(folder, "sent", "failed"):
        yield from _sent(path, name, zone, reports)
    for _, path in _files(folder, "incoming"):
        yield from _received(path, zone)
    waiting = sum(1 for _ in _files(folder, *WAITING))
    if waiting:
        yield Note(str(folder), f"{waiting} files still wait to be sent there; smsgw spool {folder} would send them")


def _files(folder: Path, *names: str) -> Iterator[tuple[str, Path]]:
    for name in names:
        if (folder / name).is_dir():
            yield from ((name, path) for path in sorted((folder / name).rglob("*")) if path.is_file())


def _read(path: Path) -> tuple[Headers, str] | None:
    """The headers in small letters, and the text; None for what is no such file."""
    octets = path.read_bytes()[:MOST].replace(b"\r\n", b"\n")
    head, found, body = octets.partition(b"\n\n")
    headers: Headers = {}
    for line in head.decode("utf-8", "replace").split("\n"):
        name, colon, value = line.partition(":")
        if colon:
            headers.setdefault(name.strip().lower(), value.strip())
    if not found or not ({"to", "from"} & set(headers)):
        return None
    charset = CHARSETS.get(headers.get("alphabet", "").lower()[:3])
    if charset is None:
        try:
            return headers, body.decode().rstrip("\n")
        except UnicodeDecodeError:
            charset = "iso-8859-15"
    return headers, body.decode(charset, "replace").rstrip("\n")


def _reports(folder: Path) -> Iterator[tuple[tuple[str, str], str]]:
    """What reports say, by number and the network's reference."""
    for _, path in _files(folder, "report", "incoming"):
        read = _read(path)
        if read is None or not _is_report(read[0]):
            continue
        found = re.search(r"Message_id:\s*([0-9]+)", read[1])
        status = _STATUS.search(read[1])
        if found and status:  # 0 to 2: it arrived; from 64 on it never will (3GPP TS 23.040 section 9.2.3.15)
            code = int(status[1])
            state = DELIVERED if code < 3 else UNDELIVERED if code >= 64 else SENT
            yield (_digits(read[0].get("from", "")), found[1]), state


def _is_report(headers: Headers) -> bool:
    return headers.get("report", "").lower() == "yes"


def _digits(number: str) -> str:
    return re.sub(r"[^0-9]", "", number)


def _sent(path: Path, folder: str, zone: tzinfo, reports: dict[tuple[str, str], str]) -> Iterator[Found]:
    read = _read(path)
    if read is None or "to" not in read[0]:
        yield Note(str(path), "this is no text that smstools sent: it has no To: and no empty line")
        return
    headers, text = read
    if headers.get("alphabet", "").lower().startswith("bin"):
        yield Note(str(path), "data, not a text: only texts are taken over")
        return
    at = moment(headers.get("sent") or headers.get("failed"), zone) or _modified(path)
    state = FAILED if folder == "failed" else SENT
    ids = re.findall(r"[0-9]+", headers.get("message_id", ""))
    told = [reports.get((_digits(headers["to"]), id), SENT) for id in ids] if state == SENT else []
    if told:
        state = UNDELIVERED if UNDELIVERED in told else SENT if SENT in told else DELIVERED
    yield Sent(
        where=str(path),
        ref=f"{folder}:{path.name}",
        to=_number(headers["to"]),
        text=text,
        at=at,
        state=state,
        said=headers.get("fail_reason", ""),
        link=headers.get("modem", ""),
        sender=headers.get("from", ""),
    )


def _number(written: str) -> str:
    """A number as smstools writes it: international without its plus, unless an s says that it is a short one."""
    return written.removeprefix("s") if written[:1] in ("+", "s", "0") else f"+{written}"


def _received(path: Path, zone: tzinfo) -> Iterator[Found]:
    read = _read(path)
    if read is None or "from" not in read[0]:
        yield Note(str(path), "this is no text that smstools received: it has no From: and no empty line")
        return
    headers, text = read
    if _is_report(headers):
        return
    if headers.get("alphabet", "").lower().startswith("bin"):
        yield Note(str(path), "data, not a text: only texts are taken over")
        return
    at = moment(headers.get("received") or headers.get("sent"), zone) or _modified(path)
    sender = headers["from"]
    yield Received(
        where=str(path),
        ref=f"incoming:{path.name}",
        sender=f"+{sender}" if sender.isdigit() and len(sender) > 6 and sender[0] != "0" else sender,
        text=text,
        at=at,
        link=headers.get("modem", ""),
    )


def _modified(path: Path) -> datetime:
    return datetime.fromtimestamp(int(path.stat().st_mtime), UTC)
