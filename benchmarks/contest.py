"""Several programs at the same work, in turn, so that a drift of the machine meets all of them alike."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

#: A time in s below which what is left of a process after its start is noise.
TELLABLE = 0.005
#: One timing repeats its work until it takes at least so long, in s: the clock of the CPU has grains.
LEAST = 0.02


@dataclass(slots=True)
class Entry:
    """What one program did: CPU time in s of getting ready, of the first run and, once a round, of a repeated one.

    `error` is what it reached, in tolerances; `trouble` says why there are no figures.
    """

    load: float | None = None
    first: float | None = None
    times: list[float] = field(default_factory=list)
    error: float | None = None
    #: Whether `times` are the CPU time of whole processes less that of their start.
    subtracted: bool = False
    note: str = ""
    trouble: str = ""

    @property
    def median(self) -> float | None:
        """The median of the repeated runs, else the first one."""
        return statistics.median(self.times) if self.times else self.first


@dataclass(frozen=True, slots=True)
class Program:
    """A program: `prepare()` gives the work, a call that is then timed; `clock` is its CPU time in s."""

    prepare: Callable[[], Callable[[], Any]]
    clock: Callable[[], float] = time.process_time
    note: str = ""
    #: CPU time in s of a call that is no work, such as the start of a process.
    overhead: Callable[[], float] = lambda: 0.0

    @property
    def subtracted(self) -> bool:
        return self.clock is not time.process_time


def contest(
    programs: Mapping[str, Program],
    rounds: int,
    patience: float,
    judge: Callable[[Any], float] | None = None,
) -> dict[str, Entry]:
    """Times all programs in alternating rounds; `judge` gives the error of what a run returned.

    Nobody gets more than `patience` seconds for repeated runs: who is slow has fewer rounds, or the first run alone.
    A program that fails is an entry with its trouble, never a failure of the benchmark.
    """
    entries: dict[str, Entry] = {}
    work: dict[str, Callable[[], Any]] = {}
    for name, program in programs.items():
        entries[name] = entry = Entry(note=program.note, subtracted=program.subtracted)
        try:
            start = program.clock()
            call = program.prepare()
            ready = program.clock()
            result = call()
            entry.load, entry.first = ready - start, max(0.0, program.clock() - ready - program.overhead())
            entry.error = None if judge is None else judge(result)
            work[name] = call
        except Exception as error:
            entry.trouble = trouble_of(error)
    for _ in range(rounds):
        for name, call in work.items():
            if sum(entries[name].times) + (entries[name].median or 0.0) < patience:
                entries[name].times.append(_once(programs[name], call))
    return entries


def _once(program: Program, call: Callable[[], Any]) -> float:
    """CPU time of one call, averaged over as many as fill `LEAST`."""
    calls, start = 0, program.clock()
    while True:
        call()
        calls += 1
        elapsed = program.clock() - start
        if elapsed >= LEAST:
            return max(elapsed / calls - program.overhead(), 0.0)


def trouble_of(error: Exception) -> str:
    """An error in a line."""
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text[:120]}" if text else type(error).__name__


def ratio(entries: Mapping[str, Entry], us: str, peer: str) -> float | None:
    """The median over the rounds of our time over the peer's; None where one of them has none."""
    a, b = entries.get(us), entries.get(peer)
    if a is None or b is None or not a.median or not b.median:
        return None
    if min(len(a.times), len(b.times)) < 2:
        return a.median / b.median
    return statistics.median(x / y for x, y in zip(a.times, b.times, strict=False) if y > 0)


def best_peer(entries: Mapping[str, Entry], us: str, context: tuple[str, ...] = ()) -> str | None:
    """The quickest of the others, without those that are there for `context` and those whose time is noise."""
    others = {n: e for n, e in entries.items() if not n.startswith(us) and n not in context and e.median}
    times = {n: e.median for n, e in others.items() if not e.subtracted or (e.median or 0.0) >= TELLABLE}
    return min(times, key=lambda name: times[name] or 0.0, default=None)
