"""Short links: `/l/` and a code lead on to an address that was stored, and the click is counted.

Nothing of who followed is kept. The agent is looked at and forgotten: what fetches a link for a preview, or for a
scanner, says so itself, and no person's browser does.
"""

from __future__ import annotations

import re

from flask import redirect, request
from werkzeug.wrappers import Response

from smsgw.outbound import short_links
from smsgw.outbound.short_links import Click

from ..context import the_gateway
from ..message_page_entry import asked_to_wait, gone, guard, is_counted, missed, sealed
from .blueprint import pages

# What previews, scanners, libraries and command line programs call themselves. Messengers begin with their name where
# they fetch for a preview; browsers inside of apps have it at their end. CUBOT makes phones.
BOTS = re.compile(
    r"(?<!cu)bot\b|(?<!cu)bot[_-]|crawl|spider|slurp|preview|facebookexternalhit|meta-external|^whatsapp|^viber|^telegram"
    r"|slack-img|embedly|iframely|vkshare|google-safety|googleimageproxy|google-read-aloud|mediapartners|headless"
    r"|lighthouse|scanner|urlscan|virustotal|barracuda|proofpoint|mimecast|monitor|curl/|wget|python|aiohttp|httpx"
    r"|okhttp|java/|go-http-client|libwww|axios|node-fetch|apache-httpclient",
    re.IGNORECASE,
)


@pages.get("/l/<code>")
def short_link(code: str) -> Response:
    """Lead on. Wrong codes and those that are gone get the same page."""
    gateway, address = the_gateway(), guard().address(request)
    if wait := guard().wait(address):
        return sealed(asked_to_wait(wait))
    with gateway.database.reading() as conn:
        row = short_links.find(conn, code)
    if row is None:
        missed(address)
        return sealed(gone())
    if not guard().looked(address, row.id):  # who comes too often is led on, and counts no more
        gateway.database.writer.put(short_links.followed, Click(row.id, gateway.clock(), _is_person()))
    return sealed(redirect(row.url, 302))


def _is_person() -> bool:
    agent = request.headers.get("User-Agent", "")
    return is_counted() and bool(agent) and BOTS.search(agent) is None
