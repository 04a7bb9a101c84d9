"""Read the configurations of Kannel, smstools and gammu-smsd as links of ours; what has no counterpart is told.

Pure functions: text in, `Imported` out. Nothing is guessed: a key that means nothing here is named with its line.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Entry = tuple[int, str, str]  # line, key, value


@dataclass
class Imported:
    """links: tables of ours. doors: those to open. commands: what else to run. notes: what was not understood."""

    links: list[dict[str, Any]] = field(default_factory=list)
    doors: list[str] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


SMPP = {
    "host": "host", "port": "port", "smsc-username": "system_id", "smsc-password": "password",
    "system-type": "system_type", "enquire-link-interval": "enquire_link", "reconnect-delay": "reconnect_first",
    "max-pending-submits": "window", "wait-ack": "answer_timeout", "source-addr-ton": "source_ton",
    "source-addr-npi": "source_npi", "dest-addr-ton": "dest_ton", "dest-addr-npi": "dest_npi",
    "service-type": "service_type", "use-ssl": "tls", "my-number": "sender", "throughput": "rate",
}  # fmt: skip
MODEM = {"device": "device", "speed": "baudrate", "pin": "pin", "sms-center": "smsc", "my-number": "number"}
HTTP = {"send-url": "url", "smsc-username": "user", "smsc-password": "password"}
NUMBERS = {"port", "window", "enquire_link", "reconnect_first", "answer_timeout", "source_ton", "source_npi",
           "dest_ton", "dest_npi", "baudrate", "rate"}  # fmt: skip
QUIET = {"group", "smsc", "smsc-id", "transceiver-mode", "receive-port", "connect-allow-ip"}
USER = {"username", "user", "password", "group", "concatenation", "max-messages", "omit-empty"}
SERVICE = {
    "keyword", "get-url", "post-url", "group", "max-messages", "catch-all", "omit-empty", "concatenation",
    "accept-x-kannel-headers",
}  # fmt: skip
ELSEWHERE = {"core", "smsbox"}  # where Kannel's own programs listen and log


def kannel(text: str) -> Imported:
    """kannel.conf: SMSCs become links, sendsms-users keys, services the places where texts are told."""
    made = Imported()
    for entries in _groups(text):
        kind = _value(entries, "group")
        if kind == "smsc":
            _smsc(made, entries)
        elif kind == "sendsms-user":
            name = _value(entries, "username") or _value(entries, "user")
            made.doors = ["kannel"]
            made.commands.append(f"smsgw key create {_word(name)}   # in place of the sendsms-user's password")
            _leave(made, entries, USER, f"sendsms-user {name}")
        elif kind == "sms-service":
            _service(made, entries)
        elif kind not in ELSEWHERE:
            made.notes.append(f"line {entries[0][0]}: the group {kind or '?'} has no counterpart here")
    return made


def _groups(text: str) -> list[list[Entry]]:
    """The groups of the file: lines `key = value`, with empty lines between groups."""
    groups: list[list[Entry]] = [[]]
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            groups.append([])
        elif not line.lstrip().startswith("#"):
            key, _, value = line.partition("=")
            groups[-1].append((number, key.strip(), value.strip().strip('"')))
    return [group for group in groups if group]


def _value(entries: list[Entry], key: str) -> str:
    return next((value for _, known, value in entries if known == key), "")


def _smsc(made: Imported, entries: list[Entry]) -> None:
    kind, system = _value(entries, "smsc"), _value(entries, "system-type")
    name = _name(_value(entries, "smsc-id") or f"smsc-{entries[0][0]}", made)
    if kind == "smpp":
        made.links.append({"name": name, "kind": "smpp", **_fields(made, entries, SMPP, QUIET, name)})
    elif kind == "at":
        made.links.append({"name": name, "kind": "modem", **_fields(made, entries, MODEM, QUIET, name)})
    elif kind == "http" and system == "kannel":
        link = _fields(made, entries, HTTP, QUIET | {"system-type", "port"}, name)
        link["url"] = str(link.get("url", "")).removesuffix("/cgi-bin/sendsms")
        made.links.append({"name": name, "kind": "web", "profile": "kannel", **link})
        made.notes.append(f"{name}: give it `hook` and `secret`, so that receipts come back (docs/carriers.md)")
    else:
        made.notes.append(f"line {entries[0][0]}: the SMSC {name} of type {kind} {system} is not known here".rstrip())


def _fields(made: Imported, entries: list[Entry], table: dict[str, str], quiet: set[str], what: str) -> dict[str, Any]:
    """The fields that we know by another name; the rest is noted."""
    found: dict[str, Any] = {}
    for number, key, value in entries:
        ours = table.get(key)
        if ours is None and key not in quiet:
            made.notes.append(f"line {number}: {what}: {key} = {value} was not understood")
        if ours is None or value == "":
            continue
        if ours in NUMBERS:
            if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]+)?", value):
                made.notes.append(f"line {number}: {what}: {key} = {value} is no number")
                continue
            found[ours] = float(value) if "." in value else int(value)
        else:
            found[ours] = value.lower() in ("true", "yes", "1") if ours == "tls" else value
    return found


def _leave(made: Imported, entries: list[Entry], known: set[str], what: str) -> None:
    for number, key, value in entries:
        if key not in known:
            made.notes.append(f"line {number}: {what}: {key} = {value} was not understood")


def _service(made: Imported, entries: list[Entry]) -> None:
    keyword = _value(entries, "keyword")
    for key in ("get-url", "post-url"):
        if url := _value(entries, key):
            quiet = " --no-reply" if _value(entries, "max-messages") == "0" else ""
            heeds = _value(entries, "accept-x-kannel-headers").lower() in ("true", "yes", "on", "1")
            more = quiet + " --accept-x-kannel-headers" * heeds
            made.commands.append(f"smsgw key doors KEY --{key} {_word(url)}{more}")
    if keyword and keyword != "default":
        made.notes.append(
            f"line {entries[0][0]}: the keyword {keyword}: every text is told here, whatever its first word"
        )
    _leave(made, entries, SERVICE, f"sms-service {keyword}")


def smstools(text: str) -> Imported:
    """smsd.conf: each device becomes a link to a modem."""
    sections = _sections(text)
    devices = [name.strip() for name in _value(sections.get("", []), "devices").split(",") if name.strip()]
    table = {"device": "device", "baudrate": "baudrate", "pin": "pin", "smsc": "smsc", "number": "number"}
    made = Imported(commands=["smsgw spool /var/spool/sms   # takes the files that programs put into outgoing"])
    for device in devices:
        if device not in sections:
            made.notes.append(f"the device {device} has no section")
            continue
        name = _name(device, made)
        made.links.append({"name": name, "kind": "modem", **_fields(made, sections[device], table, {"incoming"}, name)})
    _leave(
        made, sections.get("", []), {"devices", "logfile", "loglevel", "outgoing", "sent", "failed", "incoming"}, "smsd"
    )
    return made


def gammu(text: str) -> Imported:
    """gammu-smsdrc: its one phone becomes a link to a modem."""
    sections = {name.lower(): entries for name, entries in _sections(text).items()}
    made = Imported()
    entries = [(number, key.lower(), value) for number, key, value in sections.get("gammu", [])]
    link = _fields(made, entries, {"device": "device", "port": "device"}, {"connection", "model"}, "gammu")
    speed = re.fullmatch(r"at([0-9]+)", _value(entries, "connection").lower())
    if link:
        made.links.append({"name": "modem", "kind": "modem", **link, **({"baudrate": int(speed[1])} if speed else {})})
    for number, key, value in sections.get("smsd", []):
        if key.lower() == "pin" and made.links:
            made.links[0]["pin"] = value
        elif key.lower() not in ("logfile", "debuglevel"):
            made.notes.append(f"line {number}: smsd: {key} = {value} was not understood")
    return made


def _sections(text: str) -> dict[str, list[Entry]]:
    """The sections of an ini file; what stands before the first is under ""."""
    sections: dict[str, list[Entry]] = {"": []}
    here = ""
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.strip()
        if line.startswith("["):
            here = line.strip("[]").strip()
            sections.setdefault(here, [])
        elif line and not line.startswith(("#", ";")):
            key, _, value = line.partition("=")
            sections[here].append((number, key.strip(), value.strip()))
    return sections


def _name(wished: str, made: Imported) -> str:
    """A name as links have them, that none has yet."""
    name = re.sub(r"[^A-Za-z0-9]+", "-", wished).strip("-")[:28] or "link"
    taken = {link["name"].lower() for link in made.links}
    return next(one for one in (name, *(f"{name}-{n}" for n in range(2, 999))) if one.lower() not in taken)


def _word(value: str) -> str:
    """A word as a shell takes it."""
    return value if re.fullmatch(r"[A-Za-z0-9_./-]+", value) else "'" + value.replace("'", "'\\''") + "'"


READERS: dict[str, Callable[[str], Imported]] = {"kannel": kannel, "smstools": smstools, "gammu": gammu}
