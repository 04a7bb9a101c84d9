"""Jasmin's HTTP API as a program: its own server, router, users and routes; only the way out to SMSCs is none.

What its connectors would be given over RabbitMQ is told as a line of JSON on standard output, and taken. It ends with
its standard input. The first line tells its port.
"""

from __future__ import annotations

import json
import os
import sys
import uuid
from typing import Any

from jasmin.protocols.http.configs import HTTPApiConfig
from jasmin.protocols.http.server import HTTPApi
from jasmin.routing.configs import RouterPBConfig
from jasmin.routing.jasminApi import Group, SmppClientConnector, User
from jasmin.routing.router import RouterPB
from jasmin.routing.Routes import DefaultRoute
from twisted.internet import reactor, stdio
from twisted.internet.protocol import Protocol
from twisted.web import server

NAME, PASSWORD = "shop", "secret08"


def say(told: dict[str, Any]) -> None:
    """One line for whoever started us."""
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()


class Connectors:
    """Stands in for the manager of connectors: it takes everything."""

    def perspective_connector_config(self, cid: str) -> None:
        """There is none that changes anything."""

    def perspective_submit_sm(self, **given: Any) -> Any:
        """What a connector would be given."""
        pdu = given["SubmitSmPDU"]
        say({name: repr(value) for name, value in pdu.params.items()})

        class Taken:
            result = str(uuid.uuid4())

        return Taken


class End(Protocol):
    """Standard input: when it ends, so do we."""

    def connectionLost(self, reason: Any = None) -> None:
        """It has ended."""
        reactor.callFromThread(reactor.stop)


def main() -> None:
    """Serve until standard input ends."""
    config, told = RouterPBConfig(), HTTPApiConfig()
    config.log_file = told.log_file = told.access_log = os.devnull
    config.authentication = False
    router = RouterPB(config)
    group = Group(1)
    router.groups.append(group)
    router.users.append(User(1, group, NAME, PASSWORD))
    router.mt_routing_table.add(DefaultRoute(SmppClientConnector("carrier")), 0)
    api = HTTPApi(router, Connectors(), told)
    port = reactor.listenTCP(0, server.Site(api), interface="127.0.0.1")
    stdio.StandardIO(End())
    say({"port": port.getHost().port})
    reactor.run()


if __name__ == "__main__":
    sys.exit(main())
