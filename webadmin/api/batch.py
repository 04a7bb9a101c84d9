"""Send many messages in one request: each item is judged alone, and many share a transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from flask import Response, request
from pydantic_core import from_json, to_json

from smsgw.access.idempotency import Done, Wish, fingerprint, read_key
from smsgw.errors import BadInput, Fault, QueueFull, RefusedByPolicy, SmsgwError, StoreError
from smsgw.outbound.submit import Accepted, Asked
from smsgw.text.number import read_number

from ..context import here, the_gateway
from ..problems import problem_of
from . import reading
from .refusals import BUSY, ONCE
from .routes import KEY_HEADER, client, once, route, said
from .shapes import MANY, Batch, NewMessage, NewMessages
from .templated import is_templated, worded
from .wished import asked_of, plain_messages, read_message

Item = Any  # a NewMessage, what JSON can hold, or the MalformedBody of a line that is none
Result = Accepted | SmsgwError
AT_ONCE = 1000  # items that wait for the store together: the messages of others come in between


@route(
    "POST",
    "/messages/batch",
    scope="messages:send",
    bodies={
        reading.JSON: {"type": "array", "minItems": 1, "maxItems": MANY, "items": NewMessage},
        reading.LINES[0]: {"type": "string", "description": f"At most {MANY} lines, each the JSON of a NewMessage."},
    },
    answers={202: Batch},
    files=(reading.LINES[0],),
    errors=(*ONCE, *BUSY),
    headers=KEY_HEADER,
)
def batch() -> Response:
    """Send up to 10,000 messages, as a JSON list or as lines of JSON; every item has an answer of its own.

    Items that are wrong do not stop the others. Only when nothing was accepted because the queue is full, or because
    the store is in trouble, the answer is a problem for the whole.
    """
    raw = reading.body_of(request, reading.JSON, *reading.LINES)
    items = _list(raw) if request.mimetype == reading.JSON else _lines(raw)
    if not 1 <= len(items) <= MANY:
        says = f"a batch has 1 to {MANY} items, and this has {len(items)}"
        raise BadInput([Fault("", "too_many" if items else "too_few", says)])
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return _as_wished(said(_submit(items, None), 202))
    what = fingerprint(f"POST /messages/batch {request.mimetype}", raw.decode("utf-8", "replace"))
    wish = Wish(client().id, read_key(key), what, the_gateway().clock())
    return _as_wished(once(wish, lambda ref: Done(202, {"headers": {}, "body": _submit(items, ref).decode()})))


def _as_wished(response: Response) -> Response:
    """The answer as JSON or, for who accepts these rather, as lines: what became of each item, one a line, in order."""
    if request.accept_mimetypes.best_match([reading.JSON, *reading.LINES]) in reading.LINES:
        told = from_json(response.get_data())
        response.set_data(b"".join(to_json(one) + b"\n" for one in told["data"]))
        response.mimetype = reading.LINES[0]
    return response


def _list(raw: bytes) -> list[Item]:
    """Every item of a JSON list: its shape when all are well, which costs a third; else its value."""
    plain = plain_messages(raw, the_gateway().clock())
    if plain is not None:
        return list(worded(plain)) if any(map(is_templated, plain)) else list(plain)
    items = reading.json_of(raw)
    if not isinstance(items, list):
        raise BadInput([Fault("", "wrong_type", "a batch is a JSON list of messages")])
    return items


def _lines(raw: bytes) -> list[Item]:
    """The value of each line that is not blank; for one that is no JSON, what is wrong with it."""
    items: list[Item] = []
    for number, line in enumerate(raw.split(b"\n"), 1):
        if not line.strip():
            continue
        try:
            items.append(reading.json_of(line))
        except reading.MalformedBody as wrong:
            items.append(reading.MalformedBody(f"line {number} of the batch: {wrong}"))
    return items


def each_of(wanted: NewMessages, ref: str | None) -> bytes:
    """Send the same message to everybody in `to`: Batch, as JSON. ref: as in `_results`.

    Who is named by a client_ref gets it but once, whoever else is in the list by then: it is kept with the number.
    Raises BadInput for what is wrong with more than a number.
    """
    told = dict(wanted)
    items = [
        NewMessage.model_construct(wanted.model_fields_set, **told | {"to": to, "client_ref": _named(wanted, to)})
        for to in wanted.to
    ]
    results = _results(list(worded(items)) if is_templated(wanted) else list(items), ref)
    for result in results:
        faults = result.faults if isinstance(result, BadInput) else []
        if same := [fault for fault in faults if all(_has(other, fault) for other in results)]:
            raise BadInput([fault for fault in same if fault.pointer != "/to"] or faults)
    return _told(results, lambda index, pointer: f"/to/{index}" if pointer == "/to" else pointer)


def _named(wanted: NewMessages, to: str) -> str | None:
    """The client's own name for the message to one of many."""
    if wanted.client_ref is None:
        return None
    with suppress(BadInput):  # a mail address, or what will be refused
        to = read_number(to, the_gateway().config.sending.region)
    return f"{wanted.client_ref}:{to}"


def _has(result: Result, fault: Fault) -> bool:
    return isinstance(result, BadInput) and any(
        (one.pointer, one.code) == (fault.pointer, fault.code) for one in result.faults
    )


def _submit(items: list[Item], ref: str | None) -> bytes:
    """Send what can be sent: Batch, as JSON. ref: as in `_results`."""
    return _told(_results(items, ref), lambda index, pointer: f"/{index}{pointer}")


def _results(items: list[Item], ref: str | None) -> list[Result]:
    """Send what can be sent. ref: what items without a client_ref are recognised by if they come again."""
    results: dict[int, Result] = {}
    asked: dict[int, Asked] = {}
    here().quotas.send(client(), len(items))
    asks, door = client().id, the_gateway().door
    for index, item in enumerate(items):
        its_ref = None if ref is None else f"{ref}:{index}"
        try:
            if isinstance(item, SmsgwError):
                raise item
            asked[index] = (
                read_message(item, asks, its_ref) if type(item) is not NewMessage else asked_of(item, asks, its_ref)
            )
        except SmsgwError as wrong:
            results[index] = wrong
    places = list(asked)
    for start in range(0, len(places), AT_ONCE):
        some = places[start : start + AT_ONCE]
        results |= zip(some, door.submit_many([asked[place] for place in some]), strict=True)
    _not_all_in_vain(list(results.values()))
    return [results[index] for index in range(len(items))]


def _told(results: Sequence[Result], place: Callable[[int, str], str]) -> bytes:
    """What became of each, as JSON. place: where a fault of one is in what the client wrote."""
    data = [_shown(index, result, place) for index, result in enumerate(results)]
    refused = sum("problem" in one for one in data)
    return to_json({"accepted": len(data) - refused, "refused": refused, "data": data})


def _not_all_in_vain(results: Sequence[Result]) -> None:
    """Raise the first trouble when it was the gateway's and every item met it: then the whole is to be repeated."""
    first = results[0]
    if isinstance(first, SmsgwError) and all(isinstance(one, QueueFull | StoreError) for one in results):
        raise first


def _shown(index: int, result: Result, place: Callable[[int, str], str]) -> dict[str, Any]:
    if isinstance(result, Accepted):
        return {"index": index, "id": result.row["id"], "status": result.row["state"]}
    if isinstance(result, BadInput | RefusedByPolicy):
        result.faults = [Fault(place(index, f.pointer), f.code, f.detail) for f in result.faults]
    return {"index": index, "problem": problem_of(result).members()}
