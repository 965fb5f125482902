"""`judge`: which facts a mechanism meets, and by how much."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from mscnet.diagnostics import MechanismError
from mscnet.experiment.courses import Courses
from mscnet.experiment.question import Question
from mscnet.experiment.refine import HOLD_POINTS, refined
from mscnet.experiment.relations import EACH, TOGETHER
from mscnet.experiment.results import Run
from mscnet.experiment.settings import Setting, experiments_of, settings_of
from mscnet.experiment.verdict import Verdict
from mscnet.mechanism.facts import Fact
from mscnet.simulation.status import Status

if TYPE_CHECKING:
    from mscnet.mechanism.mechanism import Mechanism

#: The part of the work that is running the experiments: most of it, where they take long.
_RUNNING = 0.9


def judge(
    mechanism: Mechanism,
    facts: Iterable[Fact] | None = None,
    run: Run | None = None,
    values: Mapping[str, float | str] | None = None,
    progress: Callable[[float], None] | None = None,
) -> tuple[Verdict, ...]:
    """The verdict on every fact under every condition that it speaks of, in the order of the file.

    A fact whose experiment could not be run to its end fails, and its verdict is not `finished`.  One on a condition
    with a step that cannot be done fails, too.

    Args:
        mechanism: the model, or a family of which the default pathway is taken.
        facts: those to judge; all of the mechanism's without it.
        run: its experiments if they have been run already, best those of `refined`; else what the facts need is run.
        values: parameter values other than the file's.
        progress: called with the fraction of the work that is done: of running the experiments, then of judging.

    Raises:
        MechanismError: a fact that speaks of something the experiments do not have.
    """
    chosen = mechanism.expanded
    wanted = tuple(chosen.facts if facts is None else facts)
    before = 0.0
    if run is None:
        before = _RUNNING
        run = run_for(chosen.with_values(values) if values else chosen, wanted, _first_part(progress))
    courses = Courses(run, chosen)
    verdicts: list[Verdict] = []
    problems: list[MechanismError] = []
    for i, fact in enumerate(wanted):
        try:
            verdicts += judge_fact(fact, courses)
        except MechanismError as error:  # all of them are told together
            problems.append(error)
        if progress is not None:
            progress(before + (1.0 - before) * (i + 1) / len(wanted))
    if problems:
        raise MechanismError([diagnostic for error in problems for diagnostic in error.diagnostics])
    return tuple(verdicts)


def _first_part(progress: Callable[[float], None] | None) -> Callable[[float], None] | None:
    return None if progress is None else lambda fraction: progress(_RUNNING * fraction)


def run_for(mechanism: Mechanism, facts: Sequence[Fact], progress: Callable[[float], None] | None = None) -> Run:
    """The run of the experiments that some facts need; errors as `judge`."""
    from mscnet.experiment.bench import perform

    names = list(dict.fromkeys(name for fact in facts for name in experiments_of(fact)))
    return perform(refined(mechanism), names, hold_points=HOLD_POINTS, progress=progress)


def judge_fact(fact: Fact, courses: Courses) -> list[Verdict]:
    """The verdicts on one fact.

    Raises:
        MechanismError: it speaks of something the experiments do not have, or has not one value for each condition.
    """
    settings = settings_of(fact, courses)
    stopped = [s for s in settings if not all(c.status.finished for c in s.conditions)]
    together = TOGETHER.get(fact.relation) if _compares_conditions(fact) else None
    if together is not None:
        if stopped:
            return [_unfinished(fact, stopped[0], courses)]
        return [together(Question(fact, tuple(settings), 0, courses))]
    if len(fact.values) not in (0, 1, len(settings)):
        name = settings[0].first.experiment.name
        message = f"the fact has {len(fact.values)} values for {len(settings)} conditions of {name}"
        raise MechanismError.of("E095", message, span=fact.span, hint="give one, or one for each condition in turn")
    each = EACH.get(fact.relation)
    if each is None:
        raise MechanismError.of("E095", f"facts of the kind `{fact.relation}` need a loop variable", span=fact.span)
    return [
        _unfinished(fact, setting, courses) if setting in stopped else each(Question(fact, (setting,), i, courses))
        for i, setting in enumerate(settings)
    ]


def _compares_conditions(fact: Fact) -> bool:
    """Whether a fact is on all conditions together: it names a loop variable, or is on a number that is constant."""
    if fact.relation == "constant":
        return fact.left is not None
    return fact.relation in TOGETHER and fact.variable is not None


def _unfinished(fact: Fact, setting: Setting, courses: Courses) -> Verdict:
    """The verdict on a fact whose experiment came to no end."""
    first = next(c for c in setting.conditions if not c.status.finished)
    name = setting.name
    if first.status is Status.IMPOSSIBLE:
        return Verdict(fact, name, False, False, None, None, None, math.nan, "", f"could not be done: {first.trouble}")
    trouble = first.trouble or first.status.remedy
    sentence = f"the experiment could not be run to its end: {trouble}"
    return Verdict(fact, name, False, False, None, None, None, math.nan, "", sentence, finished=False)
