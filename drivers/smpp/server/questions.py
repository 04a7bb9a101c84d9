"""query_sm, cancel_sm and replace_sm: ask the gateway, and make the response of what it says (SMPP 3.4 4.8 to 4.10)."""

from __future__ import annotations

from concurrent.futures import Future
from datetime import datetime
from typing import Any

from drivers.smpp import pdu
from drivers.smpp.server import answers, requests
from drivers.smpp.server.refusals import RCANCELFAIL, RQUERYFAIL, RREPLACEFAIL, told_status
from smsgw.listener import Guest, Reception

OTHERWISE = {answers.QUERY_SM: RQUERYFAIL, answers.CANCEL_SM: RCANCELFAIL, answers.REPLACE_SM: RREPLACEFAIL}


def ask(
    reception: Reception, guest: Guest, command: int, sequence: int, frame: bytes, today: datetime
) -> Future[bytes]:
    """The response, when it is known. Raises BadRequest for a PDU that cannot be read."""
    future, id = _asked(reception, guest, command, frame, today)
    response: Future[bytes] = Future()

    def told(done: Future[Any]) -> None:
        if (problem := done.exception()) is not None:
            status = told_status(guest.name, command, problem, OTHERWISE[command])
            response.set_result(pdu.answer(command | pdu.RESPONSE, sequence, status))
        elif command == answers.QUERY_SM:
            response.set_result(answers.query_resp(sequence, id, done.result()))
        else:
            response.set_result(pdu.answer(command | pdu.RESPONSE, sequence))

    future.add_done_callback(told)
    return response


def _asked(reception: Reception, guest: Guest, command: int, frame: bytes, today: datetime) -> tuple[Future[Any], str]:
    if command == answers.QUERY_SM:
        id = requests.query_sm(frame).id
        return reception.query(guest, id), id
    if command == answers.CANCEL_SM:
        wish = requests.cancel_sm(frame)
        return reception.cancel(guest, wish.id, wish.sender, wish.to), wish.id
    id, by = requests.replace_sm(frame, today, guest.alphabet)
    return reception.replace(guest, id, by), id
