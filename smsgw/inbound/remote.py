"""The owner's phone as a remote control: STATUS 123456, BALANCE 123456, PAUSE ALL 123456, RESUME ALL 123456.

Who sent a text is easily forged, so a number alone commands nothing: behind the word stands a one-time code (RFC 6238,
from any authenticator app). A code works once, and for a minute. After five wrong ones in an hour none works for the
rest of it. A wrong code is not answered: an answer would tell a stranger that here is something to try.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pyotp
from sqlalchemy import Connection, func, insert, select

from ..config.watch import WatchConfig
from ..store.tables import remote_command
from .decision import Decision, Reader

BY = "remote"
COMMANDS = ("STATUS", "BALANCE", "PAUSE ALL", "RESUME ALL")
STEP = 30  # seconds
AROUND = (0, -1, 1)  # steps in which a code is taken: a text takes its time, and clocks differ
WRONG, WITHIN = 5, timedelta(hours=1)
_ASKED = re.compile(r"(STATUS|BALANCE|PAUSE ALL|RESUME ALL) ([0-9]{6})")


def remote_control(config: WatchConfig) -> Reader | None:
    """The reader of commands; None where nobody may command."""
    if config.remote_secret is None or not config.remote:
        return None
    codes = pyotp.TOTP(config.remote_secret.get_secret_value(), interval=STEP)
    numbers = frozenset(config.remote)

    def read(conn: Connection, text: Mapping[str, Any], now: datetime) -> Decision | None:
        if text["kind"] != "text" or text["sender"] not in numbers:
            return None
        asked = _ASKED.fullmatch(" ".join(str(text["text"]).upper().split()))
        if asked is None:
            return None
        c = remote_command.c
        wrong = conn.scalar(select(func.count()).where(c.command == "", c.at > now - WITHIN)) or 0
        step = None if wrong >= WRONG else _step(conn, codes, asked[2], now)
        row = {"inbound_id": text["id"], "number": text["sender"], "at": now}
        if step is None:
            conn.execute(insert(remote_command).values(row | {"command": "", "done_at": now}))
            why = "too many wrong codes came within an hour" if wrong >= WRONG else "its code is wrong, or was used"
            return Decision("ignore", f"a command, but {why}", BY)
        conn.execute(insert(remote_command).values(row | {"command": asked[1], "step": step}))
        return Decision("handle", f"the owner commands {asked[1]}", BY, {"handled_at": now})

    return read


def _step(conn: Connection, codes: pyotp.TOTP, code: str, now: datetime) -> int | None:
    """The step that this code is of, if it is near and was not used."""
    present = int(now.timestamp()) // STEP
    for step in (present + around for around in AROUND):
        if pyotp.utils.strings_equal(codes.at(step * STEP), code):
            used = conn.execute(select(remote_command.c.id).where(remote_command.c.step == step)).first()
            return None if used else step
    return None
