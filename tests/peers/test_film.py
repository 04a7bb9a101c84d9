"""ffmpeg and sox make video and sound fit, and leave what a camera wrote beside them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from smsgw.media import film
from smsgw.media.adapt import Unfit
from smsgw.media.kinds import kind_of
from smsgw.media.profiles import PROFILES

STD = PROFILES["std300"]


def made(folder: Path, name: str, *how: str) -> bytes:
    """A file that ffmpeg draws."""
    path = folder / name
    subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", *how, str(path)], check=True, timeout=180)
    return path.read_bytes()


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Two seconds, upright, with a place in it."""
    how = (
        "-i",
        "testsrc2=size=360x640:rate=15:duration=2",
        "-metadata",
        "location=+46.05+014.5/",
        "-pix_fmt",
        "yuv420p",
    )
    return made(tmp_path_factory.mktemp("film"), "v.mp4", *how, "-c:v", "libx264", "-qp", "5")


def test_a_video_fits_and_forgets_where_it_was_made(video: bytes, tmp_path: Path) -> None:
    assert b"loci" in video
    fitted = film.video(video, 100_000, STD)
    assert len(fitted.octets) <= 100_000 < len(video)
    assert kind_of(fitted.octets) == fitted.kind == "video/mp4"
    assert b"loci" not in fitted.octets
    (tmp_path / "v.mp4").write_bytes(fitted.octets)
    ask = ["ffprobe", "-v", "error", "-show_entries", "stream=codec_name,width,height", "-of", "csv=p=0"]
    told = subprocess.run([*ask, str(tmp_path / "v.mp4")], capture_output=True, text=True, timeout=90, check=True)
    assert told.stdout.strip() == "h264,180,320"


def test_a_video_that_fits_is_left_as_it_is_but_for_where_it_was_made(video: bytes) -> None:
    fitted = film.bare(video)
    assert b"loci" not in fitted.octets
    assert abs(len(fitted.octets) - len(video)) < film.ROOM


def test_sound_becomes_what_every_phone_plays(tmp_path: Path) -> None:
    sound = made(tmp_path, "s.wav", "-i", "sine=440:duration=4")
    fitted = film.sound(sound, 9000)
    assert (fitted.kind, kind_of(fitted.octets)) == ("audio/amr", "audio/amr")
    assert len(fitted.octets) <= 9000 < len(sound)


def test_what_is_too_long_or_no_film_is_refused_with_a_reason(video: bytes) -> None:
    with pytest.raises(Unfit, match="make it shorter"):
        film.video(video, 5000, STD)
    for broken in (video[:1000], b"\0\0\0\x18ftypisom" + b"junk" * 300, b"#EXTM3U\nhttp://127.0.0.1/secret\n"):
        with pytest.raises(Unfit) as refused:
            film.video(broken, 100_000, STD)
        assert "smsgw-film" not in str(refused.value)
