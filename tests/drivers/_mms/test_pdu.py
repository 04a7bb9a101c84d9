"""MMS PDUs: real octets read right, what is written reads the same, and nothing but `Malformed` comes of the wrong."""

from __future__ import annotations

import json
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers._mms import pdu, push
from drivers._mms.parts import Part
from drivers._mms.pdu import INSERT_ADDRESS, Pdu
from drivers._mms.wsp import ContentType, Malformed

VECTORS = json.loads((Path(__file__).parent / "data/pdu.json").read_text())
BARE = [vector for vector in VECTORS if vector["kind"] == "pdu"]
PUSHES = [vector for vector in VECTORS if vector["kind"] == "wsp-push"]
BAD = [vector for vector in VECTORS if vector["kind"] == "pdu-bad"]


def name(vector: dict[str, Any]) -> str:
    return str(vector["name"])


def told(read: Pdu) -> dict[str, Any]:
    """A PDU in the words of the vectors."""
    facts: dict[str, Any] = {"message_type": read.kind, "to": read.all("to")}
    if read.content_type is not None:
        facts |= {"content_type": read.content_type.name, "start": read.content_type.text("start")}
    facts["parts"] = [
        {
            "type": part.content_type.name,
            "charset": part.content_type.text("charset"),
            "name": part.content_type.text("name"),
            "content_id": part.content_id,
            "content_location": part.location,
            "length": len(part.data),
            "sha256": sha256(part.data).hexdigest(),
        }
        for part in read.parts
    ]
    return {key.replace("-", "_"): value for key, value in read.fields if key != "to"} | facts


def agrees(read: Pdu, expected: dict[str, Any]) -> None:
    """Everything that a vector expects is read so."""
    found = told(read)
    for key, value in expected.items():
        have = found.get(key)
        assert (list(have) if isinstance(have, tuple) else have) == value, key


@pytest.mark.parametrize("vector", BARE, ids=name)
def test_a_pdu_is_read_as_it_was_meant(vector: dict[str, Any]) -> None:
    agrees(pdu.read(bytes.fromhex(vector["hex"])), vector["expect"])


@pytest.mark.parametrize("vector", PUSHES, ids=name)
def test_a_push_is_read_as_it_was_meant(vector: dict[str, Any]) -> None:
    read, expected = push.read(bytes.fromhex(vector["hex"])), vector["expect"]
    assert (read.tid, read.content_type, read.application) == (expected["tid"], expected["content_type"], "mms.ua")
    assert read.is_mms
    agrees(read.mms(), expected["pdu"])


@pytest.mark.parametrize("vector", BAD, ids=name)
def test_what_is_cut_or_without_its_end_is_malformed(vector: dict[str, Any]) -> None:
    with pytest.raises(Malformed, match="at octet"):
        pdu.read(bytes.fromhex(vector["hex"]))


@pytest.mark.parametrize("vector", BARE, ids=name)
def test_what_was_read_is_written_so_that_it_reads_the_same(vector: dict[str, Any]) -> None:
    read = pdu.read(bytes.fromhex(vector["hex"]))
    assert told(pdu.read(pdu.write(read))) == told(read)


@pytest.mark.parametrize("wanted", ["notifyresp-retrieved", "acknowledge"])
def test_our_answers_are_written_octet_for_octet(wanted: str) -> None:
    [vector] = [vector for vector in VECTORS if vector["name"] == wanted]
    facts = vector["expect"]
    fields = [("transaction-id", facts["transaction_id"]), ("mms-version", "1.2")]
    fields += [
        (key, facts[key.replace("-", "_")]) for key in ("status", "report-allowed") if key.replace("-", "_") in facts
    ]
    assert pdu.write(Pdu(facts["message_type"], tuple(fields))).hex() == vector["hex"]


LETTERS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=40)
NAMES = st.text(st.characters(min_codepoint=0x30, max_codepoint=0x7A), min_size=1, max_size=20)


@given(
    subject=LETTERS,
    to=st.lists(NAMES, min_size=1, max_size=5),
    date=st.integers(0, 2**40),
    expiry=st.tuples(st.sampled_from(["absolute", "relative"]), st.integers(0, 2**32)),
    texts=st.lists(st.tuples(LETTERS, NAMES), min_size=1, max_size=5),
)
def test_every_letter_of_a_message_comes_back(
    subject: str, to: list[str], date: int, expiry: tuple[str, int], texts: list[tuple[str, str]]
) -> None:
    fields: list[tuple[str, Any]] = [("transaction-id", "t1"), ("mms-version", "1.2"), ("from", INSERT_ADDRESS)]
    fields += [("to", one) for one in to] + [("subject", subject), ("date", date), ("expiry", expiry)]
    sent = Pdu(
        "m-send-req",
        tuple(fields),
        ContentType("application/vnd.wap.multipart.mixed"),
        tuple(
            Part(
                ContentType("text/plain", {"charset": "utf-8", "name": called}),
                text.encode(),
                (("content-id", f"<{called}>"),),
            )
            for text, called in texts
        ),
    )
    read = pdu.read(pdu.write(sent))
    assert read == sent
    assert [part.text() for part in read.parts] == [text for text, _ in texts]


def test_fields_that_nobody_knows_are_kept_as_they_came() -> None:
    odd = bytes.fromhex("8c82e1c5e20301020358 2d 4f 77 6e 00 76 61 6c 75 65 00".replace(" ", ""))
    read = pdu.read(odd)
    assert read.fields == (("0x61", b"\xc5"), ("0x62", b"\x03\x01\x02\x03"), ("X-Own", "value"))
    assert pdu.write(replace(read, kind="m-mbox-descr"))[2:] == odd[2:]


def test_a_token_that_nobody_knows_stays_a_number() -> None:
    assert pdu.read(bytes.fromhex("8c8195ff")).get("status") == 0xFF


def test_the_start_is_found_with_and_without_brackets_and_behind_others() -> None:
    smil = Part(ContentType("application/smil"), b"<smil/>", (("content-id", "<0.smil>"),))
    picture = Part(ContentType("image/jpeg"), b"\xff\xd8")
    for start in ("<0.smil>", "0.smil", "cid:0.smil", "not there"):
        related = ContentType("application/vnd.wap.multipart.related", {"start": start})
        assert Pdu("m-retrieve-conf", (), related, (picture, smil)).start == smil
    assert Pdu("m-retrieve-conf", (), ContentType("application/vnd.wap.multipart.mixed"), (picture,)).start == picture


@pytest.mark.parametrize(
    ("octets", "says"),
    [
        (b"", "no MMS"),
        (b"<!DOCTYPE html><html>", "no MMS"),
        (bytes.fromhex("8cff"), "no message type"),
        (bytes.fromhex("8c8484a341"), "parts are more"),
        (bytes.fromhex("8c8484a30105ff7f83"), "announced"),
        (bytes.fromhex("8c828803830100"), "absolute"),
        (bytes.fromhex("8c82851f"), "an integer of 31"),
        (bytes.fromhex("8c82881f8fffffffff7f"), "more than 32 bits"),
        (bytes.fromhex("8c82") + bytes.fromhex("98610000")[:3] * 300, "more than 256 fields"),
    ],
)
def test_what_is_wrong_is_said(octets: bytes, says: str) -> None:
    with pytest.raises(Malformed, match=says):
        pdu.read(octets)


def test_multiparts_in_one_another_are_read_but_not_without_end() -> None:
    part = Part(ContentType("text/plain"), b"deep")
    for _ in range(3):
        part = Part(ContentType("application/vnd.wap.multipart.mixed"), b"", parts=(part,))
    octets = pdu.write(Pdu("m-retrieve-conf", (), ContentType("application/vnd.wap.multipart.mixed"), (part,)))
    inner = pdu.read(octets).parts[0].parts[0].parts[0].parts[0]
    assert inner.data == b"deep"
    deeper = Part(ContentType("application/vnd.wap.multipart.mixed"), b"", parts=(part,))
    octets = pdu.write(Pdu("m-retrieve-conf", (), ContentType("application/vnd.wap.multipart.mixed"), (deeper,)))
    with pytest.raises(Malformed, match="in one another"):
        pdu.read(octets)


def test_what_lacks_a_field_that_it_must_have_is_not_written() -> None:
    with pytest.raises(ValueError, match="transaction-id, mms-version, status"):
        pdu.write(Pdu("m-notifyresp-ind"))


SEEDS = [bytes.fromhex(vector["hex"]) for vector in BARE + PUSHES]


@given(
    st.sampled_from(SEEDS),
    st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 255)), max_size=8),
    st.integers(0, 2000),
)
def test_spoiled_octets_are_read_or_malformed_and_nothing_else(
    seed: bytes, spoils: list[tuple[int, int]], cut: int
) -> None:
    octets = bytearray(seed)
    for at, value in spoils:
        octets[at % len(octets)] = value
    for read in (pdu.read, push.read):
        try:
            found = read(bytes(octets[: max(1, cut)]))
        except Malformed:
            continue
        if isinstance(found, Pdu):
            [part.text() for part in found.parts]


@given(st.binary(max_size=300))
def test_noise_is_read_or_malformed_and_nothing_else(noise: bytes) -> None:
    for octets in (noise, b"\x8c\x84" + noise, b"\x8c\x84\x84\xa3" + noise, b"\x01\x06" + noise):
        for read in (pdu.read, push.read):
            try:
                read(octets)
            except Malformed:
                continue
