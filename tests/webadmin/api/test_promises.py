"""Schemathesis reads our OpenAPI document and asks whatever it allows, and what it forbids: we do what we promise.

A few rows of every kind are stored first, and half of the requests are about them, for a made-up id finds nothing.
"""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import hypothesis.strategies as st
import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode

from smsgw.access import keys
from smsgw.config import Config
from smsgw.gateway import Gateway
from smsgw.link import Abilities, InboundPiece
from smsgw.text import parts
from tests.webadmin.conftest import PHONE, Caller
from tests.webadmin.message_pages import picture
from webadmin import create_app
from webadmin.api.routes import PREFIX, ROUTES

pytestmark = pytest.mark.slow
EXAMPLES = int(os.environ.get("SMSGW_API_EXAMPLES", "5"))  # for each operation; by hand rather 200
ORDER = ("GET", "POST", "PUT", "PATCH", "DELETE")  # what is taken away is asked for no more
PLACE = re.compile(r"<(?:int:)?(\w+)>")
RULES = [400, 401, 402, 403, 404, 409, 412, 422, 428, 429]  # beyond a shape there are rules: a taken name, a wrong rule
SETTINGS = {
    "checks": {"positive_data_acceptance": {"expected-statuses": ["2xx", "3xx", *map(str, RULES)]}},
    # A batch is taken item by item, and tells of each what is wrong with it. A file is octets, whatever they say.
    "operations": [
        {"include-path": f"{PREFIX}/{path}", "checks": {"negative_data_rejection": {"enabled": False}}}
        for path in ("messages/batch", "media")
    ],
}
UNBOUND = {"listen": "127.0.0.1:0", "requests_per_minute": 0, "wrong_keys_per_minute": 0}  # so many ask here
PLAIN = {"Accept-Encoding": "identity"}  # it says that it takes gzip, and does not unpack
SHOP = "sku,price,currency,name_en\nNB,2.9,EUR,notebook\nPEN,0.8,EUR,pen\n"
QUESTIONS = [{"kind": "scale", "text": {"en": "How was it?"}, "low": 1, "high": 5}]


@dataclass
class Asked:
    """The app, its document as schemathesis reads it, a key, and what path parameters may be, by path."""

    app: Flask
    schema: Any
    secret: str
    known: dict[str, str]


def _utc_now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture(scope="module")
def asked(blank_store: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asked]:
    file = tmp_path_factory.mktemp("schemathesis") / "store.db"
    shutil.copy(blank_store, file)
    phones = {"name": "phones", "kind": "fake", "handsets": [PHONE], "delay": 0.0, "receipt_delay": 0.0}
    told = {"store": {"url": f"sqlite:///{file}"}, "sending": {"region": "SI"}, "links": [phones]}
    gateway = Gateway(Config.model_validate(told | {"web": UNBOUND}), _utc_now)
    gateway.start_links()
    app = create_app(gateway)
    _, secret = keys.create(gateway.database.writer, keys.NewKey("test", ("admin:*",), _utc_now()))
    schema = schemathesis.openapi.from_wsgi(
        f"{PREFIX}/openapi.json", app, config=schemathesis.Config.from_dict(SETTINGS)
    )
    yield Asked(app, schema, secret, stored(gateway, Caller(app.test_client(), secret)))
    gateway.stop_links(time.monotonic() + 3)
    gateway.close()


def stored(gateway: Gateway, call: Caller) -> dict[str, str]:
    """Store one of each; the path parameter by which it is found, by collection."""
    known = {"links": "phones", "catalogue": "NB", "simulator/handsets": PHONE, "problems": "not-found"}

    def made(collection: str, told: dict[str, Any]) -> None:
        answer = call("POST", f"{PREFIX}/{collection}", told)
        assert answer.status < 300, (collection, answer.body)
        known[collection] = str(answer.said.get("id") or answer.said["data"][0]["id"])

    assert call("POST", f"{PREFIX}/catalogue/import", {"csv": SHOP}).status == 200
    made("messages", {"to": PHONE, "text": "hello"})
    made("customers", {"name": "Ana", "addresses": [PHONE]})
    made("templates", {"name": "Near", "texts": {"en": "Hello {{ first_name }}"}})
    made("surveys", {"name": "After", "questions": QUESTIONS, "closes_at": f"{_utc_now() + timedelta(days=9):%FT%TZ}"})
    made("webhooks", {"url": "http://127.0.0.1:9/told"})
    made("segments", {"name": "All", "rule": {"everybody": True}})
    made("groups", {"name": "Regulars"})
    made("rates", {"link": "phones", "prefix": "+386", "amount": "0.05", "currency": "EUR"})
    made("plans", {"link": "phones", "units": "1000"})
    made("budgets", {"name": "Autumn", "ceiling": "1000"})
    assert call("PUT", f"{PREFIX}/consent/categories/school", {"names": {"en": "school supplies"}}).status == 200
    known["consent/categories"] = "school"
    offer = {"name": "Near", "category": "school", "texts": {"en": "Hello"}, "audience": {"numbers": [PHONE]}}
    made("campaigns", offer)
    octets = {"Content_Type": "application/octet-stream"}
    known["media"] = call("POST", f"{PREFIX}/media", picture(64, 48), **octets).said["id"]
    known["numbers"] = PHONE
    for number, text in enumerate(("2 notebooks please", "When do you open on Sunday?", "blue moon over the hill")):
        [piece] = parts.split(text, Abilities(), 1)
        come = InboundPiece(f"r{number}", PHONE, None, piece.alphabet, piece.user_data)
        gateway.arrived("phones", come).result(90)
        gateway.reading.round()
    for collection, name in (("orders", "number"), ("inquiries", "id"), ("inbound", "id")):
        found = call("GET", f"{PREFIX}/{collection}").said["data"]
        if found:
            known[collection] = str(found[0][name])
    return known


def aimed(case: Any, known: dict[str, str]) -> Any:
    """The same case at what is there, if its path is about one of these."""
    collection = case.path.removeprefix(f"{PREFIX}/").partition("/{")[0]
    value = known.get(collection)
    if value is not None and case.path_parameters:
        name = re.findall(r"{(\w+)}", case.path)[0]
        case.path_parameters = {**case.path_parameters, name: quote(value, safe="")}
    return case


def _rooms() -> dict[str, list[tuple[str, str]]]:
    """The operations by the first word of their path; within one, taking away comes last."""
    found: dict[str, list[tuple[str, str]]] = {}
    for one in sorted(ROUTES, key=lambda one: (ORDER.index(one.method), one.path)):
        room = one.path.removeprefix(PREFIX).split("/")[1]
        found.setdefault(room, []).append((one.method, PLACE.sub(r"{\1}", one.path)))
    return found


ROOMS = _rooms()


@pytest.mark.parametrize("room", sorted(ROOMS))
def test_the_api_does_what_its_document_promises(asked: Asked, room: str) -> None:
    wrong = [say for method, path in ROOMS[room] if (say := _asked(asked, method, path))]
    assert not wrong, "\n\n".join(wrong)


def _asked(asked: Asked, method: str, path: str) -> str:
    """What went wrong with one operation; seeded, so that every run asks the same."""
    operation = asked.schema[path][method]
    takes = operation.body or operation.query or operation.path_parameters or operation.headers
    modes = [GenerationMode.POSITIVE, *([GenerationMode.NEGATIVE] if takes else [])]
    cases = st.one_of(*(operation.as_strategy(generation_mode=mode) for mode in modes))

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.explicit, Phase.generate],
    )
    @given(case=cases, is_aimed=st.booleans())
    def ask(case: Any, is_aimed: bool) -> None:
        case = aimed(case, asked.known) if is_aimed and case.meta.generation.mode.is_positive else case
        case.call_and_validate(headers={"Authorization": f"Bearer {asked.secret}"} | PLAIN)

    try:
        ask()
    except (schemathesis.errors.SchemathesisError, BaseExceptionGroup) as broken:
        return f"{method} {path}: {broken}"
    return ""
