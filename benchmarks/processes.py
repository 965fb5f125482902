"""Whole processes timed by the operating system's own account of them."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
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


#: Starts a command and prints what it cost.  A process counts as its own the memory that the one which starts it has,
#: so this small one does: the benchmarks themselves may have grown.
_STARTER = """
import os, sys, time
command = sys.argv[1:]
null = os.open(os.devnull, os.O_RDWR)
actions = [(os.POSIX_SPAWN_DUP2, null, stream) for stream in (0, 1, 2)]
start = time.perf_counter()
child = os.posix_spawnp(command[0], command, os.environ, file_actions=actions)
_, status, usage = os.wait4(child, 0)
wall = time.perf_counter() - start
print(os.waitstatus_to_exitcode(status), wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss)
"""


def run_once(command: Sequence[str], folder: Path) -> Cost:
    """The cost of one run of `command` in `folder`; raises RuntimeError where it fails."""
    # Compiled modules are kept, as they are for a user, whatever this process was told.
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    starter = [sys.executable, "-S", "-c", _STARTER, *command]
    done = subprocess.run(starter, cwd=folder, env=environment, capture_output=True, text=True, check=True)
    code, wall, cpu, memory = done.stdout.split()
    if code != "0":
        raise RuntimeError(f"exit code {code}: {' '.join(command)}")
    return Cost(float(wall), float(cpu), float(memory) / 1024)
