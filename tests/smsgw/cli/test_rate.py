"""`smsgw rate`: the price list on the command line."""

from __future__ import annotations

from pathlib import Path


def test_a_price_is_said_shown_and_taken_away(smsgw) -> None:
    said = smsgw("rate", "set", "phones", "386", "0.012", "eur", "--from", "2026-04-01")
    assert (said.status, said.out) == (
        0, "phones: a part to +386 costs 0.012 EUR from 2026-04-01 00:00 UTC on, charged on submit\n",
    )  # fmt: skip
    [row] = smsgw("rate", "list", "--json").data
    assert (row["prefix"], row["amount"], row["valid_from"]) == ("+386", "0.012", "2026-04-01T00:00:00Z")
    assert smsgw("rate", "remove", "phones", "+386").status == 0
    assert smsgw("rate", "list", "--json").data == []
    gone = smsgw("rate", "remove", "phones", "+386")
    assert (gone.status, "smsgw rate list" in gone.err) == (1, True)


def test_a_file_goes_in_whole_or_not_at_all(smsgw, tmp_path: Path) -> None:
    file = tmp_path / "prices.csv"
    file.write_text("link,prefix,amount,currency\nphones,+386,0.012,EUR\nphones,+43,a lot,EUR\n")
    said = smsgw("rate", "import", file)
    assert said.status != 0
    assert "line 3: amount 'a lot' must be an amount such as 0.012" in said.err
    assert smsgw("rate", "list", "--json").data == []
    file.write_text("link,prefix,amount,currency\nphones,+386,0.012,EUR\nphones,*,0.05,EUR\n")
    assert smsgw("rate", "import", file).out == "2 rates: 2 new, 0 changed, 0 as they were\n"
    file.write_text(smsgw("rate", "export").out)
    assert smsgw("rate", "import", file).out == "2 rates: 0 new, 0 changed, 2 as they were\n"


def test_a_file_that_is_not_there_or_no_text_is_told(smsgw, tmp_path: Path) -> None:
    assert "cannot be read" in smsgw("rate", "import", tmp_path / "none.csv").err
    (tmp_path / "bad.csv").write_bytes(b"link,\xff")
    assert "prefix, amount, currency is missing" in smsgw("rate", "import", tmp_path / "bad.csv").err


def test_the_way_and_the_price_of_a_text_are_known_before_it_is_sent(smsgw) -> None:
    smsgw("rate", "set", "phones", "*", "0.02", "EUR", "--from", "2026-01-01")
    said = smsgw("send", "+38640111222", "hello", "--json")
    assert said.data["trace"] == ["phones serves every number and is down, which may pass"]
    assert said.data["price"] == {"amount": "0.02", "currency": "EUR"}
    assert "price:    0.02 EUR" in smsgw("send", "+38640111222", "hello", "--dry-run").out
