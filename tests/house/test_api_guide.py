"""The examples of docs/api.md work as they stand there, one after the other."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from smsgw.access import keys
from smsgw.config import Config
from smsgw.gateway import Gateway
from smsgw.store import schema
from webadmin import create_app

BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Gateway]:
    """A gateway over a new store, whose links are not started."""
    phones = {"name": "phones", "kind": "fake", "handsets": ["+38640111222"]}
    told: dict[str, Any] = {
        "store": {"url": f"sqlite:///{tmp_path / 'store.db'}"},
        "sending": {"region": "SI"},
        "links": [phones],
        "pages": {"url": "https://m.example.com"},
    }
    made = Gateway(Config.model_validate(told))
    schema.upgrade(made.database)
    yield made
    made.close()
    shutil.rmtree(tmp_path)


class Curl:
    """Does what a curl command line says, without a network. id: that of the newest answer that had one."""

    def __init__(self, client: FlaskClient, key: str) -> None:
        self._client, self._key, self.id = client, key, ""

    def __call__(self, command: str) -> tuple[int, Any]:
        words = shlex.split(command.replace("\\\n", " "))
        assert words[0] == "curl"
        method, headers, body, url = "", {}, None, ""
        given = iter(words[1:])
        for word in given:
            if word == "-X":
                method = next(given)
            elif word == "-H":
                name, _, value = self._filled(next(given)).partition(": ")
                headers[name] = value
            elif word in ("-d", "--data-binary"):
                body = next(given)
            else:
                url = self._filled(word)
        answer = self._client.open(url, method=method or ("POST" if body else "GET"), headers=headers, data=body)
        said = answer.get_json(silent=True)
        if isinstance(said, dict) and "id" in said:
            self.id = said["id"]
        return answer.status_code, said

    def _filled(self, word: str) -> str:
        return word.replace("$KEY", self._key).replace("$URL", "").replace("$ID", self.id)


def fits(wanted: Any, said: Any) -> bool:
    """Whether an answer has everything that is shown of it; a string may end in …, and a list in more."""
    if isinstance(wanted, dict):
        return isinstance(said, dict) and all(key in said and fits(value, said[key]) for key, value in wanted.items())
    if isinstance(wanted, list):
        enough = isinstance(said, list) and len(wanted) <= len(said)
        return enough and all(fits(*pair) for pair in zip(wanted, said, strict=False))
    if isinstance(wanted, str) and wanted.endswith("…"):
        return str(said).startswith(wanted[:-1])
    return bool(wanted == said)


def examples(page: str) -> Iterator[tuple[list[str], str | None]]:
    """The curl commands of each example, and what is shown of the last answer."""
    blocks = [(found[1], found[2]) for found in BLOCK.finditer(page)]
    for place, (kind, words) in enumerate(blocks):
        if kind == "sh" and words.startswith("curl"):
            shown = blocks[place + 1][1] if place + 1 < len(blocks) and blocks[place + 1][0] == "json" else None
            yield re.split(r"\n(?=curl )", words.strip()), shown


def test_the_examples_of_the_guide_work(root: Path, gateway: Gateway) -> None:
    _, secret = keys.create(gateway.database.writer, keys.NewKey("guide", ["admin:*"], gateway.clock()))
    curl = Curl(create_app(gateway).test_client(), secret)
    count = 0
    for commands, shown in examples((root / "docs/api.md").read_text()):
        for command in commands:
            status, said = curl(command)
            count += 1
            assert shown is not None or status in (200, 201, 202), (command, said)
        if shown is not None:
            wanted, _, body = shown.partition(" ")
            assert status == int(wanted), (command, said)
            assert fits(json.loads(body), said), (command, said)
    assert count >= 15


def test_an_example_that_is_no_longer_so_is_noticed() -> None:
    assert fits({"id": "msg_…", "list": [{"a": 1}]}, {"id": "msg_1", "list": [{"a": 1, "b": 2}], "more": 3})
    assert not fits({"id": "msg_…"}, {"id": "cus_1"})
    assert not fits({"id": "msg_…"}, {})
    assert not fits({"list": [{"a": 1}]}, {"list": [{"a": 2}]})
    assert not fits({"list": [{"a": 1}]}, {"list": []})
