"""Orders by text, as whole roads: a phone of the simulated network writes, the gateway asks back, a yes confirms.

What the phone sees is what its network delivered; what became of it is what the API says. And the gateway is killed
between storing a text and answering it: one order, one answer.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from smsgw.store.tables import inbound, message, order
from tests.flows.running import Client, Running, until
from tests.flows.wires import Tape
from tests.smsgw.webhooks.receiver import Receiver

PHONES = [f"+3864100010{number}" for number in range(8)]
KILLS = 3
SHOP = Path(__file__).parents[2] / "smsgw" / "cli" / "demo.csv"


def shop(folder: Path, open_gateway: Callable[..., Running], **more: Any) -> Running:
    """A gateway with a catalogue and eight phones, not started."""
    tape = Tape(folder, seed=1, handsets=PHONES, delay=0.01, receipt_delay=0.05, repeat_after=0.5)
    gateway = open_gateway([tape.link()], sending={"region": "SI"}, **more)
    gateway.smsgw("catalogue", "import", str(SHOP), "--apply")
    return gateway


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One running shop for the dialogues of this file: each has a phone of its own."""
    folder = tmp_path_factory.mktemp("shop")
    tape = Tape(folder, seed=1, handsets=PHONES, delay=0.01, receipt_delay=0.05, repeat_after=0.5)
    gateway = Running(folder / "smsgw", f"sqlite:///{folder / 'smsgw' / 'store.db'}", [tape.link()],
                      sending={"region": "SI"}, orders={"join_within": 10})  # fmt: skip
    gateway.smsgw("catalogue", "import", str(SHOP), "--apply")
    gateway.start()
    yield gateway
    gateway.kill()


class Customer:
    """Somebody with a phone."""

    def __init__(self, client: Client, phone: str) -> None:
        self._client, self.phone = client, phone
        self._seen = 0

    def says(self, text: str) -> None:
        """Send a text."""
        status, answer = self._client.ask("POST", f"/simulator/handsets/{self.phone}/messages", {"text": text})
        assert status == 201, answer

    def hears(self) -> str:
        """Wait for the next text on the screen that the gateway sent."""

        def shown() -> list[str]:
            texts = self._client.get(f"/simulator/handsets/{self.phone}/messages")["data"]
            return [one["text"] for one in texts if not one["mine"]][self._seen :]

        [first, *_] = until(shown, 20, f"{self.phone} got no answer")
        self._seen += 1
        return str(first)

    def orders(self) -> list[dict[str, Any]]:
        """The customer's orders, newest first."""
        return list(self._client.get(f"/orders?from=%2B{self.phone[1:]}")["data"])


DIALOGUES = {
    "sl": (
        ("Dober dan, naročam 2 zvezka A4", "2 x zvezek A4 = 5,80 EUR. Odgovorite DA"),
        ("naj bodo 3 zvezki A4", "3 x zvezek A4 = 8,70 EUR. Odgovorite DA"),
        ("DA", "je potrjeno: 8,70 EUR"),
    ),
    "en": (
        ("2 notebooks A4 and a blue pen please", "2 x A4 notebook, 1 x blue pen = 6.60 EUR. Reply YES"),
        ("make it 3 notebooks A4", "3 x A4 notebook, 1 x blue pen = 9.50 EUR. Reply YES"),
        ("Yes please", "is confirmed: 9.50 EUR"),
    ),
    "ru": (
        ("Здравствуйте! 2 тетради А4", "2 x тетрадь А4 = 5,80 EUR. Ответьте ДА"),
        ("еще 3 синие ручки", "3 x синяя ручка = 8,20 EUR. Ответьте ДА"),
        ("да", "подтверждён: 8,20 EUR"),
    ),
    "fa": (
        ("سلام دو تا دفتر A4 لطفا", "۲ x دفتر A4 = ۵٫۸۰ EUR"),
        ("بله", "تأیید شد: ۵٫۸۰ EUR"),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("language", "phone"), list(zip(DIALOGUES, PHONES, strict=False)))
def test_an_order_is_asked_changed_and_confirmed_in_the_customers_language(
    kept: Running, language: str, phone: str
) -> None:
    client = kept.client()
    customer = Customer(client, phone)
    for said, answer in DIALOGUES[language]:
        customer.says(said)
        assert answer in customer.hears()
    [made] = customer.orders()
    assert (made["status"], made["language"], made["proof"]["words"]) == (
        "confirmed",
        language,
        DIALOGUES[language][-1][0],
    )
    whole = client.get(f"/orders/{made['number']}")
    assert [one["words"] for one in whole["revisions"]] == [said for said, _ in DIALOGUES[language][:-1]]
    client.close()


def test_two_texts_of_which_the_first_is_no_whole_are_read_as_one(kept: Running) -> None:
    client = kept.client()
    customer = Customer(client, PHONES[4])
    customer.says("dobro jutro")
    customer.says("2 zvezka A4")
    assert "2 x zvezek A4 = 5,80 EUR" in customer.hears()
    texts = client.get(f"/inbound?from=%2B{customer.phone[1:]}")["data"]
    assert {one["status"] for one in texts} == {"handled"}
    client.close()


def test_what_nobody_understands_waits_for_a_person_and_a_person_makes_an_order_of_it(kept: Running) -> None:
    client = kept.client()
    customer = Customer(client, PHONES[5])
    customer.says("200 notebooks A4")
    assert "Somebody looks at it" in customer.hears()
    [made] = customer.orders()
    assert (made["status"], made["lines"][0]["quantity"]) == ("needs_review", "200")
    lines = {"lines": [{"sku": "NB-A4", "quantity": "20"}], "why": "agreed on fewer", "revision": 1}
    status, told = client.ask("POST", f"/orders/{made['id']}/edit", lines)
    assert (status, told["status"]) == (200, "asked")
    assert "20 x A4 notebook = 58.00 EUR" in customer.hears()
    customer.says("yes")
    assert "is confirmed" in customer.hears()
    assert client.ask("POST", f"/orders/{made['id']}/fulfil", {})[1]["status"] == "fulfilled"
    assert client.ask("POST", f"/orders/{made['id']}/fulfil", {})[1]["code"] == "order_state"
    waiting = client.get(f"/inbound?from=%2B{customer.phone[1:]}")["data"]
    assert {one["status"] for one in waiting} == {"handled"}
    client.close()


def test_a_confirmed_order_is_pushed_whole_and_signed(kept: Running) -> None:
    client, receiver = kept.client(), Receiver()
    status, hook = client.ask("POST", "/webhooks", {"url": receiver.url, "events": ["order.confirmed"]})
    assert status == 201, hook
    customer = Customer(client, PHONES[6])
    customer.says("2 notebooks A4 tomorrow")
    customer.hears()
    customer.says("yes")
    customer.hears()
    [told] = until(lambda: receiver.heard, 30, "nothing was pushed")
    assert told.signed_with(hook["secret"])
    pushed = told.said["data"]
    assert (told.type, pushed["status"], pushed["was"], pushed["from"]) == (
        "order.confirmed", "confirmed", "asked", customer.phone,
    )  # fmt: skip
    assert [(line["sku"], line["quantity"], line["amount"]["amount"]) for line in pushed["lines"]] == [
        ("NB-A4", "2", "5.8")
    ]
    assert (pushed["wish"], pushed["proof"]["words"]) == ("tomorrow", "yes")
    receiver.close()
    client.close()


@pytest.mark.slow
def test_a_kill_between_the_text_and_its_answer_leaves_one_order_and_one_answer(
    tmp_path: Path, open_gateway: Callable[..., Running]
) -> None:
    gateway = shop(tmp_path, open_gateway)
    chance = random.Random(7)
    for phone in PHONES[:KILLS]:
        gateway.start()
        client = gateway.client()
        Customer(client, phone).says("2 notebooks A4")
        time.sleep(chance.uniform(0, 0.12))
        gateway.kill()
        client.close()
    gateway.start()

    def settled() -> bool:
        with gateway.looking() as conn:
            unread = conn.scalar(select(func.count()).where(inbound.c.state == "received"))
            return unread == 0 and conn.scalar(select(func.count()).select_from(order)) == KILLS

    until(settled, 30, "not every text became an order")
    with gateway.looking() as conn:
        o, m = order.c, message.c
        made = conn.execute(select(o.address, func.count()).group_by(o.address)).all()
        said = conn.execute(select(m.recipient, func.count()).where(m.client == "orders").group_by(m.recipient)).all()
        asked = set(conn.scalars(select(o.state)))
    assert dict(made) == dict.fromkeys(PHONES[:KILLS], 1)  # type: ignore[arg-type]
    assert dict(said) == dict.fromkeys(PHONES[:KILLS], 1)  # type: ignore[arg-type]
    assert asked == {"asked"}
