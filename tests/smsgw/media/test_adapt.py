"""Pictures that fit: within octets and pixels, upright, without what a camera writes down; and those that cannot."""

from __future__ import annotations

import io
import random
import time
import zlib
from typing import Any

import pytest
from PIL import Image

from smsgw.media import child
from smsgw.media.adapt import Fitted, Unfit, picture, reads_heic
from smsgw.media.kinds import kind_of


def photograph(width: int = 1600, height: int = 1200, noise: int = 40, **more: Any) -> bytes:
    """A JPEG with slopes of colour and some noise, as a camera makes it."""
    rng = random.Random(7)
    small = Image.new("RGB", (64, 48))
    small.putdata([(4 * x % 256, 5 * y % 256, rng.randrange(noise)) for y in range(48) for x in range(64)])
    out = io.BytesIO()
    small.resize((width, height), Image.Resampling.BICUBIC).save(out, "JPEG", quality=95, **more)
    return out.getvalue()


def opened(fitted: Fitted) -> Image.Image:
    assert kind_of(fitted.octets) == fitted.kind
    return Image.open(io.BytesIO(fitted.octets))


@pytest.mark.parametrize("form", ["HEIF", "AVIF", "WEBP"])
def test_what_phones_make_becomes_what_phones_show(form: str) -> None:
    assert reads_heic()
    exif = Image.Exif()
    exif[0x0112] = 6  # held upright
    exif[0x010F] = "Maker"
    out = io.BytesIO()
    Image.open(io.BytesIO(photograph(400, 300))).save(out, form, exif=exif.tobytes())
    fitted = picture(out.getvalue(), 60_000, 640, 480)
    assert (fitted.kind, fitted.width, fitted.height) == ("image/jpeg", 300, 400)
    assert b"Maker" not in fitted.octets
    assert len(opened(fitted).getexif()) == 0


@pytest.mark.parametrize(("most", "width", "height"), [(30_000, 160, 120), (100_000, 640, 480), (300_000, 1280, 960)])
def test_a_photograph_fits_and_fills_what_it_may(most: int, width: int, height: int) -> None:
    fitted = picture(photograph(), most, width, height)
    assert len(fitted.octets) <= most
    assert (fitted.width, fitted.height) == (width, height)
    assert fitted.kind == "image/jpeg"
    assert not opened(fitted).info.get("progressive")


def test_one_held_upright_may_be_as_high_as_the_other_is_wide() -> None:
    fitted = picture(photograph(1200, 1600), 300_000, 640, 480)
    assert (fitted.width, fitted.height) == (480, 640)


def test_the_way_it_was_held_is_applied_and_the_place_is_gone() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # Orientation: turn by a quarter
    exif[0x8825] = {1: "N", 2: (46.0, 3.0, 0.0)}  # GPSInfo
    fitted = picture(photograph(640, 480, exif=exif), 100_000, 640, 480)
    assert (fitted.width, fitted.height) == (480, 640)
    assert not opened(fitted).getexif()
    assert b"Exif" not in fitted.octets


def test_a_drawing_stays_a_drawing_with_its_glass() -> None:
    drawn = Image.new("RGBA", (300, 200), (255, 0, 0, 0))
    drawn.paste((0, 0, 255, 255), (10, 10, 100, 100))
    out = io.BytesIO()
    drawn.save(out, "PNG")
    fitted = picture(out.getvalue(), 30_000, 160, 120)
    assert fitted.kind == "image/png"
    assert opened(fitted).mode == "RGBA"


def test_a_drawing_that_does_not_fit_becomes_a_photograph_on_white() -> None:
    rng = random.Random(3)
    drawn = Image.new("RGBA", (400, 300), (0, 0, 0, 0))
    drawn.putdata(
        [(rng.randrange(256), rng.randrange(256), rng.randrange(256), 255 * (x % 2)) for x in range(400 * 300)]
    )
    out = io.BytesIO()
    drawn.save(out, "PNG")
    fitted = picture(out.getvalue(), 60_000, 400, 300)
    assert fitted.kind == "image/jpeg"
    assert len(fitted.octets) <= 60_000


def gif(frames: int) -> bytes:
    out = io.BytesIO()
    pictures = [Image.new("RGB", (60, 40), (60 * at, 0, 0)).quantize(4) for at in range(frames)]
    pictures[0].save(out, "GIF", save_all=True, append_images=pictures[1:])
    return out.getvalue()


def test_what_moves_is_passed_on_whole_or_refused() -> None:
    moving = gif(4)
    assert picture(moving, 30_000, 160, 120) == Fitted(moving, "image/gif", 60, 40, False)
    with pytest.raises(Unfit, match="moving picture of"):
        picture(moving, 100, 160, 120)


@pytest.mark.parametrize("form", ["WEBP", "PNG", "BMP", "TIFF"])
def test_what_phones_do_not_show_is_turned_into_what_they_do(form: str) -> None:
    out = io.BytesIO()
    Image.open(io.BytesIO(photograph(320, 240))).save(out, form)
    assert picture(out.getvalue(), 100_000, 640, 480).kind in ("image/jpeg", "image/png")


@pytest.mark.parametrize(
    "octets", [b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n" + bytes(40), b"not a picture", photograph()[:3000]]
)
def test_what_is_no_picture_or_half_of_one_is_refused_with_a_reason(octets: bytes) -> None:
    with pytest.raises(Unfit, match="cannot be read"):
        picture(octets, 100_000, 640, 480)


def bomb() -> bytes:
    """A PNG of some hundred octets that says it is 30,000 pixels wide and high."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return len(body).to_bytes(4, "big") + kind + body + zlib.crc32(kind + body).to_bytes(4, "big")

    size = (30_000).to_bytes(4, "big") * 2
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", size + b"\x08\x02\0\0\0")
        + chunk(b"IDAT", zlib.compress(bytes(9000)))
        + chunk(b"IEND", b"")
    )


def test_a_bomb_is_refused_before_it_goes_off() -> None:
    begun = time.process_time()
    with pytest.raises(Unfit, match=r"pixels are more than|bomb"):
        picture(bomb(), 100_000, 640, 480)
    assert time.process_time() - begun < 1


def test_what_would_become_a_smudge_is_refused() -> None:
    rng = random.Random(1)
    noisy = Image.frombytes("RGB", (800, 600), rng.randbytes(800 * 600 * 3))
    out = io.BytesIO()
    noisy.save(out, "JPEG", quality=90)
    with pytest.raises(Unfit, match="smudge"):
        picture(out.getvalue(), 5_000, 640, 480)


def test_a_process_of_its_own_gives_the_same() -> None:
    octets = photograph(800, 600)
    assert child.fit(octets, 50_000, 640, 480) == picture(octets, 50_000, 640, 480)
    with pytest.raises(Unfit, match="cannot be read"):
        child.fit(b"nothing", 50_000, 640, 480)


def test_a_process_that_takes_too_long_is_ended() -> None:
    with pytest.raises(Unfit, match="more than"):
        child.fit(photograph(), 50_000, 640, 480, seconds=0.01)
