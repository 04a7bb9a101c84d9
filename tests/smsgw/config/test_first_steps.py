"""What is told of a company becomes tables that the configuration takes, and mistakes are told all at once."""

from __future__ import annotations

import tomllib

import pytest

from smsgw.config import Config, first_steps
from smsgw.config.first_steps import Company
from smsgw.errors import BadInput


def test_the_tables_say_what_was_told_and_load_as_they_stand() -> None:
    told = Company("Ana's shop", "si", "sl", "Europe/Ljubljana", ("Mo-Fr 08:00-16:00",))
    first_steps.check(told)
    config = Config.model_validate(tomllib.loads(first_steps.block(told)))
    assert first_steps.of(config) == Company("Ana's shop", "SI", "sl", "Europe/Ljubljana", ("Mo-Fr 08:00-16:00",))


def test_every_mistake_is_told_with_its_place() -> None:
    with pytest.raises(BadInput) as wrong:
        first_steps.check(Company("Ana", "XX", "xx", "Europe/Nowhere", ("always",)))
    places = {fault.pointer for fault in wrong.value.faults}
    assert {"/business/zone", "/business/hours", "/business/country", "/orders/language"} <= places
