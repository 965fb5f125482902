"""Starts over several processes.  Which process does a start changes nothing about it.

Workers are spawned, each with a pipe of its own: a worker that dies is noticed at once, and one whose parent has died
ends by itself.  Numbers of starts go out (or starts that are to go on), `Start`s come back.
"""

from __future__ import annotations

import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection, wait
from types import ModuleType
from typing import Any, Protocol

from mscnet.diagnostics import MechanismError
from mscnet.inference.result import Start
from mscnet.inference.search import Watch

#: A worker tells of a better point at most so often, in seconds.
PAUSE = 0.2
#: Seconds that a worker has to end before it is ended.
GRACE = 2.0


#: What is to be done: the start of a number, or one that goes on from where it was left.
Item = int | Start
#: Does a start, and tells of better points on the way.
Work = Callable[[Item, Watch], Start]


class Task(Protocol):
    """What a worker is given: plain data."""

    def work(self) -> Work:
        """What does its starts, made in the process that uses it."""


#: Called with a finished start, and with a number and the best cost so far of a start under way.
Finished = Callable[[Start], None]
Under = Callable[[int, float], None]


def run_starts(
    task: Task, numbers: Sequence[Item], jobs: int, finished: Finished, under_way: Under, own: Work | None = None,
    then: Callable[[], Sequence[Item]] | None = None,
) -> None:  # fmt: skip
    """Does the starts of these numbers in `jobs` processes, or in this one with one job (by `own`, where given).

    `then` tells what is to be done after all of them, by the same processes.

    Raises:
        MechanismError: what making the objective raises; a worker that died.
        RuntimeError: an error in a worker.
        KeyboardInterrupt: Ctrl-C; the workers have been ended.
    """
    later = then or _nothing
    items = numbers if len(numbers) else later()
    if min(jobs, len(items)) <= 1:
        work = own if own is not None else task.work()
        while items:
            for item in items:
                finished(work(item, _teller(_number(item), under_way)))
            items = later()
        return
    crew = _Crew(task, min(jobs, len(items)))
    try:
        while items:
            crew.work(list(items), finished, under_way)
            items = later()
    finally:
        crew.end()


def _nothing() -> Sequence[Item]:
    return ()


def _number(item: Item) -> int:
    return item.number if isinstance(item, Start) else item


def _teller(number: int, under_way: Under) -> Callable[[float], None]:
    return lambda cost: under_way(number, cost)


class _Crew:
    """Worker processes and the pipes to them."""

    def __init__(self, task: Task, count: int) -> None:
        import multiprocessing

        context = multiprocessing.get_context("spawn")
        self._workers: list[Any] = []
        self._pipes: list[Connection] = []
        with _plain_main(), _sigint_held_back():
            for _ in range(count):
                mine, theirs = context.Pipe()
                worker = context.Process(target=_serve, args=(theirs, task), daemon=True)
                worker.start()
                theirs.close()
                self._workers.append(worker)
                self._pipes.append(mine)

    def work(self, items: list[Item], finished: Finished, under_way: Under) -> None:
        """Hands out what is to be done in its order, each to the first worker that is free."""
        waiting = list(reversed(items))
        busy = {pipe for pipe in self._pipes if self._send(pipe, waiting)}
        while busy:
            for pipe in wait(list(busy)):
                assert isinstance(pipe, Connection)
                kind, what = self._received(pipe)
                if kind == "cost":
                    under_way(*what)
                elif kind == "start":
                    if not self._send(pipe, waiting):
                        busy.discard(pipe)
                    finished(what)
                elif isinstance(what, MechanismError):
                    raise what
                else:
                    raise RuntimeError(f"an error in a worker process:\n{what}")

    @staticmethod
    def _send(pipe: Connection, waiting: list[Item]) -> bool:
        if not waiting:
            return False
        with suppress(OSError):  # the worker is gone, which `_received` tells of
            pipe.send(waiting.pop())
        return True

    def _received(self, pipe: Connection) -> tuple[str, Any]:
        try:
            received: tuple[str, Any] = pipe.recv()
        except (EOFError, OSError):
            worker = self._workers[self._pipes.index(pipe)]
            worker.join(GRACE)
            message = f"a worker process of the fit ended before its time (exit code {worker.exitcode})"
            hint = "is there enough memory? fewer --jobs need less; --out DIR keeps finished starts for --resume"
            raise MechanismError.of("E144", message, hint=hint) from None
        return received

    def end(self) -> None:
        """Ends the workers, those at work too."""
        for pipe in self._pipes:
            pipe.close()
        for worker in self._workers:
            worker.terminate()
        for worker in self._workers:
            worker.join(GRACE)
            if worker.is_alive():
                worker.kill()
                worker.join()


@contextmanager
def _plain_main() -> Iterator[None]:
    """Spawned processes import what `__main__` is, and so would run a user's script once more; ours need none of it."""
    held = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = held


@contextmanager
def _sigint_held_back() -> Iterator[None]:
    """Ctrl-C on a terminal goes to all processes of a command; processes made in here never get it."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _serve(pipe: Connection, task: Task) -> None:
    """What a worker does: starts, as their numbers come in, until the pipe is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        work = task.work()
        while True:
            item = pipe.recv()
            pipe.send(("start", work(item, _reporter(pipe, _number(item)))))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return
    except MechanismError as error:
        pipe.send(("error", error))
    except Exception:
        pipe.send(("error", traceback.format_exc()))


def _reporter(pipe: Connection, number: int) -> Callable[[float], None]:
    """Tells the parent of the best cost now and then; without a parent the process ends."""
    last = time.monotonic()

    def report(cost: float) -> None:
        nonlocal last
        if time.monotonic() - last < PAUSE:
            return
        last = time.monotonic()
        if pipe.poll():  # nothing is sent to a worker at work, so this is the end of the parent
            os._exit(1)
        pipe.send(("cost", (number, cost)))

    return report
