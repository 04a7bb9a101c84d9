"""Our octets are smpplib's octets, and the stream is cut right however it was divided."""

from __future__ import annotations

import string
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from smpplib import smpp

from drivers.smpp import Config, pdu, session_pdus
from drivers.smpp.session_pdus import make

octet = st.integers(0, 255)
address = st.text(string.ascii_letters + string.digits, min_size=1, max_size=20)
sequence = st.integers(1, pdu.LAST_SEQUENCE)


times = st.sampled_from(["", "000001000000000R", "261126010509800+"])
service_types = st.text(string.ascii_uppercase, max_size=5)
port = st.integers(1, 65535)  # smpplib leaves parameters out that are 0
PARAMETERS = st.fixed_dictionaries(
    {},
    optional={
        "source_port": port,
        "destination_port": port,
        "sar_msg_ref_num": port,
        "sar_total_segments": st.integers(2, 255),
        "sar_segment_seqnum": st.integers(1, 255),
        "message_payload": st.binary(min_size=1, max_size=2000),
    },
)
TAGS = {  # tag and width, in smpplib's order
    "source_port": (pdu.SOURCE_PORT, 2),
    "destination_port": (pdu.DESTINATION_PORT, 2),
    "sar_msg_ref_num": (pdu.SAR_MSG_REF_NUM, 2),
    "sar_total_segments": (pdu.SAR_TOTAL_SEGMENTS, 1),
    "sar_segment_seqnum": (pdu.SAR_SEGMENT_SEQNUM, 1),
    "message_payload": (pdu.MESSAGE_PAYLOAD, 0),
}


def parameters_of(given: dict[str, Any]) -> bytes:
    """The optional parameters as we write them."""
    written = [
        pdu.parameter(tag, given[name] if isinstance(given[name], bytes) else given[name].to_bytes(width, "big"))
        for name, (tag, width) in TAGS.items()
        if name in given
    ]
    return b"".join(written)


@given(
    sequence, service_types, octet, octet, address, octet, octet, address, octet, st.integers(0, 3), times, times,
    octet, octet, octet, st.booleans(), st.binary(max_size=254), PARAMETERS,
)  # fmt: skip
def test_a_submit_sm_is_written_as_smpplib_writes_it_and_read_as_it_was_meant(
    number: int, service: str, ston: int, snpi: int, source: str, dton: int, dnpi: int, dest: str,
    esm: int, priority: int, validity: str, schedule: str, registered: int, coding: int, protocol: int, replace: bool,
    message: bytes, more: dict[str, Any],
) -> None:  # fmt: skip
    if message:
        more.pop("message_payload", None)  # 5.3.2.32: either of them
    theirs = make(
        "submit_sm", number, service_type=service,
        source_addr_ton=ston, source_addr_npi=snpi, source_addr=source,
        dest_addr_ton=dton, dest_addr_npi=dnpi, destination_addr=dest, esm_class=esm, priority_flag=priority,
        validity_period=validity, schedule_delivery_time=schedule, registered_delivery=registered, data_coding=coding,
        protocol_id=protocol, replace_if_present_flag=int(replace), short_message=message, **more,
    )  # fmt: skip
    prefix = pdu.submit_prefix(service, ston, snpi, source.encode())
    middle = pdu.submit_middle(
        esm, priority, validity.encode(), registered, coding,
        protocol_id=protocol, schedule=schedule.encode(), replace=replace,
    )  # fmt: skip
    ours = pdu.submit_sm(
        number, pdu.submit_body(prefix, dton, dnpi, dest.encode(), middle, message, parameters_of(more))
    )
    assert ours == theirs
    read = pdu.parse_deliver_sm(ours)  # the two have one layout (4.4.1, 4.6.1)
    assert (read.sequence, read.source_ton, read.source, read.dest_ton, read.dest) == (number, ston, source, dton, dest)
    assert (read.esm_class, read.protocol_id, read.data_coding) == (esm, protocol, coding)
    assert read.message == (message or more.get("message_payload", b""))
    assert {name for name, (tag, _) in TAGS.items() if tag in read.parameters} == more.keys()
    assert all(read.number(TAGS[name][0]) == value for name, value in more.items() if isinstance(value, int))


@given(st.dictionaries(st.integers(0, 65535), st.binary(max_size=300), max_size=8))
def test_parameters_are_read_as_they_were_written(given_ones: dict[int, bytes]) -> None:
    written = b"".join(pdu.parameter(tag, value) for tag, value in given_ones.items())
    middle = pdu.submit_middle(0, 0, b"", 0, 0)
    frame = pdu.submit_sm(1, pdu.submit_body(pdu.submit_prefix("", 0, 0, b"1"), 0, 0, b"2", middle, b"Hi", written))
    assert pdu.parse_deliver_sm(frame).parameters == given_ones


@given(
    octet, address, octet, address, octet, octet, octet, st.binary(max_size=254),
    st.none() | st.tuples(st.integers(1, 65535), st.integers(2, 255), st.integers(1, 255)),
    st.none() | st.tuples(port, port),
)  # fmt: skip
def test_a_deliver_sm_of_smpplib_has_everything_that_we_read_in_one(
    ston: int, source: str, dton: int, dest: str, esm: int, protocol: int, coding: int, message: bytes,
    sar: tuple[int, int, int] | None, ports: tuple[int, int] | None,
) -> None:  # fmt: skip
    more: dict[str, Any] = {}
    if sar:
        more |= dict(zip(("sar_msg_ref_num", "sar_total_segments", "sar_segment_seqnum"), sar, strict=True))
    if ports:
        more |= {"source_port": ports[0], "destination_port": ports[1]}
    theirs = make(
        "deliver_sm", 7, source_addr_ton=ston, source_addr=source, dest_addr_ton=dton, destination_addr=dest,
        esm_class=esm, protocol_id=protocol, data_coding=coding, short_message=message, **more,
    )  # fmt: skip
    read = pdu.parse_deliver_sm(theirs)
    tags = (pdu.SAR_MSG_REF_NUM, pdu.SAR_TOTAL_SEGMENTS, pdu.SAR_SEGMENT_SEQNUM)
    assert tuple(read.number(tag) for tag in tags) == (sar or (None, None, None))
    assert (read.number(pdu.SOURCE_PORT), read.number(pdu.DESTINATION_PORT)) == (ports or (None, None))


@given(
    sequence, octet, address, octet, address, octet, octet, octet, st.binary(max_size=254),
    st.none() | st.integers(0, 65535), st.none() | st.integers(1, 8),
    st.none() | st.text("0123456789abcdef", min_size=1, max_size=64),
)  # fmt: skip
def test_a_deliver_sm_that_smpplib_writes_is_read_field_by_field(
    number: int, ston: int, source: str, dton: int, dest: str, esm: int, protocol: int, coding: int,
    message: bytes, sar: int | None, state: int | None, receipted: str | None,
) -> None:  # fmt: skip
    theirs = make(
        "deliver_sm", number,
        source_addr_ton=ston, source_addr=source, dest_addr_ton=dton, destination_addr=dest,
        esm_class=esm, protocol_id=protocol, data_coding=coding, short_message=message, sar_msg_ref_num=sar,
        message_state=state, receipted_message_id=receipted, validity_period="000001000000000R",
    )  # fmt: skip
    read = pdu.parse_deliver_sm(theirs)
    assert (read.sequence, read.source_ton, read.source, read.dest_ton, read.dest) == (
        number,
        ston,
        source,
        dton,
        dest,
    )
    assert (read.esm_class, read.protocol_id, read.data_coding, read.message) == (
        esm,
        protocol,
        coding,
        message,
    )
    assert read.number(pdu.SAR_MSG_REF_NUM) == sar
    assert read.number(pdu.MESSAGE_STATE) == state
    assert read.parameters.get(pdu.RECEIPTED_MESSAGE_ID) == (receipted.encode() + b"\0" if receipted else None)


@given(sequence, st.sampled_from([0, 0x64, 0x01]))
def test_a_deliver_sm_resp_is_written_as_smpplib_writes_it(number: int, status: int) -> None:
    assert pdu.deliver_sm_resp(number, status) == make("deliver_sm_resp", number, status)


@given(sequence, st.text(string.ascii_letters + string.digits, min_size=1, max_size=64))
def test_the_id_in_a_submit_sm_resp_of_smpplib_is_read(number: int, given_id: str) -> None:
    frame = make("submit_sm_resp", number, message_id=given_id)
    assert pdu.message_id(frame) == given_id
    assert pdu.HEADER.unpack_from(frame)[1:] == (pdu.SUBMIT_SM_RESP, 0, number)


@given(st.lists(st.binary(max_size=60), max_size=20), st.data())
def test_whole_pdus_come_out_however_the_stream_was_divided(bodies: list[bytes], data: st.DataObject) -> None:
    whole = [struct.pack(">IIII", 16 + len(body), 5, 0, n) + body for n, body in enumerate(bodies, 1)]
    stream, frames, found = b"".join(whole), pdu.Frames(), []
    while stream:
        cut = data.draw(st.integers(1, len(stream)))
        found += frames.feed(stream[:cut])
        stream = stream[cut:]
    assert found == whole


@pytest.mark.parametrize("length", [0, 2, 15, 65537, 0x48545450, 0xFFFFFFFF])
def test_an_impossible_length_is_told_at_once_not_waited_for(length: int) -> None:
    with pytest.raises(pdu.NotSmpp, match=str(length)):
        pdu.Frames().feed(struct.pack(">I", length))


@given(st.binary(max_size=120))
def test_any_octets_as_a_deliver_sm_are_read_or_refused_but_never_break_the_loop(body: bytes) -> None:
    frame = struct.pack(">IIII", 16 + len(body), 5, 0, 1) + body
    try:
        read = pdu.parse_deliver_sm(frame)
    except pdu.BadPdu:
        return
    assert len(read.message) <= len(body)


def test_a_deliver_sm_cut_anywhere_is_refused() -> None:
    whole = make(
        "deliver_sm",
        1,
        source_addr="4915112345678",
        destination_addr="4477",
        short_message=b"Hello",
        message_state=2,
    )
    taken_whole_without_parameters = len(whole) - 5
    for end in range(16, len(whole)):
        if end == taken_whole_without_parameters:
            continue
        with pytest.raises(pdu.BadPdu):
            pdu.parse_deliver_sm(whole[:end])


def test_message_payload_is_the_text_when_there_is_no_short_message() -> None:
    long_text = b"a" * 200
    read = pdu.parse_deliver_sm(make("deliver_sm", 1, source_addr="1", destination_addr="2", message_payload=long_text))
    assert read.message == long_text


def test_a_bind_carries_what_the_configuration_says() -> None:
    config = Config.model_validate(
        {"host": "h", "system_id": "shop", "password": "secret08", "system_type": "SMS", "address_ton": 1}
    )
    read = smpp.parse_pdu(session_pdus.bind(config, "transceiver", 7), client=None, sequence=0)
    assert (read.command, read.sequence, read.interface_version) == ("bind_transceiver", 7, 0x34)
    assert (read.system_id, read.password, read.system_type) == (b"shop", b"secret08", b"SMS")
    assert read.addr_ton == 1
