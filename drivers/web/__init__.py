"""A carrier, a phone or another gateway with an HTTP API: one driver, and a profile for each, which is data.

The surprise: half of it comes in through our own web server, for such carriers call us with receipts and texts: see
`smsgw.link.TakesNotices`. Everything that differs between carriers stands in `profiles`.
"""

from __future__ import annotations

from drivers.web.config import Config
from drivers.web.link import WebLink
from smsgw.link import Events

__all__ = ["Config", "WebLink", "open_link"]


def open_link(name: str, config: Config, events: Events) -> WebLink:
    """A link to the carrier of this profile."""
    return WebLink(name, config, events)
