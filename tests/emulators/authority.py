"""An authority that signs certificates for the tests of TLS, by the `openssl` of this system."""

from __future__ import annotations

import ssl
import subprocess
from pathlib import Path

KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


class Authority:
    """One authority and what it has signed, in files of one folder."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        self._name = name
        self.file = folder / f"{name}.pem"
        self._key = folder / f"{name}.key"
        self._run("req", "-x509", *KEY, "-keyout", self._key, "-out", self.file, "-subj", f"/CN={name}", "-days", "2")

    def sign(self, name: str, alternatives: str = "", days: int = 2) -> tuple[Path, Path]:
        """A certificate and its key. alternatives: such as DNS:smsc.example,IP:127.0.0.1; days: may be negative."""
        made = self._folder / f"{self._name}-{name}"
        cert, key, wish, more = (made.with_suffix(end) for end in (".pem", ".key", ".csr", ".ext"))
        self._run("req", *KEY, "-keyout", key, "-out", wish, "-subj", f"/CN={name}")
        more.write_text(f"subjectAltName={alternatives}\n" if alternatives else "")
        signer = ("-CA", self.file, "-CAkey", self._key, "-CAcreateserial")
        self._run("x509", "-req", "-in", wish, *signer, "-days", str(days), "-extfile", more, "-out", cert)
        return cert, key

    def server(self, pair: tuple[Path, Path], clients: Path | None = None) -> ssl.SSLContext:
        """What a server needs that shows `pair`. clients: the authority that must have signed its clients."""
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        made.load_cert_chain(*pair)
        if clients is not None:
            made.verify_mode = ssl.CERT_REQUIRED
            made.load_verify_locations(clients)
        return made

    def _run(self, *words: str | Path) -> None:
        done = subprocess.run(["openssl", *map(str, words)], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
