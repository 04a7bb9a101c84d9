"""What is passed on as it was given is the same picture to the last pixel, and says nothing of where it was taken."""

from __future__ import annotations

import io
import random
import struct
from typing import Any

import pytest
from PIL import Image, PngImagePlugin

from smsgw.media.bare import bare

SECRET = b"taken at home"


def noted(form: str, held: int = 6, **more: Any) -> bytes:
    """A picture with a place, a maker and how it was held."""
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = held, SECRET.decode()
    exif.get_ifd(0x8825)[2] = (46.0, 3.0, 5.0)
    out = io.BytesIO()
    Image.effect_noise((64, 48), 60).convert("RGB").save(out, form, exif=exif.tobytes(), xmp=SECRET, **more)
    return out.getvalue()


def box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body) + 8) + kind + body


@pytest.mark.parametrize("more", [{}, {"progressive": True}, {"icc_profile": b"x" * 100, "comment": SECRET}])
def test_a_photograph_keeps_its_pixels_its_colours_and_how_it_was_held(more: dict[str, Any]) -> None:
    octets = noted("JPEG", **more)
    made = bare(octets + b"\0more pictures" + SECRET, "image/jpeg")
    before, after = Image.open(io.BytesIO(octets)), Image.open(io.BytesIO(made))
    assert SECRET not in made
    assert after.tobytes() == before.tobytes()
    assert dict(after.getexif()) == {0x0112: 6}
    assert after.info.get("icc_profile") == before.info.get("icc_profile")
    assert bare(made, "image/jpeg") == made


def test_one_that_was_held_straight_has_no_notes_at_all() -> None:
    assert b"Exif" not in bare(noted("JPEG", held=1), "image/jpeg")


def test_drawings_and_webp_keep_their_pixels() -> None:
    words = PngImagePlugin.PngInfo()
    words.add_text("Description", SECRET.decode())
    words.add_itxt("XML:com.adobe.xmp", SECRET.decode(), zip=True)
    for form, octets in (("png", noted("PNG", pnginfo=words)), ("webp", noted("WEBP", lossless=True))):
        assert SECRET in octets
        made = bare(octets, f"image/{form}")
        after = Image.open(io.BytesIO(made))
        assert SECRET not in made
        assert after.tobytes() == Image.open(io.BytesIO(octets)).tobytes()
        assert not after.getexif()


def test_the_notes_of_a_film_are_free_space_and_nothing_moves() -> None:
    inner = box(b"tkhd", b"t" * 20) + box(b"meta", SECRET)
    moov = box(b"moov", box(b"mvhd", b"m" * 30) + box(b"trak", inner) + box(b"udta", box(b"\xa9xyz", SECRET)))
    octets = box(b"ftyp", b"mp42" * 3) + moov + box(b"uuid", SECRET) + box(b"mdat", b"udta" + bytes(50))
    made = bare(octets, "video/mp4")
    assert SECRET not in made
    assert len(made) == len(octets)
    assert made[-58:] == octets[-58:]
    assert made.count(b"free") == 3


@pytest.mark.parametrize(("form", "kind"), [("JPEG", "image/jpeg"), ("PNG", "image/png"), ("WEBP", "image/webp")])
def test_what_is_broken_stays_as_it_is_or_becomes_shorter(form: str, kind: str) -> None:
    chance, octets = random.Random(1), noted(form)
    for _ in range(300):
        broken = bytearray(octets[: chance.randrange(len(octets))])
        if broken:
            broken[chance.randrange(len(broken))] = chance.randrange(256)
        assert len(bare(bytes(broken), kind)) <= len(broken) + 40
    assert bare(b"", kind) == b""
