"""A designed experiment as a list of what to do, from the bottles to the last reading, and how long that takes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from mscnet.diagnostics import MechanismError
from mscnet.experiment.bench import Bench
from mscnet.experiment.results import Condition, LedgerRow
from mscnet.mechanism.bench import Experiment, Hold, Observe
from mscnet.mechanism.expression import Expression, to_text
from mscnet.mechanism.mechanism import Mechanism
from mscnet.mechanism.readable import readable
from mscnet.mechanism.units import TIME
from mscnet.records import dataclass, replace

#: What a ledger calls the step of taking over a vessel.
_START = "start from "


@dataclass(frozen=True, slots=True)
class Doing:
    """Steps in words, the experiments before it among them, and the time that all of it takes (file's unit; nan: it
    cannot be told)."""

    steps: tuple[str, ...] = ()
    time: float = math.nan


def doing(model: Mechanism, experiment: Experiment, after: str = "") -> Doing:
    """What an experiment takes at the bench; nothing where it cannot be done by itself.  `after` is how long it stands
    first, in words, where it begins from another one."""
    whole = replace(model, experiments=(*model.experiments, experiment), facts=())
    try:
        return _doing(whole, experiment, {}, after)
    except MechanismError:
        return Doing()


def _doing(model: Mechanism, experiment: Experiment, given: Mapping[str, float], after: str = "") -> Doing:
    condition = _condition(model, experiment, given)
    before, waited = Doing(time=0.0), tuple[str, ...]()
    origin = experiment.origin
    if origin is not None:
        earlier = next(e for e in model.experiments if e.name == origin.experiment)
        known = dict(condition.values)
        values = [_number(model, argument, known) for argument in origin.arguments]
        before = _doing(model, earlier, dict(zip(earlier.parameters, values, strict=False)))
        if origin.after is not None:  # what was read meanwhile is not needed
            wait = _number(model, origin.after, known)
            before = _put_together(model, earlier, dict(zip(earlier.parameters, values, strict=False)), before)
            before = Doing(before.steps, before.time + wait)
            waited = (f"let it stand for {after or readable(wait, TIME, model.units)}",)
    rows = [row for row in condition.ledger if not row.step.startswith(_START)]
    own = tuple(row.step for row in rows)
    return Doing((*before.steps, *waited, *own), before.time + (rows[-1].time if rows else 0.0))


def _put_together(model: Mechanism, experiment: Experiment, given: Mapping[str, float], whole: Doing) -> Doing:
    """An experiment up to its last step that puts something together."""
    rows = [row for row in _condition(model, experiment, given).ledger if not row.step.startswith(_START)]
    kept = rows[: _last_act(rows, experiment)]
    dropped = len(rows) - len(kept)
    time = whole.time - (rows[-1].time if rows else 0.0) + (kept[-1].time if kept else 0.0)
    return Doing(whole.steps[: len(whole.steps) - dropped] if dropped else whole.steps, time)


def _last_act(rows: Sequence[LedgerRow], experiment: Experiment) -> int:
    """How many rows there are up to the last step that is neither a measurement nor waiting."""
    if len(rows) != len(experiment.steps):  # something is repeated
        return len(rows)
    acts = [i for i, step in enumerate(experiment.steps) if not isinstance(step, (Observe, Hold))]
    return acts[-1] + 1 if acts else 0


def _condition(model: Mechanism, experiment: Experiment, given: Mapping[str, float]) -> Condition:
    run = Bench(model).run(experiments=[experiment.name], ledger=True)
    alike = [c for c in run.conditions if all(math.isclose(c.values.get(n, v), v) for n, v in given.items())]
    return (alike or run.conditions)[0]


def _number(model: Mechanism, expression: Expression, known: Mapping[str, float]) -> float:
    """A time or an amount, by the loop variables of its experiment."""
    name = to_text(expression)
    return known[name] if name in known else float(model.evaluate(expression))
