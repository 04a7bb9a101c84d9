"""`smsgw gate`: caps, open hours and refusals on the command line."""

from __future__ import annotations

PHONE = "+38640111222"


def test_caps_are_set_shown_and_taken_away(smsgw) -> None:
    assert smsgw("gate", "caps", "--days", "7", "--most", "2", "--json").data == [
        {"category": "*", "days": 7, "most": 2}
    ]
    assert "no category" in smsgw("gate", "caps", "--category", "toys", "--days", "1", "--most", "1").err
    assert smsgw("gate", "caps", "--days", "7", "--json").data == []
    assert "no cap" in smsgw("gate", "caps", "--days", "7").err


def test_open_hours_are_set_and_reset(smsgw) -> None:
    rows = smsgw("gate", "hours", "SI", "Mo-Fr 09:00-18:00", "--json").data
    assert {row["region"]: row["source"] for row in rows}["SI"] == "set here"
    assert "must be days and times" in smsgw("gate", "hours", "SI", "sometimes").err
    assert "SI" not in [row["region"] for row in smsgw("gate", "hours", "SI", "--reset", "--json").data]
    assert smsgw("gate", "changes", "--json").data[0]["what"].startswith("open hours of SI")


def test_what_was_refused_is_shown(smsgw) -> None:
    assert smsgw("send", PHONE, "Sale! STOP", "--purpose", "marketing").status == 3
    [row] = smsgw("gate", "refusals", "--to", PHONE, "--json").data
    assert (row["code"], row["client"]) == ("category_missing", "cli")
