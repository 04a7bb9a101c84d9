"""A text that was wrong, over HTTP, the command line and SMPP: replaced where the SMSC has it, also over a kill."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.emulators import smpp_client
from tests.emulators.smpp_client import SmppClient, address, submit
from tests.emulators.smsc import Network, smpp_network
from tests.flows.running import Running, until
from tests.flows.test_recalls import PHONE, reaches
from tests.flows.test_smpp_clients import pair_of, port_of

WRONG, RIGHT, BEST = "Bread is 1 EUR today", "Bread is 2 EUR today", "Bread is 3 EUR today"
REPLACE_SM, RREPLACEFAIL, RINVMSGID = 7, 0x13, 0x0C
pytestmark = pytest.mark.slow


class Shelf:
    """What the SMSC keeps for phones that are off, by id; it replaces texts there as SMPP 3.4 section 4.10 has it."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self.texts: dict[str, str] = {}
        self.taken: set[str] = set()
        self.before_the_answer: Callable[[], None] = lambda: None
        network.do(lambda smsc: smsc.behaviour.verbs.update({REPLACE_SM: self._replace}))

    def _replace(self, frame: bytes) -> tuple[int, bytes]:
        id, _, rest = frame[16:].partition(b"\0")
        _, _, rest = rest[2:].partition(b"\0")  # the sender
        assert rest[:2] == b"\0\0", "its times stay"
        length, text = rest[4], rest[5:]
        assert len(text) == length
        known = {submit.id for submit in self._network.smsc.submits}
        if id.decode() not in known:
            return RINVMSGID, b""
        if id.decode() in self.taken:
            return RREPLACEFAIL, b""
        self.texts[id.decode()] = text.decode("ascii")
        self.before_the_answer()
        return 0, b""


def test_a_text_is_replaced_where_the_smsc_has_it_and_a_kill_before_our_commit_is_told_and_mended(
    open_gateway: Callable[..., Running],
) -> None:
    with smpp_network() as network:
        shelf = Shelf(network)
        gateway = open_gateway([{"name": "net", "kind": "smpp", **network.settings(replace_sm=True)}])
        gateway.start()
        client = gateway.client()
        id = client.send(PHONE, WRONG)
        reaches(client, id, "sent")
        said = json.loads(gateway.smsgw("replace", id, RIGHT, "--json").stdout)
        assert said == {"id": id, "text": RIGHT}
        told = client.get(f"/messages/{id}")
        assert (told["text"], [one["text"] for one in told["said_before"]]) == (RIGHT, [WRONG])
        assert list(shelf.texts.values()) == [RIGHT]

        assert gateway.process is not None
        shelf.before_the_answer = gateway.process.kill
        with pytest.raises((http.client.HTTPException, OSError)):
            client.ask("POST", f"/messages/{id}/replace", {"text": BEST})
        gateway.kill()
        assert list(shelf.texts.values()) == [BEST]
        shelf.before_the_answer = lambda: None
        gateway.start()
        client = gateway.client()
        told = client.get(f"/messages/{id}")
        assert (told["status"], told["text"]) == ("sent", RIGHT)
        assert [one["text"] for one in told["asked_instead"]] == [BEST]
        assert client.get(f"/messages/{id}/events")["data"][-1]["event"] == "ask_replace"
        assert "perhaps, for its network was asked so by" in gateway.smsgw("log", id).stdout

        until(lambda: client.get("/links")["data"][0]["health"] == "up", 60, "the link did not come up again")
        status, told = client.ask("POST", f"/messages/{id}/replace", {"text": BEST})
        assert (status, told["text"], told["asked_instead"]) == (200, BEST, [])
        assert [one["text"] for one in told["said_before"]] == [WRONG, RIGHT]

        shelf.taken.update(shelf.texts)
        status, problem = client.ask("POST", f"/messages/{id}/replace", {"text": WRONG})
        assert (status, problem["code"]) == (409, "cannot_replace")
        assert "ESME_RREPLACEFAIL" in problem["detail"]
        refused = gateway.smsgw("replace", id, WRONG, check=False)
        assert (refused.returncode != 0, "ESME_RREPLACEFAIL" in refused.stderr) == (True, True)
        status, problem = client.ask("POST", f"/messages/{id}/replace", {"text": "žal"})
        assert (status, [fault["code"] for fault in problem["errors"]]) == (422, ["coding_differs"])
        client.close()
        assert gateway.terminate()[0] == 0


def test_an_smsc_that_does_not_answer_leaves_both_texts_possible(open_gateway: Callable[..., Running]) -> None:
    with smpp_network() as network:
        link = network.settings(replace_sm=True, answer_timeout=2)
        gateway = open_gateway([{"name": "net", "kind": "smpp", **link}])
        gateway.start()
        client = gateway.client()
        id = client.send(PHONE, WRONG)
        reaches(client, id, "sent")
        network.go_silent()
        status, problem = client.ask("POST", f"/messages/{id}/replace", {"text": RIGHT})
        assert (status, problem["code"]) == (409, "replace_unsure")
        told: dict[str, Any] = client.get(f"/messages/{id}")
        assert (told["text"], [one["text"] for one in told["asked_instead"]]) == (WRONG, [RIGHT])
        network.go_silent(False)
        client.close()
        assert gateway.terminate()[0] == 0


def test_a_client_of_our_smsc_has_its_text_replaced_at_the_smsc_behind_it(open_gateway: Callable[..., Running]) -> None:
    with smpp_network() as network:
        shelf = Shelf(network)
        gateway = open_gateway([{"name": "net", "kind": "smpp", **network.settings(replace_sm=True)}])
        gateway.config.write_text(gateway.config.read_text() + '\n[[listen.smpp]]\nlisten = "127.0.0.1:0"\n')
        gateway.smsgw("key", "create", "shop")
        pair = pair_of(gateway.smsgw("key", "smpp", "shop").stdout)
        gateway.start()
        client, api = SmppClient(port_of(gateway)), gateway.client()
        assert client.bind(*pair).status == 0
        id = client.ask(smpp_client.SUBMIT_SM, submit(PHONE[1:], WRONG.encode())).text
        reaches(api, f"msg_{id}", "sent")

        def replaced(text: str) -> int:
            new = address("Shop", 5, 0) + b"\0\0" + bytes((1, 0, len(text))) + text.encode()
            return client.ask(smpp_client.REPLACE_SM, f"{id}\0".encode() + new).status

        assert replaced(RIGHT) == 0
        assert (list(shelf.texts.values()), api.get(f"/messages/msg_{id}")["text"]) == ([RIGHT], RIGHT)
        shelf.taken.update(shelf.texts)
        assert replaced(BEST) == RREPLACEFAIL
        assert api.get(f"/messages/msg_{id}")["text"] == RIGHT
        client.close()
        api.close()
        assert gateway.terminate()[0] == 0
