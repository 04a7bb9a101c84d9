"""What tests share: a PostgreSQL of their own, new empty stores, a headless browser; and CI skips nothing.

Nothing here is skipped when it is missing: a test that could not run has not passed.
"""

from __future__ import annotations

import gc
import os
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

import hypothesis
import psycopg
import pytest
from argon2 import PasswordHasher

from smsgw.access import accounts, smpp_clients
from smsgw.store import schema
from smsgw.store.database import Database

PEERS = Path(__file__).parent / "peers"
SLOW = [Path(__file__).parent / place for place in ("flows", "smsgw/cli", "drivers/test_contract.py")]
WAITING = ("flows", "docs", "peers", "drivers")
LONG = "test_screens.py"  # takes more than a minute, so it must not be the last

# The same examples for everybody, and no deadline: a busy machine says nothing about one example. SMSGW_EXAMPLES makes
# more of them than CI does.
EXAMPLES = int(os.environ.get("SMSGW_EXAMPLES") or 60)
hypothesis.settings.register_profile("house", deadline=None, derandomize=True, print_blob=True, max_examples=EXAMPLES)
hypothesis.settings.load_profile("house")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Where a test stands says what it needs: tests/peers a peer; whole roads, lines and commands take their time."""
    for item in items:
        if item.path.is_relative_to(PEERS):
            item.add_marker(pytest.mark.peer)
        if any(item.path.is_relative_to(place) for place in SLOW) or {"rig", "rig_for"} & set(item.fixturenames):
            item.add_marker(pytest.mark.slow)
    items[:] = _mixed(items)


def _mixed(items: list[pytest.Item]) -> list[pytest.Item]:
    """Files that wait most of their time stand among those that compute, so that every core always has something to do.

    They come a little sooner, for some of them take a minute: the end should not have to wait for one.
    """
    groups: dict[str, dict[Path, list[pytest.Item]]] = {}
    for item in items:
        place = LONG if item.path.name == LONG else item.path.relative_to(Path(__file__).parent).parts[0]
        group = groups.setdefault(place if place in (*WAITING, LONG) else "", {})
        group.setdefault(item.path, []).append(item)
    found = [
        ((number + 0.5) / len(files) * (0.85 if place else 1), file, tests)
        for place, files in groups.items()
        for number, (file, tests) in enumerate(files.items())
    ]
    return [item for _, _, tests in sorted(found, key=lambda one: one[:2]) for item in tests]


def pytest_collection_finish() -> None:
    """The program and the tests themselves are no garbage: they need not be looked through a thousand times.

    Nor what tests leave behind after every fourth that makes an app: a look at everything takes up to half a second.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 50)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Where CI is set, a skipped test is a failed one."""
    report: Any = yield
    if os.environ.get("CI") and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped, and CI skips nothing: {report.longrepr}"
    return report


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Figures that tests give with `record_property("figures", …)` are shown at the end, also of tests that passed."""
    reports = [report for group in ("passed", "failed") for report in terminalreporter.stats.get(group, [])]
    figures = [
        f"{report.nodeid.rpartition('::')[2]}: {value}"
        for report in reports
        for name, value in report.user_properties
        if name == "figures"
    ]
    if figures:
        terminalreporter.section("figures")
        for line in figures:
            terminalreporter.line(line)


@pytest.fixture(scope="module", autouse=True)
def cheap_passwords(request: pytest.FixtureRequest) -> Iterator[None]:
    """A password's hash takes no time, but where hashes are looked at: a log-in takes half a second otherwise."""
    if request.path.name == "test_passwords.py":
        yield
        return
    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    with pytest.MonkeyPatch.context() as patched:
        for room in (accounts, smpp_clients):
            patched.setattr(room, "_hasher", cheap)
            patched.setattr(room, "_nobody", lambda: cheap.hash("nobody"))
        yield


@pytest.fixture(scope="module", autouse=True)
def tables_made_once(request: pytest.FixtureRequest) -> Iterator[None]:
    """A new SQLite store is a copy of one that was made once: a fifth of the work. Not where making it is the matter.

    As with `postgres_url`, for the tests of rooms and pages; what runs as a process of its own makes its own.
    """
    room = request.path.relative_to(Path(__file__).parent).parts
    if room[0] == "house" or room[:2] == ("smsgw", "store"):
        yield
        return
    upgrade = schema.upgrade

    def copied(database: Database) -> tuple[str | None, str]:
        place = database.url.removeprefix("sqlite:///")
        if place in (database.url, "", ":memory:") or "?" in place:
            return upgrade(database)
        with closing(sqlite3.connect(place)) as store:
            if store.execute("SELECT count(*) FROM sqlite_schema").fetchone() != (0,):
                return upgrade(database)
            store.execute("PRAGMA synchronous=OFF").close()
            with closing(sqlite3.connect(":memory:")) as made:
                made.deserialize(_tables(upgrade))
                made.backup(store)
        return None, schema.newest()

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(schema, "upgrade", copied)
        yield


@lru_cache(maxsize=1)
def _tables(upgrade: Callable[[Database], object]) -> bytes:
    """The file of a store of today without a row."""
    with tempfile.TemporaryDirectory() as folder:
        with closing(Database(f"sqlite:///{folder}/store.db")) as made:
            upgrade(made)
        with closing(sqlite3.connect(f"{folder}/store.db")) as store:
            store.execute("PRAGMA journal_mode=DELETE").close()  # one in memory has no other
            return store.serialize()


# PostgreSQL


def postgres_programs() -> Path:
    """The newest folder with PostgreSQL's server programs (Debian keeps them off the PATH)."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    on_path = shutil.which("initdb")
    if not found and not on_path:
        pytest.fail("PostgreSQL's server is missing: apt-get install -y --no-install-recommends postgresql")
    return found[-1].parent if found else Path(str(on_path)).resolve().parent


def _quick_place() -> Path:
    """Where many small files cost little. What killed tests left there is taken away: it would fill the memory.

    A database is 700 files. On ext4, which goes around what was deleted in the last seconds, making the next one takes
    half a second after a few; in memory it takes a thirtieth of that.
    """
    memory = Path("/dev/shm")
    if not memory.is_dir() or shutil.disk_usage(memory).free < 2 << 30:
        return Path("/tmp")
    for left in memory.glob("smsgw-postgres-*"):
        with suppress(OSError, ValueError):
            told = left / "data/postmaster.pid"
            pid = told.read_text().split()[0] if told.exists() else "-"
            if time.time() - left.stat().st_mtime > 600 and not Path("/proc", pid).exists():
                shutil.rmtree(left)
    return memory


class Postgres:
    """A private PostgreSQL server in a folder of its own, with a unix socket that only its owner may enter.

    As root it runs as the user `postgres`, since it refuses to run as root. Should the tests be killed, the
    kernel stops it: it is told of its parent's death. durable: fsync is on, as in earnest; without it a crash of the
    server loses what was written, and everything is quicker.
    """

    listens = ""  # at addresses besides, for those who may not come by the socket

    def __init__(self, durable: bool = True) -> None:
        self._durable = durable
        self._has_tables = False
        # Not under pytest's folder: that is closed to other users, and the path of a socket must be short.
        self.folder = Path(tempfile.mkdtemp(prefix="smsgw-postgres-", dir="/tmp" if durable else _quick_place()))
        self._as_owner = ["setpriv"]
        if os.geteuid() == 0:
            shutil.chown(self.folder, "postgres", "postgres")
            self._as_owner += ["--reuid=postgres", "--regid=postgres", "--clear-groups"]
        made = subprocess.run(
            [*self._as_owner, postgres_programs() / "initdb", "--no-sync", "--auth=trust", "--username=smsgw",
             "--encoding=UTF8", "--locale=C", "--pgdata", self.folder / "data"],
            cwd="/", capture_output=True, text=True, check=False,
        )  # fmt: skip
        if made.returncode != 0:
            shutil.rmtree(self.folder)
            pytest.fail(f"initdb failed: {made.stderr}")
        self.start()

    def url(self, database: str) -> str:
        """The SQLAlchemy URL of one of its databases."""
        return f"postgresql+psycopg://smsgw@/{database}?host={self.folder}"

    def connect(self, database: str = "postgres") -> psycopg.Connection[tuple[Any, ...]]:
        """A connection of its own, each statement its own transaction."""
        return psycopg.connect(host=str(self.folder), user="smsgw", dbname=database, autocommit=True)

    def create(self, name: str, *, tables: bool) -> None:
        """A new database; tables: as a store of today is made, copied from one that was made once."""
        with self.connect() as admin:
            if tables and not self._has_tables:
                admin.execute("CREATE DATABASE tables")
                with closing(Database(self.url("tables"))) as made:
                    schema.upgrade(made)
                self._has_tables = True
            copied = "TEMPLATE tables" if tables else ""
            admin.execute(f"CREATE DATABASE {name} {copied} STRATEGY file_copy")  # half the work of the default

    def start(self) -> None:
        """Start the server and wait until it answers."""
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [*self._as_owner, "--pdeathsig=INT", postgres_programs() / "postgres", "-D", "data",
                 "-k", self.folder, "-c", f"listen_addresses={self.listens}", "-c", "shared_buffers=64MB",
                 *(["-c", "fsync=off", "-c", "full_page_writes=off"] if not self._durable else [])],
                cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip
        deadline = time.monotonic() + 180
        while True:
            try:
                self.connect().close()
                return
            except psycopg.OperationalError as problem:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    words = (self.folder / "log").read_text(errors="replace")
                    self.remove()
                    pytest.fail(f"PostgreSQL did not start: {problem}\n{words}")
                time.sleep(0.05)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop it: SIGINT ends sessions and shuts down, SIGQUIT is a crash, recovered at the next start."""
        if self._process.poll() is None:
            self._process.send_signal(how)
            self._process.wait(180)

    def remove(self) -> None:
        """Stop it and take its files away."""
        self.stop()
        shutil.rmtree(self.folder)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """The server that the tests of this process share; do not stop it (`own_postgres` may be)."""
    server = Postgres(durable=False)
    yield server
    server.remove()


@pytest.fixture
def own_postgres() -> Iterator[Postgres]:
    """A server for one test alone, which may stop, crash and start it. Takes seconds: mark the test slow."""
    server = Postgres()
    yield server
    server.remove()


@pytest.fixture
def postgres_url(postgres: Postgres, request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of a new database, dropped afterwards with whoever is still connected.

    It has no messages, but its tables already where a test opens a store to use it: to make them takes a second. It is
    quite empty for tests of the store itself, of whole roads, and those that ask for it with `empty_store`.
    """
    name = f"store_{time.monotonic_ns()}"
    room = request.path.relative_to(Path(__file__).parent).parts
    used = room[0] in ("smsgw", "webadmin") and room[:2] != ("smsgw", "store")
    postgres.create(name, tables=used and request.node.get_closest_marker("empty_store") is None)
    yield postgres.url(name)
    with postgres.connect() as admin:
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.peer)])
def fresh_store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a new, empty store; the test runs once for each engine that smsgw keeps its rows in."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'store.db'}"
    url: str = request.getfixturevalue("postgres_url")
    return url


# The browser


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """A headless Chromium (a playwright Browser) that finds nothing but this machine.

    For one file of tests at a time: while it runs, this thread has a running event loop, so that asyncio.run
    refuses.
    """
    from playwright.sync_api import sync_playwright

    names = ("chromium", "chromium-browser", "google-chrome")
    program = next(filter(None, map(shutil.which, names)), None)
    if program is None:
        pytest.fail("Chromium is missing: apt-get install -y --no-install-recommends chromium")
    with sync_playwright() as play:
        browser = play.chromium.launch(
            executable_path=program,
            headless=True,
            timeout=180_000,
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
            ],
        )
        yield browser
        browser.close()


@pytest.fixture
def browser_page(chromium: Any) -> Iterator[Callable[..., Any]]:
    """Open pages as people have them: `browser_page(width=390, dark=True, locale="fa")`, a playwright Page.

    At the end the test fails if a script broke or the page's own content security policy stopped something.
    """
    complaints: list[str] = []
    contexts: list[Any] = []

    def hear(message: Any) -> None:
        if "Content Security Policy" in message.text:
            complaints.append(message.text)

    def open_page(width: int = 1280, height: int = 800, dark: bool = False, locale: str = "en", **more: Any) -> Any:
        scheme = "dark" if dark else "light"
        size = {"width": width, "height": height}
        contexts.append(chromium.new_context(viewport=size, color_scheme=scheme, locale=locale, **more))
        page = contexts[-1].new_page()
        page.set_default_timeout(120_000)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", hear)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == [], "the page's scripts or its content security policy complained"
