"""One daemon for one database, and no lock that outlives its holder."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from smsgw.errors import StoreUnreachable
from smsgw.store import leases
from smsgw.store.database import Database


def test_a_second_daemon_is_told_who_has_the_database(fresh_store_url: str) -> None:
    with leases.Lease(fresh_store_url):
        assert leases.held(fresh_store_url)
        with pytest.raises(StoreUnreachable, match="in use by") as refused, leases.Lease(fresh_store_url):
            pass
        assert refused.value.code == "store_busy"
    assert not leases.held(fresh_store_url)


def test_a_killed_holder_leaves_no_lock(fresh_store_url: str) -> None:
    Database(fresh_store_url).close()
    hold = (
        "import sys, time; from smsgw.store.leases import Lease; Lease(sys.argv[1]).take();"
        "print('held', flush=True); time.sleep(600)"
    )
    child = subprocess.Popen([sys.executable, "-c", hold, fresh_store_url], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    assert child.stdout.readline() == "held\n"
    assert leases.held(fresh_store_url)
    os.kill(child.pid, signal.SIGKILL)
    child.wait(60)
    child.stdout.close()
    deadline = time.monotonic() + 60
    while leases.held(fresh_store_url):  # a server must see first that its client is gone
        assert time.monotonic() < deadline, "the lock outlives its holder"
        time.sleep(0.02)
    with leases.Lease(fresh_store_url):
        pass


@pytest.mark.slow
@pytest.mark.peer
def test_after_postgresql_restarts_the_lease_is_taken_again_or_lost_to_another(own_postgres: Any) -> None:
    url = own_postgres.url("postgres")
    mine, other = leases.Lease(url), leases.Lease(url)
    mine.take()
    mine.keep()
    own_postgres.stop()
    with pytest.raises(StoreUnreachable):
        mine.keep()
    own_postgres.start()
    mine.keep()
    with pytest.raises(StoreUnreachable, match="in use"):
        other.take()
    own_postgres.stop()
    own_postgres.start()
    other.take()
    with pytest.raises(StoreUnreachable, match="in use") as lost:
        mine.keep()
    assert lost.value.code == "store_busy"
    other.drop()


def test_who_takes_over_from_a_holder_that_was_killed_knows_it(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'x.db'}"
    with leases.Lease(url) as first:
        assert not first.unclean
    with leases.Lease(url) as second:
        assert not second.unclean
        killed = (tmp_path / "x.db.lock").read_bytes()
    (tmp_path / "x.db.lock").write_bytes(killed)  # as a kill leaves it
    with leases.Lease(url) as third:
        assert third.unclean
