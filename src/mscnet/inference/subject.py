"""What a fit is of: the model, its facts and data, the experiments that they need, and the parameters behind them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mscnet.diagnostics import UNSUPPORTED, MechanismError, suggest
from mscnet.experiment.data import observations as read_observations
from mscnet.experiment.observations import Observations
from mscnet.experiment.settings import experiments_of
from mscnet.inference.dependence import (
    course_parameters,
    fact_parameters,
    reading_parameters,
    seen_species,
    without_noise,
)
from mscnet.inference.free import NO_FIT, first_value, free_parameters
from mscnet.inference.linear import linear_parameters
from mscnet.inference.local import NOT_SO, with_local
from mscnet.inference.problem import FreeParameter
from mscnet.inference.settings import FitSettings
from mscnet.mechanism.bench_use import observations as measure_steps
from mscnet.mechanism.bench_use import optical_expressions, parameters_behind
from mscnet.mechanism.events import set_by
from mscnet.mechanism.facts import Fact, expressions_of
from mscnet.mechanism.mechanism import Mechanism
from mscnet.records import dataclass, replace


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """The `model`, local parameters put in; `searched` are its free parameters but for the `linear` ones, which are
    projected out."""

    model: Mechanism
    facts: tuple[Fact, ...]
    observations: tuple[Observations, ...]
    searched: tuple[FreeParameter, ...]
    linear: tuple[FreeParameter, ...]

    @property
    def experiments(self) -> tuple[str, ...]:
        """The experiments that facts and data are on, in the order of the file."""
        return _in_order(self.model, _experiments(self.facts, self.observations))


def subject_of(
    mechanism: Mechanism, settings: FitSettings, observations: Sequence[Observations] | None = None
) -> Subject:
    """What a fit with these settings is of.

    Raises:
        MechanismError: E143, there is nothing to fit to, or nothing that a fit may change; what `free_parameters`,
            `with_local` and `linear_parameters` raise; what is wrong with the files of the data.
    """
    chosen = mechanism.expanded
    _check_events(chosen)
    _check_experiments(chosen, settings.experiments)
    facts = _facts(chosen, settings)
    named = _observations(chosen, settings, observations)
    observed = tuple(each for each in named if each.count)
    empty = [each.path for each in named if not each.count]
    _check_experiments(chosen, [each.experiment for each in observed])
    wanted = _experiments(facts, observed)
    if not wanted:
        raise _nothing(chosen, settings, empty)
    if not facts:
        _check_numbers(chosen, observed)
    model = with_local(chosen, settings.local, _in_order(chosen, wanted))
    for_data = _of_data(model, observed, settings)
    for_facts = fact_parameters(model, facts)
    free = free_parameters(model, for_data | for_facts, settings.free, settings.fixed)
    linear = _linear(model, free, for_data, for_facts, observed, settings)
    searched = tuple(p for p in free if p.name not in linear)
    if not searched and linear:  # a fit searches for something, and be it for one that is linear
        searched, linear = free[-1:], linear[:-1]
    if not searched and not settings.as_it_stands:
        called = f"{model.name}, pathway {model.pathway}," if model.pathway else model.name
        message = f"{called} has no free parameter that these facts and data hang on"
        hint = "give a parameter bounds, as in `parameter k = 0.1 /min in 1e-3 .. 10 log`, or name it in `free`"
        raise MechanismError.of(NO_FIT, message, hint=hint)
    _check_clock(model, free)
    idle = {p.name: 1.0 for p in model.parameters if p.free and p.value is None}  # nothing hangs on them
    model = model.with_values(idle | {p.name: first_value(p) for p in free})
    return Subject(model, facts, observed, searched, tuple(p for p in free if p.name in linear))


def _check_events(model: Mechanism) -> None:
    """Courses of facts are worked out for many values at once, with parameters that stay as they are."""
    set_here = set_by(model.events)
    for fact in model.facts if set_here else ():
        named = parameters_behind(model, expressions_of((fact,))) & set_here
        if named:
            name = min(named)
            message = f"fits to a fact on `{name}`, which an event sets: mscnet does not have this yet"
            hint = "read what is meant: `measure rate = …`, and write the fact on `rate`"
            raise MechanismError.of(UNSUPPORTED, message, hint=hint, span=fact.span)


def _check_clock(model: Mechanism, free: Sequence[FreeParameter]) -> None:
    """What the clock of the instrument shows at the start cannot be fitted: times of readings are those of the file."""
    settings = dict(model.instrument.settings) if model.instrument is not None else {}
    behind = parameters_behind(model, [settings["time_zero"]]) if "time_zero" in settings else set()
    for p in free:
        if p.name in behind:
            message = f"`{p.name}` moves the instrument's `time_zero`, which cannot be fitted"
            hint = f"let time pass before the measurement instead: `hold {p.name}`, and fix or leave out `time_zero`"
            raise MechanismError.of(NO_FIT, message, hint=hint)


def _experiments(facts: Iterable[Fact], observed: Iterable[Observations]) -> set[str]:
    return {name for fact in facts for name in experiments_of(fact)} | {each.experiment for each in observed}


def _check_experiments(model: Mechanism, names: Sequence[str] | None) -> None:
    known = [experiment.name for experiment in model.experiments]
    for name in names or ():
        if name not in known:
            hint = suggest(name, known) or ("it has " + ", ".join(known) if known else None)
            raise MechanismError.of("E010", f"{model.name} has no experiment `{name}`", hint=hint)


def _facts(model: Mechanism, settings: FitSettings) -> tuple[Fact, ...]:
    wanted = None if settings.experiments is None else set(settings.experiments)
    held = (f for f in model.facts if settings.facts)
    return tuple(f for f in held if wanted is None or set(experiments_of(f)) <= wanted)


def _observations(
    model: Mechanism, settings: FitSettings, given: Sequence[Observations] | None
) -> tuple[Observations, ...]:
    """The data; those of files without the instrument's noise, which is known for sure only where it is asked for."""
    if not settings.data:
        return ()
    found: Iterable[Observations] = read_observations(without_noise(model)) if given is None else given
    wanted = settings.experiments
    return tuple(each for each in found if wanted is None or each.experiment in wanted)


def _nothing(model: Mechanism, settings: FitSettings, empty: Sequence[str]) -> MechanismError:
    """`empty` are data files without a value."""
    if empty:
        message = f"there is nothing to fit to: {', '.join(empty)} {'holds' if len(empty) == 1 else 'hold'} no value"
        hint = "every cell of a reading is empty or stands for a missing value (NaN, NA): fill some"
        return MechanismError.of(NO_FIT, message, hint=hint)
    kinds = [word for word, on in (("facts", settings.facts), ("data", settings.data)) if on]
    where = "" if settings.experiments is None else f" on {', '.join(settings.experiments)}"
    what = " or ".join(kinds) or "neither facts nor data are to count"
    message = f"there is nothing to fit to: {model.name} has no {what}{where}" if kinds else what
    hint = 'write what was seen in an `expect` block, or name measured values, `data fig4 "fig4.csv"`'
    return MechanismError.of(NO_FIT, message, hint=hint)


def _check_numbers(model: Mechanism, observed: Sequence[Observations]) -> None:
    """That data are more than numbers that no experiment reads."""
    read = {
        each.experiment: {reading.name for step in measure_steps(e.steps) for reading in step.readings}
        for each in observed
        for e in model.experiments
        if e.name == each.experiment
    }
    if any(o.series or o.spectra or {n.name for n in o.numbers} & read[o.experiment] for o in observed):
        return
    names = ", ".join(f"`{name}`" for name in dict.fromkeys(n.name for o in observed for n in o.numbers))
    message = f"there is nothing to fit to: {names} in {observed[0].path} are readings of no experiment"
    hint = f"write such numbers as facts: `expect {observed[0].experiment} {{ half_time(od371) = 3.5 min ± 0.5 min }}`"
    raise MechanismError.of(NO_FIT, message, hint=hint)


def _of_data(model: Mechanism, observed: Sequence[Observations], settings: FitSettings) -> set[str]:
    """The parameters that data hang on; with free spectra bands are none of them."""
    seen = replace(model, bands=()) if settings.free_spectra else model
    found: set[str] = set()
    for each in observed:
        readings = {s.reading for s in each.series} | {s.reading for s in each.spectra} | {n.name for n in each.numbers}
        species = seen_species(model, each.experiment, readings)
        found |= course_parameters(model, each.experiment, species)
        found |= reading_parameters(seen, each.experiment, readings)
    return found


def _linear(
    model: Mechanism, free: Sequence[FreeParameter], for_data: set[str], for_facts: set[str],
    observed: Sequence[Observations], settings: FitSettings,
) -> tuple[str, ...]:  # fmt: skip
    """The names of the parameters that are projected out."""
    estimated = settings.error_model == "proportional"
    if settings.loss != "normal" or estimated:
        asked = [name for name in settings.linear if name != "auto"]
        if asked or settings.free_spectra:
            what = ", ".join(f"`{name}`" for name in asked) or "spectra"
            message = f"{what} cannot be projected out where errors are proportional or Student's: no least squares"
            raise MechanismError.of(NOT_SO, message, hint="take `loss` normal and `error_model` constant")
        return ()
    taken, seen = set(for_facts), model
    if settings.free_spectra:
        seen = replace(model, bands=())
        taken |= parameters_behind(seen, optical_expressions(without_noise(seen)))
    names = _in_order(model, _experiments((), observed))
    return linear_parameters(seen, [p.name for p in free if p.name in for_data], names, taken, settings.linear)


def _in_order(model: Mechanism, names: set[str]) -> tuple[str, ...]:
    known = tuple(e.name for e in model.experiments if e.name in names)
    return (*known, *sorted(names - set(known)))  # what is wrong with those is told when they are run
