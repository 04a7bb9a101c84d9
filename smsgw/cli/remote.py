"""Ask the running daemon over its HTTP API: with the key it left for this host, or one that was given."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any, NoReturn, TypeVar

import click

from smsgw.cli import exits
from smsgw.cli.local_key import ADDRESS_FILE, KEY_FILE, address, opener
from smsgw.cli.office import Office, become_owner
from smsgw.errors import BadInput, Conflict, Fault, Forbidden, NotFound, Unauthenticated

F = TypeVar("F", bound=Callable[..., Any])
PATIENCE = 30.0  # seconds for an answer


class Remote:
    """The API of one gateway. url: its beginning, without /api. key: the bearer secret."""

    def __init__(self, url: str, key: str, ours: bool = False) -> None:
        """ours: it is the gateway of this host, whose certificate is for another name."""
        self._url = url.rstrip("/")
        self._key = key
        # A proxy from the environment has no business between us and our own gateway.
        self._opener = opener() if ours else urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def call(self, method: str, path: str, body: Any = None, patience: float = PATIENCE) -> Any:
        """One request, such as ("GET", "/links"); returns the answer's JSON. patience: seconds for the answer.

        Raises Unreachable, Unauthenticated, Forbidden, NotFound, Conflict, BadInput, Failed.
        """
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {self._key}", "Accept": "application/json"}
        if data is not None:
            headers["Content-Type"] = "application/json"
        url = f"{self._url}/api/v1{path}"
        try:
            asked = urllib.request.Request(url, data, headers, method=method)
            with self._opener.open(asked, timeout=patience) as answer:
                content = answer.read()
            return json.loads(content) if content else None
        except urllib.error.HTTPError as refused:
            _raise(refused.code, refused.read(), self._url)
        except ValueError as odd:  # not JSON, or not a URL
            raise _nobody(self._url, f"it does not answer as smsgw does ({odd})") from odd
        except OSError as silent:
            raise _nobody(self._url, str(getattr(silent, "reason", silent))) from silent


def _nobody(url: str, why: str) -> exits.Unreachable:
    hint = "start it: smsgw run; or name the gateway with --url"
    return exits.Unreachable(f"no gateway answers at {url}: {why}", hint=hint)


def _raise(status: int, body: bytes, url: str) -> NoReturn:
    """Turn a problem (RFC 9457) into the error it was on the other side."""
    try:
        told = json.loads(body)
    except ValueError:
        told = None
    if not isinstance(told, dict) or "code" not in told:
        raise _nobody(url, f"it answers with status {status}, and not as smsgw does")
    says, hint, code = str(told.get("detail", "")), told.get("hint") or None, str(told["code"])
    found = [Fault(e.get("pointer", ""), e.get("code", code), e.get("detail", says)) for e in told.get("errors") or []]
    if status == 401:
        raise Unauthenticated(says, hint="give a valid key with --key or SMSGW_API_KEY")
    if status == 403:
        raise Forbidden(says, code=code, hint=hint)
    if status == 404:
        raise NotFound(says, code=code, hint=hint or "smsgw sim handset and smsgw link ls show what there is")
    if status == 409:
        raise Conflict(says, code=code, hint=hint)
    if status in (400, 422):
        raise BadInput(found or [Fault("", code, says)], hint=hint)
    raise exits.Failed(says, code=code, hint=hint or "the log of the gateway tells more")


def options(command: F) -> F:
    """Give a command `--url` and `--key`, to use another gateway or another key than this host's."""
    url = click.option("--url", metavar="URL", envvar="SMSGW_URL", help="Another gateway, such as http://host:8080.")
    key = click.option("--key", metavar="SECRET", envvar="SMSGW_API_KEY", help="Better given as SMSGW_API_KEY.")
    return url(key(command))


def reach(office: Office, url: str | None, key: str | None) -> Remote:
    """The gateway that is meant: the one given, else that of the configuration with the key it left on this host.

    Raises BadConfig, Unreachable (it does not run), Unauthenticated (its key is not ours to read).
    """
    if url is not None and key is not None:
        return Remote(url, key)
    config = office.config()
    folder = config.store.folder
    become_owner(folder)
    where = url or _read(folder / ADDRESS_FILE) or address(config.web)
    secret = key or _read(folder / KEY_FILE)
    if secret is None:
        raise _nobody(where, f"it left no key in {folder}, so it does not run")
    return Remote(where, secret, ours=url is None)


def _read(path: Any) -> str | None:
    try:
        return str(path.read_text(encoding="utf-8").strip())
    except FileNotFoundError:
        return None
    except PermissionError as closed:
        says = f"{path} belongs to another user"
        raise Unauthenticated(says, hint="run it as the gateway's user (sudo -u smsgw …), or give --key") from closed
