"""Where carriers over HTTP call us with receipts and texts, and fetch the media of what we send: the link knows how."""

from __future__ import annotations

from flask import Blueprint, Flask, Response, request

from smsgw.errors import NotFound
from smsgw.link_verbs import LendsMedia, Notice, TakesNotices
from smsgw.media import store

from .context import the_gateway

carriers = Blueprint("carriers", __name__)


def install(app: Flask) -> None:
    """Let carriers call."""
    app.register_blueprint(carriers)


@carriers.route("/carriers/<name>", methods=["GET", "POST"])
def told(name: str) -> Response:
    """Take what a carrier tells; answered when it is on disk."""
    gateway = the_gateway()
    link = gateway.links.get(name)
    if link is None and gateway.holdings.several and name in gateway.network.links:
        # A proxy in front of the nodes tries the next one; else the carrier tells it again.
        return Response("this link is at another node", 503, {"Retry-After": "2"}, mimetype="text/plain")
    if not isinstance(link, TakesNotices) or request.method == "HEAD":
        raise NotFound(f"no link {name[:40]!r} is called by its carrier")
    public = the_gateway().config.web.public_url
    asked = request.full_path.rstrip("?") if not request.query_string else f"{request.path}?{_query()}"
    url = f"{public or request.host_url.rstrip('/')}{asked}"
    headers = {key.lower(): value for key, value in request.headers.items()}
    request.max_content_length = max(request.max_content_length or 0, _most_told(name))
    body = request.get_data(cache=False)
    noted = link.notice(Notice(request.method, url, headers, body, request.remote_addr or ""))
    return Response(noted.body, noted.status, dict(noted.headers), mimetype=noted.media)


def _most_told(name: str) -> int:
    """The most octets that this link's carrier may tell in one call, where that is more than other requests may."""
    return max(
        (getattr(one.driver, "most_told", 0) for one in the_gateway().config.links if one.name == name), default=0
    )


@carriers.get("/carriers/<name>/media/<token>/<file>")
def lent(name: str, token: str, file: str) -> Response:
    """A medium of an MMS, fetched by the carrier that is to send it."""
    gateway = the_gateway()
    link = gateway.links.get(name)
    sha256 = link.medium(token) if isinstance(link, LendsMedia) else None
    if sha256 is not None:
        with gateway.database.reading() as conn:
            medium = store.known(conn, [sha256]).get(sha256)
            octets = store.octets_of(conn, [sha256]).get(sha256)
        if medium is not None and octets is not None:
            response = Response(octets, mimetype=medium.media_type)
            response.headers["Cache-Control"] = "private, max-age=3600"
            response.make_conditional(request, accept_ranges=True, complete_length=len(octets))
            return response
    raise NotFound("there is no such medium, or no longer")


def _query() -> str:
    return request.query_string.decode("latin-1")
