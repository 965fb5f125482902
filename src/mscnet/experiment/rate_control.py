"""Which step is rate-determining: by how much each step's rate constants change the speed of a course.

The degree of rate control of C. T. Campbell (ACS Catal. 2017, 7, 2770) is the relative change of a rate with the rate
constants of a step, those of both directions changed alike so that equilibria stay as they are.  A course has no one
rate; its speed here is one over the time to half of its way, the course being that of the main product where a fact
names none.  The degrees of all steps then add up to one where all of the time passes in the measurement, since a
mechanism with all constants doubled runs its course in half the time.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction

import numpy as np

from mscnet.experiment.courses import Courses
from mscnet.experiment.features import half_time
from mscnet.experiment.margins import Judged
from mscnet.experiment.phrases import shown
from mscnet.experiment.question import Question
from mscnet.experiment.refine import refined
from mscnet.experiment.results import Condition
from mscnet.experiment.verdict import Verdict
from mscnet.mechanism.expression import Number, Product, Symbol
from mscnet.mechanism.facts import Course
from mscnet.mechanism.mechanism import Mechanism
from mscnet.mechanism.types import Reaction
from mscnet.records import replace

#: Rate constants are changed by this factor, up and down.
_FACTOR = Fraction(105, 100)
#: The scale of the margin: a degree of control more than that of the next step.
_SCALE = 0.1


def judge_rate_determining(question: Question) -> Verdict:
    """``rate_determining(…)``: the named step has the largest degree of rate control."""
    if question.fact.variable is None:
        raise question.error("the fact names no step")
    wanted, model = question.fact.variable, question.courses.model
    known = steps_of(model)
    if wanted not in known:
        raise question.error(f"{model.name} has no step `{wanted}`", "its steps are " + ", ".join(known))
    condition = question.setting.first
    course = question.fact.courses[0] if question.fact.courses else main_product(model, condition, question)
    degrees = degrees_of_rate_control(model, course, condition, question.courses)
    leading = max(degrees, key=lambda step: (math.isfinite(degrees[step]), degrees[step]))
    others = max((value for step, value in degrees.items() if step != wanted), default=0.0)
    ahead = degrees[wanted] - others
    ranked = sorted(degrees.items(), key=lambda item: -item[1])[:3]
    remark = "degrees of rate control: " + ", ".join(f"{step} {shown(value)}" for step, value in ranked)
    judged = Judged(ahead > 0, ahead / _SCALE)
    return question.verdict(judged, leading, wanted, None, remark=remark,
                            curves=[question.courses.curve(course, condition)])  # fmt: skip


def main_product(model: Mechanism, condition: Condition, question: Question) -> Course:
    """The species that grows most in the last measurement (or, without one, in the last stretch of time).

    Raises:
        MechanismError: nothing grows.
    """
    stretches = [m.stretch for m in condition.measured] or list(condition.stretches)
    gained = stretches[-1].states[-1] - stretches[-1].states[0] if stretches else np.zeros(1)
    if not gained.max() > 0:
        raise question.error(f"no species grows in {condition.name}", "the step that determines whose formation?")
    return Course(Symbol(model.species[int(np.argmax(gained))].name, "species"), condition.experiment.name)


def steps_of(model: Mechanism) -> dict[str, list[Reaction]]:
    """Reactions by step: both directions together, under the label of the text."""
    steps: dict[str, list[Reaction]] = {}
    for reaction in model.reactions:
        steps.setdefault(reaction.label or reaction.name.removesuffix(".reverse"), []).append(reaction)
    return steps


def degrees_of_rate_control(
    model: Mechanism, course: Course, condition: Condition, courses: Courses
) -> Mapping[str, float]:
    """-d ln(half-time of the course)/d ln(rate constants) of every step, by its label; ``nan`` where the course has
    no half-time.  By central differences: two runs of the experiment a step."""
    degrees = {}
    for step, reactions in steps_of(model).items():
        names = {reaction.name for reaction in reactions}
        times = [_half_time(_scaled(model, names, f), course, condition) for f in (_FACTOR, 1 / _FACTOR)]
        usable = all(time > 0 for time in times)
        degrees[step] = -math.log(times[0] / times[1]) / (2 * math.log(_FACTOR)) if usable else math.nan
    return degrees


def _scaled(model: Mechanism, names: set[str], factor: Fraction) -> Mechanism:
    def changed(reaction: Reaction) -> Reaction:
        law = replace(reaction.law, expression=Product((Number(factor), reaction.law.expression)))
        return replace(reaction, law=law)

    return replace(model, reactions=tuple(changed(r) if r.name in names else r for r in model.reactions))


def _half_time(model: Mechanism, course: Course, condition: Condition) -> float:
    from mscnet.experiment.bench import perform

    run = perform(refined(model), [condition.experiment.name])
    found = run.of(condition.experiment.name, **condition.values)
    return half_time(Courses(run).curve(course, found[0]))
