"""What phones take: so many octets in all, so many pixels, and whether they show video.

The classes of the OMA MMS conformance document (V1.2) as operators sell them, told by the size that people say.
Octets are those of the whole message; a twentieth is kept back for what networks add.
"""

from __future__ import annotations

from dataclasses import dataclass

HEADROOM = 0.95


@dataclass(frozen=True, slots=True)
class Profile:
    """A size of message. width, height: of a picture, or turned. video: pixels of a video's longer side, 0 for none."""

    name: str
    octets: int
    width: int
    height: int
    video: int
    rate: int = 15  # pictures a second of a video

    @property
    def room(self) -> int:
        """Octets that all parts and headers may take together."""
        return int(self.octets * HEADROOM)


PROFILES = {
    one.name: one
    for one in (
        Profile("basic", 30 << 10, 160, 120, 0),
        Profile("rich100", 100 << 10, 640, 480, 176, 10),
        Profile("std300", 300 << 10, 1280, 960, 320),
        Profile("std600", 600 << 10, 1600, 1200, 320),
        Profile("large1m", 1 << 20, 2048, 1536, 640, 25),
    )
}
"""By name, the smallest first."""
DEFAULT = "std300"
MAIL = Profile("mail", 2 << 20, 2048, 1536, 0)  # of pictures that are drawn anew for a mail


def smaller(name: str, other: str | None) -> Profile:
    """Of two profiles the one that takes less; `other` may be nothing that we know."""
    found = PROFILES[name]
    second = PROFILES.get(other or "")
    return second if second is not None and second.octets < found.octets else found


def fitting(octets: int) -> Profile:
    """The largest profile for a link that carries so many octets; the smallest where even that is too much."""
    fits = [one for one in PROFILES.values() if one.octets <= octets]
    return fits[-1] if fits else next(iter(PROFILES.values()))
