"""A carrier fetches the pictures of what it is to send, and nothing else."""

from __future__ import annotations

import hashlib
import time
from typing import Any

from drivers.web.lending import lend
from smsgw.media import store
from tests.webadmin.message_pages import picture
from webadmin import create_app

SECRET = "a-word-of-the-carrier-1234"


def test_a_lent_picture_is_given_out_until_its_end(configured: Any) -> None:
    link = {"name": "way", "kind": "web", "profile": "twilio", "url": "http://127.0.0.1:9", "user": "AC1",
            "password": "pass", "hook": "https://sms.example.com", "secret": SECRET}  # fmt: skip
    gateway = configured(links=[link])
    octets = picture()
    gateway.database.writer.do(store.take, store.examined(octets, gateway.clock()))
    client, sha = create_app(gateway).test_client(), hashlib.sha256(octets).hexdigest()
    now = time.time()
    answer = client.get(f"/carriers/way/media/{lend(SECRET, sha, now + 60)}/picture-1.jpg", buffered=True)
    assert (answer.status_code, answer.mimetype, answer.data) == (200, "image/jpeg", octets)
    for token in (lend(SECRET, sha, now - 1), lend("another", sha, now + 60), lend(SECRET, "00" * 32, now + 60)):
        assert client.get(f"/carriers/way/media/{token}/picture-1.jpg").status_code == 404
    assert client.get(f"/carriers/other/media/{lend(SECRET, sha, now + 60)}/picture-1.jpg").status_code == 404
