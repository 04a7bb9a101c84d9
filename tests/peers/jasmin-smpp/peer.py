"""Jasmin's SMPP server or client as a program: `peer.py server`, or `peer.py client PORT SYSTEM_ID PASSWORD`.

It says what happens as lines of JSON on standard output and takes orders as lines of JSON on standard input. Octets are
in hex. The PDUs are made and read by smpp.twisted3 and by Jasmin's own SMPPOperationFactory.
"""

from __future__ import annotations

import json
import sys
from enum import Enum
from io import BytesIO
from typing import Any

from jasmin.protocols.smpp.configs import SMPPClientConfig as JasminConfig
from jasmin.protocols.smpp.operations import SMPPOperationFactory
from smpp.pdu.operations import DeliverSM
from smpp.pdu.pdu_encoding import DataCodingEncoder
from smpp.pdu.pdu_types import (
    AddrNpi,
    AddrTon,
    CommandStatus,
    RegisteredDelivery,
    RegisteredDeliveryReceipt,
)
from smpp.twisted.client import SMPPClientTransceiver
from smpp.twisted.config import SMPPClientConfig, SMPPServerConfig
from smpp.twisted.protocol import DataHandlerResponse
from smpp.twisted.server import IAuthenticatedSMPP, SMPPServerFactory
from twisted.cred.checkers import InMemoryUsernamePasswordDatabaseDontUse
from twisted.cred.portal import IRealm, Portal
from twisted.internet import reactor, stdio
from twisted.protocols.basic import LineReceiver
from zope.interface import implementer

OURS, PASSWORD = "shop", "secret08"


def say(event: str, **more: Any) -> None:
    """One line for whoever started us."""
    print(json.dumps({"event": event, **more}, default=_plain), flush=True)  # noqa: T201


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.hex()
    return value.name if isinstance(value, Enum) else str(value)


def told(pdu: Any) -> dict[str, Any]:
    """The fields of a PDU that was read."""
    fields = {name: value for name, value in pdu.params.items() if value is not None}
    esm = fields.pop("esm_class", None)
    coding = fields.pop("data_coding", None)
    if esm is not None:
        fields["udhi"] = any(feature.name == "UDHI_INDICATOR_SET" for feature in esm.gsmFeatures)
        fields["type"] = esm.type.name
    if coding is not None:
        fields["data_coding"] = DataCodingEncoder().encode(coding)[0]
    return fields


def coded(data_coding: int) -> Any:
    """A data_coding as smpp.pdu3 wants it."""
    return DataCodingEncoder().decode(BytesIO(bytes((data_coding,))))


@implementer(IRealm)
class Realm:
    """Lets in whoever has the password."""

    def requestAvatar(self, avatar_id: Any, mind: Any, *interfaces: Any) -> Any:
        return IAuthenticatedSMPP, avatar_id, lambda: None


class Server:
    """An SMSC: answers each submit_sm with an id, unless it is to refuse it."""

    def __init__(self) -> None:
        self._number = 0
        self._refuse: list[str] = []
        self._make = SMPPOperationFactory()
        checker = InMemoryUsernamePasswordDatabaseDontUse()
        checker.addUser(OURS, PASSWORD)
        config = SMPPServerConfig(msgHandler=self._heard, systems={OURS: {"max_bindings": 4}})
        self._factory = SMPPServerFactory(config, auth_portal=Portal(Realm(), [checker]))
        port = reactor.listenTCP(0, self._factory, interface="127.0.0.1")
        say("listening", port=port.getHost().port)

    def _heard(self, system_id: str, smpp: Any, pdu: Any) -> Any:
        if self._refuse:
            return CommandStatus[self._refuse.pop(0)]
        self._number += 1
        name = f"jasmin-{self._number}"
        say("submit", id=name, **told(pdu))
        return DataHandlerResponse(CommandStatus.ESME_ROK, message_id=name.encode())

    def do(self, order: dict[str, Any]) -> None:
        """refuse, receipt, text or unbind."""
        match order.pop("do"):
            case "refuse":
                self._refuse.append(order["status"])
            case "receipt":
                ends = ("AddrTon.INTERNATIONAL", "AddrNpi.ISDN") * 2
                self._deliver(
                    self._make.getReceipt(
                        "deliver_sm", order["id"], order["from"], order["to"], order["state"], "000",
                        "2026-11-26 01:02", *ends,
                    )
                )  # fmt: skip
            case "text":
                octets = bytes.fromhex(order["hex"])
                self._deliver(
                    DeliverSM(
                        source_addr=order["from"], destination_addr=order["to"], short_message=octets,
                        source_addr_ton=AddrTon.INTERNATIONAL, source_addr_npi=AddrNpi.ISDN,
                        data_coding=coded(order["coding"]),
                    )
                )  # fmt: skip
            case "unbind":
                self._factory.unbindGateway(OURS)

    def _deliver(self, pdu: Any) -> None:
        binding = self._factory.getBoundConnections(OURS).getNextBindingForDelivery()
        sent = binding.sendDataRequest(pdu)
        sent.addCallback(lambda result: say("deliver_resp", status=result.response.status))
        sent.addErrback(lambda failure: say("deliver_failed", why=str(failure.value)))


class Client:
    """An ESME that sends what it is told to, in as many parts as Jasmin makes of it."""

    def __init__(self, port: int, system_id: str, password: str) -> None:
        config = SMPPClientConfig(
            host="127.0.0.1", port=port, username=system_id, password=password, enquireLinkTimerSecs=1
        )
        self._smpp: Any = None
        bound = SMPPClientTransceiver(config, self._heard).connectAndBind()
        bound.addCallback(self._bound)
        bound.addErrback(lambda failure: say("refused", why=str(failure.value)))

    def _bound(self, smpp: Any) -> None:
        self._smpp = smpp
        say("bound")

    def _heard(self, smpp: Any, pdu: Any) -> Any:
        receipt = SMPPOperationFactory().isDeliveryReceipt(pdu)
        say("deliver", receipt=receipt, **told(pdu))
        return CommandStatus.ESME_ROK

    def do(self, order: dict[str, Any]) -> None:
        """send or unbind."""
        if order.pop("do") == "unbind":
            self._smpp.unbindAndDisconnect().addCallback(lambda _: say("unbound"))
            return
        make = SMPPOperationFactory(JasminConfig(id="peer"), long_content_split=order["split"])
        pdu = make.SubmitSM(
            bytes.fromhex(order["hex"]), data_coding=order["coding"], source_addr=order["from"],
            destination_addr=order["to"], dest_addr_ton=AddrTon.INTERNATIONAL, dest_addr_npi=AddrNpi.ISDN,
            registered_delivery=RegisteredDelivery(RegisteredDeliveryReceipt.SMSC_DELIVERY_RECEIPT_REQUESTED),
        )  # fmt: skip
        while pdu is not None:
            pdu.params["data_coding"] = coded(order["coding"])  # as Jasmin does at the last moment
            sent = self._smpp.sendDataRequest(pdu)
            sent.addCallback(self._answered)
            sent.addErrback(lambda failure: say("answer", status=str(failure.value)))
            pdu = getattr(pdu, "nextPdu", None)

    def _answered(self, result: Any) -> None:
        id = result.response.params.get("message_id")
        say("answer", status=result.response.status, id=id.decode() if id else None)


class Orders(LineReceiver):
    """Standard input: orders, until it ends."""

    delimiter = b"\n"

    def __init__(self, role: Server | Client) -> None:
        self._role = role

    def lineReceived(self, line: bytes) -> None:
        self._role.do(json.loads(line))

    def connectionLost(self, reason: Any) -> None:
        if reactor.running:
            reactor.stop()


if __name__ == "__main__":
    role = Server() if sys.argv[1] == "server" else Client(int(sys.argv[2]), sys.argv[3], sys.argv[4])
    stdio.StandardIO(Orders(role))
    reactor.run()
