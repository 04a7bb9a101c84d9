"""`smsgw consent`: the ledger, categories, keywords and doubts on the command line."""

from __future__ import annotations

import json

PHONE = "+38640111222"


def test_a_consent_is_written_down_shown_certified_and_taken_back(smsgw) -> None:
    assert smsgw("consent", "categories", "school", "--name", "sl=šola", "--word", "pouk").status == 0
    assert smsgw("consent", "categories", "--json").data[0]["names"] == {"sl": "šola"}
    said = smsgw("consent", "record", PHONE, "form 12", "--for", "school", "--source", "paper")
    assert said.out == f"{PHONE}: granted (school)\n"
    assert smsgw("consent", "show", PHONE, "--json").data["categories"] == ["school"]
    sale = ("send", PHONE, "Sale! STOP ends it", "--purpose", "marketing", "--category", "school")
    assert smsgw(*sale).status == 0
    assert "1 messages that waited are refused" in smsgw("consent", "withdraw", PHONE, "rang us").out
    refused = smsgw(*sale)
    assert (refused.status, "rang us" in refused.err) == (3, True)
    paper = json.loads(smsgw("consent", "certificate", PHONE).out)
    assert [one["statement"] for one in paper["statements"]] == ["granted", "withdrawn"]


def test_a_certificate_can_be_printed(smsgw, tmp_path) -> None:
    smsgw("consent", "record", PHONE, "šola, бумага, کاغذ")
    assert smsgw("consent", "certificate", PHONE, "--pdf", tmp_path / "c.pdf").status == 0
    assert (tmp_path / "c.pdf").read_bytes()[:5] == b"%PDF-"


def test_mistakes_are_told(smsgw) -> None:
    assert "is a purchase" in smsgw("consent", "record", PHONE, "bought a pen").err
    assert "write the language and the name" in smsgw("consent", "categories", "school", "--name", "šola").err


def test_a_text_can_be_tried_and_a_keyword_taught(smsgw) -> None:
    assert smsgw("consent", "test", "odjava").out == "stop by 'odjava' (sl, exact)\n"
    assert smsgw("consent", "test", "Stopalka 3x").out == "It says nothing about consent.\n"
    smsgw("consent", "word", "Dovolj", "stop", "--language", "sl")
    assert smsgw("consent", "test", "dovolj", "--json").data["meaning"] == "stop"
    assert smsgw("consent", "doubts", "--json").data == []


def test_a_dry_run_shows_what_every_check_says(smsgw) -> None:
    said = smsgw("send", PHONE, "Sale!", "--purpose", "marketing", "--dry-run", "--json")
    checks = {one["name"]: one["decision"] for one in said.data["gate"]["checks"]}
    assert (said.status, checks["consent"], checks["country"]) == (3, "refuse", "send")
    assert smsgw("consent", "suppress", PHONE, "--why", "a letter").out == "1 suppressed\n"
    assert "suppression list" in smsgw("send", PHONE, "hello").err
