"""Pictures as a screen takes them: on the page of a message, and small ones in lists. Made once and kept, by `fitting`.

No picture is shown as it came: what its camera wrote beside it, the place above all, is nobody's business.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ..errors import NotFound
from ..store.database import Database
from . import store
from .adapt import Unfit
from .fitting import Fitting, fit_of
from .profiles import Profile


@dataclass(frozen=True, slots=True)
class Screen:
    """What a picture is made to fit. octets: of no profile of messages, so that what was made for it is told apart."""

    octets: int
    profile: Profile

    @property
    def fit(self) -> str:
        """How its renditions are called."""
        return fit_of(store.Medium("", "image/jpeg", 0), self.octets, self.profile)


PHONE = Screen(351_000, Profile("page", 351_000, 1920, 1080, 0))
THUMB = Screen(41_000, Profile("thumb", 41_000, 480, 360, 0))


def on_screen(
    database: Database, fitting: Fitting, picture: store.Medium, screen: Screen, now: datetime
) -> tuple[bytes, str] | None:
    """The octets of a picture as it fits a screen, and their type; None when it cannot be made to fit, or is gone."""
    try:
        made = fitting.one(picture, screen.octets, screen.profile, now)
    except (Unfit, NotFound):
        return None
    with database.reading() as conn:
        octets = store.octets_of(conn, [made.sha256]).get(made.sha256)
    return None if octets is None else (octets, made.media_type)
