"""TLS before a daemon, as a reverse proxy has it: what comes goes on to a port of this machine, octet by octet."""

from __future__ import annotations

import socket
import socketserver
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.emulators.authority import Authority


class TlsFront:
    """A port of 127.0.0.1 that speaks TLS; authority: the file with who signed its certificate."""

    def __init__(self, folder: Path, port: int) -> None:
        signer = Authority(folder, "front-authority")
        self.authority = signer.file
        context = signer.server(signer.sign("localhost", "DNS:localhost,IP:127.0.0.1"))

        class _Each(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                with (
                    suppress(OSError),
                    socket.create_connection(("127.0.0.1", port)) as onward,
                    context.wrap_socket(self.request, server_side=True) as inside,
                ):
                    back = threading.Thread(target=_carry, args=(onward, inside), daemon=True)
                    back.start()
                    _carry(inside, onward)
                    back.join(90)

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Each)
        self._server.daemon_threads = True
        self.port = int(self._server.server_address[1])
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()


def _carry(here: Any, there: Any) -> None:
    with suppress(OSError):
        while octets := here.recv(65536):
            there.sendall(octets)
        there.shutdown(socket.SHUT_WR)
