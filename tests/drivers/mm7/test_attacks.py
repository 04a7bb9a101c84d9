"""Whatever comes is read, or refused with the one named error; and it ends."""

from __future__ import annotations

import base64
import contextlib
import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from drivers.mm7 import Config, open_link, parts, requests, soap
from drivers.mm7.listening import inbound_of
from drivers.mm7.proof import Doorkeeper
from drivers.mm7.reports import receipt_of
from drivers.mm7.soap import NotMm7
from smsgw.link_verbs import Notice
from tests.drivers.recorder import Recorder
from tests.emulators.mmsc import ENVELOPE, REL6, envelope

CONFIG = Config.model_validate({"url": "http://mmsc.test/", "told_from": ["192.0.2.1"]})
VECTORS = json.loads((Path(__file__).parent / "data" / "mm7.json").read_text())
SEEDS = [(one["headers"]["Content-Type"], base64.b64decode(one["body_b64"])) for one in VECTORS]
BILLION = '<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>'


def read(content_type: str, body: bytes) -> None:
    """All that is done with what comes. Raises NotMm7."""
    said, beside = requests.envelope_of(content_type, body)
    if said.kind == "DeliverReq":
        inbound_of(said, beside, CONFIG)
    elif said.kind.endswith("Rsp"):
        requests.read_answer(content_type, body)
    else:
        receipt_of(said, CONFIG)


@pytest.mark.parametrize(
    "head",
    [
        BILLION,
        '<!DOCTYPE x SYSTEM "file:///etc/passwd">',
        '<!DOCTYPE x [<!ENTITY e SYSTEM "http://127.0.0.1:1/">]>',
        "<!DOCTYPE x>",
    ],
)
def test_any_document_type_is_refused(head: str, events: Recorder) -> None:
    told = f"<?xml version='1.0'?>{head}" + envelope("T", f'<DeliverReq xmlns="{REL6}"/>', REL6).partition("?>")[2]
    with pytest.raises(NotMm7, match="document type"):
        soap.read(told.encode())
    with pytest.raises(NotMm7, match="document type"):
        soap.read(told.replace("'1.0'", "'1.0' encoding='utf-16'").encode("utf-16"))
    link = open_link("mms", CONFIG, events)
    noted = link.notice(
        Notice("POST", "http://x/carriers/mms", {"content-type": "text/xml"}, told.encode(), "192.0.2.1")
    )
    assert (noted.status, requests.read_answer(noted.media, noted.body.encode()).status) == (500, 2007)


@pytest.mark.parametrize(
    "odd",
    [
        b"", b"<", b"<a/>", b"\xff\xfe", b"<?xml version='1.0' encoding='utf-7'?><a/>",
        b"<?xml version='1.0' encoding='nowhere'?><a/>", f"<Envelope xmlns='{ENVELOPE}'/>".encode(),
        b"<Envelope><Body/></Envelope>", b"<Envelope><Body>x</Body></Envelope>", b"<a>" * 20_000,
        b"<Envelope>" + b"<Body>" * 4_000 + b"</Body>" * 4_000 + b"</Envelope>", b"<a>" * 30_000,
    ],
    ids=range(12),
)  # fmt: skip
def test_what_is_no_soap_is_the_named_error(odd: bytes) -> None:
    with contextlib.suppress(NotMm7):
        assert soap.read(odd).kind == "Body"


def nested(depth: int) -> bytes:
    """A leaf in so many multiparts."""
    body = b"Content-Type: text/plain\r\n\r\nleaf"
    for level in range(depth):
        mark = f"b{level}".encode()
        body = b'Content-Type: multipart/mixed; boundary="' + mark + b'"\r\n\r\n--' + mark + b"\r\n" + body
        body += b"\r\n--" + mark + b"--\r\n"
    return body


def whole_of(body: bytes) -> parts.Entity:
    head, _, rest = body.partition(b"\r\n\r\n")
    return parts.entity(head.decode().removeprefix("Content-Type: "), rest)


def test_nesting_parts_and_heads_have_limits() -> None:
    assert [one.data for one in parts.leaves(whole_of(nested(parts.DEEPEST)))] == [b"leaf"]
    for depth in (parts.DEEPEST + 1, 2000):
        with pytest.raises(NotMm7, match="in one another"):
            list(parts.leaves(whole_of(nested(depth))))
    many = b"--b\r\n\r\nx\r\n" * parts.MOST_PARTS
    assert len(list(parts.leaves(parts.entity("multipart/mixed; boundary=b", many)))) == parts.MOST_PARTS
    with pytest.raises(NotMm7, match="64 parts"):
        list(parts.leaves(parts.entity("multipart/mixed; boundary=b", many * 2)))
    with pytest.raises(NotMm7, match="head"):
        list(parts.leaves(parts.entity("multipart/mixed; boundary=b", b"--b\r\nX: " + bytes(100_000) + b"\r\n\r\n")))
    short_lines = b"--b\r\n\r\n" + b"\n" * 1_500_000 + b"\r\n--b--"
    assert [len(one.data) for one in parts.leaves(parts.entity("multipart/mixed; boundary=b", short_lines))] == [
        1_500_000
    ]


def mutated(seed: bytes, cuts: list[tuple[int, int, bytes]]) -> bytes:
    """Octets with pieces replaced."""
    for at, length, octets in cuts:
        start = at % (len(seed) + 1)
        seed = seed[:start] + octets + seed[start + length :]
    return seed


SPICE = st.sampled_from([
    b"", b"\x00", b"\xff\xfe", b"<", b">", b"&#0;", b"&lol;", b"<![CDATA[", b"--OUTER", b"--INNER--", b"\r\n\r\n",
    b"Content-Type: multipart/mixed; boundary=\"=?utf-8?q?=00?=\"", b"boundary*0*=utf-8''%", b"=", b"charset=\"idna\"",
    b"Content-Transfer-Encoding: base64\r\n", b"quoted-printable", b"multipart/", b"Body", b"=?utf-8?b?//?=", b"xmlns=",
])  # fmt: skip
CUTS = st.lists(
    st.tuples(st.integers(0, 20_000), st.integers(0, 40), st.one_of(SPICE, st.binary(max_size=8))), max_size=6
)


@settings(max_examples=700, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
@given(which=st.integers(0, len(SEEDS) - 1), kinds=CUTS, bodies=CUTS)
@example(which=0, kinds=[], bodies=[])
def test_whatever_is_changed_in_a_message_it_is_read_or_refused(
    which: int, kinds: list[tuple[int, int, bytes]], bodies: list[tuple[int, int, bytes]]
) -> None:
    content_type, body = SEEDS[which]
    with contextlib.suppress(NotMm7):
        read(mutated(content_type.encode(), kinds[:2]).decode("latin-1"), mutated(body, bodies))


@settings(max_examples=150, deadline=None, derandomize=True)
@given(said=st.text(max_size=200), key=st.sampled_from(["nonce", "uri", "nc", "qop", "algorithm", "response"]))
def test_no_authorization_opens_the_door_but_the_right_one(said: str, key: str) -> None:
    door = Doorkeeper("digest", "mmsc", "word", "MD5", lambda: 0.0, b"secret")
    for header in (f"Digest {said}", f'Digest username="mmsc", realm="smsgw", {key}="{said}"', f"Basic {said}"):
        assert door.refuses(Notice("POST", "http://x/carriers/mms", {"authorization": header}, b"")) is not None
