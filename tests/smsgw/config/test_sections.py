"""The fields: what they take, what they refuse, and that each says what it is for."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import BaseModel, ValidationError

from drivers.fake import Config as FakeConfig
from smsgw.config import (
    Config,
    LinkConfig,
    SendingConfig,
    StoreConfig,
    WebConfig,
    driver_config,
    kinds,
)
from smsgw.config.sections import name_clashes
from smsgw.config.shape import inner_model


def test_without_a_file_every_section_has_its_defaults() -> None:
    config = Config()
    assert config.store.url == "sqlite:////var/lib/smsgw/smsgw.db"
    assert (config.web.host, config.web.port) == ("127.0.0.1", 8080)
    assert (config.sending.validity, config.sending.region, config.links) == (172_800, None, [])


def models() -> list[type[BaseModel]]:
    sections = [inner_model(field) for field in Config.model_fields.values()]
    return [Config, *filter(None, sections), *map(driver_config, kinds())]


@pytest.mark.parametrize("model", models(), ids=lambda model: f"{model.__module__}.{model.__name__}")
def test_every_field_says_in_a_sentence_what_it_is_for(model: type[BaseModel]) -> None:
    for key, field in model.model_fields.items():
        assert (field.description or "").endswith("."), key


@pytest.mark.parametrize("kind", kinds())
def test_no_key_of_a_driver_is_hidden_by_one_that_every_link_has(kind: str) -> None:
    assert driver_config(kind).model_fields.keys() & LinkConfig.model_fields.keys() <= {"sender"}


def test_nothing_changes_after_it_was_read() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Config().web.threads = 9  # type: ignore[misc]


@pytest.mark.parametrize(
    ("listen", "host", "port"),
    [
        ("127.0.0.1:8080", "127.0.0.1", 8080),
        ("[::1]:80", "::1", 80),
        ("[::]:0", "::", 0),
        ("sms.example.com:65535", "sms.example.com", 65535),
    ],
)
def test_an_address_to_listen_at_is_a_host_and_a_port(listen: str, host: str, port: int) -> None:
    web = WebConfig(listen=listen)
    assert (web.host, web.port) == (host, port)


@pytest.mark.parametrize("listen", ["8080", ":8080", "::1:8080", "[::1]", "h:65536", "a b:1", "[1::2::3]:1", ""])
def test_what_is_no_address_to_listen_at_is_refused(listen: str) -> None:
    with pytest.raises(ValidationError):
        WebConfig(listen=listen)


def test_a_public_url_loses_its_last_slash_and_must_be_one() -> None:
    assert WebConfig(public_url="https://sms.example.com/gate/").public_url == "https://sms.example.com/gate"
    for bad in ("sms.example.com", "ftp://x", "https://x/?q", "https://"):
        with pytest.raises(ValidationError):
            WebConfig(public_url=bad)


def test_the_password_goes_into_the_url_of_postgresql_with_its_odd_letters_escaped() -> None:
    store = StoreConfig.model_validate({"url": "postgresql+psycopg://smsgw@db/smsgw", "password": "p@ss/w:rd"})
    assert store.full_url == "postgresql+psycopg://smsgw:p%40ss%2Fw%3Ard@db/smsgw"
    assert "p@ss" not in repr(store)


def test_a_plain_postgresql_url_is_read_by_psycopg_and_keeps_a_password_of_its_own() -> None:
    store = StoreConfig(url="postgresql://smsgw:secret@/smsgw?host=/run/postgresql")
    assert store.full_url == "postgresql+psycopg://smsgw:secret@/smsgw?host=%2Frun%2Fpostgresql"


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("mysql://localhost/x", "mysql is not supported"),
        ("postgresql+asyncpg://x", "is not supported"),
        ("smsgw.db", "is no database url"),
        ("sqlite://", "names no file"),
        ("sqlite:///:memory:", "names no file"),
    ],
)
def test_a_database_that_we_cannot_use_or_that_keeps_nothing_is_refused(url: str, says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        StoreConfig(url=url)


def test_a_password_for_a_file_or_a_second_one_is_refused() -> None:
    with pytest.raises(ValidationError, match="a SQLite file has none"):
        StoreConfig.model_validate({"password": "x"})
    with pytest.raises(ValidationError, match="given twice"):
        StoreConfig.model_validate({"url": "postgresql://a:b@c/d", "password": "x"})


def test_what_is_not_a_row_lies_beside_the_sqlite_file_unless_told_otherwise() -> None:
    assert StoreConfig(url="sqlite:////srv/shop/sms.db").folder == Path("/srv/shop")
    assert StoreConfig(url="postgresql://c/d").folder == Path("/var/lib/smsgw")
    assert StoreConfig(url="sqlite:////srv/shop/sms.db", state_dir=Path("/x")).folder == Path("/x")


def test_a_region_is_a_country_in_any_case() -> None:
    assert SendingConfig(region="si").region == "SI"
    with pytest.raises(ValidationError, match="two letters of a country"):
        SendingConfig(region="Slovenia")


@pytest.mark.parametrize("sender", ["+38640111222", "1234", "KnjigarnaX", "My Shop 24"])
def test_a_sender_is_a_number_a_short_code_or_a_name(sender: str) -> None:
    assert SendingConfig(sender=sender).sender == sender


@pytest.mark.parametrize("sender", ["", "12", "+", "twelve chars", "+3864011122233445", "Knjižarna"])
def test_what_cannot_be_a_sender_is_refused(sender: str) -> None:
    with pytest.raises(ValidationError, match="must be a number such as"):
        SendingConfig(sender=sender)


def test_the_first_pause_may_not_be_longer_than_the_longest() -> None:
    with pytest.raises(ValidationError, match="less than retry_first, which is 4000"):
        SendingConfig(retry_first=4000)


def test_the_keys_of_a_link_and_those_of_its_driver_stand_in_one_table() -> None:
    link = LinkConfig.model_validate({"name": "phones", "kind": "fake", "rate": 5, "window": 7})
    assert link.rate == 5.0
    assert isinstance(link.driver, FakeConfig)
    assert link.driver.window == 7


def test_a_link_takes_a_ready_driver_config_too() -> None:
    driver = FakeConfig(window=7)
    assert LinkConfig(name="phones", kind="fake", driver=driver).driver is driver


def test_a_sender_of_a_link_is_known_to_a_driver_that_wants_it() -> None:
    table = {"name": "c", "kind": "smpp", "host": "h", "system_id": "s", "sender": "1234"}
    link = LinkConfig.model_validate(table)
    assert link.sender == link.driver.model_dump()["sender"] == "1234"


def test_national_languages_are_told_by_their_numbers() -> None:
    link = LinkConfig.model_validate({"name": "p", "kind": "fake", "national_tables": ["turkish", "urdu"]})
    assert link.languages == {1, 13}  # 3GPP TS 23.038 table 6.2.1.2.4


@pytest.mark.parametrize("name", ["", "_a", "-a", "a--b", "a-", "a b", "x" * 33, "čaj"])
def test_a_name_that_would_not_fit_into_urls_and_variables_is_refused(name: str) -> None:
    with pytest.raises(ValidationError):
        LinkConfig.model_validate({"name": name, "kind": "fake"})


def test_two_links_of_one_name_are_refused_without_a_file_too() -> None:
    link = LinkConfig.model_validate({"name": "p", "kind": "fake"})
    with pytest.raises(ValidationError, match="another link has this name"):
        Config(links=[link, link])


def test_names_that_variables_could_not_tell_apart_clash() -> None:
    assert name_clashes(["carrier", "Carrier", "a-b", "a_b", "c"]) == [1, 3]
