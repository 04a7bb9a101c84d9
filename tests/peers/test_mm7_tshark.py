"""tshark reads what we ask an MMSC: HTTP, the parts of the body in one another, and the XML, without a complaint."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from drivers.mm7 import Config, requests
from drivers.mm7.wire import Wire
from smsgw.link_verbs import Tap
from tests.drivers.mm7.conftest import mms
from tests.emulators.mmsc import mm7_network
from tests.peers.tshark import Read, read, tap

pytestmark = pytest.mark.peer


def spoken(folder: Path, protocol: str, **settings: object) -> list[Read]:
    """What tshark finds of this protocol in one submit; what is within another part it tells twice."""
    with mm7_network() as mmsc, tap(mmsc.port) as recorded:
        told = mmsc.settings(url=f"http://127.0.0.1:{recorded.port}/mm7", **settings)
        config = Config.model_validate(told)
        request = requests.submit([mms(validity=60)], config, datetime(2026, 11, 26, tzinfo=UTC), True)
        wire = Wire(config, Tap(), None)
        wire.ask(request.content_type, request.body)
        wire.close()
    return read(recorded.talk, folder, over="http", protocol=protocol)


def test_a_submit_is_a_request_with_parts_in_parts_and_xml(tmp_path: Path) -> None:
    asked, _ = spoken(tmp_path, "http")
    assert (asked.one("http.request.method"), asked.one("http.authbasic")) == ("POST", "vasp:secret")
    assert asked.shown["mime_multipart.type"][:2] == ["multipart/related", "multipart/related"]
    kinds = [one.partition(";")[0] for one in asked.shown["mime_multipart.header.content-type"]][:5]
    assert kinds == ["text/xml", "multipart/related", "application/smil", "image/jpeg", "text/plain"]
    assert asked.shown["mime_multipart.header.content-id"][:5] == ["<soap>", "<content>", "<s>", "<p.jpg>", "<t.txt>"]
    assert (asked.shown["smil.img.src"][0], asked.shown["smil.text.src"][0]) == ("p.jpg", "t.txt")
    names = [one.strip("</>").partition(" ")[0] for one in asked.shown["xml.tag"]]
    assert names[:4] == ["env:Envelope", "env:Header", "mm7:TransactionID", "env:Body"]
    assert {"mm7:SubmitReq", "mm7:VASPID", "mm7:Recipients", "mm7:Content"} <= set(names)
    assert asked.shown["xml.cdata"][1:10] == [
        "6.8.0", "acme", "news", "22233", "+4917000000001", "2026-11-26T00:00:00Z", "2026-11-26T00:01:00Z", "true",
        "Ihr Bild &amp; &lt;mehr&gt;",
    ]  # fmt: skip


def test_a_default_namespace_and_binary_parts_are_read_as_well(tmp_path: Path) -> None:
    asked, _ = spoken(tmp_path, "http", prefix="", encoding="binary", namespace="REL-5-MM7-1-2")
    names = [one.strip("</>").partition(" ")[0] for one in asked.shown["xml.tag"]]
    assert {"SubmitReq", "VASPID", "Content"} <= set(names)
    assert set(asked.shown["mime_multipart.header.content-transfer-encoding"]) == {"binary"}
