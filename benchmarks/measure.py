"""Read what a process costs from /proc, and print figures as a table.

The surprise: the peak memory of a process can be set back (proc(5), clear_refs), so that each benchmark has its own.
"""

from __future__ import annotations

import os
import platform
import sqlite3
import tempfile
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")
HEADINGS = ("", "msgs/s", "p50 ms", "p99 ms", "CPU s/1000", "MB", "ratio")


@dataclass(frozen=True, slots=True)
class Figure:
    """One line: messages a second, latencies in milliseconds, CPU seconds per 1,000 messages, peak megabytes.

    None is printed as a dash: it was not measured. ratio: to what the table says, 1 is equal.
    """

    name: str
    rate: float
    p50: float | None = None
    p99: float | None = None
    cpu: float | None = None
    memory: float | None = None
    ratio: float | None = None

    def cells(self) -> list[str]:
        """As `HEADINGS` wants them."""
        numbers = (self.p50, self.p99, self.cpu, self.memory, self.ratio)
        return [self.name, f"{self.rate:,.0f}", *(spell(number) for number in numbers)]


def spell(number: float | None) -> str:
    """Three digits that count, more before the point; a dash for what was not measured."""
    if number is None:
        return "-"
    return f"{number:,.0f}" if abs(number) >= 100 else f"{number:.3g}"


def percentile(values: Iterable[float], share: float) -> float | None:
    """The value that `share` (0..1) of them do not exceed; None when there are none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else None


def table(title: str, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print rows under headings, the first column to the left and the others to the right."""
    lines = [list(headings), *(list(row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(headings))]
    print(f"\n{title}")
    for line in lines:
        cells = [cell.rjust(width) for cell, width in zip(line[1:], widths[1:], strict=True)]
        print("  ".join([line[0].ljust(widths[0]), *cells]).rstrip(), flush=True)


def cpu_of(pid: int) -> float:
    """CPU seconds, user and system, of a process with all its threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def cpu_of_family(pid: int) -> float:
    """CPU seconds of a process, of its children, and of the children that it has already buried."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    buried = (int(fields[13]) + int(fields[14])) / TICK
    total = cpu_of(pid) + buried
    for child in children_of(pid):
        try:
            total += cpu_of(child)
        except FileNotFoundError:  # it ended between the two looks, and is buried at the next
            continue
    return total


def children_of(pid: int) -> list[int]:
    """The processes that a process has started, by whichever of its threads: each thread has its own list."""
    found: list[int] = []
    for listed in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(FileNotFoundError, ProcessLookupError):  # the thread has ended
            found += map(int, listed.read_text().split())
    return found


def forget_peak(pid: int) -> None:
    """Let the peak memory of a process begin anew."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def peak_of(pid: int) -> float:
    """The most memory that a process has held since `forget_peak`, in megabytes (VmHWM)."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise ValueError(f"process {pid} has no memory: it has ended")


def fsync_time(tries: int = 200) -> float:
    """The median of writing a few octets and having them on disk, in milliseconds."""
    took = []
    with tempfile.NamedTemporaryFile(dir=Path.cwd()) as file:
        for _ in range(tries):
            file.write(b"smsgw")
            file.flush()
            begun = time.perf_counter()
            os.fsync(file.fileno())
            took.append((time.perf_counter() - begun) * 1000)
    return percentile(took, 0.5) or 0.0


def machine() -> str:
    """One line about where this runs, and how busy it is with other things."""
    load = ", ".join(f"{one:.2f}" for one in os.getloadavg())
    cores = len(os.sched_getaffinity(0))
    return (
        f"{cores} cores, load average {load}, Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, "
        f"fsync p50 {fsync_time():.2f} ms"
    )
