"""Remember of which trace a message is: the W3C traceparent of the request that asked for it, while traces are told.

It is kept beside the message: the node that tells of its end may be another, or the same one after a restart.
"""

from __future__ import annotations

import re

from flask import Flask, Response, request

from smsgw.gateway import Gateway
from smsgw.watch import tracing

_TRACEPARENT = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}(?:-.*)?")  # trace-context, section 3.2


def install(app: Flask, gateway: Gateway) -> None:
    """Remember what the API took in; nothing is done where no traces are told."""
    if gateway.config.watch.traces is None:
        return

    @app.after_request
    def remember(response: Response) -> Response:
        told = request.headers.get("traceparent", "")
        if response.status_code == 202 and request.path.startswith("/api/") and _TRACEPARENT.fullmatch(told):
            answer = response.get_json(silent=True)
            many = answer.get("data") if isinstance(answer, dict) else []
            rows = many if isinstance(many, list) else [answer]
            tracing.remember(gateway, [row["id"] for row in rows if isinstance(row, dict) and "id" in row], told)
        return response
