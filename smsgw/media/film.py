"""Make video and sound fit, with ffmpeg and sox where they are installed; without them say so clearly.

Both are told to read files only, to run so long and no longer, and to leave what a camera wrote beside the picture.
They run under bounds of memory and time of their own: a film from outside may be made to eat both.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from .adapt import Fitted, Unfit
from .kinds import kind_of
from .profiles import Profile

SECONDS = 120.0
BOUNDS = ("prlimit", f"--as={2048 << 20}", f"--cpu={int(SECONDS)}")  # of util-linux, which every Debian has
SOUND_RATES = (12_200, 4_750)  # bits a second of AMR that we try (3GPP TS 26.071)
LEAST_VIDEO = 40_000  # bits a second below which nobody recognises anything
ROOM = 4096  # octets that a video may grow by when it is only packed anew
SOUND_IN_VIDEO = 24_000


def installed(program: str) -> bool:
    """Whether ffmpeg, ffprobe or sox is there."""
    return shutil.which(program) is not None


def video(octets: bytes, most: int, profile: Profile) -> Fitted:
    """A video in at most `most` octets, H.264 and AAC in MP4, no larger than the profile says. Raises Unfit."""
    if not installed("ffmpeg") or not installed("ffprobe"):
        raise Unfit(f"a video of {len(octets)} octets cannot be made smaller here: ffmpeg is not installed")
    with tempfile.TemporaryDirectory(prefix="smsgw-film-") as folder:
        source, made = Path(folder, "source"), Path(folder, "made.mp4")
        source.write_bytes(octets)
        length = _length(source)
        rate = int(most * 8 * 0.92 / length) - SOUND_IN_VIDEO
        if rate < LEAST_VIDEO:
            raise Unfit(f"a video of {length:.0f} seconds does not fit into {most} octets: make it shorter")
        scale = f"scale='if(gte(iw,ih),min({profile.video},iw),-2)':'if(gte(iw,ih),-2,min({profile.video},ih))'"
        same = [
            "-map_metadata", "-1", "-map", "0:v:0", "-c:v", "libx264", "-profile:v", "baseline", "-level", "1.3",
            "-pix_fmt", "yuv420p", "-vf", f"{scale},scale=trunc(iw/2)*2:trunc(ih/2)*2", "-r", str(profile.rate),
            "-b:v", str(rate), "-maxrate", str(rate), "-bufsize", str(rate), "-passlogfile", str(Path(folder, "pass")),
        ]  # fmt: skip
        ask = ["ffmpeg", "-nostdin", "-v", "error", "-protocol_whitelist", "file", "-y", "-i", str(source)]
        _run([*ask, *same, "-pass", "1", "-an", "-f", "null", "/dev/null"], folder)
        sound = ["-map", "0:a:0?", "-c:a", "aac", "-ac", "1", "-ar", "22050", "-b:a", "20k"]
        _run([*ask, *same, "-pass", "2", *sound, "-movflags", "+faststart", str(made)], folder)
        return _fitted(made, most)


def bare(octets: bytes) -> Fitted:
    """The same video without what its camera wrote beside the picture, such as the place. Raises Unfit."""
    with tempfile.TemporaryDirectory(prefix="smsgw-film-") as folder:
        source, made = Path(folder, "source"), Path(folder, "made.mp4")
        source.write_bytes(octets)
        ask = ["ffmpeg", "-nostdin", "-v", "error", "-protocol_whitelist", "file", "-y", "-i", str(source)]
        form = "3gp" if kind_of(octets) == "video/3gpp" else "mp4"
        _run(
            [*ask, "-map_metadata", "-1", "-map", "0:v:0", "-map", "0:a:0?", "-c", "copy", "-f", form, str(made)],
            folder,
        )
        return _fitted(made, len(octets) + ROOM)


def sound(octets: bytes, most: int) -> Fitted:
    """A sound in at most `most` octets: AMR where sox writes it, else AAC in MP4. Raises Unfit."""
    if not installed("ffmpeg") or not installed("ffprobe"):
        raise Unfit(f"a sound of {len(octets)} octets cannot be made smaller here: ffmpeg is not installed")
    with tempfile.TemporaryDirectory(prefix="smsgw-film-") as folder:
        source, plain = Path(folder, "source"), Path(folder, "plain.wav")
        source.write_bytes(octets)
        length = _length(source)
        ask = ["ffmpeg", "-nostdin", "-v", "error", "-protocol_whitelist", "file", "-y", "-i", str(source)]
        rate = next((rate for rate in SOUND_RATES if rate * length / 8 * 1.1 <= most), None)
        if rate is not None and _writes_amr():
            _run([*ask, "-map", "0:a:0", "-ac", "1", "-ar", "8000", str(plain)], folder)
            mode = {12_200: "7", 4_750: "0"}[rate]
            made = Path(folder, "made.amr")
            _run(["sox", str(plain), "-t", "amr-nb", "-C", mode, str(made)], folder)
            return _fitted(made, most)
        bits = int(most * 8 * 0.9 / length)
        if bits < 16_000:
            raise Unfit(f"a sound of {length:.0f} seconds does not fit into {most} octets: make it shorter")
        made = Path(folder, "made.m4a")
        aac = ["-map_metadata", "-1", "-map", "0:a:0", "-c:a", "aac", "-ac", "1", "-b:a", str(min(bits, 64_000))]
        _run([*ask, *aac, "-f", "ipod", str(made)], folder)
        return _fitted(made, most)


def _writes_amr() -> bool:
    if not installed("sox"):
        return False
    told = subprocess.run(["sox", "--help-format", "amr-nb"], capture_output=True, timeout=10, check=False)
    return b"Writes: no" not in told.stdout and b"amr-nb" in told.stdout


def _length(source: Path) -> float:
    """How long it lasts, in seconds. Raises Unfit for what nobody can read."""
    ask = ["ffprobe", "-v", "error", "-protocol_whitelist", "file", "-show_entries", "format=duration", "-of", "json"]
    told = _run([*ask, str(source)], str(source.parent))
    try:
        length = float(json.loads(told)["format"]["duration"])
    except (KeyError, ValueError, TypeError) as error:
        raise Unfit("nobody can tell how long it lasts") from error
    if not 0 < length < 3600:
        raise Unfit(f"it lasts {length:.0f} seconds: make it shorter")
    return length


def _run(command: Sequence[str], folder: str) -> bytes:
    try:
        ran = subprocess.run(
            [*BOUNDS, *command], cwd=folder, capture_output=True, timeout=SECONDS, check=False,
            env={"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": folder},
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise Unfit(f"it took more than {SECONDS:g} seconds to make it fit") from error
    if ran.returncode:
        last = ran.stderr.decode("utf-8", "replace").strip().rpartition("\n")[2]
        said = last.replace(f"{folder}/source: ", "")[:200]
        raise Unfit(f"it cannot be read: {said or 'it took more memory or time than it may'}")
    return ran.stdout


def _fitted(made: Path, most: int) -> Fitted:
    octets = made.read_bytes()
    if len(octets) > most:
        raise Unfit(f"it has {len(octets)} octets at the least, and {most} are the most: make it shorter")
    return Fitted(octets, kind_of(octets) or "application/octet-stream", 0, 0, True)
