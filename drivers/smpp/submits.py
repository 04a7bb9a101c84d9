"""A part as the submit_sm that a link's configuration asks for (SMPP 3.4 section 4.4.1).

The surprise: what many messages have in common is made once and kept, for this is the hot path: the start with the
sender, and the middle with its flags.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from drivers.smpp import addresses, coding, pdu
from drivers.smpp.config import Config
from drivers.smpp.contents import Charset
from drivers.smpp.validity import absolute, relative
from smsgw.link import Abilities, Alphabet, WirePart
from smsgw.text import header

Address = tuple[int, int, bytes]  # type of number, numbering plan, octets


def utc_now() -> datetime:
    """The clock that absolute times are reckoned from."""
    return datetime.now(UTC)


class Submits:
    """Writes parts as one link wants them. Any thread may call it."""

    def __init__(self, config: Config, clock: Callable[[], datetime] = utc_now) -> None:
        self._config = config
        self._clock = clock
        self._coding = coding.Coding(config)
        self._takes_apart = config.long_texts == "sar" or config.ports == "parameters"
        self._prefix = functools.lru_cache(maxsize=256)(self._make_prefix)
        self._middle = functools.lru_cache(maxsize=1024)(self._make_middle)

    @property
    def abilities(self) -> Abilities:
        """What the link carries; national tables are not known to survive an SMSC: they are a setting of the link."""
        config = self._config
        texts = {Alphabet.UCS2} if config.writes is Charset.UCS2 else {Alphabet.GSM7, Alphabet.UCS2}
        return Abilities(
            alphabets=frozenset({*texts, Alphabet.OCTETS}),
            wide_reference=config.wide_references,
            lacks=coding.lacks(config.writes),
            whole=config.long_texts == "payload",
            reports=config.receipts,
            optional=frozenset({"schedule"}) if config.schedule == "smsc" else frozenset(),
        )

    def source(self, sender: str | None) -> Address:
        """A sender, or the link's own, on the wire. Raises addresses.BadAddress."""
        config = self._config
        return addresses.encode(config, sender or config.sender or "", config.source_ton, config.source_npi)

    def dest(self, to: str) -> Address:
        """A recipient on the wire. Raises addresses.BadAddress."""
        return addresses.encode(self._config, to, self._config.dest_ton, self._config.dest_npi)

    def body(self, part: WirePart) -> bytes:
        """The body of its submit_sm. Raises coding.Unsendable, addresses.BadAddress."""
        udh, parameters = part.udh, b""
        if udh and self._takes_apart:
            udh, parameters = self._parameters(udh)
        data_coding, octets = self._coding.say(part, udh)
        message = udh + octets if udh else octets
        if part.of > 1 and not part.udh:  # a whole long text: the SMSC cuts it (5.3.2.32)
            message, parameters = b"", pdu.parameter(pdu.MESSAGE_PAYLOAD, message)
        elif len(message) > coding.LONGEST_SHORT_MESSAGE:
            most = coding.LONGEST_SHORT_MESSAGE
            raise coding.Unsendable(f"the part has {len(message)} octets, and SMPP carries {most}")
        schedule = b"" if part.deliver_at is None else self._schedule(part.deliver_at)
        validity = part.validity if self._config.validity == "relative" else self._validity(part.validity)
        middle = self._middle(bool(udh), part.priority, validity, part.receipt, data_coding, schedule)
        ton, npi, to = self.dest(part.to)
        return pdu.submit_body(self._prefix(part.sender), ton, npi, to, middle, message, parameters)

    def _parameters(self, udh: bytes) -> tuple[bytes, bytes]:
        """What is left of a header, and the optional parameters for what is taken out of it.

        Ports move only if no concatenation stays: no standard says what a header with one and ports beside it mean.
        """
        found: list[bytes] = []
        place = header.concatenation(udh)
        if place is not None and self._config.long_texts == "sar":  # 5.3.2.22 to 24
            found += [
                pdu.parameter(pdu.SAR_MSG_REF_NUM, place.reference.to_bytes(2, "big")),
                pdu.parameter(pdu.SAR_TOTAL_SEGMENTS, bytes((place.of,))),
                pdu.parameter(pdu.SAR_SEGMENT_SEQNUM, bytes((place.position,))),
            ]
            udh, place = header.without(udh, header.PART_OF_8, header.PART_OF_16), None
        ports = header.ports(udh)
        if ports is not None and place is None and self._config.ports == "parameters":  # 5.3.2.20 and 21
            dest, source = (port.to_bytes(2, "big") for port in ports)
            found += [pdu.parameter(pdu.SOURCE_PORT, source), pdu.parameter(pdu.DESTINATION_PORT, dest)]
            udh = header.without(udh, header.PORTS_8, header.PORTS_16)
        return udh, b"".join(found)

    def _validity(self, seconds: int | None) -> bytes:
        """validity_period (5.2.16) where it is no relative one."""
        if seconds is None or self._config.validity == "none":
            return b""
        return absolute(self._clock() + timedelta(seconds=seconds))

    def _schedule(self, deliver_at: datetime) -> bytes:
        """schedule_delivery_time (5.2.15): empty for now, also when the time has passed meanwhile."""
        return b"" if deliver_at <= self._clock() else absolute(deliver_at)

    def _make_prefix(self, sender: str | None) -> bytes:
        return pdu.submit_prefix(self._config.service_type, *self.source(sender))

    def _make_middle(
        self, udhi: bool, priority: int, validity: int | bytes | None, receipt: bool, data_coding: int, schedule: bytes
    ) -> bytes:
        """validity: seconds from now, or as it is written."""
        config = self._config
        return pdu.submit_middle(
            config.esm_class | (coding.UDHI if udhi else 0),
            config.priority_flags[min(max(priority, 0), 9)],
            validity if isinstance(validity, bytes) else relative(validity),
            config.registered_delivery if receipt else 0,
            data_coding,
            protocol_id=config.protocol_id,
            schedule=schedule,
            replace=config.replace_if_present,
        )
