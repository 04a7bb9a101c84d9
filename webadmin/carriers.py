"""Where carriers over HTTP call us with receipts and texts: handed to the link, which knows its carrier."""

from __future__ import annotations

from flask import Blueprint, Flask, Response, request

from smsgw.errors import NotFound
from smsgw.link_verbs import Notice, TakesNotices

from .context import the_gateway

carriers = Blueprint("carriers", __name__)


def install(app: Flask) -> None:
    """Let carriers call."""
    app.register_blueprint(carriers)


@carriers.route("/carriers/<name>", methods=["GET", "POST"])
def told(name: str) -> Response:
    """Take what a carrier tells; answered when it is on disk."""
    link = the_gateway().links.get(name)
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


def _query() -> str:
    return request.query_string.decode("latin-1")
