"""Every five seconds: letters that are due are taken to the mail server."""

from __future__ import annotations

from datetime import datetime

from smsgw.gateway import Gateway
from smsgw.media.postman import Postman


def run(gateway: Gateway, now: datetime) -> None:
    """Send the letters that are due at `now`."""
    config = gateway.config
    postman = Postman(config.mail, gateway.clock, config.web.public_url, config.media.language)
    postman.run(gateway.database, now)
