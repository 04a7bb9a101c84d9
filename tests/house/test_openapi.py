"""Every route under /api/v1 is in the OpenAPI document, and the document promises no other."""

from __future__ import annotations

import re
from typing import Any

from flask import Flask

API = "/api/v1"
UNTOLD = {"HEAD", "OPTIONS"}  # Flask answers these by itself


def differences(app: Flask, document: dict[str, Any]) -> list[str]:
    """What is routed and not told, and what is told and not routed, in sentences."""
    routed = {
        (method, re.sub(r"<(?:[^:<>]+:)?([^<>]+)>", r"{\1}", rule.rule))
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith(f"{API}/")
        for method in (rule.methods or set()) - UNTOLD
    }
    server = next((entry["url"] for entry in document.get("servers", []) if entry["url"].endswith(API)), "")
    prefix = API if server else ""
    told = {
        (verb.upper(), prefix + path)
        for path, verbs in document["paths"].items()
        if (prefix + path).startswith(f"{API}/")
        for verb in verbs
        if verb in ("get", "put", "post", "delete", "patch")
    }
    missing = [f"{method} {path} is not in the OpenAPI document" for method, path in sorted(routed - told)]
    return missing + [f"{method} {path} is promised and not there" for method, path in sorted(told - routed)]


def test_a_route_that_is_not_told_or_not_there_is_told() -> None:
    app = Flask("probe")
    for method, rule in (("GET", "/messages/<id>"), ("POST", "/messages"), ("DELETE", "/links/<int:number>")):
        app.add_url_rule(API + rule, rule + method, lambda **_: "", methods=[method])
    app.add_url_rule("/inbox", "page", lambda: "")
    paths: dict[str, Any] = {"/messages/{id}": {"get": {}, "parameters": []}, "/links/{number}": {"delete": {}}}
    document = {"servers": [{"url": API}], "paths": paths}
    assert differences(app, document) == ["POST /api/v1/messages is not in the OpenAPI document"]
    paths["/messages"] = {"post": {}, "get": {}}
    assert differences(app, document) == ["GET /api/v1/messages is promised and not there"]
    full = {"paths": {API + path: verbs for path, verbs in paths.items()}}
    assert differences(app, full) == ["GET /api/v1/messages is promised and not there"]
