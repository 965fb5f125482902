"""Whole processes timed by the operating system's own account of them."""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Cost:
    """Wall and CPU time in seconds and peak memory in MB: medians over several runs of one command."""

    wall: float
    cpu: float
    memory: float


def alternate(commands: Mapping[str, Sequence[str]], folder: Path, rounds: int) -> dict[str, Cost]:
    """The median cost of every command, run in turn so that a drift of the machine meets all of them alike.

    One round before the counted ones warms caches.  Raises RuntimeError where a command fails.
    """
    costs: dict[str, list[Cost]] = {name: [] for name in commands}
    for counted in range(-1, rounds):
        for name, command in commands.items():
            cost = run_once(command, folder)
            if counted >= 0:
                costs[name].append(cost)
    return {
        name: Cost(*(statistics.median(getattr(cost, figure) for cost in runs) for figure in ("wall", "cpu", "memory")))
        for name, runs in costs.items()
    }


def run_once(command: Sequence[str], folder: Path) -> Cost:
    """The cost of one run of `command` in `folder`."""
    # Compiled modules are kept, as they are for a user, whatever this process was told.
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    with open(os.devnull, "w+b") as null:
        start = time.perf_counter()
        process = subprocess.Popen(command, cwd=folder, env=environment, stdin=null, stdout=null, stderr=null)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"exit code {process.returncode}: {' '.join(command)}")
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)
