"""What the console of a link to an MMSC shows: requests in short."""

from __future__ import annotations

from collections.abc import Callable

from drivers.mm7 import Mm7Link
from smsgw.link_verbs import WireLine
from tests.drivers.mm7.conftest import TO, mms, outcome
from tests.drivers.recorder import Recorder
from tests.emulators.mmsc import Mmsc


def test_a_submission_is_shown_without_what_it_carries(
    mmsc: Mmsc, link_to: Callable[..., Mm7Link], events: Recorder
) -> None:
    link = link_to(mmsc)
    lines: list[WireLine] = []
    link.tap.tell = lines.append
    assert isinstance(outcome(link, events, mms()), str)
    events.wait(lambda: any(line.what == "SubmitRsp" for line in lines))
    told = {line.what: line.fields for line in lines}
    assert told["SubmitReq"]["to"] == TO
    assert told["SubmitRsp"]["StatusCode"] == "1000"
    assert told["HTTP 200"]["body"].endswith("octets›")
    assert any(what.startswith("POST /") for what in told)
    assert "Bild" not in str(lines)
