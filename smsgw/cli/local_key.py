"""A key for the command line of this host: made anew at every start, kept where only the gateway's user may read.

Beside it stands the address of the web server, which the configuration does not know when it leaves the choice of
the port to the system.
"""

from __future__ import annotations

import os
import ssl
import urllib.request
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from smsgw.errors import NotFound

if TYPE_CHECKING:  # who asks the gateway over HTTP needs none of it
    from smsgw.config import WebConfig
    from smsgw.daemon import Part
    from smsgw.gateway import Gateway

NAME = "local command line"
KEY_FILE, ADDRESS_FILE = "cli.key", "cli.url"


class LocalKey:
    """Writes the key when the daemon starts, takes it back when it stops: a part of the daemon, started last."""

    name = "local key"

    def __init__(self, gateway: Gateway, parts: Sequence[Part]) -> None:
        """parts: among them the web server, which knows its `port` once it is started."""
        self._gateway = gateway
        self._parts = parts
        self._folder = gateway.config.store.folder
        self._name = f"{NAME} of {node}" if (node := gateway.holdings.node) else NAME

    def start(self) -> None:
        """Make the key and write both files. Raises OSError."""
        from smsgw.access import keys

        self._revoke()
        wish = keys.NewKey(self._name, ["admin:*"], self._gateway.clock())
        _, secret = keys.create(self._gateway.database.writer, wish)
        write_secret(self._folder / KEY_FILE, secret)
        port = next((part.port for part in self._parts if hasattr(part, "port")), None)
        write_secret(self._folder / ADDRESS_FILE, address(self._gateway.config.web, port))

    def stop(self, deadline: float) -> None:
        """Make the key useless and remove the files."""
        self._revoke()
        for name in (KEY_FILE, ADDRESS_FILE):
            (self._folder / name).unlink(missing_ok=True)

    def alive(self) -> bool:
        """It has nothing to do while the daemon runs."""
        return True

    def _revoke(self) -> None:
        from smsgw.access import keys

        with suppress(NotFound):  # the first start, or a clean stop before
            keys.revoke(self._gateway.database.writer, self._name, self._gateway.clock())


def address(web: WebConfig, port: int | None = None) -> str:
    """Where this host reaches its own web server, such as http://127.0.0.1:8080. port: if another than configured."""
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(web.host, f"[{web.host}]" if ":" in web.host else web.host)
    return f"{web.scheme}://{host}:{port or web.port}"


def opener() -> urllib.request.OpenerDirector:
    """Opens addresses of the gateway on this host: by no proxy, which has no business between us and it.

    Its certificate is for the name by which others come, so it is not compared with an address of this host; who could
    answer there instead of the gateway could do so with plain HTTP too.
    """
    trusting = ssl.create_default_context()
    trusting.check_hostname = False
    trusting.verify_mode = ssl.CERT_NONE
    return urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=trusting))


def write_secret(path: Path, content: str) -> None:
    """Write a file that only its owner may read, in one step: nobody ever sees half of it. Raises OSError."""
    new = path.with_name(f".{path.name}.new")
    new.unlink(missing_ok=True)
    handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(f"{content}\n")
    new.replace(path)
