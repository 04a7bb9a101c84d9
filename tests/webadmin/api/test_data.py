"""Data for an application on the phone, over the API."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from smsgw.gateway import Gateway
from smsgw.link import Abilities, Alphabet, InboundPiece
from smsgw.text.parts import split_data

OCTETS = bytes(range(200))
PHONE = "+38640111222"


def sent(call: Any, **told: Any) -> Any:
    return call("POST", "/api/v1/messages", {"to": PHONE, **told})


@pytest.mark.parametrize("told", [{"data": base64.b64encode(OCTETS).decode()}, {"data_hex": OCTETS.hex().upper()}])
def test_data_is_taken_in_base64_and_in_digits_and_given_back_with_its_ports(call: Any, told: dict[str, Any]) -> None:
    answer = sent(call, **told, ports={"to": 2948, "from": 9200})
    assert answer.status == 202
    for said in (answer.said, call("GET", f"/api/v1/messages/{answer.said['id']}").said):
        assert (said["text"], base64.b64decode(said["data"])) == ("", OCTETS)
        assert (said["ports"], said["encoding"], said["parts"]) == ({"to": 2948, "from": 9200}, "octets", 2)


def test_data_needs_no_ports_and_a_text_has_neither(call: Any) -> None:
    said = sent(call, data="AAE=").said
    assert (said["data"], said["ports"]) == ("AAE=", None)
    said = sent(call, text="hello").said
    assert (said["text"], said["data"], said["ports"], said["deliver_at"]) == ("hello", None, None, None)


def test_ports_without_an_origin_come_from_zero(call: Any) -> None:
    assert sent(call, data="AAE=", ports={"to": 2948}).said["ports"] == {"to": 2948, "from": 0}


@pytest.mark.parametrize(
    ("told", "faults"),
    [
        ({}, {"/text": "text_missing"}),
        ({"text": "a", "data": "AAE="}, {"/text": "text_and_data"}),
        ({"data": ""}, {"/data": "data_missing"}),
        ({"data": "A"}, {"/data": "data_undecodable"}),
        ({"data": "a b="}, {"/data": "data_undecodable"}),
        ({"data": 5}, {"/data": "wrong_type"}),
        ({"data_hex": "abc"}, {"/data_hex": "data_undecodable"}),
        ({"data_hex": "zz"}, {"/data_hex": "data_undecodable"}),
        ({"data": "AAE=", "data_hex": "00"}, {"/data_hex": "data_twice"}),
        ({"text": "a", "ports": {"to": 1}}, {"/ports": "ports_without_data"}),
        ({"data": "AAE=", "ports": {}}, {"/ports/to": "field_missing"}),
        ({"data": "AAE=", "ports": {"to": 65536}}, {"/ports/to": "out_of_range"}),
        ({"data": "AAE=", "ports": {"to": 1, "from": -1}}, {"/ports/from": "out_of_range"}),
        ({"data": "AAE=", "ports": [1, 2]}, {"/ports": "wrong_type"}),
        ({"data": base64.b64encode(b"x" * 5000).decode()}, {"/data": "data_too_long"}),
    ],
)  # fmt: skip
def test_what_is_wrong_with_data_is_pointed_at(call: Any, told: dict[str, Any], faults: dict[str, str]) -> None:
    answer = sent(call, **told)
    assert (answer.status, answer.faults) == (422, faults)
    assert all(fault["detail"] for fault in answer.said["errors"])


def test_data_goes_in_batches_too(call: Any) -> None:
    answer = call("POST", "/api/v1/messages/batch", [{"to": PHONE, "data": "AAE="}, {"to": PHONE, "data": "?"}])
    assert (answer.said["accepted"], answer.said["data"][1]["problem"]["errors"][0]["pointer"]) == (1, "/1/data")


def test_data_that_came_in_is_given_back_whole_with_its_ports(call: Any, gateway: Gateway) -> None:
    able = Abilities(alphabets=frozenset(Alphabet))
    for position, piece in enumerate(reversed(split_data(OCTETS, (5, 9), able, 3))):
        told = InboundPiece(f"n{position}", PHONE, None, piece.alphabet, piece.user_data, piece.udh, kind="data")
        gateway.arrived("phones", told).result(90)
    gateway.arrived("phones", InboundPiece("t", PHONE, None, Alphabet.GSM7, b"hi")).result(90)
    text, data = call("GET", "/api/v1/inbound").said["data"]
    assert (text["text"], text["data"], text["ports"]) == ("hi", None, None)
    assert (data["kind"], data["text"], data["ports"]) == ("data", "", {"to": 5, "from": 9})
    assert base64.b64decode(data["data"]) == OCTETS
