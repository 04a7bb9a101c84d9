"""Remember of which trace a message is: the W3C traceparent of the request that asked for it, while traces are told.

It is remembered in memory: after a restart a message that was still under way begins a trace of its own.
"""

from __future__ import annotations

import re

from flask import Flask, Response, request

from smsgw.gateway import Gateway

MOST = 100_000  # messages whose trace is remembered; of more the oldest are forgotten
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}(?:-.*)?")  # trace-context, section 3.2


def install(app: Flask, gateway: Gateway) -> None:
    """Remember what the API took in; nothing is done where no traces are told."""
    if gateway.config.watch.traces is None:
        return
    known = gateway.traceparents

    @app.after_request
    def remember(response: Response) -> Response:
        told = request.headers.get("traceparent", "")
        if response.status_code == 202 and request.path.startswith("/api/") and _TRACEPARENT.fullmatch(told):
            answer = response.get_json(silent=True)
            many = answer.get("data") if isinstance(answer, dict) else []
            for row in many if isinstance(many, list) else [answer]:
                if isinstance(row, dict) and isinstance(row.get("id"), str):
                    known[row["id"]] = told
            for old in list(known)[: max(0, len(known) - MOST)]:
                known.pop(old, None)
        return response
