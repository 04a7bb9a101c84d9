"""A simulated modem is told of MMS by who types at it, and brings octets in and out as the real ones do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from drivers._mms import push
from drivers.modem.line.console import Console
from drivers.modem.pdu import Deliver, decode
from smsgw.errors import BadInput
from smsgw.text.header import ports


@pytest.fixture
def events() -> list[dict[str, Any]]:
    return []


@pytest.fixture
def console(tmp_path: Path, events: list[dict[str, Any]]) -> Iterator[Console]:
    made = Console(tmp_path, [], 0, events.append)
    yield made
    made.close()


def stored(console: Console) -> list[Deliver]:
    """The texts that its memory holds, as we read them."""
    read = [decode(pdu) for pdu in console.modem.stored["ME"].values()]
    return [one for one in read if isinstance(one, Deliver)]


def test_an_mms_is_announced_by_a_line(console: Console, events: list[dict[str, Any]]) -> None:
    console.do("mms +38641000002 http://127.0.0.1:8080/m/" + "1" * 80 + " 31000")
    texts = stored(console)
    assert [(ports(one.udh), one.kind) for one in texts] == [((2948, 9200), "data")] * 2
    announced = push.read(b"".join(one.user_data for one in texts)).mms()
    assert announced.kind == "m-notification-ind"
    assert (announced.get("from"), announced.get("message-size")) == ("+38641000002/TYPE=PLMN", 31_000)
    assert [event["texts"] for event in events if event["event"] == "pushed"] == [2]


def test_any_push_is_sent_by_a_line_in_the_order_and_as_often_as_wanted(console: Console) -> None:
    console.do("push +38640000000 0106030aaf82")
    [text] = stored(console)
    assert (text.sender, text.user_data.hex()) == ("+38640000000", "0106030aaf82")
    console.modem.centre_pushes("+38640000001", bytes(300), reference=9, order=[3, 1, 2], twice=True)
    assert len(stored(console)) == 7


@pytest.mark.parametrize("line", ["push +38640000000 xyz", "push +38640000000", "mms", "mms +1 http://x many"])
def test_a_line_that_is_nothing_is_told(console: Console, line: str) -> None:
    with pytest.raises(BadInput, match="nothing that this modem can do"):
        console.do(line)
    assert stored(console) == []
