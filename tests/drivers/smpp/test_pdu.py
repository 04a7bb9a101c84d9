"""Our octets are smpplib's octets, and the stream is cut right however it was divided."""

from __future__ import annotations

import string
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from smpplib import smpp

from drivers.smpp import Config, pdu, session_pdus
from drivers.smpp.session_pdus import make

octet = st.integers(0, 255)
address = st.text(string.ascii_letters + string.digits, min_size=1, max_size=20)
sequence = st.integers(1, pdu.LAST_SEQUENCE)


@given(
    sequence, st.text(string.ascii_uppercase, max_size=5), octet, octet, address, octet, octet, address,
    octet, st.integers(0, 3), st.sampled_from(["", "000001000000000R"]), st.integers(0, 1), octet,
    st.binary(max_size=254),
)  # fmt: skip
def test_a_submit_sm_is_written_as_smpplib_writes_it(
    number: int, service: str, ston: int, snpi: int, source: str, dton: int, dnpi: int, dest: str,
    esm: int, priority: int, validity: str, registered: int, coding: int, message: bytes,
) -> None:  # fmt: skip
    theirs = make(
        "submit_sm", number, service_type=service,
        source_addr_ton=ston, source_addr_npi=snpi, source_addr=source,
        dest_addr_ton=dton, dest_addr_npi=dnpi, destination_addr=dest, esm_class=esm, priority_flag=priority,
        validity_period=validity, registered_delivery=registered, data_coding=coding, short_message=message,
    )  # fmt: skip
    prefix = pdu.submit_prefix(service, ston, snpi, source.encode())
    middle = pdu.submit_middle(esm, priority, validity.encode(), registered, coding)
    assert pdu.submit_sm(number, pdu.submit_body(prefix, dton, dnpi, dest.encode(), middle, message)) == theirs


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
