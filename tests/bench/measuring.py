"""Time two things in turn and print their ratio: a ratio holds on a machine that is slow today."""

import os
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from django.db import connection

Call = Callable[[], object]


@dataclass(frozen=True)
class Line:
    """One printed figure: what, how long, against what, and the ratio to reach."""

    name: str
    seconds: float
    limit_name: str
    limit: float
    goal: float | None = None

    @property
    def ratio(self) -> float:
        """Return how many times the limit this takes."""
        return self.seconds / self.limit

    def __str__(self) -> str:
        verdict = (
            ""
            if self.goal is None
            else f"  goal {self.goal:g}" + ("" if self.ratio <= self.goal else "  MISSED")
        )
        return (
            f"{self.name:<52} {format_seconds(self.seconds):>10}  {self.ratio:7.2f} x {self.limit_name} "
            f"({format_seconds(self.limit)}){verdict}"
        )


def format_seconds(seconds: float) -> str:
    """Write a time in the unit that fits."""
    return f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1000:.2f} ms"


def compare(
    name: str, call: Call, limit_name: str, limit: Call, *, goal: float | None, rounds: int
) -> Line:
    """Run the two in turn, once unmeasured and then `rounds` times; the ratio is that of the medians."""
    times: tuple[list[float], list[float]] = ([], [])
    call(), limit()
    for _ in range(rounds):
        for place, what in enumerate((call, limit)):
            start = time.perf_counter()
            what()
            times[place].append(time.perf_counter() - start)
    line = Line(name, statistics.median(times[0]), limit_name, statistics.median(times[1]), goal)
    print(line, flush=True)
    return line


def once(call: Call) -> float:
    """Return the seconds of one run."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def report(
    name: str, seconds: float, limit_name: str, limit: float, goal: float | None = None
) -> Line:
    """Print a figure that was measured elsewhere."""
    line = Line(name, seconds, limit_name, limit, goal)
    print(line, flush=True)
    return line


def peak_memory(pid: int) -> dict[int, int]:
    """Return the peak resident megabytes of a process and of each of its children."""
    pids = [pid]
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        pids += [int(child) for child in path.read_text().split()]
    return {
        each: int(line.split()[1]) // 1024
        for each in pids
        for line in Path(f"/proc/{each}/status").read_text().splitlines()
        if line.startswith("VmHWM")
    }


def spend() -> float:
    """Return the processor seconds that this process and its session of Postgres have spent so far."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        fields = Path(f"/proc/{cursor.fetchone()[0]}/stat").read_text().rpartition(")")[2].split()
    ticks = int(fields[11]) + int(fields[12])
    return time.process_time() + ticks / os.sysconf("SC_CLK_TCK")
