"""What lies over the file: environment variables and files of secrets, and where each value came from."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from smsgw.config import Loaded, load_with_origins

Read = Callable[..., Loaded]
Wrong = Callable[..., list[str]]

PHONES = '[[links]]\nname = "my-phones"\nkind = "fake"\n'
CARRIER = '[[links]]\nname = "carrier"\nkind = "smpp"\nhost = "h"\nsystem_id = "s"\n'


def password(loaded: Loaded) -> str:
    secret: str = loaded.config.links[0].driver.model_dump()["password"].get_secret_value()
    return secret


def origins(loaded: Loaded, tmp_path: Path) -> dict[str, tuple[str, str]]:
    return {o.key: (o.value, o.source.replace(f"{tmp_path}/", "")) for o in loaded.origins}


def secret_file(path: Path, content: str | bytes = "geheim\n", mode: int = 0o600) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    path.chmod(mode)
    return path


# Environment


def test_a_variable_wins_over_the_file_and_over_a_missing_section(read: Read) -> None:
    config = read("[web]\nthreads = 2", SMSGW_WEB__THREADS="3", SMSGW_SENDING__REGION="de").config
    assert (config.web.threads, config.sending.region) == (3, "DE")


def test_a_link_is_named_in_capitals_with_underscores(read: Read) -> None:
    loaded = read(CARRIER + PHONES, SMSGW_LINKS__MY_PHONES__WINDOW="9", SMSGW_LINKS__CARRIER__RATE="2.5")
    assert loaded.config.links[1].driver.model_dump()["window"] == 9
    assert loaded.config.links[0].rate == 2.5


def test_a_list_is_written_with_commas_or_as_in_the_file(read: Read) -> None:
    for written in ("+38640111222, +38640111223", '["+38640111222", "+38640111223"]'):
        loaded = read(PHONES, SMSGW_LINKS__MY_PHONES__HANDSETS=written)
        assert loaded.config.links[0].driver.model_dump()["handsets"] == ["+38640111222", "+38640111223"]


def test_a_list_that_is_none_is_told(wrong: Wrong) -> None:
    assert wrong(PHONES, SMSGW_LINKS__MY_PHONES__HANDSETS="[x") == [
        (
            "environment variable SMSGW_LINKS__MY_PHONES__HANDSETS: links[0].handsets: "
            'must be a list: one,two or ["one", "two"]'
        )
    ]


def test_an_empty_variable_says_nothing_and_names_without_two_underscores_are_not_ours(
    read: Read,
) -> None:
    loaded = read(PHONES, SMSGW_WEB__THREADS="", SMSGW_API_KEY="x", SMSGW_STORE="y", OTHER__WEB__THREADS="4")
    assert loaded.config.web.threads == 8


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("SMSGW_WBE__LISTEN", "x", 'wbe: unknown key; did you mean "web"?'),
        ("SMSGW_WEB__LISTN", "x", 'web.listn: unknown key; did you mean "listen"?'),
        ("SMSGW_WEB__THREADS", "x", 'web.threads: must be a whole number (it is "x")'),
        ("SMSGW_WEB__LISTEN__X", "x", 'web.listen: must be text in quotes, such as "…"'),
        ("SMSGW_LINKS__PHONES__RATE", "x", 'no link has this name; did you mean "my_phones"? (there are: my_phones)'),
        ("SMSGW_LINKS__MY_PHONES__RAT", "x", 'links[0].rat: unknown key; did you mean "rate"?'),
        ("SMSGW_LINKS__MY_PHONES", "x", "must be SMSGW_LINKS__NAME__KEY"),
    ],
)
def test_a_mistake_in_the_environment_names_the_variable(wrong: Wrong, name: str, value: str, says: str) -> None:
    assert wrong(PHONES, **{name: value}) == [f"environment variable {name}: {says}"]


def test_a_variable_for_a_link_says_so_when_there_is_none(wrong: Wrong) -> None:
    [told] = wrong("", SMSGW_LINKS__CARRIER__PASSWORD="geheim")
    assert told == "environment variable SMSGW_LINKS__CARRIER__PASSWORD: no link has this name (there is none)"


@pytest.mark.parametrize("text", ["web = 3", "[[web]]\nthreads = 1", "[links]\nx = 1"])
def test_a_variable_over_something_that_is_no_table_leaves_that_mistake_to_be_told(wrong: Wrong, text: str) -> None:
    told = wrong(text, SMSGW_WEB__THREADS="2", SMSGW_WEB__A__B="2")
    assert any(each.startswith("smsgw.toml:1: ") for each in told)


# Files of secrets


def test_a_secret_is_read_from_a_file_seen_from_the_folder_of_the_configuration(read: Read, tmp_path: Path) -> None:
    secret_file(tmp_path / "pw", " pa ss \r\n")
    loaded = read(CARRIER + "password_file = 'pw'")
    assert password(loaded) == " pa ss "
    assert loaded.warnings == []


def test_a_secret_is_read_from_an_absolute_path_and_from_a_variable(read: Read, tmp_path: Path) -> None:
    path = secret_file(tmp_path / "elsewhere")
    assert password(read(CARRIER + f"password_file = '{path}'")) == "geheim"
    assert password(read(CARRIER, SMSGW_LINKS__CARRIER__PASSWORD_FILE=str(path))) == "geheim"


def test_the_credentials_of_systemd_are_looked_into_first(read: Read, tmp_path: Path) -> None:
    secret_file(tmp_path / "pw", "of file")
    (tmp_path / "credentials").mkdir()
    secret_file(tmp_path / "credentials" / "pw", "of d")
    given = {"CREDENTIALS_DIRECTORY": str(tmp_path / "credentials")}
    assert password(read(CARRIER + "password_file = 'pw'", **given)) == "of d"
    secret_file(tmp_path / "other", "of file")
    assert password(read(CARRIER + "password_file = 'other'", **given)) == "of file"


def test_the_password_of_the_store_may_stand_in_a_file_too(read: Read, tmp_path: Path) -> None:
    secret_file(tmp_path / "pw")
    loaded = read("[store]\nurl = 'postgresql://smsgw@db/smsgw'\npassword_file = 'pw'")
    assert loaded.config.store.full_url == "postgresql+psycopg://smsgw:geheim@db/smsgw"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "cannot be read: No such file or directory"),
        ("\n", "is empty"),
        (b"\xff\xfe", "is not text in UTF-8"),
    ],
)
def test_a_file_without_a_usable_secret_is_told_once(
    wrong: Wrong, tmp_path: Path, content: str | bytes | None, says: str
) -> None:
    if content is not None:
        secret_file(tmp_path / "pw", content)
    assert wrong(CARRIER + "password_file = 'pw'") == [f"smsgw.toml:6: links[0].password_file: pw {says}"]


@pytest.mark.parametrize("named", ["5", "''", "['pw']"])
def test_a_name_of_a_file_must_be_text(wrong: Wrong, named: str) -> None:
    told = wrong(CARRIER + f"password_file = {named}")
    assert told == ["smsgw.toml:6: links[0].password_file: must be the name of a file, in quotes"]


def test_a_secret_given_in_both_ways_is_a_mistake(wrong: Wrong, tmp_path: Path) -> None:
    secret_file(tmp_path / "pw")
    told = wrong(CARRIER + "password = 'x'\npassword_file = 'pw'")
    assert told == ["smsgw.toml:7: links[0].password_file: password is given too: keep one of the two"]


def test_a_variable_wins_over_the_other_way_in_the_file(read: Read, tmp_path: Path) -> None:
    path = secret_file(tmp_path / "pw")
    assert password(read(CARRIER + "password_file = 'none'", SMSGW_LINKS__CARRIER__PASSWORD="here")) == "here"
    overridden = read(CARRIER + "password = 'there'", SMSGW_LINKS__CARRIER__PASSWORD_FILE=str(path))
    assert password(overridden) == "geheim"


def test_a_secret_that_is_wrong_is_told_where_its_file_is_named(wrong: Wrong, tmp_path: Path) -> None:
    secret_file(tmp_path / "pw", "pässword")
    [told] = wrong(CARRIER + "password_file = 'pw'")
    assert told.startswith("smsgw.toml:6, read from pw: links[0].password: SMPP passwords are ASCII")


def test_a_secret_that_everybody_can_read_is_a_warning(read: Read, tmp_path: Path) -> None:
    path = secret_file(tmp_path / "pw", mode=0o644)
    [told] = read(CARRIER + "password_file = 'pw'").warnings
    assert told.endswith(f":6: links[0].password_file: everybody can read {path}: chmod o-r {path}")


def test_a_configuration_with_a_secret_that_everybody_can_read_is_a_warning(read: Read, tmp_path: Path) -> None:
    path = tmp_path / "smsgw.toml"
    assert read(CARRIER + "password = 'x'").warnings == []  # 0600, see the fixture
    path.chmod(0o644)
    [told] = load_with_origins(path, {}).warnings
    assert told.endswith(f":6: links[0].password: everybody can read {path}: chmod o-r {path}")


def test_a_secret_that_only_a_group_can_read_and_an_empty_one_are_no_warning(read: Read, tmp_path: Path) -> None:
    secret_file(tmp_path / "pw", mode=0o640)
    assert read(CARRIER + "password_file = 'pw'").warnings == []
    path = tmp_path / "smsgw.toml"
    path.write_text(CARRIER + "password = ''")
    path.chmod(0o644)
    assert load_with_origins(path, {}).warnings == []


# Origins


def test_every_value_is_told_with_where_it_came_from_and_secrets_are_not(read: Read, tmp_path: Path) -> None:
    secret_file(tmp_path / "pw")
    loaded = read(
        "[web]\nthreads = 3\n[store]\nurl = 'postgresql://a:geheim@b/c'\n" + CARRIER + "password_file = 'pw'",
        SMSGW_LOG__LEVEL="debug",
    )
    told = origins(loaded, tmp_path)
    assert told["web.threads"] == ("3", "smsgw.toml:2")
    assert told["web.listen"] == ('"127.0.0.1:8080"', "default")
    assert told["web.public_url"] == ("–", "default")
    assert told["log.level"] == ('"debug"', "environment variable SMSGW_LOG__LEVEL")
    assert told["store.url"] == ('"postgresql+psycopg://a:***@b/c"', "smsgw.toml:4")
    assert told["links[0].host"] == ('"h"', "smsgw.toml:8")
    assert told["links[0].password"] == ('"**********"', "smsgw.toml:10, read from pw")
    assert "geheim" not in repr(loaded)


def test_no_key_is_told_twice(read: Read) -> None:
    keys = [origin.key for origin in read(CARRIER + PHONES).origins]
    assert len(keys) == len(set(keys))
