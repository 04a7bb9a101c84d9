"""A carrier fetches the pictures of what it is to send, and nothing else."""

from __future__ import annotations

import hashlib
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from drivers.web.lending import lend
from smsgw.access import keys
from smsgw.config import Config
from smsgw.gateway import Gateway
from smsgw.media import store
from smsgw.media.contents import Contents, Slide
from smsgw.outbound import outbox
from smsgw.outbound.submit import Asked
from smsgw.store.tables import message_content
from tests.emulators.ports import unused
from tests.webadmin.message_pages import PHONE, picture
from tests.webadmin.pages.conftest import within as within
from webadmin import create_app
from webadmin.server import WebServer

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


@contextmanager
def served(folder: Path, blank: Path, **told: Any) -> Iterator[tuple[Gateway, WebServer]]:
    """A gateway of its own that runs, with its web server."""
    folder.mkdir()
    shutil.copy(blank, folder / "store.db")
    told = {"store": {"url": f"sqlite:///{folder / 'store.db'}"}, "sending": {"region": "SI"}, **told}
    gateway = Gateway(Config.model_validate(told))
    server = WebServer(gateway, create_app(gateway))
    server.start()
    gateway.start_links()
    try:
        yield gateway, server
    finally:
        gateway.stop_links(time.monotonic() + 3)
        server.stop(time.monotonic() + 3)
        gateway.close()


@pytest.mark.slow
def test_another_smsgw_carries_a_picture(tmp_path: Path, blank_store: Path, within: Callable[..., Any]) -> None:
    phones = {"name": "phones", "kind": "fake", "handsets": [PHONE], "mms": True}
    port = unused()
    other = served(
        tmp_path / "there", blank_store, links=[phones], web={"listen": "127.0.0.1:0"},
        webhooks={"networks": ["127.0.0.0/8"]},
    )  # fmt: skip
    with other as (there, its_server):
        key = keys.create(there.database.writer, keys.NewKey("first", ("admin:*",), there.clock()))[1]
        link = {"name": "other", "kind": "web", "profile": "smsgw", "url": f"http://{its_server.address}",
                "password": key, "secret": SECRET, "hook": f"http://127.0.0.1:{port}"}  # fmt: skip
        here = served(tmp_path / "here", blank_store, links=[link], web={"listen": f"127.0.0.1:{port}"})
        with here as (first, _):
            octets = picture(200, 100)
            medium = first.database.writer.do(store.take, store.examined(octets, first.clock()))
            content = Contents((Slide("Novo", medium.sha256),), subject="S", policy="never")
            row = first.door.submit(Asked(PHONE, "", "test", content=content)).row

            def arrived() -> Any:
                with there.database.reading() as conn:
                    return conn.execute(select(message_content.c.subject, message_content.c.slides)).first()

            def state() -> str:
                with first.database.reading() as conn:
                    return str(outbox.get(conn, row["id"]).state)

            came = within(arrived)
            assert (came.subject, came.slides[0]["text"]) == ("S", "Novo")
            assert within(lambda: state() == "sent")
            with there.database.reading() as conn:
                assert store.get(conn, came.slides[0]["medium"]).family == "picture"
