"""Jasmin's own HTTP API and our door, asked the same: status, media type and octets must be the same.

Jasmin's server, router and validators are its own, in the environment that its SMPP half has too; only what it would
give to a broker ends in its process. Identifiers are masked, and the account's name and password differ.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.peers.doors import Doors, doors
from tests.peers.test_smpp_jasmin import installed

pytestmark = [pytest.mark.peer, pytest.mark.slow]

SERVER = Path(__file__).parent / "jasmin-http" / "server.py"
ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
GOOD = {"to": "38641000001", "content": "hello"}
ASKED: list[tuple[str, dict[str, str | None]]] = [
    ("/send", GOOD),
    ("/send", GOOD | {"content": ""}),
    ("/send", GOOD | {"content": "x" * 400}),
    ("/send", GOOD | {"from": "Shop", "priority": "3", "validity-period": "60"}),
    ("/send", GOOD | {"coding": "8", "content": "ab"}),
    ("/send", GOOD | {"coding": "3", "content": "cafe"}),
    ("/send", {"to": "38641000001", "hex-content": "0041", "coding": "8"}),
    ("/send", {"to": "38641000001", "hex-content": "004", "coding": "8"}),
    ("/send", GOOD | {"hex-content": "0041"}),
    ("/send", {"to": "38641000001"}),
    ("/send", GOOD | {"to": None}),
    ("/send", GOOD | {"to": "none"}),
    ("/send", GOOD | {"to": ""}),
    ("/send", GOOD | {"colour": "red"}),
    ("/send", GOOD | {"coding": "99"}),
    ("/send", GOOD | {"coding": ""}),
    ("/send", GOOD | {"priority": "4"}),
    ("/send", GOOD | {"validity-period": "soon"}),
    ("/send", GOOD | {"sdt": "tomorrow"}),
    ("/send", GOOD | {"dlr": "maybe"}),
    ("/send", GOOD | {"dlr": "yes", "dlr-level": "4"}),
    ("/send", GOOD | {"dlr": "yes", "dlr-method": "PUT"}),
    ("/send", GOOD | {"dlr": "yes", "dlr-url": "nowhere"}),
    ("/send", GOOD | {"tags": "a,b"}),
    ("/send", GOOD | {"password": "wrong"}),
    ("/send", GOOD | {"password": None}),
    ("/send", GOOD | {"username": None}),
    ("/send", {"username": None, "password": None}),
    ("/rate", GOOD),
    ("/rate", GOOD | {"content": "x" * 400}),
    ("/rate", {"to": None}),
    ("/rate", GOOD | {"password": "wrong"}),
    ("/balance", {}),
    ("/balance", {"password": "wrong"}),
    ("/balance", {"password": None}),
    ("/balance", {"username": None, "password": None}),
    ("/rate", {"username": None, "password": None}),
    ("/send", {"to": "38641000001", "hex-content": "zz"}),
    ("/send", GOOD | {"sdt": "261231100000000+"}),
    ("/send", GOOD | {"sdt": "000000000100000R"}),
    ("/send", GOOD | {"dlr": "yes", "dlr-url": "http://127.0.0.1:9/x", "dlr-level": "2", "dlr-method": "GET"}),
    ("/send", GOOD | {"dlr-url": "http://127.0.0.1:9/x"}),
    ("/send", GOOD | {"dlr-level": "2"}),
    ("/send", GOOD | {"to": "+38641000001"}),
    ("/send", GOOD | {"to": "38641000001,38641000002"}),
    ("/send", GOOD | {"from": ""}),
    ("/send", GOOD | {"content": "\u010daj", "coding": "0"}),
    ("/send", GOOD | {"validity-period": "0"}),
    ("/ping", {"username": None, "password": None}),
]


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doors]:
    """A daemon with the door open."""
    with doors(tmp_path_factory.mktemp("doors")) as made:
        yield made


@pytest.fixture(scope="module")
def jasmin() -> Iterator[int]:
    """The port of Jasmin's HTTP API."""
    process = subprocess.Popen(
        [str(installed()), str(SERVER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield int(json.loads(process.stdout.readline())["port"])
    finally:
        process.stdin.close()
        process.wait(90)
        process.stdout.close()


def told(port: int, method: str, path: str, words: dict[str, str]) -> tuple[int, str, str]:
    """Status, media type and body of an answer, its identifiers masked."""
    line = HTTPConnection("127.0.0.1", port, timeout=90)
    form = urlencode(words)
    if method == "POST":
        line.request("POST", path, form, {"Content-Type": "application/x-www-form-urlencoded"})
    else:
        line.request("GET", f"{path}?{form}" if form else path)
    answer = line.getresponse()
    kind = (answer.getheader("Content-Type") or "").partition(";")[0]
    body = ID.sub("ID", answer.read().decode())
    line.close()
    return answer.status, kind, body


def given(words: dict[str, str | None], who: dict[str, str]) -> dict[str, str]:
    """These words with a name and a password."""
    return {name: word for name, word in {**who, **words}.items() if word is not None}


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_same_is_answered_to_everything(ours: Doors, jasmin: int, method: str) -> None:
    other: list[Any] = []
    asked = ASKED if method == "GET" else [one for one in ASKED if one[0] == "/send"]  # ours takes POST elsewhere too
    for path, words in asked:
        theirs = told(jasmin, method, path, given(words, {"username": "shop", "password": "secret08"}))
        mine = told(ours.running.port, method, path, given(words, {"username": "shop", "password": ours.secret}))
        if mine != theirs:
            other.append((path, words, theirs, mine))
    assert other == []
