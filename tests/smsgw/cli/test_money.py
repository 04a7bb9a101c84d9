"""`smsgw plan`, `budget`, `report` and the rest of `rate`: what costs what on the command line."""

from __future__ import annotations

from pathlib import Path


def test_a_price_list_tells_what_it_changes_before_it_counts(smsgw, tmp_path: Path) -> None:
    file = tmp_path / "prices.csv"
    file.write_text("link;prefix;amount;currency;valid_from\nphones;+386;0,02;EUR;2026-01-01\n")
    assert smsgw("rate", "import", file).status == 0
    file.write_text(
        "link;prefix;amount;currency;valid_from\nphones;+386;0,03;EUR;2026-01-01\nphones;+38640;0,01;EUR;2026-01-01\n"
    )
    said = smsgw("rate", "import", file, "--dry-run")
    assert said.out == "2 rates: 1 new, 1 changed, 0 as they were (nothing is stored)\n"
    assert "phones +386: 0.02 becomes 0.03 EUR" in said.err
    assert "+38640 lies in +386: +38640 counts with 0.01 EUR" in said.err
    [row] = smsgw("rate", "list", "--json").data
    assert row["amount"] == "0.02"


def test_rates_of_exchange_are_said_and_shown(smsgw) -> None:
    said = smsgw("rate", "exchange", "usd", "eur", "0.9213", "--from", "2026-03-01")
    assert said.out == "1 USD is 0.9213 EUR from 2026-03-01 00:00 UTC on\n"
    [row] = smsgw("rate", "exchanges", "--json").data
    assert (row["currency"], row["into"], row["worth"]) == ("USD", "EUR", "0.9213")


def test_a_plan_is_set_shown_and_taken_away(smsgw) -> None:
    assert smsgw("plan", "set", "phones", "--units", "100", "--reset-day", "15", "--hour-cap", "30").status == 0
    [row] = smsgw("plan", "list", "--json").data
    assert (row["had"], row["used"], row["hour"]) == (100, 0, "0 of 30")
    wrong = smsgw("plan", "set", "phones", "--reset-day", "40")
    assert "reset_day '40' must be a whole number from 1 to 31" in wrong.err
    assert smsgw("plan", "remove", str(row["id"])).status == 0
    assert smsgw("plan", "list", "--json").data == []


def test_a_budget_holds_and_is_raised(smsgw) -> None:
    smsgw("rate", "set", "phones", "*", "0.02", "EUR", "--from", "2026-01-01")
    assert smsgw("budget", "set", "Autumn", "0.03").status == 0
    assert smsgw("send", "+38640111222", "one").status == 0
    held = smsgw("send", "+38640111223", "two", "--json").data
    assert held["status"] == "held"
    [row] = smsgw("budget", "list", "--json").data
    assert (row["kept"], row["left"]) == ("0.02", "0.01")
    assert [alert["kind"] for alert in smsgw("budget", "alerts", "--json").data] == ["budget.exceeded"]
    assert smsgw("budget", "change", str(row["id"]), "--ceiling", "1").status == 0
    assert smsgw("budget", "clear", "key_1", "+881").out == "key_1 may write to numbers with +881\n"
    assert smsgw("budget", "remove", str(row["id"])).status == 0


def test_a_report_is_shown_and_written(smsgw, tmp_path: Path) -> None:
    assert "Nothing went out" in smsgw("report", "costs").err
    assert smsgw("report", "costs", "--by", "country", "--to", tmp_path / "costs.xlsx").status == 0
    assert (tmp_path / "costs.xlsx").read_bytes().startswith(b"PK")
    assert "must end in .csv, .xlsx or .pdf" in smsgw("report", "costs", "--to", tmp_path / "costs.doc").err
    assert smsgw("report", "proof").out.endswith(": 0 in 0 entries for 0 messages: all agree with their parts\n")
    assert smsgw("report", "close", "2026-01-01", "2026-01-03").out == "3 days are closed\n"
