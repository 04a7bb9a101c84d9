"""Templates and campaigns from the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def test_a_campaign_to_a_list_goes_from_a_draft_to_its_time(smsgw: Any, tmp_path: Path) -> None:
    numbers = tmp_path / "numbers"
    numbers.write_text("+38640111222\n+38640111333\n+38640111222\n")
    made = smsgw("template", "add", "Near", "--text", 'sl=Zdravo {{ first_name|default:"vsi" }}')
    assert made.status == 0, made.err
    assert "first_name" in smsgw("template", "list").out
    id = smsgw(
        "campaign", "create", "Open", "--numbers", str(numbers), "--template", "Near", "--purpose", "service"
    ).out
    id = id.strip()
    assert smsgw("campaign", "approve", id).status != 0
    told = smsgw("campaign", "estimate", id)
    assert "3 people, 2 messages in 2 parts" in told.out
    assert "left out: 1 – the number is in the audience already" in told.out
    assert "Zdravo vsi" in smsgw("campaign", "preview", id).out
    assert smsgw("campaign", "approve", id).status == 0
    assert "begins" in smsgw("campaign", "schedule", id, "--at", "+2h").out
    shown = smsgw("campaign", "show", id).out
    assert "Open is scheduled" in shown
    assert 'a sl: Zdravo {{ first_name|default:"vsi" }}' in shown
    assert smsgw("campaign", "list", "--json").data[0]["state"] == "scheduled"
    assert "0 had left, 0 never will" in smsgw("campaign", "stop", id, "--why", "a mistake").out
    assert "is stopped: a mistake" in smsgw("campaign", "report", id).out


def test_a_campaign_with_short_links_needs_an_address_that_phones_reach(smsgw: Any, tmp_path: Path) -> None:
    asked = ("campaign", "create", "Open", "--to", "everybody", "--text", "sl=Zdravo", "--purpose", "service")
    refused = smsgw(*asked, "--track-links")
    assert (refused.status, "set [pages] url or [web] public_url" in refused.err) == (2, True)
    assert smsgw(*asked).status == 0


def test_mistakes_are_told_with_what_to_do(smsgw: Any, tmp_path: Path) -> None:
    neither = smsgw("campaign", "create", "Open", "--text", "sl=Zdravo")
    assert (neither.status, "--to RULE, or --numbers FILE" in neither.err) == (2, True)
    terms = tmp_path / "terms"
    terms.write_text("{")
    broken = smsgw("campaign", "create", "x", "--to", "everybody", "--text", "sl=Zdravo", "--terms", str(terms))
    assert (broken.status, "is no JSON" in broken.err) == (2, True)
    assert smsgw("template", "add", "x", "--text", "Zdravo").status == 2
    assert "did you mean first_name?" in smsgw("template", "add", "x", "--text", "sl={{ firstname }}").err
    assert smsgw("campaign", "estimate", "cam_0").status == smsgw("webhook", "test", "whk_0").status
