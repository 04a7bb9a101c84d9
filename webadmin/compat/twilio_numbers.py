"""Twilio's Accounts and IncomingPhoneNumbers: how a client checks its credentials, and sets where texts are told."""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import format_datetime
from hashlib import md5
from typing import Any

from flask import Response, request

from smsgw.access.keys import Client
from smsgw.errors import NotFound
from smsgw.webhooks import clients
from smsgw.webhooks.clients import ClientHook
from smsgw.webhooks.dialects.twilio import VERSION, account_sid

from ..context import the_gateway
from .sending import READ, allowed
from .twilio import door, remember, said, who
from .twilio_page import page_of

WORDS = ("SmsUrl", "SmsMethod", "SmsFallbackUrl", "StatusCallback", "FriendlyName")


@door.get("/Accounts/<account>.json")
def account(account: str) -> Response:
    """Show the account: what programs ask to see whether their credentials are good."""
    return said(_account(who(READ), account))


@door.get("/Accounts.json")
def accounts() -> Response:
    """List the one account."""
    client = who(READ)
    return said(page_of("accounts", [_account(client, account_sid(client.id))], f"/{VERSION}/Accounts.json", None))


def _account(client: Client, name: str) -> dict[str, Any]:
    now = format_datetime(the_gateway().clock())
    place = f"/{VERSION}/Accounts/{name}"
    return {
        "sid": name, "friendly_name": client.name, "status": "active", "type": "Full", "owner_account_sid": name,
        "auth_token": "", "date_created": now, "date_updated": now, "uri": f"{place}.json",
        "subresource_uris": {"messages": f"{place}/Messages.json"},
    }  # fmt: skip


def _sid(number: str) -> str:
    return f"PN{md5(number.encode(), usedforsecurity=False).hexdigest()}"


def _numbers(client: Client) -> dict[str, Mapping[str, Any]]:
    """Our numbers, with what this client wants of each."""
    gateway = the_gateway()
    with gateway.database.reading() as conn:
        rows = clients.listing(conn, client.id, "twilio")
    told = {row.terms["number"]: dict(row.terms) for row in rows if row.terms.get("number")}
    return {number: told.get(number, {}) for number in sorted(gateway.own_numbers() | set(told))}


@door.get("/Accounts/<account>/IncomingPhoneNumbers.json")
def numbers(account: str) -> Response:
    """List our numbers."""
    client = who(READ)
    wanted = request.args.get("PhoneNumber")
    shown = [
        _shown(number, terms, account) for number, terms in _numbers(client).items() if wanted in (None, "", number)
    ]
    place = f"/{VERSION}/Accounts/{account}/IncomingPhoneNumbers.json"
    return said(page_of("incoming_phone_numbers", shown, place, None))


def _one(client: Client, name: str) -> tuple[str, Mapping[str, Any]]:
    for number, terms in _numbers(client).items():
        if _sid(number) == name:
            return number, terms
    raise NotFound(f"The requested resource /IncomingPhoneNumbers/{name[:60]} was not found")


@door.get("/Accounts/<account>/IncomingPhoneNumbers/<name>.json")
def number(account: str, name: str) -> Response:
    """Show one of our numbers."""
    number, terms = _one(who(READ), name)
    return said(_shown(number, terms, account))


@door.post("/Accounts/<account>/IncomingPhoneNumbers/<name>.json")
def change(account: str, name: str) -> Response:
    """Say where texts to a number are told."""
    client = who(READ)
    number, terms = _one(client, name)
    return said(_shown(number, _set(client, number, terms, account), account))


@door.post("/Accounts/<account>/IncomingPhoneNumbers.json")
def provision(account: str) -> Response:
    """Say where texts to a number are told; the number must be one of ours."""
    client, wanted = who(READ), request.form.get("PhoneNumber", "")
    number, terms = _one(client, _sid(wanted))
    return said(_shown(number, _set(client, number, terms, account), account), 201)


def _set(client: Client, number: str, terms: Mapping[str, Any], account: str) -> Mapping[str, Any]:
    given = {name: request.form[name] for name in WORDS if name in request.form}
    told = {**terms, "number": number, "account": account, "name": given.get("FriendlyName", terms.get("name", number))}
    told["base"] = the_gateway().config.web.public_url or request.host_url.rstrip("/")  # where media are fetched
    told["method"] = given.get("SmsMethod", terms.get("method", "POST")).upper()
    gateway, same = the_gateway(), {"number": number}
    url = given.get("SmsUrl", terms.get("url", ""))
    if not url:
        if terms.get("url"):
            clients.remove(gateway.database.writer, client.id, "twilio", same)
        return {"name": told["name"]}
    kept = {key: value for key, value in told.items() if key != "url"}
    wish = ClientHook(client.id, "twilio", url, clients.TEXTS, gateway.clock(), kept)
    clients.put(gateway.database.writer, wish, allowed(), same)
    remember(client)
    return {**kept, "url": url}


def _shown(number: str, terms: Mapping[str, Any], account: str) -> dict[str, Any]:
    now, name = format_datetime(the_gateway().clock()), _sid(number)
    place = f"/{VERSION}/Accounts/{account}/IncomingPhoneNumbers/{name}"
    return {
        "sid": name, "account_sid": account, "friendly_name": terms.get("name", number), "phone_number": number,
        "api_version": VERSION, "sms_url": terms.get("url", ""), "sms_method": terms.get("method", "POST"),
        "sms_fallback_url": "", "sms_fallback_method": "POST", "sms_application_sid": "", "status_callback": "",
        "status_callback_method": "POST", "voice_url": None, "voice_method": "POST", "voice_fallback_url": None,
        "voice_fallback_method": "POST", "voice_application_sid": None, "voice_caller_id_lookup": False,
        "address_sid": None, "address_requirements": "none", "beta": False, "bundle_sid": None,
        "capabilities": {"sms": True, "mms": True, "voice": False, "fax": False}, "date_created": now,
        "date_updated": now, "emergency_status": "Inactive", "emergency_address_sid": None,
        "emergency_address_status": "unregistered", "identity_sid": None, "origin": "", "status": "in-use",
        "trunk_sid": None, "uri": f"{place}.json", "subresource_uris": {},
    }  # fmt: skip
