"""A key gets a system_id and a short password for SMPP, and terms; its own secret opens that door too."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from smsgw.access import keys, smpp_clients
from smsgw.access.smpp_clients import SmppClient, Terms, may_come_from
from smsgw.errors import BadInput, Conflict, NotFound, Unauthenticated
from smsgw.store.database import Database
from smsgw.store.tables import smpp_client
from tests.smsgw.desk import START


@pytest.fixture
def key(database: Database) -> tuple[str, str]:
    """A key named shop: its id and its secret."""
    return keys.create(database.writer, keys.NewKey("shop", ["messages:send"], START))


def authenticate(database: Database, system_id: str, password: str) -> SmppClient:
    with database.reading() as conn:
        return smpp_clients.authenticate(conn, system_id, password)


def test_a_key_gets_a_password_that_fits_into_smpp_and_opens_the_door(database: Database, key: tuple[str, str]) -> None:
    terms = Terms(networks=("10.0.0.0/8",), binds=2, pace=50, alphabet="latin1")
    system_id, password = smpp_clients.create(database.writer, "shop", terms)
    assert len(system_id) <= 15
    assert len(password) == 8
    client = authenticate(database, system_id, password)
    assert (client.id, client.name, client.scopes, client.terms) == (key[0], "shop", {"messages:send"}, terms)


def test_no_password_is_stored(database: Database, key: tuple[str, str]) -> None:
    _, password = smpp_clients.create(database.writer, "shop", Terms())
    with database.reading() as conn:
        assert password not in repr(conn.execute(select(smpp_client)).all())


@pytest.mark.parametrize("named", ["name", "id"])
def test_the_keys_own_secret_opens_it_by_its_name_or_id(database: Database, key: tuple[str, str], named: str) -> None:
    client = authenticate(database, "shop" if named == "name" else key[0], key[1])
    assert (client.id, client.terms) == (key[0], Terms())
    smpp_clients.create(database.writer, "shop", Terms(binds=3))
    assert authenticate(database, "shop", key[1]).terms.binds == 3


def test_wrong_and_unknown_and_somebody_elses_are_the_same_refusal(database: Database, key: tuple[str, str]) -> None:
    system_id, password = smpp_clients.create(database.writer, "shop", Terms())
    _, other = keys.create(database.writer, keys.NewKey("other", ["messages:send"], START))
    for wrong in ((system_id, "wrong"), ("nobody", password), ("shop", other), (system_id, key[1]), ("", "")):
        with pytest.raises(Unauthenticated, match="there is no client"):
            authenticate(database, *wrong)


def test_a_revoked_key_opens_nothing(database: Database, key: tuple[str, str]) -> None:
    system_id, password = smpp_clients.create(database.writer, "shop", Terms())
    keys.revoke(database.writer, "shop", START)
    for pair in ((system_id, password), ("shop", key[1])):
        with pytest.raises(Unauthenticated, match="revoked"):
            authenticate(database, *pair)
    with database.reading() as conn:
        assert smpp_clients.listing(conn) == []


def test_done_again_it_is_a_new_password_under_the_same_name(database: Database, key: tuple[str, str]) -> None:
    system_id, before = smpp_clients.create(database.writer, "shop", Terms())
    again, after = smpp_clients.create(database.writer, "shop", Terms(binds=1))
    assert again == system_id
    assert authenticate(database, system_id, after).terms.binds == 1
    with pytest.raises(Unauthenticated):
        authenticate(database, system_id, before)


def test_a_system_id_of_ones_own_belongs_to_one_key(database: Database, key: tuple[str, str]) -> None:
    keys.create(database.writer, keys.NewKey("other", ["messages:send"], START))
    assert smpp_clients.create(database.writer, "shop", Terms(), "SHOP01")[0] == "SHOP01"
    with pytest.raises(Conflict, match="another key"):
        smpp_clients.create(database.writer, "other", Terms(), "SHOP01")
    with pytest.raises(NotFound):
        smpp_clients.create(database.writer, "nobody", Terms())


def test_all_that_is_wrong_is_told_at_once(database: Database, key: tuple[str, str]) -> None:
    with pytest.raises(BadInput) as told:
        smpp_clients.create(database.writer, "shop", Terms(networks=("here",), window=0), "much too long a name")
    assert {fault.code for fault in told.value.faults} == {"system_id_invalid", "network_invalid", "out_of_range"}


@pytest.mark.parametrize(
    ("networks", "address", "may"),
    [
        ((), "203.0.113.9", True),
        (("10.0.0.0/8",), "10.1.2.3", True),
        (("10.0.0.0/8",), "::ffff:10.1.2.3", True),
        (("10.0.0.0/8",), "11.1.2.3", False),
        (("2001:db8::/32", "10.0.0.1/32"), "2001:db8::1", True),
        (("fe80::/10",), "fe80::1%eth0", True),
        (("10.0.0.0/8",), "2001:db8::1", False),
    ],
)
def test_where_a_client_may_come_from(networks: tuple[str, ...], address: str, may: bool) -> None:
    assert may_come_from(Terms(networks=networks), address) is may
