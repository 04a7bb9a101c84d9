"""Passkeys as a second factor (WebAuthn level 2): kept by their public half, shown by a signature over our challenge.

A challenge is made of the token of a session, so nothing is stored for it: one for a log-in ends with that log-in. A
counter that does not go on tells of a copied authenticator (section 6.1.1); those that always say 0 count nothing.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, select, update

from ..errors import BadInput, Conflict, Fault, NotFound, Unauthenticated
from ..store.database import Writer
from ..store.tables import account
from ..store.tables.types import AnyRow
from . import audit, second_factor
from .accounts_changes import unknown

if TYPE_CHECKING:
    from fido2.server import Fido2Server

MOST = 10  # of one account
LONGEST = 8_000  # letters of what a browser answers
NAME = 40


@dataclass(frozen=True, slots=True)
class Place:
    """Where the pages are, as the browser sees them. host: the name that passkeys are bound to; origin: with scheme."""

    host: str
    origin: str


@dataclass(frozen=True, slots=True)
class Shown:
    """What a browser answered. token: of the session whose challenge it was. name: of a new one. source: address."""

    account_id: str
    answer: str
    token: str
    place: Place
    at: datetime
    name: str = ""
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Removed:
    """A passkey that is to go."""

    account_id: str
    id: str
    at: datetime
    source: str | None = None


def listing(conn: Connection, account_id: str) -> list[dict[str, Any]]:
    """The passkeys of an account: `id`, `name`, `at`, `used` (or None)."""
    row = _row(conn, account_id)
    return [
        {"id": one["id"], "name": one["name"], "at": _moment(one["at"]), "used": _moment(one["used"])}
        for one in (row.passkeys or [] if row is not None else [])
    ]


def to_make(conn: Connection, account_id: str, token: str, place: Place) -> dict[str, Any]:
    """What a browser is told to make a passkey (PublicKeyCredentialCreationOptions, section 5.4)."""
    from fido2.webauthn import PublicKeyCredentialUserEntity, ResidentKeyRequirement, UserVerificationRequirement

    row = _row(conn, account_id)
    if row is None:
        raise unknown(account_id)
    user = PublicKeyCredentialUserEntity(id=account_id.encode(), name=row.name, display_name=row.name)
    told, _ = _server(place).register_begin(
        user, _known(row), ResidentKeyRequirement.PREFERRED, UserVerificationRequirement.PREFERRED,
        challenge=_challenge(token),
    )  # fmt: skip
    return dict(told)


def to_show(conn: Connection, account_id: str, token: str, place: Place) -> dict[str, Any] | None:
    """What a browser is told to show one (PublicKeyCredentialRequestOptions, section 5.5); None when there is none."""
    from fido2.webauthn import UserVerificationRequirement

    row = _row(conn, account_id)
    if row is None or not row.passkeys:
        return None
    told, _ = _server(place).authenticate_begin(
        _known(row), UserVerificationRequirement.PREFERRED, challenge=_challenge(token)
    )
    return dict(told)


def add(writer: Writer, shown: Shown) -> list[str]:
    """Keep a new passkey. Returns recovery codes, shown this once, when it is the first factor of all; else nothing.

    Raises BadInput for an answer that is not right, Conflict when there are too many.
    """
    codes = second_factor.fresh()
    return codes if writer.do(_add, (shown, codes)) else []


def _add(conn: Connection, batch: list[tuple[Shown, list[str]]]) -> list[bool | BadInput | Conflict | NotFound]:
    return [_one_added(conn, shown, codes) for shown, codes in batch]


def _one_added(conn: Connection, shown: Shown, codes: Sequence[str]) -> bool | BadInput | Conflict | NotFound:
    row = _row(conn, shown.account_id)
    if row is None:
        return unknown(shown.account_id)
    kept = list(row.passkeys or [])
    if len(kept) >= MOST:
        return Conflict(f"there are {MOST} passkeys already", hint="take one away first")
    try:
        made = _server(shown.place).register_complete(_state(shown), _answer(shown))
        data = made.credential_data
    except (ValueError, KeyError, TypeError):
        data = None
    if data is None or data.credential_id.hex() in {one["id"] for one in kept}:
        return BadInput(
            [Fault("/answer", "passkey_wrong", "this passkey was not made for this page")], hint="try again"
        )
    name = " ".join(shown.name.split())[:NAME] or f"{len(kept) + 1}"
    kept.append(
        {
            "id": data.credential_id.hex(), "name": name, "data": bytes(data).hex(), "count": made.counter,
            "at": shown.at.isoformat(), "used": None,
        }
    )  # fmt: skip
    is_first = row.totp_since is None and not row.passkeys
    values: dict[str, Any] = {"passkeys": kept}
    if is_first:
        values["recovery"] = second_factor.stored(codes)
    conn.execute(update(account).where(account.c.id == row.id).values(values))
    _tell(conn, shown, "account.passkey", f"{row.name} has a passkey more: {name}")
    return is_first


def check(writer: Writer, shown: Shown) -> None:
    """See that a browser shows a passkey of this account. Raises Unauthenticated."""
    writer.do(_check, shown)


def _check(conn: Connection, batch: list[Shown]) -> list[Unauthenticated | None]:
    return [None if _is_right(conn, shown) else _wrong() for shown in batch]


def _is_right(conn: Connection, shown: Shown) -> bool:
    from fido2.webauthn import AuthenticationResponse

    row = _row(conn, shown.account_id)
    if row is None or not row.passkeys:
        return False
    try:
        answer = AuthenticationResponse.from_dict(_answer(shown))
        found = _server(shown.place).authenticate_complete(_state(shown), _known(row), answer)
    except (ValueError, KeyError, TypeError):
        return False
    count, kept = answer.response.authenticator_data.counter, [dict(one) for one in row.passkeys]
    [mine] = [one for one in kept if one["id"] == found.credential_id.hex()]
    if count <= mine["count"] and (count or mine["count"]):
        _tell(conn, shown, "account.passkey_copied", f"the passkey {mine['name']} counts backwards: it may be copied")
        return False
    mine |= {"count": count, "used": shown.at.isoformat()}
    conn.execute(update(account).where(account.c.id == row.id).values(passkeys=kept))
    return True


def remove(writer: Writer, wish: Removed) -> None:
    """Take a passkey away; recovery codes end with the last factor. Raises NotFound."""
    writer.do(_remove, wish)


def _remove(conn: Connection, batch: list[Removed]) -> list[NotFound | None]:
    results: list[NotFound | None] = []
    for wish in batch:
        row = _row(conn, wish.account_id)
        kept = [] if row is None else [one for one in row.passkeys or [] if one["id"] != wish.id]
        if row is None or len(kept) == len(row.passkeys or []):
            results.append(NotFound("there is no such passkey", hint="load the page again"))
            continue
        values: dict[str, Any] = {"passkeys": kept or None}
        if not kept and row.totp_since is None:
            values["recovery"] = None
        conn.execute(update(account).where(account.c.id == row.id).values(values))
        _tell(conn, wish, "account.passkey_removed", "a passkey was taken away by its owner")
        results.append(None)
    return results


def _server(place: Place) -> Fido2Server:
    from fido2.server import Fido2Server  # read in when somebody has use for it: it brings cryptography along
    from fido2.webauthn import PublicKeyCredentialRpEntity

    party = PublicKeyCredentialRpEntity(id=place.host, name="smsgw")
    return Fido2Server(party, verify_origin=lambda origin: origin == place.origin)


def _known(row: AnyRow) -> list[Any]:
    from fido2.webauthn import AttestedCredentialData

    return [AttestedCredentialData(bytes.fromhex(one["data"])) for one in row.passkeys or []]


def _challenge(token: str) -> bytes:
    return sha256(b"passkey " + token.encode()).digest()


def _state(shown: Shown) -> dict[str, Any]:
    from fido2.utils import websafe_encode

    return {"challenge": websafe_encode(_challenge(shown.token)), "user_verification": "preferred"}


def _answer(shown: Shown) -> dict[str, Any]:
    """What the browser sent. Raises ValueError."""
    told = json.loads(shown.answer[: LONGEST + 1])
    if not isinstance(told, dict):
        raise ValueError("no object")
    return told


def _row(conn: Connection, id: str) -> AnyRow | None:
    return conn.execute(select(account).where(account.c.id == id).with_for_update()).first()


def _moment(written: str | None) -> datetime | None:
    return None if written is None else datetime.fromisoformat(written)


def _tell(conn: Connection, about: Shown | Removed, verb: str, says: str) -> None:
    line = audit.Line(about.account_id, verb, says, about.at, "account", about.account_id, source=about.source)
    audit.tell(conn, [line])


def _wrong() -> Unauthenticated:
    return Unauthenticated("this passkey is not one of yours", hint="take another, or a recovery code")
