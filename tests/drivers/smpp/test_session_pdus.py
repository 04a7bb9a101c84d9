"""Whatever octets stand in the PDUs of a session, they are read or left aside: nothing raises but by name."""

from __future__ import annotations

import contextlib

from hypothesis import given
from hypothesis import strategies as st

from drivers.smpp import congestion, questions, session_pdus
from smsgw.errors import SmsgwError
from tests.emulators.smsc_codec import pdu, tlv

bodies = st.one_of(
    st.binary(max_size=80),
    st.lists(st.tuples(st.sampled_from([0x0210, 0x0428, 0x1400]), st.binary(max_size=5)), max_size=4).map(
        lambda pairs: b"name\0" + b"".join(tlv(*pair) for pair in pairs)
    ),
)


@given(bodies, st.sampled_from([0x80000001, 0x80000002, 0x80000009]))
def test_a_bind_answer_names_an_smsc_and_a_version_or_none(body: bytes, command: int) -> None:
    frame = pdu(command, 0, 1, body)
    name, version = session_pdus.smsc_name(frame), session_pdus.version_of(frame)
    assert isinstance(name, str)
    assert version == "" or 3 <= len(version) <= 5


@given(bodies)
def test_an_outbind_and_an_alert_are_words_or_nothing(body: bytes) -> None:
    system_id, password = session_pdus.outbind_words(pdu(0x0B, 0, 1, body))
    assert "\0" not in system_id + password + session_pdus.alert_words(pdu(0x102, 0, 1, body))


@given(bodies, st.integers(16, 100))
def test_a_congestion_is_a_percentage_or_none(body: bytes, at: int) -> None:
    percent = congestion.read(pdu(0x80000004, 0, 1, body), at)
    assert percent is None or 0 <= percent <= 100


@given(bodies)
def test_an_answer_to_query_sm_is_a_receipt_or_an_error_of_ours(body: bytes) -> None:
    with contextlib.suppress(SmsgwError):
        said = questions.query_answer(pdu(0x80000003, 0, 1, body), "r1", "+4915")
        assert said.reference == "r1"


@given(st.text(max_size=20))
def test_any_words_are_a_moment_or_none(written: str) -> None:
    moment = questions.absolute(written)
    assert moment is None or moment.tzinfo is not None
