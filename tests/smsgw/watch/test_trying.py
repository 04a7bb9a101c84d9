"""A link is tried before it stands in the configuration, and its secrets are shown to nobody."""

from __future__ import annotations

import tomllib

import pytest

from smsgw.errors import BadInput
from smsgw.link import LinkState
from smsgw.watch import trying
from tests.emulators.ports import unused


def test_a_server_that_is_not_there_is_told_in_words() -> None:
    port = unused()
    driver = trying.driver_of("smpp", {"host": "127.0.0.1", "port": port, "system_id": "me", "password": "geheim"})
    health = trying.met("carrier", "smpp", driver)
    assert health.state is not LinkState.UP
    assert f"127.0.0.1:{port}" in health.why


def test_what_is_wrong_with_the_keys_is_told_without_them() -> None:
    with pytest.raises(BadInput) as wrong:
        trying.driver_of("smpp", {"host": "smsc", "port": 99999, "system_id": "me", "password": "x" * 80})
    assert "/port" in {fault.pointer for fault in wrong.value.faults}
    assert "xxx" not in str(wrong.value)


def test_the_table_names_a_file_for_what_is_secret() -> None:
    table = trying.block("carrier", "smpp", {"host": "smsc", "port": 2775, "password": "geheim"})
    assert "geheim" not in table
    [link] = tomllib.loads(table)["links"]
    assert link == {
        "name": "carrier", "kind": "smpp", "host": "smsc", "port": 2775, "password_file": "carrier.password",
    }  # fmt: skip
