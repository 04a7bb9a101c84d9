"""Every two seconds: people of surveys are asked or reminded, and surveys whose deadline has come are closed."""

from __future__ import annotations

from datetime import datetime

from smsgw.gateway import Gateway
from smsgw.inbound.surveys import asking as surveys_asking


def run(gateway: Gateway, now: datetime) -> None:
    """Do what is due at `now`; the links wake by themselves."""
    writer = gateway.database.writer
    writer.do(surveys_asking.ask_invited, (gateway.door, now))
    writer.do(surveys_asking.remind, (gateway.door, now))
    writer.do(surveys_asking.close_over, now)
