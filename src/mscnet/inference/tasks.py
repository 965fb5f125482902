"""Independent pieces of work, one after the other or in several processes; results do not depend on how many."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

Task = TypeVar("Task")
Result = TypeVar("Result")

#: What a worker process does with a task; it is set where the process begins.
_work: Callable[[Any], Any] | None = None


def completed(work: Callable[[Task], Result], tasks: Sequence[Task], jobs: int = 1) -> Iterator[tuple[int, Result]]:
    """The number of each task and what `work` made of it, in the order in which they end.

    With `jobs` above 1 in so many processes.  Where processes cannot be forked and `work` cannot be sent to others,
    one after the other.  Whoever stops asking (Ctrl-C, an error) stops the processes.
    """
    jobs = min(jobs, len(tasks))
    method = "fork" if "fork" in multiprocessing.get_all_start_methods() and os.name == "posix" else "spawn"
    if jobs <= 1 or (method == "spawn" and not _can_be_sent(work)):
        for number, task in enumerate(tasks):
            yield number, work(task)
        return
    from concurrent.futures import ProcessPoolExecutor, as_completed

    pool = ProcessPoolExecutor(jobs, multiprocessing.get_context(method), _begin, (work,))
    try:
        numbers = {pool.submit(_do, task): number for number, task in enumerate(tasks)}
        for future in as_completed(numbers):
            yield numbers[future], future.result()
    except BaseException:
        processes = list((pool._processes or {}).values())
        pool.shutdown(wait=False, cancel_futures=True)
        for process in processes:
            process.terminate()
        raise
    pool.shutdown()


def _can_be_sent(work: Callable[[Any], Any]) -> bool:
    try:
        pickle.dumps(work)
    except Exception:
        return False
    return True


def _begin(work: Callable[[Any], Any]) -> None:
    global _work
    _work = work
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to answer
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()


def _end_with(parent: int) -> None:
    """Ends a process whose parent was killed, which would otherwise wait for work for ever."""
    while os.getppid() == parent:
        time.sleep(1.0)
    os._exit(1)


def _do(task: Any) -> Any:
    assert _work is not None
    return _work(task)
