"""A store that is full, that another daemon has, or that a newer smsgw wrote: said in words, and nothing is lost."""

from __future__ import annotations

import resource
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import create_engine, text

from tests.flows import counting
from tests.flows.running import Client, Running, until
from tests.flows.wires import HANDSETS, Tape

Open = Callable[..., Running]
ROOM = 65_536  # octets: more than the log needs, less than the store has already


def no_more_space(gateway: Running, most: int | None) -> None:
    """From now on no file of the daemon's may be longer than `most` octets; None: as long as it likes."""
    assert gateway.process is not None
    _, hard = resource.prlimit(gateway.process.pid, resource.RLIMIT_FSIZE)
    soft = resource.RLIM_INFINITY if most is None else most
    resource.prlimit(gateway.process.pid, resource.RLIMIT_FSIZE, (soft, hard))


def fill(gateway: Running, client: Client) -> list[str]:
    """Let the store's files not grow, and send until it takes no more; returns the ids of what was accepted."""
    no_more_space(gateway, ROOM)
    accepted: list[str] = []
    while True:
        body = {"to": f"+49151{20_000_000 + len(accepted)}", "text": f"No. {len(accepted)}"}
        status, answer = client.ask("POST", "/messages", body)
        if status != 202:
            break
        accepted.append(answer["id"])
        assert len(accepted) < 1000, "the store is never full"
    assert (status, answer["code"]) == (503, "store_full"), answer
    assert "disk" in answer["detail"]
    assert "free some disk space" in answer["hint"]
    return accepted


def test_a_full_disk_is_said_in_words_and_heals_by_itself(gateway: Running, client: Client, tape: Tape) -> None:
    client.ask("PATCH", "/simulator/faults", {"delay": 5})
    before = [client.send(f"+49152{20_000_000 + number}", f"Before {number}") for number in range(10)]
    until(lambda: client.get("/messages?status=sending&limit=1")["data"], why="nothing was in flight")
    client.ask("PATCH", "/simulator/faults", {"delay": 0.01})
    accepted = fill(gateway, client)
    status, _ = client.ask("POST", f"/simulator/handsets/{HANDSETS[0]}/messages", {"text": "Are you there?"})
    assert status == 201
    time.sleep(0.5)
    assert client.get("/inbound")["data"] == [], "what could not be kept is not acknowledged either"
    assert client.ask("GET", "/messages")[0] == 200, "looking is still possible"
    status, answer = client.ask("GET", "/readyz")
    assert (status, answer["checks"]["store"]) == (503, "store_full")

    no_more_space(gateway, None)
    after = until(lambda: _accepted(client, "After"), 10, "it did not heal")
    assert client.ask("GET", "/readyz")[0] == 200
    until(lambda: _delivered(client) >= {*before, *accepted, after}, 20, "something was forgotten")
    taken = Counter((part.to, part.position) for part in tape.taken())
    assert set(taken.values()) == {1}, "something went out twice"
    until(lambda: client.get("/inbound")["data"], 10, "the network told a text in vain")
    assert [one["text"] for one in client.get("/inbound")["data"]] == ["Are you there?"]


def _delivered(client: Client) -> set[str]:
    return {one["id"] for one in client.get("/messages?status=delivered&limit=200")["data"]}


def _accepted(client: Client, words: str) -> str | None:
    status, answer = client.ask("POST", "/messages", {"to": HANDSETS[0], "text": words})
    return str(answer["id"]) if status == 202 else None


def test_a_gateway_can_be_stopped_while_the_disk_is_full(gateway: Running, client: Client) -> None:
    fill(gateway, client)
    status, seconds = gateway.terminate()
    assert (status, seconds < 60) == (0, True), f"{status} after {seconds:.1f} s: {gateway.last_words()}"


def test_a_second_daemon_on_the_same_store_is_refused_with_words(
    fresh_store_url: str, tmp_path: Path, open_gateway: Open, tape: Tape
) -> None:
    first = open_gateway([tape.link()], url=fresh_store_url)
    first.start()
    other = Tape(tmp_path / "other", seed=2)
    second = open_gateway([{**other.link(), "tape": str(tmp_path / "other.jsonl")}], url=fresh_store_url)
    refused = second.smsgw("run", check=False)
    assert refused.returncode == 5
    assert "the database is in use by" in refused.stderr
    if fresh_store_url.startswith("sqlite"):
        assert first.process is not None
        assert f"process {first.process.pid}" in refused.stderr
        assert "stop the other smsgw first" in refused.stderr
    else:  # several nodes may share it, but not one name
        assert "another node that is called" in refused.stderr
        assert "give each node a name of its own" in refused.stderr
    client = first.client()
    client.send(HANDSETS[0], "The first one is not disturbed")
    client.close()
    first.kill()
    second.start()


def test_a_store_that_a_newer_smsgw_wrote_is_left_alone(fresh_store_url: str, open_gateway: Open, tape: Tape) -> None:
    gateway = open_gateway([tape.link()], url=fresh_store_url)
    gateway.start()
    gateway.terminate()
    engine = create_engine(fresh_store_url)
    with engine.begin() as conn:
        conn.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        conn.execute(text("CREATE TABLE of_the_future (id INTEGER)"))
    with engine.connect() as conn:
        before = counting.states(conn)
    engine.dispose()
    refused = gateway.smsgw("run", check=False)
    assert refused.returncode == 1
    assert "revision 9999, which a newer smsgw made" in refused.stderr
    assert "install the newer smsgw again" in refused.stderr
    with gateway.looking() as conn:
        assert conn.execute(text("SELECT version_num FROM alembic_version")).scalar_one() == "9999"
        assert counting.states(conn) == before


def test_a_file_that_is_no_store_is_refused_with_words(open_gateway: Open, tape: Tape) -> None:
    gateway = open_gateway([tape.link()])
    path = gateway.folder / "store.db"
    words = b"this is no database at all, only words" * 100
    path.write_bytes(words)
    refused = gateway.smsgw("run", check=False)
    assert refused.returncode in (1, 5)
    assert "not a database" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert path.read_bytes() == words
