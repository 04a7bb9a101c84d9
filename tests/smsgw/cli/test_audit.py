"""`smsgw audit`: what was done is shown, and a record that was tampered with is told by its first broken line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from smsgw.store.database import Database


@pytest.fixture
def done(smsgw: Any) -> Any:
    """Something was done: a key made and revoked, an account made."""
    smsgw("key", "create", "shop")
    smsgw("user", "add", "Ana", "--role", "owner", "--password", "-", stdin="long enough, this\n")
    smsgw("key", "revoke", "shop")
    return smsgw


def tamper(folder: Path, statement: str) -> None:
    database = Database(f"sqlite:///{folder / 'smsgw.db'}")
    with database.exclusive() as conn:
        conn.execute(text(statement))
    database.close()


def test_what_was_done_is_shown_the_newest_last(done: Any) -> None:
    told = done("audit", "show", "--json").data
    assert [one["verb"] for one in told] == ["key.created", "account.created", "key.revoked"]
    assert [one["who"] for one in told] == ["cli"] * 3
    assert [one["verb"] for one in done("audit", "show", "--verb", "key.*", "--json").data] == [
        "key.created",
        "key.revoked",
    ]
    assert done("audit", "show", "--since", "1h", "--limit", "1", "--json").data[0]["verb"] == "key.revoked"
    assert "the key 'shop' was revoked" in done("audit", "show").out


def test_a_whole_record_is_told_with_its_seal(done: Any) -> None:
    value = done("audit", "verify", "--json").data
    assert value["lines"] == 3
    assert done("audit", "verify", "--seal", value["seal"]).status == 0


def test_the_first_line_that_was_changed_is_named(done: Any, tmp_path: Path) -> None:
    tamper(tmp_path, "UPDATE audit SET says = 'nothing' WHERE id = 2")
    said = done("audit", "verify")
    assert said.status != 0
    assert "line 2 is not as it was written" in said.err


def test_lines_cut_off_at_the_end_are_told_by_a_seal_that_was_noted(done: Any, tmp_path: Path) -> None:
    seal = done("audit", "verify", "--json").data["seal"]
    tamper(tmp_path, "DELETE FROM audit WHERE id = 3")
    assert done("audit", "verify").status == 0
    said = done("audit", "verify", "--seal", seal)
    assert said.status != 0
    assert "taken away" in said.err
