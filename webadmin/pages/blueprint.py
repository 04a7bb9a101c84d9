"""The blueprint that every page hangs itself on; what the pages are drawn with lies in templates/ and static/."""

from __future__ import annotations

from flask import Blueprint

pages = Blueprint("pages", __name__, static_folder="../static", static_url_path="/static")
