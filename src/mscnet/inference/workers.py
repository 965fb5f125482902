"""Independent pieces of work in several processes, or in this one; which process does a piece changes nothing.

Workers have a pipe each: one that dies is noticed at once, and one whose parent has died ends by itself.  Pieces go
out, results come back.
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection, wait
from types import ModuleType
from typing import Any, Generic, Protocol, TypeVar

from mscnet.diagnostics import MechanismError
from mscnet.inference.result import Start
from mscnet.inference.search import Watch

#: A worker tells of a better point at most so often, in seconds.
PAUSE = 0.2
#: Seconds that a worker has to end before it is ended.
GRACE = 2.0

Piece = TypeVar("Piece")
Result = TypeVar("Result")

#: What is to be done: the start of a number, or one that goes on from where it was left.
Item = int | Start
#: Does a start, and tells of better points on the way.
Work = Callable[[Item, Watch], Start]


class Task(Protocol):
    """What a worker is given: plain data."""

    def work(self) -> Callable[[Any, Watch], Any]:
        """What does its pieces, made in the process that uses it."""


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
    with Crew(task, min(jobs, len(items)), "spawn") as crew:
        while items:
            for _, start in crew.done(list(items), lambda item, cost: under_way(_number(item), cost)):
                finished(start)
            items = later()


def _nothing() -> Sequence[Item]:
    return ()


def _number(item: Item) -> int:
    return item.number if isinstance(item, Start) else item


def completed(work: Callable[[Piece], Result], pieces: Sequence[Piece], jobs: int = 1) -> Iterator[tuple[int, Result]]:
    """The number of each piece and what `work` made of it, in the order in which they end.

    With `jobs` above 1 in so many processes.  Where processes cannot be forked and `work` cannot be sent to others,
    one after the other.  Whoever stops asking (Ctrl-C, an error) ends the processes.
    """
    jobs = min(jobs, len(pieces))
    method = "fork" if "fork" in multiprocessing.get_all_start_methods() and os.name == "posix" else "spawn"
    if jobs <= 1 or (method == "spawn" and not _can_be_sent(work)):
        for number, piece in enumerate(pieces):
            yield number, work(piece)
        return
    with Crew(_Plain(work), jobs, method) as crew:
        yield from crew.done(pieces)


def in_order(crew: Crew, pieces: Sequence[Any]) -> Iterator[Any]:
    """What a crew makes of pieces, in their order."""
    ready: dict[int, Any] = {}
    told = 0
    for number, result in crew.done(pieces):
        ready[number] = result
        while told in ready:
            yield ready.pop(told)
            told += 1


class _Plain(Generic[Piece, Result]):
    """A function as a `Task`."""

    def __init__(self, function: Callable[[Piece], Result]) -> None:
        self._function = function

    def work(self) -> Callable[[Piece, Watch], Result]:
        return lambda piece, _watch: self._function(piece)


def _can_be_sent(work: Callable[[Any], Any]) -> bool:
    try:
        pickle.dumps(work)
    except Exception:
        return False
    return True


def _teller(number: int, under_way: Under) -> Callable[[float], None]:
    return lambda cost: under_way(number, cost)


class Crew:
    """Worker processes and the pipes to them; a context that ends them.

    Args:
        task: what each is given; ``spawn`` sends it, ``fork`` shares what it is made of, so that it may be anything.
        count: how many there are.
    """

    def __init__(self, task: Task, count: int, method: str) -> None:
        context: Any = multiprocessing.get_context(method)
        self._workers: list[Any] = []
        self._pipes: list[Connection] = []
        with _plain_main(), _sigint_held_back():
            for _ in range(count):
                mine, theirs = context.Pipe()
                worker = context.Process(target=_serve, args=(theirs, task, os.getpid()), daemon=True)
                worker.start()
                theirs.close()
                self._workers.append(worker)
                self._pipes.append(mine)

    def __enter__(self) -> Crew:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def done(self, pieces: Sequence[Any], under_way: Callable[[Any, float], None] | None = None) -> Iterator[Any]:
        """Hands out the pieces in their order, each to the first worker that is free; the place of each and its
        result, as they end.

        Raises:
            MechanismError: of a worker, or one that died.
            RuntimeError: an error in a worker.
        """
        waiting = [(i, piece) for i, piece in enumerate(pieces)][::-1]
        busy = {pipe for pipe in self._pipes if self._send(pipe, waiting)}
        while busy:
            for pipe in wait(list(busy)):
                assert isinstance(pipe, Connection)
                kind, what = self._received(pipe)
                if kind == "cost":
                    if under_way is not None:
                        under_way(pieces[what[0]], what[1])
                elif kind == "done":
                    if not self._send(pipe, waiting):
                        busy.discard(pipe)
                    yield what
                elif isinstance(what, MechanismError):
                    raise what
                else:
                    raise RuntimeError(f"an error in a worker process:\n{what}")

    @staticmethod
    def _send(pipe: Connection, waiting: list[tuple[int, Any]]) -> bool:
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
            message = f"a worker process ended before its time (exit code {worker.exitcode})"
            hint = "is there enough memory? fewer --jobs need less; --out DIR keeps what was finished for --resume"
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


def _serve(pipe: Connection, task: Task, parent: int) -> None:
    """What a worker does: pieces, as they come in, until the pipe is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # a forked process holds the ends of its elders' pipes, so that theirs do not close with the parent
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    try:
        work = task.work()
        while True:
            number, piece = pipe.recv()
            pipe.send(("done", (number, work(piece, _reporter(pipe, number)))))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return
    except MechanismError as error:
        pipe.send(("error", error))
    except Exception:
        pipe.send(("error", traceback.format_exc()))


def _end_with(parent: int) -> None:
    """Ends a process whose parent was killed, which would otherwise wait for work for ever."""
    while os.getppid() == parent:
        time.sleep(1.0)
    os._exit(1)


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
