"""What clients of other gateways are told is planned with the others' events, and told, whatever their URLs are."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from smsgw.access import keys
from smsgw.errors import BadInput, NotFound
from smsgw.store.database import Database
from smsgw.webhooks import clients, hooks
from smsgw.webhooks.addresses import Allowed, read_networks
from smsgw.webhooks.clients import ClientHook
from smsgw.webhooks.terms import utc_now

LOCAL = Allowed(read_networks(("127.0.0.0/8",)))


@pytest.fixture
def client(database: Database) -> str:
    id, _ = keys.create(database.writer, keys.NewKey("shop", ("messages:send",), utc_now()))
    return id


def wish(client: str, url: str, **terms: Any) -> ClientHook:
    return ClientHook(client, "kannel", url, clients.TEXTS, utc_now() - timedelta(seconds=1), terms)


def test_a_hook_is_set_up_once_and_keeps_the_clients_own_url(database: Database, client: str) -> None:
    url = "http://me:pw@127.0.0.1:9/č?a=%a"
    first = clients.put(database.writer, wish(client, url, method="GET"), LOCAL, {"method": "GET"})
    assert clients.put(database.writer, wish(client, url, method="GET"), LOCAL, {"method": "GET"}) == first
    with database.reading() as conn:
        (row,) = clients.listing(conn, client, "kannel")
        (hook,) = hooks.active(conn)
    assert (row.url, row.terms["url"]) == ("http://127.0.0.1:9/%C4%8D?a=%a", url)
    assert (hook.dialect, hook.client) == ("kannel", client)
    clients.remove(database.writer, client, "kannel", {"method": "GET"})
    with pytest.raises(NotFound):
        clients.remove(database.writer, client, "kannel", {"method": "GET"})


@pytest.mark.parametrize("url", ["http://[::1", "ftp://x", "http://169.254.169.254/", "http://127.0.0.1/" + "x" * 3000])
def test_a_url_that_cannot_be_called_is_no_hook(database: Database, client: str, url: str) -> None:
    with pytest.raises(BadInput):
        clients.put(database.writer, wish(client, url), LOCAL, {})


def test_the_hook_of_a_messages_own_url_is_one_for_each_host_and_comes_back_when_it_was_off(
    database: Database, client: str
) -> None:
    for path in ("/a", "/b?x=1"):
        assert (
            clients.callback(database.writer, client, f"http://127.0.0.1:9{path}", LOCAL, utc_now())
            == "http://127.0.0.1:9"
        )
    with database.reading() as conn:
        (hook,) = hooks.active(conn)
    hooks.change(database.writer, hooks.Change(hook.id, "test", utc_now(), active=False), LOCAL)
    clients.callback(database.writer, client, "http://127.0.0.1:9/c", LOCAL, utc_now())
    with database.reading() as conn:
        assert [one.id for one in hooks.active(conn)] == [hook.id]


def test_a_revoked_key_is_told_nothing_more(database: Database, client: str) -> None:
    clients.callback(database.writer, client, "http://127.0.0.1:9/c", LOCAL, utc_now())
    keys.revoke(database.writer, client, utc_now())
    with database.reading() as conn:
        assert hooks.active(conn) == []
