"""The web server under the MMSC of the tests, with TLS for each connection by itself."""

from __future__ import annotations

import ssl
from http.server import ThreadingHTTPServer
from typing import Any


class Server(ThreadingHTTPServer):
    """Listens; with a context every connection is TLS."""

    daemon_threads = True
    allow_reuse_address = True
    context: ssl.SSLContext | None = None

    def get_request(self) -> tuple[Any, Any]:
        """A connection with its TLS. One that was cut already is none: Python would leave it open."""
        raw, place = super().get_request()
        try:
            raw.getpeername()
            return (raw if self.context is None else self.context.wrap_socket(raw, server_side=True)), place
        except (OSError, ValueError):
            raw.close()
            raise

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A connection that is cut is no fault of a test."""
