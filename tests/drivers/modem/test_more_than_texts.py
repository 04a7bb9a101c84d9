"""USSD, money, calls, temperature and numbers: what a modem does besides texts."""

from __future__ import annotations

import threading
import time
from decimal import Decimal

import pytest

from drivers.modem.owner import ModemLink
from smsgw.errors import BadInput, Conflict, SmsgwError
from smsgw.link_verbs import SpeaksUssd
from tests.drivers.modem.conftest import CUSTOMER, Open, Rig
from tests.emulators.modem import Ways

PHONE = "+4915112345678"


def link_of(rig: Rig) -> ModemLink:
    assert isinstance(rig.link, ModemLink)
    return rig.link


@pytest.mark.parametrize("spelled", ["gsm", "packed", "ucs2"])
@pytest.mark.parametrize("maker", ["ACME", "huawei"])
def test_a_code_is_answered_however_the_modem_spells_it(rig_for: Open, spelled: str, maker: str) -> None:
    link = link_of(rig_for(Ways(ussd=spelled, maker=maker)).up())
    assert isinstance(link, SpeaksUssd)
    assert "ussd" in link.abilities.optional
    answer = link.ussd("*100#", timeout=60)
    assert (str(answer), answer.expects_reply) == ("Your balance is 12.34 EUR, valid until 31.12.2026.", False)
    assert link.ussd("*101#", timeout=60).text == "Vaše stanje je 7,50 €. Še 120 SMS."


def test_a_menu_of_several_steps_is_walked_and_ends(rig: Rig) -> None:
    link = link_of(rig)
    first = link.ussd("*123#", timeout=60)
    assert first.expects_reply
    assert first.text.splitlines() == ["1 Balance", "2 Bundles", "3 End"]
    assert link.ussd_reply("2", timeout=60).expects_reply
    assert link.ussd_reply("1", timeout=60).text == "100 SMS added"
    with pytest.raises(Conflict, match="asked nothing"):
        link.ussd_reply("1", timeout=60)
    assert rig.modem.entered == ["*123#", "2", "1"]


def test_a_menu_is_walked_with_a_modem_that_wants_its_digits_packed(rig_for: Open) -> None:
    rig = rig_for(Ways(maker="huawei", ussd="packed")).up()
    link = link_of(rig)
    assert link.ussd("*123#", timeout=60).expects_reply
    assert link.ussd_reply("2", timeout=60).text.splitlines() == ["1 100 SMS for 1 EUR", "2 1000 SMS for 5 EUR"]
    assert link.ussd_reply("1", timeout=60).text == "100 SMS added"
    assert 'AT+CUSD=1,"31",15' in rig.modem.commands
    assert rig.modem.entered == ["*123#", "2", "1"]


def test_a_menu_can_be_left_and_a_new_code_leaves_it_too(rig: Rig) -> None:
    link = link_of(rig)
    link.ussd("*123#", timeout=60)
    link.ussd_cancel()
    assert rig.modem.commands.count("AT+CUSD=2") == 1
    link.ussd("*123#", timeout=60)
    assert link.ussd("*100#", timeout=60).text.startswith("Your balance")
    assert rig.modem.commands.count("AT+CUSD=2") == 2


def test_a_code_that_the_network_does_not_know_is_told(rig: Rig) -> None:
    with pytest.raises(SmsgwError, match="does not support this code"):
        link_of(rig).ussd("*999#", timeout=60)


def test_what_is_no_code_and_a_modem_that_is_not_there_are_told(rig: Rig) -> None:
    with pytest.raises(BadInput, match="no USSD code"):
        link_of(rig).ussd("日本", timeout=60)
    rig.modem.disconnect()
    rig.events.wait(lambda: "there is no" in rig.link.health().why)
    with pytest.raises(Conflict, match="there is no"):
        link_of(rig).ussd("*100#", timeout=60)


def test_an_answer_that_never_comes_is_told_and_the_next_code_works(rig: Rig) -> None:
    rig.modem.ways.ussd_dies = True
    with pytest.raises(SmsgwError, match="no answer in"):
        link_of(rig).ussd("*100#", timeout=0.5)
    rig.modem.ways.ussd_dies = False
    assert link_of(rig).ussd("*100#", timeout=60).text.startswith("Your balance")


def test_a_second_code_while_one_is_asked_is_refused_and_texts_go_on(rig: Rig) -> None:
    rig.modem.ways.ussd_dies = True

    first = threading.Thread(target=lambda: link_of(rig).ussd("*100#", timeout=60))
    first.start()
    rig.events.wait(lambda: rig.modem.entered)
    with pytest.raises(Conflict, match="another USSD code"):
        link_of(rig).ussd("*101#", timeout=60)
    assert rig.events.references(rig.send_and_wait("meanwhile"))
    assert first.is_alive()
    rig.modem.tell('+CUSD: 0,"at last",15')
    first.join(90)
    assert not first.is_alive()


def test_a_ussd_answer_in_the_middle_of_another_answer_is_not_lost(rig: Rig) -> None:
    rig.modem.news_inside = True
    asking = threading.Thread(target=rig.send_and_wait, args=("hello",))
    answer = []
    code = threading.Thread(target=lambda: answer.append(link_of(rig).ussd("*123#", timeout=60).text))
    code.start()
    rig.events.wait(lambda: rig.modem.entered)
    asking.start()
    code.join()
    asking.join()
    assert answer == ["1 Balance\n2 Bundles\n3 End"]
    assert rig.network.submitted() == [(CUSTOMER, "hello")]


@pytest.mark.parametrize(
    ("code", "pattern", "amount", "currency"),
    [
        ("*100#", None, "12.34", "EUR"),
        ("*101#", None, "7.50", "€"),
        ("*101#", r"Še (?P<amount>\d+) SMS", "120", None),
    ],
)
def test_the_balance_is_asked_with_the_configured_code_and_read_by_the_operators_pattern(
    rig_for: Open, code: str, pattern: str | None, amount: str, currency: str | None
) -> None:
    link = link_of(rig_for(balance_code=code, balance_pattern=pattern).up())
    assert link.abilities.optional == {"ussd", "balance", "fetch"}
    found = link.balance(timeout=60)
    assert (found.amount, found.currency) == (Decimal(amount), currency)


def test_without_a_code_there_is_no_balance(rig: Rig) -> None:
    assert "balance" not in rig.link.abilities.optional
    with pytest.raises(Conflict, match="no balance_code"):
        link_of(rig).balance()


# Calls


def test_a_caller_who_hides_the_number_is_told_once_too(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("drivers.modem.calls._CALLER_WITHIN", 0.3)
    for _ in range(3):
        rig.modem.tell("RING")
        time.sleep(0.2)
    rig.events.wait(lambda: rig.events.calls)
    time.sleep(0.3)
    (call,) = rig.events.calls
    assert call.caller is None


def test_a_call_that_is_not_kept_is_told_again_with_its_own_time(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("drivers.modem.calls._AGAIN_AFTER", 0.1)
    rig.events.store = "fails"
    rig.modem.rings(PHONE)
    rig.events.wait(lambda: len(rig.events.calls) >= 3)
    rig.events.store = "later"
    rig.events.wait(lambda: rig.events.pending)
    rig.events.pending[0].set_result(None)
    rig.send_and_wait("still here")
    count = len(rig.events.calls)
    assert len(set(rig.events.calls)) == 1
    rig.send_and_wait("and quiet")
    assert len(rig.events.calls) == count


def test_another_caller_while_it_rings_is_another_call(rig: Rig) -> None:
    rig.modem.rings(PHONE)
    rig.modem.rings("+38641000009")
    rig.modem.rings("+38641000009")
    rig.events.wait(lambda: len(rig.events.calls) == 2)
    rig.send_and_wait("and quiet")
    assert [call.caller for call in rig.events.calls] == [PHONE, "+38641000009"]


def test_two_callers_one_after_the_other_are_two_calls(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("drivers.modem.calls._RINGS_APART", 0.3)
    rig.modem.rings(PHONE)
    time.sleep(0.5)
    rig.modem.rings("+38641000009")
    rig.events.wait(lambda: len(rig.events.calls) == 2)
    assert [call.caller for call in rig.events.calls] == [PHONE, "+38641000009"]


# Facts and numbers


def test_its_own_number_and_service_centre_are_facts_and_can_be_set(rig: Rig) -> None:
    facts = rig.link.health().facts
    assert (facts["number"], facts["service centre"]) == (rig.modem.sim.number, rig.modem.sim.centre)
    link = link_of(rig)
    link.ask(lambda modem: modem.set_own_number("+38640999888"))
    link.ask(lambda modem: modem.set_service_centre("+38640441000"))
    assert (rig.modem.sim.number, rig.modem.sim.centre) == ("+38640999888", "+38640441000")
    assert link.ask(lambda modem: modem.own_number()) == "+38640999888"
    assert link.ask(lambda modem: modem.service_centre()) == "+38640441000"


def test_a_text_that_comes_in_is_to_the_number_that_the_sim_tells(rig_for: Open) -> None:
    rig = rig_for().settled()
    rig.network.phone_sends(PHONE, "hello")
    rig.events.wait(lambda: rig.events.pieces)
    assert rig.events.pieces[0].to == rig.modem.sim.number


def test_what_the_modem_refuses_is_told_and_the_link_goes_on(rig: Rig) -> None:
    with pytest.raises(SmsgwError, match="the modem refuses"):
        link_of(rig).ask(lambda modem: modem.write("AT+NONSENSE"))
    assert rig.events.references(rig.send_and_wait("hello"))


def test_the_temperature_is_a_fact_where_the_family_tells_it(rig_for: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    import re

    from drivers.modem.line import commands

    warm = (re.compile(r"\^CHIPTEMP\?"), lambda modem: modem.answer("^CHIPTEMP: 41,40,39", "OK"))
    monkeypatch.setattr(commands, "COMMANDS", [warm, *commands.COMMANDS])
    rig = rig_for(Ways(maker="huawei")).up()
    assert rig.link.health().facts["temperature"] == "41 °C"
    assert rig.link.health().facts["family"] == "Huawei"
