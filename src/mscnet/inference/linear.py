"""Which parameters readings are affine in, told from their expressions; no numbers are tried.

The degree of an expression in a set of parameters is 0 where it holds none of them, 1 where it is affine in them, and
`MANY` beyond: in a product, a power, or the argument of a function.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction

from mscnet.diagnostics import MechanismError
from mscnet.inference.dependence import course_parameters
from mscnet.inference.local import NOT_SO
from mscnet.mechanism.bench import Experiment, Observe, Reading, Repeat, Step
from mscnet.mechanism.bench_use import observations as measure_steps
from mscnet.mechanism.bench_use import parameters_behind
from mscnet.mechanism.expression import (
    MINUS_ONE,
    ONE,
    Call,
    Comparison,
    Expression,
    Lookup,
    Number,
    Power,
    Product,
    Sum,
    Symbol,
    children,
    substitute,
)
from mscnet.mechanism.mechanism import Mechanism
from mscnet.mechanism.optics import Band
from mscnet.records import replace

#: The degree of what is not affine.
MANY = 99
#: What parts the name of a reading from that of the parameter whose coefficient it is; no name of the language has it.
_MARK = "|"
#: Kinds of symbols that are no parameters; steps may set the temperature, so it is not written out.
_VARYING = ("species", "time", "loop", "reading", "temperature")


class Affine:
    """The expressions of a model's readings, with what experiments set put in."""

    def __init__(self, model: Mechanism) -> None:
        self.model = model
        self._derived = {item.name: item.expression for item in model.derived}
        self._lights: dict[object, int] = {}

    def held(self, experiment: Experiment) -> dict[str, Expression]:
        """What an experiment sets, each in terms of what holds outside it."""
        found: dict[str, Expression] = {}
        for name, expression in experiment.values:
            found[name] = self.written_out(expression, found)
        return found

    def written_out(self, expression: Expression, held: Mapping[str, Expression]) -> Expression:
        """The expression with derived values and what is held written out."""

        def value_of(symbol: Symbol) -> Expression | None:
            if symbol.kind in _VARYING:
                return None
            if symbol.name in held:
                return held[symbol.name]
            if symbol.name in self._derived:
                return self.written_out(self._derived[symbol.name], held)
            return None

        return substitute(expression, value_of)

    def degree(self, reading: Reading, experiment: Experiment, names: frozenset[str]) -> int:
        """The degree of a reading in parameters."""
        held = self.held(experiment)

        def of(expression: Expression) -> int:
            return degree(self.written_out(expression, held), names)

        if reading.kind == "value":
            return 0 if reading.expression is None else of(reading.expression)
        if any(of(e) for e in (*reading.wavelengths, *([] if reading.path is None else [reading.path]))):
            return MANY
        key = (experiment.values, names)
        if key not in self._lights:
            self._lights[key] = self._light(of)
        return self._lights[key]

    def _light(self, of: Callable[[Expression], int]) -> int:
        """The degree of an absorbance."""
        total = max((_band(band, of) for band in self.model.bands), default=0)
        instrument = self.model.instrument
        if instrument is None:
            return total
        linear, others = 0, 0
        for name, value in instrument.settings:
            if name in ("baseline", "scatter"):
                linear = max(linear, of(value))
            elif name != "noise":
                others = max(others, of(value))
        linear = max([linear, *(of(value) for _, value in instrument.baselines)])
        others = max([others, *(of(at) for at, _ in instrument.baselines)])
        bent = any(name in ("saturation", "stray", "resolution") for name, _ in instrument.settings)
        found = max(total, linear)
        return MANY if others or (bent and found) else found


def degree(expression: Expression, names: frozenset[str]) -> int:
    """The degree of an expression in parameters; derived values are written out already."""
    match expression:
        case Number():
            return 0
        case Symbol(name, kind):
            return int(kind not in _VARYING and name in names)
        case Sum(terms):
            return max((degree(term, names) for term in terms), default=0)
        case Product(factors):
            return sum(degree(factor, names) for factor in factors)
        case Power(base, exponent):
            own = degree(base, names)
            return own if exponent == ONE else MANY * int(own + degree(exponent, names) > 0)
        case Call("if", (condition, yes, no)):
            return MANY if degree(condition, names) else max(degree(yes, names), degree(no, names))
        case Lookup():
            return 0
        case Call() | Comparison():
            return MANY * int(any(degree(part, names) for part in children(expression)))
    return MANY


def _band(band: Band, of: Callable[[Expression], int]) -> int:
    """The degree of a band: its heights count once, a tail's fraction multiplies the highest of its peaks."""
    peaks, tails = 0, 0
    several = sum(shape.kind != "tail" for shape in band.shapes) > 1
    for shape in band.shapes:
        for name, value in shape.settings:
            own = of(value)
            if name == "epsilon":
                peaks = max(peaks, own)
            elif name == "fraction":
                tails = max(tails, own)
            elif own:
                return MANY
    if any(shape.kind == "tail" for shape in band.shapes):
        return MANY if several and peaks else peaks + tails
    return peaks


# --- which to project out -------------------------------------------------------------------------


def linear_parameters(
    model: Mechanism, candidates: Iterable[str], experiments: Iterable[str], taken: Iterable[str], asked: Iterable[str]
) -> tuple[str, ...]:
    """Those of the `candidates` that all readings of `experiments` are affine in together, in the order of the file.

    `taken` are parameters that facts hang on, which must stay free.  `asked` are names, or ``auto`` for all that can
    be; where a product of two is not affine in both, the first one is taken.

    Raises:
        MechanismError: E153, a name that is asked for cannot be projected out, and why.
    """
    names = tuple(asked)
    if not names:
        return ()
    candidates, taken, experiments = tuple(candidates), set(taken), tuple(experiments)
    own = tuple(name for name in names if name != "auto")
    for name in own:
        if name not in candidates:
            message = f"`{name}` is not free, or no data hang on it, so it cannot be projected out"
            raise MechanismError.of(NOT_SO, message, hint="give it bounds, or leave it out of `linear`")
    affine, by_name = Affine(model), {e.name: e for e in model.experiments}
    everything = [species.name for species in model.species]
    in_courses = {parameter for name in experiments for parameter in course_parameters(model, name, everything)}
    readings = [(r, by_name[n]) for n in experiments for s in measure_steps(by_name[n].steps) for r in s.readings]
    chosen: list[str] = []
    for name in (*own, *([c for c in candidates if c not in own] if "auto" in names else ())):
        why = _why_not(name, chosen, taken, in_courses, affine, readings)
        if why is None:
            chosen.append(name)
        elif name in own:
            hint = "leave it out of `linear`: it is searched for like the others then"
            raise MechanismError.of(NOT_SO, f"`{name}` cannot be projected out: {why}", hint=hint)
    return tuple(name for name in candidates if name in chosen)


def _why_not(
    name: str, chosen: list[str], taken: set[str], in_courses: set[str], affine: Affine,
    readings: list[tuple[Reading, Experiment]],
) -> str | None:  # fmt: skip
    """Why a parameter cannot be projected out beside those chosen already; None where it can."""
    if name in taken:
        return "facts hang on it, too"
    if name in in_courses:
        return "concentrations hang on it"
    for reading, experiment in readings:
        if affine.degree(reading, experiment, frozenset((name,))) > 1:
            return f"`{reading.name}` of `{experiment.name}` is not linear in it"
        if affine.degree(reading, experiment, frozenset((name, *chosen))) > 1:
            return f"`{reading.name}` of `{experiment.name}` is not linear in it and {', '.join(chosen)} together"
    return None


# --- coefficients ---------------------------------------------------------------------------------


def coefficient_name(reading: str, parameter: str = "") -> str:
    """What the reading of a coefficient is called; without a parameter that of the rest."""
    return f"{reading}{_MARK}{parameter}"


def with_coefficients(model: Mechanism, names: Iterable[str]) -> Mechanism:
    """The model that also reads, beside every value that is affine in parameters, its rest and its coefficients."""
    wanted, affine = tuple(names), Affine(model)

    def steps_of(steps: Iterable[Step], experiment: Experiment) -> tuple[Step, ...]:
        made: list[Step] = []
        for step in steps:
            if isinstance(step, Repeat):
                made.append(replace(step, steps=steps_of(step.steps, experiment)))
            elif isinstance(step, Observe):
                extra = [r for reading in step.readings for r in _coefficients(reading, experiment, wanted, affine)]
                made.append(replace(step, readings=(*step.readings, *extra)))
            else:
                made.append(step)
        return tuple(made)

    return replace(model, experiments=tuple(replace(e, steps=steps_of(e.steps, e)) for e in model.experiments))


def _coefficients(
    reading: Reading, experiment: Experiment, names: tuple[str, ...], affine: Affine
) -> Iterable[Reading]:
    """The rest of a value where all `names` are 0, and what each of them is multiplied by."""
    if reading.kind != "value" or reading.expression is None:
        return
    whole = affine.written_out(reading.expression, affine.held(experiment))
    used = [name for name in names if name in parameters_behind(affine.model, (whole,))]
    if not used:
        return

    def at(one: str) -> Expression:
        def value_of(symbol: Symbol) -> Expression | None:
            if symbol.kind in _VARYING or symbol.name not in used:
                return None
            return Number(Fraction(int(symbol.name == one)))

        return substitute(whole, value_of)

    rest = at("")
    yield Reading(coefficient_name(reading.name), "value", (), rest)
    for name in used:
        yield Reading(coefficient_name(reading.name, name), "value", (), Sum((at(name), Product((MINUS_ONE, rest)))))
