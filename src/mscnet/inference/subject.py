"""What a fit is of: the model, its facts and data, the experiments that they need, and the parameters behind them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mscnet.diagnostics import MechanismError, suggest
from mscnet.experiment.data import observations as read_observations
from mscnet.experiment.observations import Observations
from mscnet.experiment.settings import experiments_of
from mscnet.inference.dependence import course_parameters, fact_parameters, reading_parameters, without_noise
from mscnet.inference.free import NO_FIT, first_value, free_parameters
from mscnet.inference.linear import linear_parameters
from mscnet.inference.local import NOT_SO, with_local
from mscnet.inference.problem import FreeParameter
from mscnet.inference.settings import FitSettings
from mscnet.mechanism.bench_use import optical_expressions, parameters_behind
from mscnet.mechanism.facts import Fact
from mscnet.mechanism.mechanism import Mechanism
from mscnet.records import dataclass, replace


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """The `model`, local parameters put in; `searched` are its free parameters but for the `linear` ones, which are
    projected out; `for_data` and `for_facts` are the names of those searched that either hangs on."""

    model: Mechanism
    facts: tuple[Fact, ...]
    observations: tuple[Observations, ...]
    searched: tuple[FreeParameter, ...]
    linear: tuple[FreeParameter, ...]
    for_data: tuple[str, ...]
    for_facts: tuple[str, ...]

    @property
    def fact_experiments(self) -> tuple[str, ...]:
        """The experiments that the facts need, in the order of the file."""
        return _in_order(self.model, {name for fact in self.facts for name in experiments_of(fact)})

    @property
    def data_experiments(self) -> tuple[str, ...]:
        """The experiments that the data are of."""
        return _in_order(self.model, {each.experiment for each in self.observations})


def subject_of(
    mechanism: Mechanism, settings: FitSettings, observations: Sequence[Observations] | None = None
) -> Subject:
    """What a fit with these settings is of.

    Raises:
        MechanismError: E143, there is nothing to fit to, or nothing that a fit may change; what `free_parameters`,
            `with_local` and `linear_parameters` raise; what is wrong with the files of the data.
    """
    chosen = mechanism.chosen
    _check_experiments(chosen, settings.experiments)
    facts = _facts(chosen, settings)
    observed = _observations(chosen, settings, observations)
    wanted = {name for fact in facts for name in experiments_of(fact)} | {each.experiment for each in observed}
    if not wanted:
        raise _nothing(chosen, settings)
    model = with_local(chosen, settings.local, _in_order(chosen, wanted))
    for_data = _of_data(model, _in_order(model, {each.experiment for each in observed}), settings)
    for_facts = fact_parameters(model, facts)
    free = free_parameters(model, for_data | for_facts, settings.free, settings.fixed)
    linear = _linear(model, free, for_data, for_facts, observed, settings)
    searched = tuple(p for p in free if p.name not in linear)
    if not free and not settings.free_spectra:
        message = f"{model.name} has no free parameter that these facts and data hang on"
        hint = "give a parameter bounds, as in `parameter k = 0.1 /min in 1e-3 .. 10 log`, or name it in `free`"
        raise MechanismError.of(NO_FIT, message, hint=hint)
    model = model.with_values({p.name: first_value(p) for p in free})
    return Subject(
        model, facts, observed, searched, tuple(p for p in free if p.name in linear),
        tuple(p.name for p in searched if p.name in for_data or p.name in settings.free),
        tuple(p.name for p in searched if p.name in for_facts or p.name in settings.free),
    )  # fmt: skip


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
    return tuple(each for each in found if (wanted is None or each.experiment in wanted) and each.count)


def _nothing(model: Mechanism, settings: FitSettings) -> MechanismError:
    kinds = [word for word, on in (("facts", settings.facts), ("data", settings.data)) if on]
    where = "" if settings.experiments is None else f" on {', '.join(settings.experiments)}"
    what = " or ".join(kinds) or "neither facts nor data are to count"
    message = f"there is nothing to fit to: {model.name} has no {what}{where}" if kinds else what
    hint = 'write what was seen in an `expect` block, or name measured values, `data fig4 "fig4.csv"`'
    return MechanismError.of(NO_FIT, message, hint=hint)


def _of_data(model: Mechanism, names: Iterable[str], settings: FitSettings) -> set[str]:
    """The parameters that data hang on; with free spectra bands are none of them."""
    seen = replace(model, bands=()) if settings.free_spectra else model
    return {p for name in names for p in course_parameters(model, name) | reading_parameters(seen, name)}


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
    names = _in_order(model, {each.experiment for each in observed})
    return linear_parameters(seen, [p.name for p in free if p.name in for_data], names, taken, settings.linear)


def _in_order(model: Mechanism, names: set[str]) -> tuple[str, ...]:
    known = tuple(e.name for e in model.experiments if e.name in names)
    return (*known, *sorted(names - set(known)))  # what is wrong with those is told when they are run
