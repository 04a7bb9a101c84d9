"""Every setting as it is in force, and where each comes from; secrets are never shown. They are changed in the file."""

from __future__ import annotations

from itertools import groupby

from flask import request
from werkzeug.wrappers import Response

from smsgw.config import Origin, in_force

from ..auth import person_required
from ..context import the_gateway
from .blueprint import pages
from .sheets import sheet


@pages.get("/settings")
@person_required
def settings() -> Response:
    """All of them by section, or those whose name or value has some letters in it."""
    gateway, words = the_gateway(), request.args.get("q", "").strip().casefold()[:100]
    every: list[Origin] = list(gateway.settings) or in_force(gateway.config)
    found = [one for one in every if words in one.key.casefold() or words in one.value.casefold()]
    sections = [(name, list(some)) for name, some in groupby(found, lambda one: one.key.partition(".")[0])]
    return sheet("settings.html", sections=sections, q=request.args.get("q", ""))
