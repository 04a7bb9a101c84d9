"""Whom a mail is of is believed only when our own mail server says so; tokens hold against guesses."""

from __future__ import annotations

import random

import pytest

from smsgw.link import Envelope
from smsgw.media.mail_checks import author, by_a_machine, not_allowed, not_proved
from smsgw.media.mail_tokens import LENGTH, is_ours, local_part, read


def envelope(*headers: tuple[str, str], known: bool = False) -> Envelope:
    return Envelope("mia@firm.example", headers, known)


@pytest.mark.parametrize(
    ("results", "proved"),
    [
        ("mx; dmarc=pass header.from=firm.example", True),
        ("mx; dkim=pass header.d=firm.example; spf=fail smtp.mailfrom=firm.example", True),
        ("mx; dkim=pass (2048-bit key) header.i=@mail.firm.example header.b=x", True),
        ("mx; spf=pass smtp.mailfrom=mia@firm.example", True),
        ("mx; dmarc=none header.from=firm.example; spf=pass smtp.mailfrom=firm.example", True),
        ("MX; dmarc=pass header.from=firm.example", True),
        ("mx; dmarc=pass header.from=evil.example", False),
        ("mx; dmarc=fail header.from=firm.example; spf=pass smtp.mailfrom=firm.example", False),
        ("mx; dkim=pass header.d=evil.example", False),
        ("mx; dkim=pass header.d=example", False),
        ("mx; spf=pass smtp.mailfrom=notfirm.example", False),
        ("mx; dkim=fail header.d=firm.example", False),
        ("mx; iprev=pass policy.iprev=1.2.3.4", False),
        ("mx; none", False),
        ("other; dmarc=pass header.from=firm.example", False),
        ("mx.evil; dmarc=pass header.from=firm.example", False),
        ("=;;;", False),
        ("", False),
    ],
)
def test_only_our_own_servers_word_about_the_authors_own_domain_counts(results: str, proved: bool) -> None:
    said = not_proved(envelope(("authentication-results", results)), "mia@firm.example", "mx")
    assert (said is None) is proved


def test_without_a_server_to_believe_only_who_logged_in_is_known() -> None:
    results = ("authentication-results", "mx; dmarc=pass header.from=firm.example")
    assert not_proved(envelope(results), "mia@firm.example", None) is not None
    assert not_proved(envelope(known=True), "mia@firm.example", None) is None


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("Mia <Mia@Firm.example>", "mia@firm.example"),
        ('"x@y" <mia@firm.example>', "mia@firm.example"),
        ("mia@firm.example, eve@evil.example", ""),
        ("mia@firm.example <eve@evil.example>", ""),
        ("nobody", ""),
    ],
)
def test_a_mail_has_one_author_or_none(written: str, found: str) -> None:
    assert author(envelope(("from", written))) == found
    assert author(envelope(("from", written), ("from", "mia@firm.example"))) == ""


def test_colleagues_are_those_at_the_same_domain_unless_anybody_can_be_there() -> None:
    assert not_allowed("tom@firm.example", {"mia@firm.example"}, [], True) is None
    assert not_allowed("tom@gmail.com", {"mia@gmail.com"}, [], True) is not None
    assert not_allowed("tom@sub.firm.example", {"mia@firm.example"}, [], True) is not None
    assert not_allowed("", {"mia@firm.example"}, [], True) is not None
    assert not_allowed("boss@gmail.com", {"mia@firm.example"}, ["Boss@gmail.com"], False) is None


def test_a_persons_mail_is_no_machines() -> None:
    assert by_a_machine(envelope(("auto-submitted", "no"), ("precedence", "first-class")), "in.example.com") is None


def test_tokens_are_read_in_any_case_and_no_other_thread_series_purpose_or_key_makes_the_same() -> None:
    made = local_part("r", 7, 0, b"key")
    assert len(made) == 2 + LENGTH == 26
    token = read(made.upper())
    assert token is not None
    assert (token.purpose, token.thread) == ("r", 7)
    assert is_ours(token, 0, [b"other", b"key"])
    assert not is_ours(token, 1, [b"key"])
    assert not is_ours(token, 0, [b"other"])
    assert not is_ours(token, 0, [])
    bounce = read("b" + made[1:])
    assert bounce is not None
    assert not is_ours(bounce, 0, [b"key"])
    assert (
        len(
            {
                local_part(purpose, thread, series, b"key")
                for purpose in ("r", "b")
                for thread in (1, 2)
                for series in (0, 1)
            }
        )
        == 8
    )  # type: ignore[arg-type]


@pytest.mark.parametrize("local", ["r-", "r-abc", "x-" + "a" * 24, "r-" + "1" * 24, "sales", "", "r-" + "a" * 25])
def test_other_local_parts_are_no_tokens(local: str) -> None:
    assert read(local) is None


def test_guesses_and_single_changed_letters_are_never_ours() -> None:
    made, chance = local_part("r", 7, 0, b"key"), random.Random(1)
    letters = "abcdefghijklmnopqrstuvwxyz234567"
    changed = [made[:at] + letter + made[at + 1 :] for at in range(2, 26) for letter in letters if letter != made[at]]
    guesses = ["r-" + "".join(chance.choices(letters, k=24)) for _ in range(20_000)]
    assert not any(is_ours(token, 0, [b"key"]) for one in [*changed, *guesses] if (token := read(one)) is not None)
