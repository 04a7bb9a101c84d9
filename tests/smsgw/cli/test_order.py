"""`smsgw catalogue`, `order` and `mail`: the shop on the command line."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from smsgw.inbound.orders import orders
from smsgw.inbound.orders.orders import Asker, Doubt, Times, Turn
from smsgw.inbound.reading.terms import Item
from smsgw.media import mail
from smsgw.store.database import Database

ANA = "+38640111222"
SHOP = "sku,price,currency,name_en\nNB,2.9,EUR,notebook\nPEN,0.8,EUR,pen\n"
NOW = datetime.now(UTC)


@pytest.fixture
def shop(smsgw: Any, tmp_path: Path) -> Path:
    """The file of a catalogue that was taken."""
    file = tmp_path / "shop.csv"
    file.write_text(SHOP)
    assert smsgw("catalogue", "import", file, "--apply").status == 0
    return file


@pytest.fixture
def ordered(shop: Path, tmp_path: Path) -> Callable[..., None]:
    """Have an order of so many notebooks stored: asked about, or in doubt."""

    def take(count: int, *reasons: str) -> None:
        database = Database(f"sqlite:///{tmp_path / 'smsgw.db'}")

        def step(conn: Any, batch: list[int]) -> list[None]:
            for one in batch:
                priced = orders.price(conn, [Item("NB", Fraction(one))], "en")
                turn = Turn(f"{one} notebooks", "orders", NOW, "in_1")
                doubt = Doubt(reasons) if reasons else None
                orders.take(conn, Asker(ANA, None, "phones", "en"), priced, turn, Times(), doubt)
            return [None] * len(batch)

        database.writer.do(step, count)
        database.close()

    return take


def test_a_file_is_compared_first_and_taken_with_apply(smsgw: Any, tmp_path: Path) -> None:
    file = tmp_path / "shop.csv"
    file.write_text(SHOP)
    said = smsgw("catalogue", "import", file)
    assert said.out == "+ NB  notebook\n+ PEN  pen\nwould be: 2 new, 0 changed, 0 gone, 0 as they were\n"
    assert "--apply" in said.err
    assert smsgw("catalogue", "list", "--json").data == []
    assert "done: 2 new" in smsgw("catalogue", "import", file, "--apply").out
    file.write_text(SHOP.replace("2.9", "3.10").replace("PEN,", "INK,"))
    assert smsgw("catalogue", "import", file).out.splitlines()[:3] == ["+ INK  pen", "~ NB  price: 2.9 -> 3.1", "- PEN"]
    file.write_text(smsgw("catalogue", "export").out)
    assert "2 as they were" in smsgw("catalogue", "import", file).out


def test_wrong_lines_are_told_and_stop_everything(smsgw: Any, shop: Path) -> None:
    shop.write_text(SHOP + "X,a lot,EUR,x\n")
    assert "! line 4 X price: 'a lot' is no number" in smsgw("catalogue", "import", shop).out
    refused = smsgw("catalogue", "import", shop, "--apply")
    assert (refused.status != 0, "line 4, price" in refused.err) == (True, True)
    assert smsgw("catalogue", "import", shop, "--apply", "--despite").status == 0
    assert smsgw("catalogue", "alias", "NB", "papirčki", "--language", "sl").status == 0
    assert smsgw("catalogue", "alias", "NB", "papirčki", "--language", "sl", "--remove").status == 0
    assert smsgw("catalogue", "alias", "NB", "papirčki", "--remove").status == 1


def test_an_order_is_listed_shown_confirmed_fulfilled_and_exported(smsgw: Any, ordered: Callable[..., None]) -> None:
    assert smsgw("order", "list").err == "There is no order.\n"
    ordered(2)
    [row] = smsgw("order", "list", "--state", "asked", "--from", "040 111 222", "--json").data
    assert (row["number"], row["lines"], row["total"]) == (10001, "2 x NB", "5.80 EUR")
    shown = smsgw("order", "show", "10001").out
    assert "words: 2 notebooks" in shown
    assert "take: +38640111222 asked for it (by orders)" in shown
    assert smsgw("order", "confirm", "10001", "--why", "on the phone").out == "order 10001 is confirmed\n"
    assert smsgw("order", "fulfil", "10001").out == "order 10001 is fulfilled\n"
    again = smsgw("order", "cancel", "10001")
    assert (again.status, "is fulfilled and cannot be cancelled" in again.err) == (1, True)
    assert smsgw("order", "export", "--since", "2h").out.splitlines()[1].startswith("10001,ord_")
    assert "10001" not in smsgw("order", "list", "--since", "2090-01-01").out


def test_what_needs_a_person_is_accepted_edited_asked_about_and_rejected(
    smsgw: Any, ordered: Callable[..., None]
) -> None:
    for count in (200, 300, 400):
        ordered(count, "above the largest quantity")
    assert smsgw("order", "accept", "10001").out == "order 10001 is asked\n"
    assert smsgw("order", "edit", "10002", "NB=20", "PEN=1", "--by-phone").out == "order 10002 is confirmed\n"
    assert smsgw("order", "ask", "10003", "Really 400?").status == 0
    assert smsgw("order", "reject", "10003", "--quietly").out == "order 10003 is cancelled\n"
    wrong = smsgw("order", "edit", "10001", "NB")
    assert "write NB-A4=2" in wrong.err
    assert smsgw("order", "show", "10009").status == 1
    texts = [one["text"] for one in smsgw("log", "--json").data]
    assert any("Order 10001: 200 x notebook = 580.00 EUR" in text for text in texts)
    assert "Really 400?" in texts


def test_letters_are_listed_and_sent_again(smsgw: Any, shop: Path, tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'smsgw.db'}")
    letter = mail.Letter("r", "ana@example.com", "Order 10001", "…")

    def step(conn: Any, batch: list[Any]) -> list[int]:
        return [mail.write(conn, [one], NOW) for one in batch]

    database.writer.do(step, letter)
    database.close()
    [row] = smsgw("mail", "list", "--json").data
    assert (row["recipient"], row["state"]) == ("ana@example.com", "pending")
    waits = smsgw("mail", "again", row["id"])
    assert (waits.status, "waits to be sent already" in waits.err) == (1, True)
    assert smsgw("mail", "again", "mail_0").status == 1
