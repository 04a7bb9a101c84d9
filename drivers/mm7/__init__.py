"""An MMSC that speaks MM7 (3GPP TS 23.140): we are its VASP, over SOAP with attachments on HTTP or HTTPS.

The surprise: half of it comes in through our own web server, for the MMSC calls us with MMS of phones and with
reports: see `smsgw.link_verbs.TakesNotices` and `listening`.
"""

from __future__ import annotations

from drivers.mm7.config import Config
from drivers.mm7.link import Mm7Link
from smsgw.link import Events

__all__ = ["Config", "Mm7Link", "open_link"]


def open_link(name: str, config: Config, events: Events) -> Mm7Link:
    """A link to this MMSC."""
    return Mm7Link(name, config, events)
