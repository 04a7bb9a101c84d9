"""Try a link before it stands in the configuration: sign in at a carrier once, or see which modems are plugged in.

Nothing is kept. What a network tells meanwhile is not acknowledged, so it tells it again to whom it is for.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from concurrent.futures import Future
from importlib import import_module
from typing import Any

from pydantic import BaseModel, ValidationError

from ..config.links import driver_config
from ..config.toml import as_toml
from ..errors import BadInput, Fault, StoreError
from ..link import Call, Health, InboundContent, InboundPiece, LinkError, LinkState, Receipt, WirePart, open_link

PATIENCE = 5.0  # seconds for each thing that a link waits for
LOOK = 0.02
_HASTY = {"binds": 1, "outbind_listen": None, "query_sm": False}  # what one look can do without
SECRETS = {"password": "password_file"}  # stands in a file beside the configuration, never in a page


class Silent:
    """Listens to a link that is tried, and stores nothing: see `smsgw.link.Events`."""

    def taken(self, part: WirePart, reference: str) -> None:
        """Nothing is sent, so nothing is taken."""

    def failed(self, part: WirePart, error: LinkError) -> None:
        """Nothing is sent, so nothing fails."""

    def receipt(self, receipt: Receipt) -> Future[None]:
        """Not stored, so not acknowledged."""
        return _not_stored()

    def inbound(self, piece: InboundPiece) -> Future[None]:
        """Not stored, so not acknowledged."""
        return _not_stored()

    def content(self, inbound: InboundContent) -> Future[None]:
        """Not stored, so not acknowledged."""
        return _not_stored()

    def call(self, call: Call) -> Future[None]:
        """Not stored."""
        return _not_stored()

    def health(self, health: Health) -> None:
        """Not told: the last word counts."""


def _not_stored() -> Future[None]:
    refused: Future[None] = Future()
    refused.set_exception(StoreError("this is only a test"))
    return refused


def driver_of(kind: str, keys: Mapping[str, Any]) -> BaseModel:
    """A driver's configuration of these keys. Raises BadInput with every mistake."""
    try:
        return driver_config(kind).model_validate(dict(keys))
    except ValidationError as wrong:
        faults = [
            Fault(
                "/" + "/".join(map(str, one["loc"])), "value_invalid", f"{'.'.join(map(str, one['loc']))}: {one['msg']}"
            )
            for one in wrong.errors(include_url=False, include_input=False)
        ]
        raise BadInput(faults) from None  # the cause would show what was typed, a password too


def met(name: str, kind: str, driver: BaseModel, patience: float = PATIENCE) -> Health:
    """How a link is after its first try. patience: the most that each wait of the driver may take, in seconds."""
    opened = open_link(name, kind, _hasty(driver, patience), Silent())
    opened.start()
    try:
        deadline = time.monotonic() + 3 * patience  # the connection, TLS, the bind
        while (health := opened.health()).state is LinkState.CONNECTING and time.monotonic() < deadline:
            time.sleep(LOOK)
        return health
    finally:
        opened.stop(time.monotonic() + 1)


def _hasty(driver: BaseModel, patience: float) -> BaseModel:
    """The driver's configuration for one short look."""
    waits = {
        name: min(getattr(driver, name), patience)
        for name in ("connect_timeout", "answer_timeout")
        if hasattr(driver, name)
    }
    less = {name: value for name, value in _HASTY.items() if hasattr(driver, name)}
    if getattr(driver, "mode", "") == "outbind":
        less.pop("outbind_listen")  # nothing else is there to look at
    return driver.model_copy(update=waits | less)


def block(name: str, kind: str, keys: Mapping[str, Any]) -> str:
    """The `[[links]]` table of a link, to be put into the configuration; what is secret is named as a file."""
    lines = ["[[links]]", f"name = {as_toml(name)}", f"kind = {as_toml(kind)}"]
    for key, value in keys.items():
        if key in SECRETS:
            lines.append(
                f'{SECRETS[key]} = "{name}.{key}"  # a file beside the configuration, readable for smsgw alone'
            )
        else:
            lines.append(f"{key} = {as_toml(value)}")
    return "\n".join(lines) + "\n"


def modems(taken: Iterable[str] = ()) -> list[tuple[Any, str]]:
    """What is found at the serial ports, each with its `[[links]]` table, "" where no modem answers.

    taken: ports that links of ours have open, which are left alone. Takes some seconds for each port.
    """
    bench, ours = import_module("drivers.modem.bench"), set(taken)
    found = []
    for port in bench.list_ports():
        if port not in ours:
            facts = bench.probe(port)
            found.append((facts, bench.config_block(facts) if facts.answers else ""))
    return found
