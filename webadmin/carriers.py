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
    noted = link.notice(Notice(request.method, url, headers, request.get_data(cache=False)))
    return Response(noted.body, noted.status, mimetype=noted.media)


def _query() -> str:
    return request.query_string.decode("latin-1")
