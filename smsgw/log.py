"""One set-up for log lines: for people, for journald with fields, or as JSON; numbers and mail addresses are masked.

The surprise: what people write to each other is never in a line above DEBUG, whatever the level. Give such a
text to the log as `quoted(text)`: it is ‹23 letters› everywhere but in the DEBUG lines themselves.
"""

from __future__ import annotations

import json
import logging
import os
import re
import socket
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, TextIO

# What identifies a person: +386 40 111-222 however spaced (also as %2B in a url), and 9 to 20 digits in a
# row, which may be a number without its plus, an IMSI or an ICCID. A digit run inside a word, such as an id,
# is left alone.
_NUMBER = re.compile(
    r"(?:\+|%2B)[1-9](?:[ .\-/()\u00a0]{0,2}\d){6,14}(?!\d) | (?<![\w.\-])\d{9,20}(?![\w\-]|\.\d)",
    re.VERBOSE | re.IGNORECASE,
)
_MAIL = re.compile(r"(?<![\w.+\-])(\w)[\w.+\-]{0,63}(?=@(?:[\w\-]+\.)+[\w\-]{2,})")
# An SMS text may hold what a terminal obeys, or a line end that begins a forged line.
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_PRIORITY = {
    "CRITICAL": 2,
    "ERROR": 3,
    "WARNING": 4,
    "INFO": 6,
    "DEBUG": 7,
}  # of sd-daemon(3), as in syslog(3)
_CHATTY = ("alembic", "apscheduler", "gsmmodem", "imapclient", "mail", "smpplib", "sqlalchemy", "waitress", "werkzeug")
_JOURNAL = Path("/run/systemd/journal/socket")
_LONGEST = 48 * 1024  # octets of one field: a datagram holds a little more than two hundred thousand
# What a line is about, by how we write that: "link net is up", "link net: ...", and the ids of records.
_LINK = re.compile(r"\blink ([\w.\-]+)(?=:| is )")
_RECORDS = {"msg": "SMSGW_MESSAGE", "in": "SMSGW_INBOUND", "cam": "SMSGW_CAMPAIGN", "evt": "SMSGW_DELIVERY"}
_RECORD = re.compile(rf"\b({'|'.join(_RECORDS)})_[0-9A-Z]{{26}}\b")
_OWN_FIELDS = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class Quoted(str):
    """A text that people wrote: prints as its length, and in full only as an argument of a DEBUG line."""

    __slots__ = ("text",)
    text: str


def quoted(text: str) -> Quoted:
    """What may be logged of a text: `log.info("from %s: %s", number, quoted(text))`."""
    shown = Quoted(f"‹{len(text)} letter{'' if len(text) == 1 else 's'}›")
    shown.text = text
    return shown


def masked(line: str) -> str:
    """The line with every phone number as +38640***222, and every mail address as a***@example.com."""
    line = _NUMBER.sub(_mask, line)
    return _MAIL.sub(r"\1***", line) if "@" in line else line


def _mask(found: re.Match[str]) -> str:
    number = re.sub(r"[^+\d]", "", re.sub("%2b", "+", found.group(), flags=re.IGNORECASE))
    return f"{number[:-6]}***{number[-3:]}"


def set_up(
    level: str = "info",
    fmt: Literal["text", "json"] = "text",
    stream: TextIO | None = None,
    show_numbers: bool = False,
    environ: Mapping[str, str] = os.environ,
    journal: Path = _JOURNAL,
) -> None:
    """Send all log lines to one stream; called again, it takes the place of the call before.

    level: debug, info, warning or error; the libraries we use tell only warnings unless it is debug. fmt:
    text or JSON lines. stream: standard error if None. environ: JOURNAL_STREAM in it says whether the stream
    is journald's; what would be text is then told to `journal`, its socket, with fields. While that does not answer,
    lines begin with their priority, `<4>`, and leave the time to the journal.
    """
    stream = stream or sys.stderr
    told = _is_journal(stream, environ.get("JOURNAL_STREAM", ""))
    handler = Fields(stream, journal, show_numbers) if told and fmt == "text" else logging.StreamHandler(stream)
    handler.set_name("smsgw")
    handler.setFormatter(JsonLines(show_numbers) if fmt == "json" else TextLines(show_numbers, told))
    root = logging.getLogger()
    for old in [each for each in root.handlers if each.get_name() == "smsgw"]:
        root.removeHandler(old)
        old.close()
    root.addHandler(handler)
    root.setLevel(level.upper())
    for name in _CHATTY:
        logging.getLogger(name).setLevel(logging.NOTSET if level == "debug" else logging.WARNING)
    logging.captureWarnings(True)


def _is_journal(stream: TextIO, named: str) -> bool:
    """Whether the stream is the one that JOURNAL_STREAM names, as device:inode (systemd.exec(5))."""
    try:
        file = os.fstat(stream.fileno())
    except (OSError, ValueError):  # not a file at all, as in tests
        return False
    return named == f"{file.st_dev}:{file.st_ino}"


class _Lines(logging.Formatter):
    """What both forms share: which words a record becomes."""

    def __init__(self, show_numbers: bool) -> None:
        super().__init__()
        self._hide = (lambda line: line) if show_numbers else masked

    def _message(self, record: logging.LogRecord) -> str:
        """The message in one line, without numbers, and with texts only in DEBUG lines."""
        arguments = record.args
        if record.levelno <= logging.DEBUG and isinstance(arguments, tuple):
            arguments = tuple(each.text if isinstance(each, Quoted) else each for each in arguments)
        try:
            message = str(record.msg) % arguments if arguments else str(record.msg)
        except (TypeError, ValueError):  # the library would print the arguments as they are, numbers and all
            message = f"{record.msg} {arguments!r}"
        return _CONTROL.sub(lambda found: ascii(found.group())[1:-1], self._hide(message))

    def _trace(self, record: logging.LogRecord) -> str:
        """The exception with its trace, if there is one."""
        trace = self.formatException(record.exc_info) if record.exc_info else ""
        return self._hide("\n".join(filter(None, [trace, record.stack_info])))

    def _extra(self, record: logging.LogRecord) -> dict[str, str]:
        """What was given as `extra=`, such as the link."""
        return {k: self._hide(str(v)) for k, v in vars(record).items() if k not in _OWN_FIELDS}


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class TextLines(_Lines):
    """`2026-11-23T08:00:00.123Z WARNING smsgw.outbound.sender: the link rests (link=carrier)`."""

    def __init__(self, show_numbers: bool = False, journal: bool = False) -> None:
        super().__init__(show_numbers)
        self._journal = journal

    def format(self, record: logging.LogRecord) -> str:
        extra = ", ".join(f"{key}={value}" for key, value in self._extra(record).items())
        line = f"{record.name}: {self._message(record)}" + (f" ({extra})" if extra else "")
        lines = [line, *(f"  {each}" for each in self._trace(record).splitlines())]
        if self._journal:  # which takes each line for a message of its own
            return "\n".join(f"<{_PRIORITY.get(record.levelname, 6)}>{each}" for each in lines)
        return "\n".join([f"{_time(record)} {record.levelname} {lines[0]}", *lines[1:]])


class JsonLines(_Lines):
    """One object a line: time, level, logger, message, what was given as `extra=`, and any exception."""

    def format(self, record: logging.LogRecord) -> str:
        told = {"time": _time(record), "level": record.levelname.lower(), "logger": record.name}
        told |= {"message": self._message(record)} | self._extra(record)
        if trace := self._trace(record):
            told["exception"] = trace
        return json.dumps(told, ensure_ascii=False)


class Fields(logging.StreamHandler[TextIO]):
    """Tells journald each line with fields by which it can be asked: `journalctl SMSGW_LINK=carrier`.

    MESSAGE, PRIORITY, LOGGER, and as far as the line says so SMSGW_LINK, SMSGW_MESSAGE, SMSGW_INBOUND, SMSGW_CAMPAIGN
    and SMSGW_DELIVERY; what was given as `extra=` is SMSGW_ and its name. By journald's native protocol
    (systemd.io/JOURNAL_NATIVE_PROTOCOL); where its socket does not answer the line goes to the stream.
    """

    def __init__(self, stream: TextIO, journal: Path, show_numbers: bool) -> None:
        super().__init__(stream)
        self._words = _Lines(show_numbers)
        self._journal = str(journal)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)

    def emit(self, record: logging.LogRecord) -> None:
        """Tell one line."""
        try:
            told = b"".join(_field(name, value) for name, value in self._fields(record))
            self._socket.sendto(told, self._journal)
        except OSError:
            super().emit(record)
        except Exception:  # noqa: BLE001 as every handler of logging does: a line must not break what it tells of
            self.handleError(record)

    def _fields(self, record: logging.LogRecord) -> Iterator[tuple[str, str]]:
        line, extra = self._words._message(record), self._words._extra(record)
        trace = self._words._trace(record)
        yield "MESSAGE", f"{record.name}: {line}" + (f"\n{trace}" if trace else "")
        yield "PRIORITY", str(_PRIORITY.get(record.levelname, 6))
        yield "SYSLOG_IDENTIFIER", "smsgw"
        yield "LOGGER", record.name
        for key, value in extra.items():
            yield "SMSGW_" + re.sub(r"[^A-Z0-9]", "_", key.upper()), value
        if "link" not in extra and (found := _LINK.search(line)):
            yield "SMSGW_LINK", found[1]
        for kind, id in dict.fromkeys((each[1], each[0]) for each in _RECORD.finditer(line)):
            yield _RECORDS[kind], id

    def close(self) -> None:
        """Hang up."""
        with suppress(OSError):
            self._socket.close()
        super().close()


def _field(name: str, value: str) -> bytes:
    """One field as the protocol wants it: with its length where the value has more than one line."""
    octets = value.encode(errors="replace")[:_LONGEST]
    if b"\n" in octets:
        return name.encode() + b"\n" + len(octets).to_bytes(8, "little") + octets + b"\n"
    return name.encode() + b"=" + octets + b"\n"
