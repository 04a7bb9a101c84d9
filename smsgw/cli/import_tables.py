"""Read playSMS's gateways, which are rows and not a file, as links of ours."""

from __future__ import annotations

import json
import re
from typing import Any

from smsgw.cli.import_readers import Imported
from smsgw.takeover.playsms import PREFIX
from smsgw.takeover.tables import Tables

QUIET = {"blocked", "dev"}  # made by every installation; they send nothing
HERE = {"smstools", "gammu", "gnokii", "uplink"}


def playsms_links(tables: Tables) -> Imported:
    """The SMSCs of playSMS: those over HTTP as links; modems and others are told. Users are keys to be made."""
    made = Imported()
    if f"{PREFIX}tblgateway" not in tables.names:
        made.notes.append("there is no table playsms_tblGateway: is this a dump of playSMS 1.x?")
        return made
    for where, row in tables.rows(f"{PREFIX}tblgateway"):
        name, kind = str(row.get("name")), str(row.get("gateway"))
        if kind in QUIET:
            continue
        given = _given(row.get("data"))
        if kind == "kannel":
            made.links.append(_kannel(name, given, made))
        elif kind in ("nexmo", "twilio", "infobip"):
            made.links.append(_carrier(name, kind, given))
            made.notes.append(f"{where}: {name}: give it `hook`, so that receipts come back (docs/carriers.md)")
        elif kind in HERE:
            made.notes.append(f"{where}: {name} is {kind}: take over that program's own configuration (smsgw import)")
        else:
            made.notes.append(
                f"{where}: {name}: the gateway {kind} is not known here; perhaps the profile form fits it"
            )
    for _, row in tables.rows(f"{PREFIX}tbluser") if f"{PREFIX}tbluser" in tables.names else ():
        made.commands.append(f"smsgw key create {re.sub(r'[^A-Za-z0-9_.-]', '-', str(row.get('username')))}")
    return made


def _given(written: Any) -> dict[str, str]:
    try:
        told = json.loads(str(written or "{}"))
    except ValueError:
        return {}
    return {str(name): str(value) for name, value in told.items()} if isinstance(told, dict) else {}


def _kannel(name: str, given: dict[str, str], made: Imported) -> dict[str, Any]:
    host, port = given.get("sendsms_host", "127.0.0.1"), given.get("sendsms_port", "13131")
    made.notes.append(f"{name}: this is Kannel: rather take over kannel.conf, and do without it (smsgw import kannel)")
    url = f"http://{host}:{port}"
    return _link(name, "kannel", url=url, user=given.get("username"), password=given.get("password"))


def _carrier(name: str, kind: str, given: dict[str, str]) -> dict[str, Any]:
    user = given.get("account_sid") or given.get("api_key") or given.get("username")
    password = given.get("auth_token") or given.get("api_secret") or given.get("password")
    sender = given.get("module_sender")
    return _link(name, "vonage" if kind == "nexmo" else kind, user=user, password=password, sender=sender)


def _link(name: str, profile: str, **more: str | None) -> dict[str, Any]:
    plain = re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-")[:28] or profile
    return {"name": plain, "kind": "web", "profile": profile, **{key: value for key, value in more.items() if value}}
