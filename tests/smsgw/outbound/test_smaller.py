"""What a network refuses for its content goes once more, smaller, and then as a link."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from smsgw.link import Abilities, RejectedForGood
from smsgw.media.contents import Slide
from smsgw.media.profiles import PROFILES
from smsgw.outbound.smaller import Smaller
from smsgw.store import schema
from smsgw.store.database import Database
from tests.smsgw.outbound.mms_desk import MmsDesk, photo

LARGE = Abilities(alphabets=frozenset(), content=frozenset({"mms"}), most_octets=700_000)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[MmsDesk]:
    database = Database(f"sqlite:///{tmp_path / 'store.db'}")
    schema.upgrade(database)
    yield MmsDesk(database, mmsc=LARGE)
    database.close()


def refused(desk: MmsDesk, code: str) -> None:
    """The network refuses what waits for it."""
    for part in desk.claim("mms"):
        desk.failed(part, RejectedForGood("the MMSC says no", code), "mms")


def again(desk: MmsDesk) -> int:
    """The clock's look, in its order."""
    went = Smaller(desk.database, desk.door).run(desk.now)
    return went + desk.falls_back()


def test_it_goes_again_smaller_also_where_no_link_may_follow(desk: MmsDesk) -> None:
    first = desk.send(Slide("Hello", desk.medium(photo(size=(800, 600)))), content={"policy": "never"})
    refused(desk, "HTTP 413")
    assert again(desk) == 1
    assert [row.encoding for row in desk.all()] == ["mms", "mms"]
    assert desk.content(desk.content(first).fallback_id).instead_of == first
    refused(desk, "HTTP 413")
    assert (again(desk), len(desk.all())) == (0, 2)


def test_no_link_overtakes_what_can_go_smaller_however_many_are_refused(desk: MmsDesk) -> None:
    picture = desk.medium(photo(size=(800, 600)))
    for number in range(25):
        desk.send(Slide(f"Hello {number}", picture), to=f"+3864100{number:04}")
    for _ in range(25):
        refused(desk, "content-2004")
    assert again(desk) == 25
    assert {row.encoding for row in desk.all()} == {"mms"}


@pytest.mark.parametrize("code", ["content-2004", "MMS E5"])
def test_a_refused_content_goes_again_smaller_once_and_then_the_link(desk: MmsDesk, code: str) -> None:
    first = desk.send(Slide("Hello", desk.medium(photo(size=(800, 600)))), content={"profile": "std600"})
    refused(desk, code)
    assert desk.state(first) == "failed"
    assert again(desk) == 1
    one, two = desk.all()
    assert (one.id, two.encoding, two.state, two.metadata) == (first, "mms", "queued", {"instead_of": first})
    sizes = [desk.content(row.id).size for row in (one, two)]
    profile = PROFILES[desk.content(two.id).profile]
    assert sizes[1] <= profile.room < sizes[0]
    assert desk.content(first).fallback_id == two.id
    assert "fallback" in desk.events(first)
    assert again(desk) == 0
    refused(desk, code)
    assert again(desk) == 1
    assert [row.encoding == "mms" for row in desk.all()] == [True, True, False], "now the link"
    assert again(desk) == 0


@pytest.mark.parametrize("code", ["2002", "4000"])
def test_another_refusal_leads_to_the_link(desk: MmsDesk, code: str) -> None:
    desk.send(Slide("Hello", desk.medium()))
    refused(desk, code)
    assert again(desk) == 1
    assert [row.encoding == "mms" for row in desk.all()] == [True, False]


def test_what_is_as_small_as_can_be_leads_to_the_link(desk: MmsDesk) -> None:
    desk.send(Slide("Hello", desk.medium(photo(size=(64, 48)))), content={"profile": "basic"})
    refused(desk, "content-413")
    assert again(desk) == 1
    assert [row.encoding == "mms" for row in desk.all()] == [True, False]
