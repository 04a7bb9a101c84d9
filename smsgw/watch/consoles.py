"""Look at what goes over a link's wire: switch its console on for a while, read what it shows, switch it off.

Who switched it on, and for how long, stands in the audit. See `smsgw.console` for what is shown and what never is.
"""

from __future__ import annotations

from datetime import timedelta

from ..access import audit
from ..console import Console, Look
from ..errors import Conflict, NotFound
from ..gateway import Gateway

LASTS, LONGEST = timedelta(minutes=5), timedelta(hours=1)
_MINUTE = timedelta(minutes=1)


def switch_on(gateway: Gateway, name: str, by: str, lasts: timedelta = LASTS) -> Look:
    """Look at a link from now on, so long at least; what ends later ends then.

    lasts: LONGEST at most. Raises NotFound, Conflict for a link that is not here.
    """
    console = _console(gateway, name)
    lasts = min(lasts, LONGEST)
    _tell(gateway, name, by, "opened", f"the console of the link {name} was opened for {lasts // _MINUTE} minutes")
    console.open(lasts)
    return console.look(0, 0)


def switch_off(gateway: Gateway, name: str, by: str) -> None:
    """Look no longer. Raises NotFound, Conflict."""
    console = _console(gateway, name)
    if console.look(0, 0).until is not None:
        _tell(gateway, name, by, "closed", f"the console of the link {name} was closed")
    console.close()


def look(gateway: Gateway, name: str, after: int = 0, most: int = 500) -> Look:
    """The newest lines behind number `after`, oldest first. Raises NotFound, Conflict."""
    return _console(gateway, name).look(after, most)


def _console(gateway: Gateway, name: str) -> Console:
    if name not in gateway.network.links:
        known = ", ".join(sorted(gateway.network.links)) or "none"
        raise NotFound(f"there is no link {name[:60]!r}", hint=f"there are: {known}")
    if (elsewhere := gateway.holdings.elsewhere(name)) is not None:
        raise elsewhere
    console = gateway.consoles.of(name)
    if console is None or not console.can:
        raise Conflict(f"what goes over {name} cannot be looked at: its driver does not tell it", code="no_console")
    return console


def _tell(gateway: Gateway, name: str, by: str, what: str, says: str) -> None:
    line = audit.Line(by, f"link.{what}", says, gateway.clock(), "link", name)
    audit.write(gateway.database.writer, line)
