"""Which experiments, and which of their conditions, are asked for: ``fig4``, ``fig4(30 uL)``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mscnet.diagnostics import MechanismError, suggest
from mscnet.mechanism.bench import Experiment
from mscnet.mechanism.expression import Number
from mscnet.mechanism.mechanism import Mechanism
from mscnet.mechanism.quantity import QuantityError, parse_quantity
from mscnet.mechanism.units import Dimension, name_dimension
from mscnet.records import dataclass


@dataclass(frozen=True, slots=True)
class Asked:
    """An experiment with values for some of its variables, in the file's units."""

    experiment: Experiment
    values: Mapping[str, float]


def read_asked(
    mechanism: Mechanism, experiments: Mapping[str, Experiment], wanted: str | Sequence[str] | None
) -> list[Asked]:
    """The experiments asked for in the order asked; all that run by themselves where none is.

    Raises:
        MechanismError: an unknown experiment, or a value that does not fit.
    """
    if wanted is None:
        return [Asked(e, {}) for e in experiments.values() if runs_by_itself(e)]
    return [_read(mechanism, experiments, text) for text in ([wanted] if isinstance(wanted, str) else wanted)]


def runs_by_itself(experiment: Experiment) -> bool:
    """Whether each of its variables has a loop; others are there for experiments that start from them."""
    looped = {loop.variable for loop in experiment.loops}
    return all(name in looped for name in experiment.parameters)


def _read(mechanism: Mechanism, experiments: Mapping[str, Experiment], text: str) -> Asked:
    name, bracket, rest = text.partition("(")
    name = name.strip()
    if name not in experiments:
        known = f"its experiments are {', '.join(experiments)}"
        message = f"{mechanism.name} has no experiment `{name}`"
        raise MechanismError.of("E010", message, hint=suggest(name, experiments) or known)
    experiment = experiments[name]
    if bracket and not rest.rstrip().endswith(")"):
        raise MechanismError.of("E045", f"`{text}` lacks its closing bracket", hint=f"as in `{name}(30 uL)`")
    given = [part.strip() for part in rest.rstrip()[:-1].split(",")] if bracket and rest.strip() != ")" else []
    names = experiment.parameters or tuple(loop.variable for loop in experiment.loops)
    values: dict[str, float] = {}
    for i, part in enumerate(given):
        variable, equals, value = (piece.strip() for piece in part.partition("="))
        if not equals:
            variable, value = (names[i] if i < len(names) else ""), part
        if variable not in names:
            said = f"its variables are {', '.join(names)}" if names else "it has no variables"
            raise MechanismError.of("E045", f"`{text}`: `{part}` is none of `{name}`", hint=said)
        values[variable] = _value(mechanism, experiment, variable, value)
    return Asked(experiment, values)


def _value(mechanism: Mechanism, experiment: Experiment, variable: str, text: str) -> float:
    try:
        amount, given = parse_quantity(text, mechanism.units)
    except QuantityError as error:
        raise MechanismError.of("E012", f"`{variable}`: {error}", hint=error.hint) from None
    expected = _dimension(experiment, variable)
    if given is not None and expected is not None and given != expected:
        message = f"`{variable}` of `{experiment.name}` is {name_dimension(expected)}, and `{text}` is not"
        raise MechanismError.of("E020", message, hint=f"as in `30 {mechanism.units.describe(expected)}`")
    return float(amount)


def _dimension(experiment: Experiment, variable: str) -> Dimension | None:
    """That of the variable's loop, where its values are numbers."""
    values = (value for loop in experiment.loops if loop.variable == variable for value in loop.values)
    return next((v.dimension for v in values if isinstance(v, Number) and v.dimension is not None), None)
