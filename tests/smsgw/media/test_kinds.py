"""What octets are is told by themselves."""

from __future__ import annotations

import pytest

from smsgw.media.kinds import kind_of


@pytest.mark.parametrize(
    ("octets", "kind"),
    [
        (b"\xff\xd8\xff\xe0 \x10JFIF", "image/jpeg"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
        (b"RIFF\0\0\0\0WAVEfmt ", "audio/wav"),
        (b"\0\0\0\x18ftyp3gp4", "video/3gpp"),
        (b"\0\0\0\x18ftypheic", "image/heic"),
        (b"\0\0\0\x18ftypisom", "video/mp4"),
        (b"#!AMR\n\x3c", "audio/amr"),
        (b"\xff\xfb\x90\x00", "audio/mpeg"),
        (b"begin:vcard\r\nVERSION:2.1", "text/x-vCard"),
        ("Živjo, kako si?\n".encode(), "text/plain"),
    ],
)
def test_what_is_known_is_named(octets: bytes, kind: str) -> None:
    assert kind_of(octets) == kind


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"MZ\x90\0",
        b"<!DOCTYPE html><script>",
        b"  <svg xmlns='x'>",
        b"hello <script>alert(1)</script>",
        b"text with a \x00 in it",
        b"\xc3\x28 no UTF-8",
        b"RIFF\0\0\0\0ACON",
    ],
)
def test_what_is_unknown_or_unwanted_is_nothing(octets: bytes) -> None:
    assert kind_of(octets) is None
