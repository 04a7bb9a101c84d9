"""Developers: keys of programs, what each kind of program writes into its settings, and webhooks with what was told.

Texts of customers are not shown here: of what was told to a webhook only the event, and how it was answered.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from smsgw.access import audit, keys
from smsgw.access.roles import grantable
from smsgw.errors import BadInput, Fault, Forbidden, SmsgwError
from smsgw.store.lifecycle import DELIVERY
from smsgw.webhooks import deliveries, hooks
from smsgw.webhooks.dialects.twilio import account_sid
from smsgw.webhooks.events import USUAL
from smsgw.webhooks.exchange import Answer

from ..auth import current_person, person_required
from ..context import the_gateway
from .blueprint import pages
from .sheets import sheet

LIST = 50
AGAIN = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(days=7)}
LOCAL = "local command line"  # a key that the gateway makes for itself at every start


def base_address() -> str:
    """Where programs and people outside reach us: as configured, else as this browser does."""
    return the_gateway().config.web.public_url or request.host_url.rstrip("/")


@pages.get("/developers")
@person_required
def developers() -> Response:
    """Keys, faces and webhooks."""
    return shown()


def shown(
    error: SmsgwError | None = None, secret: str | None = None, key_id: str | None = None, name: str = ""
) -> Response:
    """The page: a new key's `secret` to be kept now, with lines to paste."""
    gateway, person = the_gateway(), current_person()
    with gateway.database.reading() as conn:
        rows = [row for row in keys.listing(conn) if not row.name.startswith(LOCAL)][::-1]
        listed = hooks.listing(conn)
        waiting = deliveries.waiting(conn)
    opened = gateway.config.doors.open
    return sheet(
        "developers.html", error, rows=[row for row in rows if row.revoked_at is None],
        revoked=[row for row in rows if row.revoked_at is not None], secret=secret,
        faces=faces(base_address(), secret, key_id, name, opened), scopes=keys.SCOPES, may_give=grantable(person.role),
        hooks=listed, waiting=waiting, without_query=without_query, typed=request.form,
        chosen=request.form.getlist("scopes"), usual=USUAL,
    )  # fmt: skip


def faces(
    base: str, secret: str | None, key_id: str | None, name: str, opened: Sequence[str]
) -> list[tuple[str, str, bool]]:
    """How programs of five kinds send through a key: (kind, a snippet to paste, whether that door is open)."""
    key, user = secret or "YOUR_KEY", name or "KEY_NAME"
    sid = account_sid(key_id) if key_id else "ACCOUNT_SID"
    body = json.dumps({"to": "+38640111222", "text": "Hello"})
    told_by = {
        "native": f"curl {base}/api/v1/messages \\\n  -H 'Authorization: Bearer {key}' \\\n"
        f"  -H 'Content-Type: application/json' -d '{body}'",
        "kannel": f"curl -G {base}/cgi-bin/sendsms --data-urlencode 'username={user}' \\\n"
        f"  --data-urlencode 'password={key}' --data-urlencode 'to=+38640111222' --data-urlencode 'text=Hello'",
        "twilio": f"from twilio.rest import Client\nclient = Client('{sid}', '{key}')\nclient.api.base_url = '{base}'\n"
        "client.messages.create(to='+38640111222', from_='+38640111000', body='Hello')",
        "android": f"curl -u '{user}:{key}' {base}/3rdparty/v1/messages \\\n  -H 'Content-Type: application/json' "
        '-d \'{"textMessage": {"text": "Hello"}, "phoneNumbers": ["+38640111222"]}\'',
        "jasmin": f"curl -G {base}/send --data-urlencode 'username={user}' \\\n  --data-urlencode 'password={key}' "
        "--data-urlencode 'to=38640111222' --data-urlencode 'content=Hello'",
    }
    return [(kind, snippet, kind == "native" or kind in opened) for kind, snippet in told_by.items()]


@pages.post("/developers/keys", endpoint="make_key")
@person_required
def make_key() -> Response:
    """Make a key, and show its secret this once; nobody gives more than they may themselves."""
    gateway, person, given = the_gateway(), current_person(), request.form
    wanted, name = given.getlist("scopes"), given.get("name", "").strip()
    try:
        beyond = [scope for scope in wanted if scope in keys.SCOPES and scope not in grantable(person.role)]
        if beyond:
            raise Forbidden(f"your role may not give {', '.join(beyond)}", hint="ask an owner to make this key")
        if len(name) > 60:
            raise BadInput([Fault("/name", "name_invalid", "a name has 60 letters at most")])
        id, secret = keys.create(gateway.database.writer, keys.NewKey(name, wanted, gateway.clock(), by=person.id))
    except SmsgwError as error:
        return shown(error)
    return shown(secret=secret, key_id=id, name=name)


@pages.post("/developers/keys/<id>/revoke", endpoint="revoke_key")
@person_required
def revoke_key(id: str) -> Response:
    """Make a key useless from now on. A role takes away only keys that it could have given."""
    gateway, person = the_gateway(), current_person()
    with gateway.database.reading() as conn:
        scopes = {scope for row in keys.listing(conn) if row.id == id for scope in row.scopes}
    try:
        if scopes - set(grantable(person.role)):
            raise Forbidden("this key may more than your role: an owner revokes it")
        keys.revoke(gateway.database.writer, id, gateway.clock(), person.id)
    except SmsgwError as error:
        return shown(error)
    return redirect(url_for("pages.developers"), 303)


@pages.get("/developers/webhooks/<id>")
@person_required
def webhook(id: str) -> Response:
    """A webhook and what was told to it."""
    return told(id)


def told(id: str, error: SmsgwError | None = None, secret: str | None = None, tried: Answer | None = None) -> Response:
    """The page of a webhook: a new `secret` to be kept now, how a test was `tried`."""
    state, before = request.args.get("state", ""), request.args.get("before") or None
    wanted = deliveries.Wanted(id, state if state in DELIVERY.states else None, before=before)
    with the_gateway().database.reading() as conn:
        row = hooks.get(conn, id)
        listed = deliveries.listing(conn, wanted, LIST + 1)
    older = None
    if len(listed) > LIST:
        older = url_for("pages.webhook", id=id, state=wanted.state, before=listed[LIST - 1].id)
    return sheet(
        "webhook.html", error, row=row, told=listed[:LIST], older=older, secret=secret, tried=tried,
        state=wanted.state, states=DELIVERY.states, without_query=without_query,
    )  # fmt: skip


def without_query(url: str) -> str:
    """An address without its query, which may hold a secret of the receiver's."""
    return url.partition("?")[0] + ("?…" if "?" in url else "")


@pages.post("/developers/webhooks/<id>/<delivery>", endpoint="replay_one")
@person_required
def replay_one(id: str, delivery: str) -> Response:
    """Tell one event again, under the same id."""
    gateway = the_gateway()
    try:
        deliveries.replay(gateway.database.writer, id, delivery, current_person().id, gateway.clock())
    except SmsgwError as error:
        return told(id, error)
    return redirect(url_for("pages.webhook", id=id), 303)


@pages.post("/developers/webhooks/<id>", endpoint="replay_many")
@person_required
def replay_many(id: str) -> Response:
    """Tell again what happened in the last hour, day or week; or of that only what was given up."""
    gateway, person, now = the_gateway(), current_person(), the_gateway().clock()
    since = now - AGAIN.get(request.form.get("span", ""), AGAIN["hour"])
    only_dead = request.form.get("only_dead") == "yes"
    try:
        many = deliveries.replay_since(gateway.database, id, since, person.id, now, only_dead=only_dead)
    except SmsgwError as error:
        return told(id, error)
    says = f"{many} events since {since:%Y-%m-%d %H:%M} UTC were told again"
    audit.write(gateway.database.writer, audit.Line(person.id, "webhook.replayed", says, now, "webhook", id))
    return redirect(url_for("pages.webhook", id=id), 303)
