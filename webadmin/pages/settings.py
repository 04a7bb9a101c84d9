"""Every setting as it is in force, and where each comes from; secrets are never shown. They are changed in the file.

All of them can be taken away as such a file, without the secrets; the audit tells who did.
"""

from __future__ import annotations

from itertools import groupby

from flask import request
from werkzeug.wrappers import Response

from smsgw.access import audit
from smsgw.config import Origin, in_force
from smsgw.config.written import written

from ..auth import current_person, person_required
from ..context import the_gateway
from .blueprint import pages
from .sheets import sheet


@pages.get("/settings")
@person_required
def settings() -> Response:
    """All of them by section, or those whose name or value has some letters in it."""
    words = request.args.get("q", "").strip().casefold()[:100]
    found = [one for one in _every() if words in one.key.casefold() or words in one.value.casefold()]
    sections = [(name, list(some)) for name, some in groupby(found, lambda one: one.key.partition(".")[0])]
    return sheet("settings.html", sections=sections, q=request.args.get("q", ""))


@pages.post("/settings/smsgw.toml")
@person_required
def take_settings() -> Response:
    """All of them as a file of the configuration."""
    gateway = the_gateway()
    says = "the settings were taken away as a file, without secrets"
    audit.write(gateway.database.writer, audit.Line(current_person().id, "settings.exported", says, gateway.clock()))
    attached = {"Content-Disposition": 'attachment; filename="smsgw.toml"'}
    return Response(written(_every()), mimetype="application/toml", headers=attached)


def _every() -> list[Origin]:
    gateway = the_gateway()
    return list(gateway.settings) or in_force(gateway.config)
