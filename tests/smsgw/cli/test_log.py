"""A message is found by its id however it was written down."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize("spelled", ["{}", "{}.2", "msg_{}"])
def test_an_id_of_a_client_over_smpp_finds_its_message(smsgw, spelled: str) -> None:
    id = smsgw("send", "+38640111222", "hello", "--json").data["id"]
    told = smsgw("log", spelled.format(id.removeprefix("msg_")), "--json")
    assert told.status == 0, told.err
    assert told.data["id"] == id
