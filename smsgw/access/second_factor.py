"""The second factor: codes of a telephone's authenticator (TOTP, RFC 6238), and recovery codes for when it is lost.

The secret is kept as it is, for codes can only be checked by who knows it; recovery codes are kept as hashes. A code is
taken once: the newest step that was used is remembered (RFC 6238, 5.2), and so is every recovery code's end.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hmac import compare_digest
from typing import Any

import pyotp
from sqlalchemy import Connection, select, update

from ..errors import BadInput, Conflict, Fault, NotFound, Unauthenticated
from ..store.database import Writer
from ..store.tables import account
from ..store.tables.types import AnyRow
from . import audit
from .accounts_changes import unknown
from .keys import hashed

STEP = 30  # seconds that a code stands
DRIFT = 1  # steps that a telephone's clock may be before or behind
RECOVERY = 10  # recovery codes given at a time
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that is taken for another


@dataclass(frozen=True, slots=True)
class Given:
    """A code that somebody typed. source: the network address."""

    account_id: str
    code: str
    at: datetime
    source: str | None = None


def begin(writer: Writer, account_id: str) -> str:
    """A secret that is to be put into an authenticator; the same until it is proved. Raises Conflict, NotFound."""
    return writer.do(_begin, (account_id, pyotp.random_base32()))


def _begin(conn: Connection, batch: list[tuple[str, str]]) -> list[str | Conflict | NotFound]:
    results: list[str | Conflict | NotFound] = []
    for id, fresh in batch:
        row = _row(conn, id)
        if row is None:
            results.append(unknown(id))
        elif row.totp_since is not None:
            says = "there is a second factor already"
            results.append(Conflict(says, hint="take it away first, with a code of it"))
        else:
            if row.totp_secret is None:
                conn.execute(update(account).where(account.c.id == id).values(totp_secret=fresh))
            results.append(row.totp_secret or fresh)
    return results


def address_of(secret: str, name: str, issuer: str) -> str:
    """What an authenticator reads from the square: an otpauth:// address."""
    return pyotp.TOTP(secret, interval=STEP).provisioning_uri(name=name, issuer_name=issuer)


def confirm(writer: Writer, given: Given) -> list[str]:
    """Prove that the secret arrived: from now on a code is asked for. Returns the recovery codes, shown this once.

    Raises BadInput for a wrong code, Conflict when there was nothing to prove.
    """
    codes = fresh()
    writer.do(_confirm, (given, codes))
    return codes


def _confirm(conn: Connection, batch: list[tuple[Given, list[str]]]) -> list[BadInput | Conflict | None]:
    results: list[BadInput | Conflict | None] = []
    for given, codes in batch:
        row = _row(conn, given.account_id)
        if row is None or row.totp_secret is None or row.totp_since is not None:
            results.append(Conflict("there is no second factor to be proved", hint="load the page again"))
            continue
        step = _step(row.totp_secret, given.code, given.at, None)
        if step is None:
            says = "this code is wrong: take the newest, and see that the telephone's clock is right"
            results.append(BadInput([Fault("/code", "code_wrong", says)]))
            continue
        now = {"totp_since": given.at, "totp_step": step, "recovery": stored(codes)}
        conn.execute(update(account).where(account.c.id == row.id).values(now))
        _tell(conn, given, "account.factor", f"{row.name} has a second factor now")
        results.append(None)
    return results


def check(writer: Writer, given: Given) -> None:
    """See that a code of the telephone, or a recovery code, is right and was never used. Raises Unauthenticated."""
    writer.do(_check, given)


def _check(conn: Connection, batch: list[Given]) -> list[Unauthenticated | None]:
    return [None if _is_right(conn, given) else _wrong() for given in batch]


def _is_right(conn: Connection, given: Given) -> bool:
    row = _row(conn, given.account_id)
    if row is None or not (row.totp_since or row.passkeys):
        return False
    step = _step(row.totp_secret, given.code, given.at, row.totp_step) if row.totp_since else None
    if step is not None:
        conn.execute(update(account).where(account.c.id == row.id).values(totp_step=step))
        return True
    found, left = _hash(given.code), list(row.recovery or [])
    kept = [one for one in left if not compare_digest(one, found)]
    if len(kept) == len(left):
        return False
    conn.execute(update(account).where(account.c.id == row.id).values(recovery=kept))
    _tell(conn, given, "account.recovery", f"{row.name} used a recovery code; {len(kept)} are left")
    return True


def renew(writer: Writer, given: Given) -> list[str]:
    """New recovery codes, shown this once, for a right code; the old ones are void. Raises Unauthenticated."""
    codes = fresh()
    writer.do(_renew, (given, codes))
    return codes


def _renew(conn: Connection, batch: list[tuple[Given, list[str]]]) -> list[Unauthenticated | None]:
    results: list[Unauthenticated | None] = []
    for given, codes in batch:
        is_right = _is_right(conn, given)
        if is_right:
            conn.execute(update(account).where(account.c.id == given.account_id).values(recovery=stored(codes)))
            _tell(conn, given, "account.recovery", "new recovery codes were made, and the old ones are void")
        results.append(None if is_right else _wrong())
    return results


def remove(writer: Writer, given: Given) -> None:
    """Take one's own second factor away, with a right code. Raises Unauthenticated."""
    writer.do(_remove, given)


def _remove(conn: Connection, batch: list[Given]) -> list[Unauthenticated | None]:
    results: list[Unauthenticated | None] = []
    for given in batch:
        is_right = _is_right(conn, given)
        if is_right:
            kept = _row(conn, given.account_id)
            none: dict[str, Any] = {"totp_secret": None, "totp_since": None, "totp_step": None}
            if kept is None or not kept.passkeys:
                none["recovery"] = None
            conn.execute(update(account).where(account.c.id == given.account_id).values(none))
            _tell(conn, given, "account.factor_removed", "the second factor was taken away by its owner")
        results.append(None if is_right else _wrong())
    return results


def recovery_left(conn: Connection, account_id: str) -> int:
    """How many recovery codes are left."""
    row = _row(conn, account_id)
    return 0 if row is None else len(row.recovery or [])


def _row(conn: Connection, id: str) -> AnyRow | None:
    """The account, locked until the end where several nodes may write: one code is not taken twice at once."""
    return conn.execute(select(account).where(account.c.id == id).with_for_update()).first()


def _step(secret: str, code: str, at: datetime, last: int | None) -> int | None:
    """The step that a code is of, when it is right and newer than the last used."""
    typed = "".join(code.split())
    now, codes = int(at.timestamp()) // STEP, pyotp.TOTP(secret, interval=STEP)
    for step in range(now - DRIFT, now + DRIFT + 1):
        if (last is None or step > last) and pyotp.utils.strings_equal(codes.at(step * STEP), typed):
            return step
    return None


def fresh() -> list[str]:
    """New recovery codes, to be shown once."""
    return ["-".join("".join(secrets.choice(_LETTERS) for _ in range(5)) for _ in range(2)) for _ in range(RECOVERY)]


def stored(codes: Sequence[str]) -> list[str]:
    """Recovery codes as an account keeps them."""
    return [_hash(code) for code in codes]


def _hash(code: str) -> str:
    return hashed("".join(letter for letter in code.casefold() if letter.isalnum())).hex()


def _tell(conn: Connection, given: Given, verb: str, says: str) -> None:
    line = audit.Line(given.account_id, verb, says, given.at, "account", given.account_id, source=given.source)
    audit.tell(conn, [line])


def _wrong() -> Unauthenticated:
    says = "this code is wrong, or was used already"
    return Unauthenticated(says, hint="wait for the next one, or use a recovery code")
