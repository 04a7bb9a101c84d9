"""Kannel's access log (bearerbox's or smsbox's, 1.4.x), and sqlbox's table sent_sms.

The surprise: the log writes a dot for every octet that is not plain ASCII, so accents of a GSM text are gone; texts in
UCS-2 are whole, in hexadecimal digits. Reports stand in the same log and are found by the network's name for the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from urllib.parse import unquote_to_bytes

from .found import DELIVERED, EXPIRED, FAILED, SENT, UNDELIVERED, Found, Note, Received, Sent, moment, name_of
from .tables import Tables

_LINE = re.compile(
    r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) (.*?) \[SMSC:(.*?)\] \[SVC:.*?\] \[ACT:.*?\] \[BINF:.*?\] "
    r"(?:\[FID:(.*?)\] )?(?:\[META:.*?\] )?\[from:(.*?)\] \[to:(.*?)\] \[flags:(-?\d+):(-?\d+):[^\]]*\] "
    r"\[msg:(\d+):(.*)\] \[udh:\d+:[^\]]*\]\s*$"
)
_STAT = re.compile(r"\bstat:(\w+)")
STATS = {"DELIVRD": DELIVERED, "EXPIRED": EXPIRED, "DELETED": UNDELIVERED, "UNDELIV": UNDELIVERED, "REJECTD": FAILED}
TAKEN = {"sent sms"}
LOST = {"failed send sms": FAILED, "discarded sms": FAILED, "rejected sms": FAILED, "expired sms": EXPIRED}
CAME, REPORTED = {"receive sms"}, {"receive dlr", "dlr sms"}
QUIET = {"queued sms", "temp send failure sms"}  # what became of it stands in another line
_UCS2, _OCTETS = "2", "1"


def kannel_log(paths: Iterable[Path], zone: tzinfo) -> Iterator[Found]:
    """Everything in these logs. zone: of their times (Kannel writes local ones)."""
    files = list(paths)
    reports = {key: state for path in files for key, state in _reports(path)}
    seen: dict[str, int] = {}
    for path in files:
        for number, line in enumerate(_lines(path), 1):
            where = f"{path.name} line {number}"
            found = _LINE.match(line)
            if found is None:
                if "[SMSC:" in line:
                    yield Note(where, "this line is not as Kannel writes it (custom log format?)")
                continue
            name = name_of(line)
            seen[name] = seen.get(name, 0) + 1
            yield from _told(where, f"log:{name}:{seen[name]}", found, reports, zone)


def _lines(path: Path) -> Iterator[str]:
    with path.open(encoding="utf-8", errors="replace") as file:
        yield from file


def _reports(path: Path) -> Iterator[tuple[tuple[str, str], str]]:
    for line in _lines(path):
        found = _LINE.match(line)
        stat = _STAT.search(found[10]) if found and found[2].lower() in REPORTED else None
        if found and stat and stat[1] in STATS and found[4]:
            yield (found[3], found[4]), STATS[stat[1]]


def _told(
    where: str, ref: str, found: re.Match[str], reports: dict[tuple[str, str], str], zone: tzinfo
) -> Iterator[Found]:
    event, smsc, id = found[2].lower(), found[3], found[4] or ""
    if event in REPORTED or event in QUIET:
        return
    if event not in TAKEN | set(LOST) | CAME:
        yield Note(where, f"{found[2]}: this event is not known")
        return
    at, coding = moment(found[1], zone), found[8]
    if at is None or coding == _OCTETS:
        yield Note(where, "no time that we can read" if at is None else "data, not a text: only texts are taken over")
        return
    text = _text(found[10], coding)
    if event in CAME:
        yield Received(where, ref, found[5], text, at, smsc, found[6])
        return
    state = LOST[event] if event in LOST else reports.get((smsc, id), SENT)
    yield Sent(where, ref, found[6], text, at, state, found[2] if event in LOST else "", smsc, found[5])


def _text(written: str, coding: str) -> str:
    if coding != _UCS2:
        return written
    try:
        return bytes.fromhex(written).decode("utf-16-be", "replace")
    except ValueError:
        return written


def kannel_tables(tables: Tables, zone: tzinfo) -> Iterator[Found]:
    """sqlbox's sent_sms. The tables of dlr-storage hold only what is still open, so they tell nothing."""
    if "sent_sms" not in tables.names:
        yield Note("tables", f"there is no sent_sms of sqlbox; there are: {', '.join(sorted(tables.names)) or 'none'}")
        return
    reports: dict[str, str] = {}
    for _, row in tables.rows("sent_sms"):
        stat = _STAT.search(_unquoted(row.get("msgdata")))
        if str(row.get("momt")) == "DLR" and stat and stat[1] in STATS and row.get("foreign_id"):
            reports[str(row["foreign_id"])] = STATS[stat[1]]
    for where, row in tables.rows("sent_sms"):
        kind, id = str(row.get("momt")), row.get("sql_id")
        if kind == "DLR":
            continue
        at = _epoch(row.get("time"))
        if at is None or kind not in ("MO", "MT") or str(row.get("coding")) == _OCTETS:
            yield Note(where, f"sent_sms {id}: {kind}: no text with a time that we can read")
            continue
        sender, to = str(row.get("sender")), str(row.get("receiver"))
        text = _unquoted(row.get("msgdata"), "utf-16-be" if str(row.get("coding")) == _UCS2 else "utf-8")
        link, ref = str(row.get("smsc_id") or ""), f"sent_sms:{id}"
        if kind == "MO":
            yield Received(where, ref, sender, text, at, link, to)
        else:
            state = reports.get(str(row.get("foreign_id")), SENT)
            yield Sent(where, ref, to, text, at, state, "", link, sender)


def _unquoted(written: object, charset: str = "utf-8") -> str:
    return unquote_to_bytes(str(written or "").replace("+", " ")).decode(charset, "replace")


def _epoch(written: object) -> datetime | None:
    try:
        return datetime.fromtimestamp(int(str(written)), UTC)
    except (ValueError, OverflowError, OSError):
        return None
