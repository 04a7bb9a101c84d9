"""A network with phones inside the program: demos, dry runs, fast tests, and the driver to copy first.

The surprise: it is a whole network, not a stub. Its phones split and join texts as real ones do, its knobs
make it lose, refuse, repeat, shuffle and fall silent, and with a `tape` it remembers everything beyond a
SIGKILL of ours, as a real network would. `config` is what a person writes, `network` what happened and is
owed, `link` when it happens.
"""

from __future__ import annotations

from drivers.fake.config import Config
from drivers.fake.link import FakeLink
from drivers.fake.network import read_tape
from smsgw.link import Events

__all__ = ["Config", "FakeLink", "open_link", "read_tape"]


def open_link(name: str, config: Config, events: Events) -> FakeLink:
    """A link to a simulated network, which begins with what its tape remembers.

    Raises BadConfig for a tape that cannot be opened or is none.
    """
    return FakeLink(name, config, events)
