"""Every two seconds: texts about consent that are owed go out; double opt-ins are reminded of once, or lapse."""

from __future__ import annotations

from datetime import datetime

from smsgw.gateway import Gateway
from smsgw.inbound.consent import answers as consent_answers
from smsgw.inbound.consent import questions as consent_questions


def run(gateway: Gateway, now: datetime) -> None:
    """Do what is due at `now`."""
    if consent_questions.some_due(gateway.database, now):
        gateway.database.writer.do(consent_questions.advance, now)
    consent_answers.settle(gateway.database, gateway.door, now, gateway.own_numbers)
