"""The OpenAPI document is valid, and tells of everything that is served, and nothing else."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from openapi_spec_validator import OpenAPIV31SpecValidator

from webadmin import catalogue
from webadmin.api.description import document
from webadmin.api.routes import ROUTES


@pytest.fixture
def described(call: Any) -> Any:
    """The document as it is served, without a key."""
    answer = call("GET", "/api/v1/openapi.json", authorization="")
    assert answer.status == 200
    return answer.said


def test_the_document_is_valid_openapi_3_1(described: Any) -> None:
    assert described["openapi"].startswith("3.1.")
    assert [str(error) for error in OpenAPIV31SpecValidator(described).iter_errors()] == []


def test_every_rule_that_is_served_is_described_and_every_route_is_served(app: Flask, described: Any) -> None:
    served = {
        (re.sub(r"<(?:int:)?(\w+)>", r"{\1}", rule.rule), method.lower())
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/v1/") or rule.rule in ("/healthz", "/readyz")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    told = {(path, method) for path, methods in described["paths"].items() for method in methods}
    for path, method in told:  # which the specification's validator does not look at
        named = [one["name"] for one in described["paths"][path][method].get("parameters", []) if one["in"] == "path"]
        assert (named, re.findall("[<>]", path)) == (re.findall(r"{(\w+)}", path), []), path
    assert told == served
    assert len(told) == len(ROUTES)


def test_a_route_that_is_in_no_table_makes_the_document_fail(app: Flask) -> None:
    app.add_url_rule("/api/v1/stray", "stray", lambda: "")
    with pytest.raises(KeyError, match="stray"):
        document(app)


def test_every_field_has_a_sentence(described: Any) -> None:
    schemas = described["components"]["schemas"]
    mute = [
        f"{shape}.{name}"
        for shape, schema in schemas.items()
        for name, field in schema.get("properties", {}).items()
        if not field.get("description")
    ]
    assert mute == []
    assert [name for name, schema in schemas.items() if not schema.get("description")] == []


def test_every_operation_says_who_may_what_comes_back_and_what_may_go_wrong(described: Any) -> None:
    for path, methods in described["paths"].items():
        for method, told in methods.items():
            assert told["summary"], (method, path)
            assert any(status.startswith("2") for status in told["responses"])
            if told["security"]:
                assert {"401", "403", "500"} <= set(told["responses"])
            if "requestBody" in told:
                assert {"400", "413", "415", "422"} <= set(told["responses"])


def test_sending_is_described_with_its_fields_bounds_and_headers(described: Any) -> None:
    send = described["paths"]["/api/v1/messages"]["post"]
    assert send["security"][0] == {"bearer": ["messages:send"]}
    assert {one["name"] for one in send["parameters"]} == {"Idempotency-Key", "Prefer"}
    reference = send["requestBody"]["content"]["application/json"]["schema"]["$ref"]
    wanted = described["components"]["schemas"][reference.rpartition("/")[2]]["anyOf"]
    kinds = []
    for reference in [one["$ref"] for one in wanted]:
        shape = described["components"]["schemas"][reference.rpartition("/")[2]]
        assert shape["required"] == ["to"]
        assert shape["additionalProperties"] is False
        assert "from" in shape["properties"]
        kinds.append(shape["properties"]["to"]["type"])
    assert kinds == ["string", "array"]
    assert {"200", "202", "409", "503"} <= set(send["responses"])
    batch = described["paths"]["/api/v1/messages/batch"]["post"]["requestBody"]["content"]
    assert batch["application/json"]["schema"]["maxItems"] == 10_000
    assert "application/x-ndjson" in batch


def test_every_kind_of_problem_can_be_looked_up_by_its_type(call: Any) -> None:
    listed = call("GET", "/api/v1/problems", authorization="").said["data"]
    assert [one["code"] for one in listed] == [entry.code for entry in catalogue.catalogue()]
    for entry in listed:
        assert entry["title"]
        assert entry["meaning"].endswith(".")
        assert entry["todo"].endswith(".")
        assert call("GET", f"/api/v1/problems/{entry['code'].replace('_', '-')}", authorization="").said == entry
    assert call("GET", "/api/v1/problems/nothing").code == "not_found"
