"""Keys and accounts from the command line, also from a script that has no terminal."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select

from smsgw.access import accounts, accounts_invites, keys, smpp_clients
from smsgw.cli.office import Office
from smsgw.errors import Unauthenticated
from smsgw.store.tables import webhook

SECRET = "a-secret-of-my-own-choice"


@pytest.fixture
def look(config_file):
    """Look at the store: `look(lambda conn: …)`."""

    def ask(question):
        office = Office(lambda gateway: [], environ={})
        office.path = config_file
        with office.gateway() as gateway, gateway.database.reading() as conn:
            return question(conn)

    return ask


def test_a_key_is_shown_once_alone_on_standard_output(smsgw, look) -> None:
    said = smsgw("key", "create", "shop", "--scopes", "messages:send links:read")
    assert said.status == 0
    client = look(lambda conn: keys.authenticate(conn, said.out.strip()))
    assert (client.name, client.scopes) == ("shop", frozenset({"messages:send", "links:read"}))
    assert "keep it now" in said.err
    assert said.out.strip() not in smsgw("key", "ls").out


def test_a_script_gives_a_secret_of_its_own_on_standard_input_before_the_first_start(smsgw, look) -> None:
    said = smsgw("key", "create", "shop", "--scopes", "admin:*", "--secret", "-", stdin=f"{SECRET}\n")
    assert said.status == 0, said.err
    assert look(lambda conn: keys.authenticate(conn, SECRET)).name == "shop"
    assert SECRET not in said.out + said.err


def test_a_short_secret_and_an_unknown_scope_are_both_told(smsgw) -> None:
    said = smsgw("key", "create", "shop", "--scopes", "messages:sned", "--secret", "-", "--json", stdin="short")
    assert said.status == 2
    assert [fault["code"] for fault in said.data["error"]["errors"]] == ["scope_unknown", "secret_short"]


def test_a_secret_on_the_command_line_is_refused(smsgw) -> None:
    said = smsgw("key", "create", "shop", "--secret", SECRET)
    assert said.status == 2
    assert "--secret -" in said.err
    assert SECRET not in said.err


def test_a_revoked_key_opens_nothing_and_is_only_listed_on_request(smsgw, look) -> None:
    secret = smsgw("key", "create", "shop").out.strip()
    assert smsgw("key", "revoke", "shop").status == 0
    with pytest.raises(Unauthenticated):
        look(lambda conn: keys.authenticate(conn, secret))
    assert smsgw("key", "ls", "--json").data == []
    assert [each["name"] for each in smsgw("key", "ls", "--all", "--json").data] == ["shop"]
    said = smsgw("key", "revoke", "shop")
    assert (said.status, "smsgw key ls" in said.err) == (1, True)


def test_an_account_is_made_by_a_script_and_gets_a_new_password(smsgw, look) -> None:
    said = smsgw("user", "add", "ana", "--role", "owner", "--password", "-", stdin="correct horse\n")
    assert said.status == 0, said.err
    assert look(lambda conn: accounts.check_password(conn, "ana", "correct horse")).role == "owner"
    assert smsgw("user", "passwd", "ana", "--password", "-", stdin="battery staple\n").status == 0
    assert look(lambda conn: accounts.check_password(conn, "ana", "battery staple")).name == "ana"
    assert [each["name"] for each in smsgw("user", "ls", "--json").data] == ["ana"]


@pytest.mark.parametrize(
    ("command", "stdin", "code"),
    [
        (["user", "add", "ana", "--password", "-"], "short", "password_short"),
        (["user", "add", "ana"], "", "password_missing"),
        (["user", "add", "ana", "--password", "correct horse"], "", "password_exposed"),
        (["user", "passwd", "nobody", "--password", "-"], "correct horse", "name_unknown"),
    ],
)
def test_a_password_that_cannot_be_taken_is_a_usage_error(smsgw, command: list[str], stdin: str, code: str) -> None:
    said = smsgw(*command, "--json", stdin=stdin)
    assert (said.status, said.data["error"]["code"]) == (2, code)


def test_a_key_gets_a_pair_for_smpp_that_is_shown_once(smsgw, look) -> None:
    smsgw("key", "create", "shop")
    said = smsgw("key", "smpp", "shop", "--from", "10.0.0.0/8", "--rate", "50", "--inbound", "*", "--json")
    assert said.status == 0, said.err
    client = look(lambda conn: smpp_clients.authenticate(conn, said.data["system_id"], said.data["password"]))
    assert client.terms == smpp_clients.Terms(networks=("10.0.0.0/8",), inbound=("*",), pace=50)
    listed = smsgw("key", "smpp").out
    assert said.data["system_id"] in listed
    assert said.data["password"] not in listed


def test_a_pair_for_smpp_without_a_port_says_what_is_missing(smsgw) -> None:
    smsgw("key", "create", "shop")
    assert "[[listen.smpp]]" in smsgw("key", "smpp", "shop").err
    assert "no key 'nobody'" in smsgw("key", "smpp", "nobody").err


def test_a_key_and_its_pair_are_made_in_one_go(smsgw, look) -> None:
    said = smsgw("key", "create", "shop", "--smpp", "--json")
    client = look(lambda conn: smpp_clients.authenticate(conn, said.data["system_id"], said.data["password"]))
    assert client.name == "shop"
    assert look(lambda conn: keys.authenticate(conn, said.data["secret"])).name == "shop"


def test_somebody_is_invited_gets_a_role_and_is_switched_off(smsgw: Any, look: Any) -> None:
    link = smsgw("user", "invite", "ana", "--role", "owner", "--json").data["link"]
    token = link.rpartition("/invited/")[2]
    assert look(lambda conn: accounts_invites.invited(conn, token, datetime.now(UTC)).name) == "ana"
    smsgw("user", "invite", "bo")
    assert smsgw("user", "role", "bo", "developer").status == 0
    assert smsgw("user", "off", "bo").status == 0
    told = {row["name"]: row for row in smsgw("user", "ls", "--json").data}
    assert told["bo"]["role"] == "developer"
    assert told["bo"]["disabled_at"]
    refused = smsgw("user", "off", "ana")
    assert refused.status != 0
    assert "the last owner" in refused.err
    assert smsgw("user", "on", "bo").status == 0
    assert smsgw("user", "reset-factor", "bo").status == 0


def test_where_texts_of_phones_are_told_is_set_with_what_answers_may_do(smsgw, look) -> None:
    smsgw("key", "create", "shop")
    asked = ("key", "doors", "shop", "--get-url", "http://127.0.0.1/in?from=%p&text=%a")
    terms = []
    for more in (["--accept-x-kannel-headers"], ["--no-reply"], []):
        said = smsgw(*asked, *more)
        assert said.status == 0, said.err
        [kept] = look(lambda conn: conn.execute(select(webhook.c.terms)).scalars().all())  # each in place of the last
        terms.append((kept.get("accept_headers", False), kept["max_messages"]))
    assert terms == [(True, 1), (False, 0), (False, 1)]
