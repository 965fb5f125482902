"""Several fits at once: the starts of all of them share one pool of processes."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, closing
from pathlib import Path

from mscnet.diagnostics import MechanismError
from mscnet.inference.checkpoint import Checkpoint
from mscnet.inference.fit import FitFailed, FitTask, checkpoint_of, result_of, worthwhile
from mscnet.inference.problem import Objective
from mscnet.inference.result import FitResult, Start
from mscnet.inference.search import Watch
from mscnet.inference.stages import left_to_finish, with_finished
from mscnet.inference.workers import Item, Work, run_starts
from mscnet.records import dataclass, replace

#: Called with the starts done, those in all, the fit that one was of, and the best cost of that fit so far.
Progress = Callable[[int, int, str, float], None]


class FitsInterrupted(KeyboardInterrupt):
    """Ctrl-C ended the fits: `.results` are those that have a finished start, `.done` counts the starts."""

    def __init__(self, results: Mapping[str, FitResult], done: int) -> None:
        super().__init__(f"interrupted after {done} starts")
        self.results = results
        self.done = done


@dataclass(frozen=True, slots=True)
class ManyTask:
    """The fits that a process does starts of: start n of fit i, counted from 0, has the number n·(how many) + i."""

    tasks: tuple[FitTask, ...]

    def work(self, objectives: Mapping[int, Objective] | None = None) -> Work:
        """What does the starts; an objective that is not there is made when it is first needed."""
        works: dict[int, Work] = {i: self.tasks[i].work(made) for i, made in (objectives or {}).items()}

        def start(item: Item, watch: Watch) -> Start:
            number = item.number if isinstance(item, Start) else item
            own, which = divmod(number, len(self.tasks))
            if which not in works:
                works[which] = self.tasks[which].work()
            one = replace(item, number=own + 1) if isinstance(item, Start) else own + 1
            return replace(works[which](one, watch), number=number)

        return start


def fit_all(
    tasks: Mapping[str, FitTask],
    *,
    jobs: int | None = None,
    folders: Mapping[str, str | os.PathLike[str]] | None = None,
    resume: bool = False,
    progress: Progress | None = None,
) -> tuple[dict[str, FitResult], dict[str, str]]:
    """The results of fits by name, as `fit` gives them one by one, and why a fit failed where it did.

    Args:
        jobs: processes; None: as many as there are cores, where it takes long enough.
        folders: where the finished starts of each are kept, to go on with `resume`.
        progress: see `Progress`.

    Raises:
        MechanismError: E144, `jobs` makes no sense, a folder holds another fit or cannot be written; what making an
            objective raises.
        FitsInterrupted: Ctrl-C was pressed.
    """
    if jobs is not None and (isinstance(jobs, bool) or not isinstance(jobs, int) or jobs < 1):
        raise MechanismError.of("E144", f"`jobs` is a number of processes, one at least, not {jobs!r}")
    pool = _Pool(tasks, progress)
    with ExitStack() as stack:
        kept: dict[str, Checkpoint] = {}
        for name, folder in (folders or {}).items():
            if name in pool.failed:
                continue
            kept[name] = stack.enter_context(closing(checkpoint_of(tasks[name], Path(folder), resume)))
        try:
            pool.run(jobs, kept)
        except KeyboardInterrupt:
            raise FitsInterrupted(pool.results()[0], pool.done) from None
    return pool.results()


class _Pool:
    """The starts of all fits, and what came of them."""

    def __init__(self, tasks: Mapping[str, FitTask], progress: Progress | None) -> None:
        self._names: list[str] = []
        self._tasks: list[FitTask] = []
        self._objectives: list[Objective] = []
        self.failed: dict[str, str] = {}
        for name, task in tasks.items():
            try:
                self._objectives.append(task.objective())
            except FitFailed as error:
                self.failed[name] = error.diagnostics[0].message
                continue
            self._names.append(name)
            self._tasks.append(task)
        self._progress = progress
        self._found: list[dict[int, Start]] = [{} for _ in self._tasks]
        self._further: list[dict[int, Start]] = [{} for _ in self._tasks]
        self._best = [float("inf")] * len(self._tasks)

    @property
    def done(self) -> int:
        """Finished starts of all fits."""
        return sum(len(starts) for starts in self._found)

    def run(self, jobs: int | None, kept: Mapping[str, Checkpoint]) -> None:
        """Does all that is not kept, the first start of every fit before the second of any, and goes on with the best
        of each when all are there."""
        for i, (name, task) in enumerate(zip(self._names, self._tasks, strict=True)):
            known = kept[name].starts if name in kept else {}
            self._found[i] = {n: start for n, start in known.items() if n <= task.settings.starts}
            self._further[i] = dict(kept[name].further) if name in kept else {}
            self._best[i] = min((start.cost for start in self._found[i].values()), default=float("inf"))
        size = len(self._tasks)
        left = sorted(
            (n - 1) * size + i
            for i, task in enumerate(self._tasks)
            for n in range(1, task.settings.starts + 1)
            if n not in self._found[i]
        )

        def finished(start: Start) -> None:
            own, which = divmod(start.number, size)
            start = replace(start, number=own + 1)
            if self._names[which] in kept:
                kept[self._names[which]].add(start)
            (self._further if start.number in self._found[which] else self._found)[which][start.number] = start
            self._told(which, start.cost, True)

        to_do = len(left) or len(self._left())
        if to_do:
            many = ManyTask(tuple(self._tasks))
            count = jobs or worthwhile(max(self._objectives, key=lambda each: len(each.parameters)), to_do)
            run_starts(many, left, count, finished, lambda number, cost: self._told(number % size, cost, False),
                       many.work(dict(enumerate(self._objectives))), self._left)  # fmt: skip

    def _left(self) -> list[Start]:
        """The starts that go on, the best of every fit first."""
        size = len(self._tasks)
        left = [list(left_to_finish(*each)) for each in zip(self._found, self._further, strict=True)]
        return [
            replace(starts[place], number=(starts[place].number - 1) * size + i)
            for place in range(max(map(len, left), default=0))
            for i, starts in enumerate(left)
            if place < len(starts)
        ]

    def _told(self, which: int, cost: float, always: bool) -> None:
        better = cost < self._best[which]
        self._best[which] = min(self._best[which], cost)
        if self._progress is not None and (better or always):
            total = sum(task.settings.starts for task in self._tasks)
            self._progress(self.done, total, self._names[which], self._best[which])

    def results(self) -> tuple[dict[str, FitResult], dict[str, str]]:
        """What came of the finished starts.  Objectives are made anew: what one remembers of its last evaluations shows
        in the last digits, and a comparison that went on after a kill is to be the same to the last."""
        results: dict[str, FitResult] = {}
        failed = dict(self.failed)
        for name, task, found, further in zip(self._names, self._tasks, self._found, self._further, strict=True):
            starts: Sequence[Start] = with_finished(found, further)
            if not starts:
                continue
            try:
                results[name] = result_of(task, task.objective(), starts, sum(start.seconds for start in starts))
            except FitFailed as error:
                failed[name] = error.diagnostics[0].message
        return results, failed
