"""Who wants to be reached by mail gets a campaign by mail, if that address agreed too; the others get a text."""

from __future__ import annotations

from smsgw.customers import customers
from smsgw.customers.details import Reachable
from smsgw.link import Abilities, Health, LinkState
from smsgw.media.fitting import Fitting
from smsgw.outbound.carrying import Carrying, CarryTerms
from smsgw.outbound.gate import gate
from smsgw.outbound.preferring import Preferring
from smsgw.outbound.routing import Served
from smsgw.outbound.submit import Terms
from smsgw.store.database import Database
from smsgw.store.ids import new_id
from tests.smsgw.campaigns.town import NOON, PEOPLE, Town
from tests.smsgw.desk import Desk

POST = Served("post", "mail", abilities=Abilities(alphabets=frozenset(), content=frozenset({"mail"})))
ANA, EVA = "ana@home.example", "eva@home.example"


def town(database: Database) -> Town:
    """A town in which mail is carried."""
    made = Town(Desk(database, terms=Terms(region="SI", rules=gate.Rules(mail=True))))
    desk = made.desk
    desk.network.add(POST, NOON)
    desk.network.heard("post", Health(LinkState.UP), NOON)
    desk.door.contents = Carrying(database, Fitting(database), CarryTerms())
    desk.door.instead = Preferring(database, desk.network, "SI").instead
    return made


def test_a_campaign_goes_by_mail_to_whom_it_is_wished_and_agreed(database: Database) -> None:
    made = town(database)
    [by_text] = made.people(1)
    numbers = [f"+3864077700{number}" for number in range(2)]
    some = [
        (
            new_id("cus", NOON),
            {**PEOPLE, "channel": "email", "addresses": [Reachable(number, "phone", "SI"), Reachable(mail, "email")]},
        )
        for number, mail in zip(numbers, (ANA, EVA), strict=True)
    ]
    made.do(lambda conn: customers.add(conn, some, NOON, by="test"))
    made.say([by_text, numbers[1], ANA], granted=True)  # Ana's number said nothing, nor did Eva's mail address
    id = made.started()
    made.run()
    sent = {row.recipient: row.link for row in made.messages(id)}
    assert sent == {by_text: "a", ANA: "post"}


def test_who_has_a_mail_address_only_gets_it_by_mail_if_that_agreed(database: Database) -> None:
    made = town(database)
    [by_text] = made.people(1)
    for mail in (ANA, EVA):
        wish = {**PEOPLE, "addresses": [Reachable(mail, "email")]}
        made.do(lambda conn, wish=wish: customers.add(conn, [(new_id("cus", NOON), wish)], NOON, by="test"))
    made.say([by_text, ANA], granted=True)  # Eva never agreed
    id = made.started()
    told = made.row(id).estimate
    assert told["kinds"] == {"text": 1, "mail": 1}
    assert told["left_out"] == {"consent_missing": 1}
    made.run()
    assert {row.recipient: row.link for row in made.messages(id)} == {by_text: "a", ANA: "post"}
    assert made.left_out(id) == {"consent_missing": 1}


def test_a_stop_by_mail_counts_for_who_has_a_mail_address_only(database: Database) -> None:
    made = town(database)
    wish = {**PEOPLE, "addresses": [Reachable(ANA, "email")]}
    made.do(lambda conn: customers.add(conn, [(new_id("cus", NOON), wish)], NOON, by="test"))
    made.say([ANA], granted=True)
    made.say([ANA], granted=False)
    id = made.started()
    made.run()
    assert made.messages(id) == []
    assert made.left_out(id) == {"recipient_opted_out": 1}


def test_a_stop_by_text_ends_what_comes_by_mail_too(database: Database) -> None:
    made = town(database)
    number = "+38640777000"
    wish = {**PEOPLE, "channel": "email", "addresses": [Reachable(number, "phone", "SI"), Reachable(ANA, "email")]}
    made.do(lambda conn: customers.add(conn, [(new_id("cus", NOON), wish)], NOON, by="test"))
    made.say([ANA], granted=True)
    made.say([number], granted=False)
    id = made.started()
    made.run()
    assert made.messages(id) == []
