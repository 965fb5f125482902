"""Which conditions a fact speaks of: each of an experiment in turn, or those that it names."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from mscnet.diagnostics import MechanismError
from mscnet.experiment.courses import Courses
from mscnet.experiment.results import Condition
from mscnet.mechanism.expression import ONE, symbols
from mscnet.mechanism.facts import Course, Fact
from mscnet.records import dataclass

#: Loop values that differ by less than this share are the same.
_SAME = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Setting:
    """A fact under one condition: the conditions of its features' courses, then of its whole courses, in order."""

    fact: Fact
    features: tuple[Condition, ...]
    courses: tuple[Condition, ...]

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """All conditions, each once."""
        return tuple({id(c): c for c in (*self.features, *self.courses)}.values())

    @property
    def first(self) -> Condition:
        """The condition whose loop variables the numbers of the fact may hold."""
        return self.features[0] if self.features else self.courses[0]

    @property
    def name(self) -> str:
        """Names of the conditions, for tables: ``fig4(v = 15 uL)``."""
        return ", ".join(dict.fromkeys(condition.name for condition in self.conditions))


def experiments_of(fact: Fact) -> tuple[str, ...]:
    """The experiments that a fact needs, each once."""
    courses = (*(feature.course for feature in fact.features), *fact.courses)
    names = [course.experiment or fact.experiment for course in courses] or [fact.experiment]
    return tuple(dict.fromkeys(name for name in names if name is not None))


def settings_of(fact: Fact, courses: Courses) -> list[Setting]:
    """A fact under each of its conditions.  Courses of several experiments go together condition by condition where
    they have the same loop values; one of a single condition goes with all.

    Raises:
        MechanismError: an experiment that was not run, or conditions of which nobody can tell which belong together.
    """
    wanted = [*(feature.course for feature in fact.features), *fact.courses]
    found = [_candidates(fact, course, courses) for course in wanted] or [_whole(fact, courses)]
    longest = max(found, key=len)
    lists = [each * len(longest) if len(each) == 1 else each for each in found]
    if any(len(each) != len(longest) or not _alike(each, longest) for each in lists if len(set(map(id, each))) > 1):
        names = " and ".join(dict.fromkeys(conditions[0].experiment.name for conditions in found))
        message = f"the fact compares {names}, whose conditions do not go together"
        raise _error(fact, message, "say which are meant, as in fig4(30 uL)")
    count = len(fact.features)
    if not wanted:
        return [Setting(fact, (), (condition,)) for condition in longest]
    return [Setting(fact, tuple(row[:count]), tuple(row[count:])) for row in zip(*lists, strict=True)]


def _whole(fact: Fact, courses: Courses) -> list[Condition]:
    """The conditions of a fact that is on no course: on spectra, on steps."""
    return _candidates(fact, Course(ONE, fact.experiment, fact.arguments), courses)


def _of(fact: Fact, name: str | None, courses: Courses) -> list[Condition]:
    if name is None:
        raise _error(fact, "the fact does not say of which experiment it is", "as in `expect fig4 { … }`")
    conditions = list(courses.run.of(name))
    if not conditions:
        raise _error(fact, f"the experiment `{name}` was not run", None)
    return conditions


def _candidates(fact: Fact, course: Course, courses: Courses) -> list[Condition]:
    """The conditions that a course may stand for."""
    conditions = _of(fact, course.experiment or fact.experiment, courses)
    arguments = course.arguments
    if not arguments:
        return conditions
    if any(symbol.kind == "loop" for argument in arguments for symbol in symbols(argument)):
        bases = _of(fact, fact.experiment, courses)
        return [
            c for base in bases for c in _matching(conditions, course, [courses.number(a, base) for a in arguments])
        ]
    matching = _matching(conditions, course, [courses.number(argument, None) for argument in arguments])
    if not matching:
        known = ", ".join(condition.name for condition in conditions)
        raise _error(fact, f"no condition of `{conditions[0].experiment.name}` has these values", f"there are {known}")
    return matching


def _matching(conditions: list[Condition], course: Course, values: list[float]) -> list[Condition]:
    names = conditions[0].experiment.parameters or tuple(conditions[0].values)
    return [c for c in conditions if all(_equal(c.values[n], v) for n, v in zip(names, values, strict=False))]


def _alike(some: list[Condition], others: list[Condition]) -> bool:
    """Whether two lists of conditions run over the same loop values, condition by condition."""
    return all(
        all(_equal(value, b.values[name]) for name, value in a.values.items() if name in b.values)
        and bool(a.values.keys() & b.values.keys())
        for a, b in zip(some, others, strict=True)
    )


def groups_of(settings: list[Setting], variable: str) -> list[list[Setting]]:
    """Settings that differ in one loop variable alone, in the order of its values.

    Raises:
        MechanismError: the conditions have no such loop variable, or only one value of it.
    """
    fact = settings[0].fact

    def others(setting: Setting) -> tuple[tuple[str, float], ...]:
        return tuple(sorted((n, v) for c in setting.conditions for n, v in c.values.items() if n != variable))

    if any(variable not in setting.first.values for setting in settings):
        raise _error(fact, f"`{variable}` is no loop variable of {settings[0].first.experiment.name}", None)
    grouped = [list(group) for _, group in groupby(sorted(settings, key=others), key=others)]
    if any(len(group) < 2 for group in grouped):
        raise _error(fact, f"there is one value of `{variable}` alone: nothing to compare", None)
    return [sorted(group, key=lambda setting: setting.first.values[variable]) for group in grouped]


def names_of(settings: Iterable[Setting]) -> str:
    """The conditions of several settings, shortened to the experiment where they are all of one."""
    conditions = {id(c): c for setting in settings for c in setting.conditions}.values()
    return ", ".join(dict.fromkeys(condition.experiment.name for condition in conditions))


def _equal(a: float, b: float) -> bool:
    return abs(a - b) <= _SAME * max(1.0, abs(a), abs(b))


def _error(fact: Fact, message: str, hint: str | None) -> MechanismError:
    return MechanismError.of("E095", message, span=fact.span, hint=hint)
