"""Local parameters: a value of its own in each experiment, the rest shared.

A change of the mechanism: `p0` local to `fig3` becomes a new parameter `p0_fig3`, which `fig3` sets `p0` to.
Everything after that (rates, bottles, readings, facts, data) needs to know nothing of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from mscnet.diagnostics import MechanismError, suggest
from mscnet.inference.dependence import chain_of
from mscnet.mechanism.bench import Experiment
from mscnet.mechanism.expression import Symbol
from mscnet.mechanism.mechanism import Mechanism
from mscnet.mechanism.types import Parameter
from mscnet.records import replace

#: What cannot be made local, or projected out.
NOT_SO = "E153"


def with_local(model: Mechanism, local: Mapping[str, Sequence[str]], wanted: Iterable[str]) -> Mechanism:
    """The mechanism in which parameters take values of their own in experiments.

    `local` names the experiments of each parameter; an empty list stands for all `wanted` ones.  The sample is what
    counts: where an experiment starts from another one of the list, both are of one sample and have one value, that
    of the one that it starts from; where it starts from one that is not in the list, its own value holds for what
    went before too, in a copy of that experiment.  A new parameter has the value, bounds and prior of the shared one.

    Raises:
        MechanismError: E153, an unknown parameter or experiment, an experiment that sets the parameter itself, or a
            name that is taken.
    """
    for name, experiments in local.items():
        parameter = _parameter(model, name)
        names = tuple(dict.fromkeys(experiments or wanted))
        for experiment in names:
            _check_experiment(model, experiment)
        for experiment in names:
            chain = chain_of(model, experiment)
            if not any(before.name in names for before in chain[1:]):
                model = _with_one(model, parameter, experiment, names)
    return model


def _parameter(model: Mechanism, name: str) -> Parameter:
    known = {p.name: p for p in model.parameters}
    if name not in known:
        message = f"`{name}`, which is to be local, is no parameter of {model.name}"
        raise MechanismError.of(NOT_SO, message, hint=suggest(name, known))
    return known[name]


def _check_experiment(model: Mechanism, name: str) -> None:
    known = [experiment.name for experiment in model.experiments]
    if name not in known:
        message = f"a parameter is to be local to `{name}`, but {model.name} has no such experiment"
        raise MechanismError.of(NOT_SO, message, hint=suggest(name, known) or "it has " + ", ".join(known))


def _with_one(model: Mechanism, parameter: Parameter, name: str, names: Sequence[str]) -> Mechanism:
    """One parameter with a value of its own in one experiment, in those that start from it, and those before."""
    own = f"{parameter.name}_{name}"
    taken = {x.name for x in (*model.parameters, *model.species, *model.derived, *model.functions, *model.stocks)}
    if own in taken:
        message = f"`{parameter.name}` local to `{name}` would be called `{own}`, and there is such a name"
        raise MechanismError.of(NOT_SO, message, hint="rename what is called so now")
    note = f"{parameter.note or parameter.name}, {name}"
    made = replace(parameter, name=own, note=note, declared=True)
    model = replace(model, parameters=(*model.parameters, made))
    symbol = Symbol(own, "parameter")
    chain = chain_of(model, name)
    mark = f" for {name}"
    copied = {before.name: before.name + mark for before in chain[1:] if not before.name.endswith(mark)}
    changed = {e.name: _set(e, parameter.name, symbol) for e in chain if e.name not in copied}
    for experiment in names:  # what goes on with the same sample
        for each in chain_of(model, experiment):
            if name in (before.name for before in chain_of(model, each.name)[1:]):
                changed.setdefault(each.name, _set(each, parameter.name, symbol))
    copies = [replace(_set(e, parameter.name, symbol), name=copied[e.name]) for e in chain if e.name in copied]
    experiments = (*(changed.get(e.name, e) for e in model.experiments), *copies)
    redirected = {name, *copied.values()}
    return replace(model, experiments=tuple(_from(e, copied) if e.name in redirected else e for e in experiments))


def _set(experiment: Experiment, name: str, symbol: Symbol) -> Experiment:
    """The experiment with a parameter set; what it sets beside may use that."""
    if any(held == name for held, _ in experiment.values):
        message = f"`{experiment.name}` sets `{name}` itself, so it cannot be local there"
        raise MechanismError.of(NOT_SO, message, span=experiment.span, hint="leave that experiment out of the list")
    return replace(experiment, values=((name, symbol), *experiment.values))


def _from(experiment: Experiment, copied: Mapping[str, str]) -> Experiment:
    origin = experiment.origin
    if origin is None or origin.experiment not in copied:
        return experiment
    return replace(experiment, origin=replace(origin, experiment=copied[origin.experiment]))
