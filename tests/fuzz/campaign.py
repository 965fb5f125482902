"""Many cases in child processes, watched: a child that hangs or dies is a fault of the case that it was at."""

from __future__ import annotations

import base64
import json
import os
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tests.fuzz.cases import case

#: A child that says nothing for so long, in seconds, is ended.
SILENCE = 300.0
#: A child is replaced after so many cases, so that what it keeps does not count for the next.
PORTION = 2000


@dataclass
class Tally:
    """What a campaign has seen so far."""

    seed: int
    programs: int = 0
    forms: int = 0
    passed: int = 0
    seconds: float = 0.0
    worst_seconds: float = 0.0
    worst_seconds_of: int = -1
    #: Texts that may have a family of a thousand members or more, which take as long as that many statements.
    large: int = 0
    worst_large: float = 0.0
    worst_bytes: int = 0
    worst_bytes_of: int = -1
    kinds: dict[str, int] = field(default_factory=dict)
    faults: list[tuple[int, str]] = field(default_factory=list)

    def add(self, line: dict[str, Any]) -> None:
        index = line["done"]
        self.programs += 1
        self.forms += line["forms"]
        self.passed += line["passed"]
        self.kinds[line["kind"]] = self.kinds.get(line["kind"], 0) + 1
        if line.get("large"):
            self.large += 1
            self.worst_large = max(self.worst_large, line["seconds"])
        elif line["seconds"] > self.worst_seconds:
            self.worst_seconds, self.worst_seconds_of = line["seconds"], index
        if line["bytes"] > self.worst_bytes:
            self.worst_bytes, self.worst_bytes_of = line["bytes"], index
        self.faults += [(index, fault) for fault in line["faults"]]

    def text(self) -> str:
        return (
            f"{self.programs:,} programs ({self.passed:,} right), {self.forms:,} forms, {self.seconds:,.0f} s; "
            f"slowest check {self.worst_seconds:.2f} s (case {self.worst_seconds_of}), "
            f"most memory {self.worst_bytes / 2**20:,.0f} MiB (case {self.worst_bytes_of}), "
            f"{self.large:,} with large families, at most {self.worst_large:.2f} s; faults: {len(self.faults)}"
        )


def campaign(
    seed: int, count: int, jobs: int = 1, folder: Path | None = None, share: float = 1.0, progress: bool = False
) -> Tally:
    """Try cases 0 … `count` - 1 of a seed, with such a `share` of the forms beside `check`.

    With `folder`, faults are written there, and a campaign that was broken off goes on.
    """
    tally, done = _begun(seed, folder)
    begun, before = time.monotonic(), tally.seconds
    while done < count:
        stop = min(count, done + PORTION * jobs)
        for line in _portion(seed, done, stop, jobs, share):
            tally.add(line)
            if folder is not None and line["faults"]:
                _write(folder, seed, line)
        done = stop
        tally.seconds = before + time.monotonic() - begun
        if folder is not None:
            (folder / "tally.json").write_text(json.dumps({"done": done, **asdict(tally)}), "utf-8")
        if progress:
            print(tally.text(), flush=True)
    return tally


def _begun(seed: int, folder: Path | None) -> tuple[Tally, int]:
    if folder is None:
        return Tally(seed), 0
    folder.mkdir(parents=True, exist_ok=True)
    kept = folder / "tally.json"
    if not kept.exists():
        return Tally(seed), 0
    state = json.loads(kept.read_text("utf-8"))
    done = state.pop("done")
    if state["seed"] != seed:
        raise SystemExit(f"{kept} is of seed {state['seed']}")
    return Tally(**state), done


def _write(folder: Path, seed: int, line: dict[str, Any]) -> None:
    """A fault with the text as the child had it."""
    name = f"{seed}_{line['done']}"
    data = base64.b64decode(line["text"]) if "text" in line else case(seed, line["done"]).data
    (folder / f"{name}.mech").write_bytes(data)
    (folder / f"{name}.txt").write_text("\n\n".join(line["faults"]), "utf-8")


class _Child:
    """One worker and the case that it is at."""

    def __init__(self, seed: int, numbers: range, share: float) -> None:
        self.seed, self.numbers, self.share = seed, numbers, share
        self.at = numbers.start
        self.heard = time.monotonic()
        self.rest = ""
        reading, writing = os.pipe()
        self.pipe = reading
        words = [str(n) for n in (seed, numbers.start, numbers.stop, numbers.step, writing, share)]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.fuzz.worker", *words],
            pass_fds=(writing,), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        )  # fmt: skip
        os.close(writing)

    def lines(self) -> Iterator[dict[str, Any]]:
        """What it says next; nothing at its end."""
        data = os.read(self.pipe, 1 << 16).decode("utf-8")
        self.heard = time.monotonic()
        *whole, self.rest = (self.rest + data).split("\n")
        for text in whole:
            line = json.loads(text)
            if "begin" in line:
                self.at = line["begin"]
            else:
                self.at += self.numbers.step
                yield line
        if not data:
            os.close(self.pipe)
            self.pipe = -1

    def ended(self, why: str = "") -> tuple[dict[str, Any] | None, range]:
        """The fault of the case at which it ended, if it did not come to its end, and what is left to do."""
        self.process.kill()
        _, error = self.process.communicate()
        if self.pipe >= 0:
            os.close(self.pipe)
        if self.at >= self.numbers.stop:
            return None, range(0)
        why = why or f"the process ended with {self.process.returncode}: {error.decode('utf-8', 'replace')[-2000:]}"
        line = {"done": self.at, "kind": "", "seconds": 0.0, "bytes": 0, "passed": False, "faults": [why], "forms": 1}
        return line, range(self.at + self.numbers.step, self.numbers.stop, self.numbers.step)


def _portion(seed: int, start: int, stop: int, jobs: int, share: float) -> Iterator[dict[str, Any]]:
    children = [_Child(seed, range(start + job, stop, jobs), share) for job in range(jobs) if start + job < stop]
    while children:
        ready = select.select([child.pipe for child in children], [], [], 5.0)[0]
        for child in list(children):
            if child.pipe in ready:
                yield from child.lines()
            silent = time.monotonic() - child.heard > SILENCE
            if child.pipe >= 0 and not silent:
                continue
            if not silent:
                child.process.wait()
            fault, left = child.ended("no answer" if silent else "")
            children.remove(child)
            if fault is not None:
                yield fault
            if left:
                children.append(_Child(seed, left, share))
