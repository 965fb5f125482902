"""Why a run could not finish, in a chemist's words: which reaction, which species, at what time."""

from __future__ import annotations

import numpy as np

from mscnet.mechanism.expression import symbols
from mscnet.mechanism.types import Reaction
from mscnet.simulation.loop import Outcome
from mscnet.simulation.problem import FloatArray, Problem
from mscnet.simulation.status import Status

#: At most this many concentrations are listed in a message.
MAX_LISTED = 4


def explain(outcome: Outcome, problem: Problem, times: FloatArray, max_steps: int) -> str:
    """The message of a run that ended before its end: where, why, the remedy and what was kept."""
    at = _time(problem, outcome.time)
    match outcome.status:
        case Status.NOT_FINITE:
            tried, state = problem.trouble or (outcome.time, outcome.state)
            trial = _time(problem, tried)
            first = f"the run stopped at {at}: {_culprit(problem, tried, state)}"
            first += "" if trial == at else f" (tried at {trial})"
        case Status.STEP_TOO_SMALL:
            first = f"the run stopped at {at}, where the step shrank to nothing: {_fastest(problem, outcome)}"
        case Status.TOO_MANY_STEPS:
            first = f"the run stopped at {at} after {outcome.steps:,} steps, short of {_time(problem, problem.end)}"
            if outcome.steps < max_steps:
                first += f": at their pace it would never get there; {_fastest(problem, outcome)}"
        case Status.EVENT if problem.events is not None:
            first = f"the run stopped at {at}: {problem.events.trouble}"
        case _:
            first = f"the run was interrupted at {at}"
    return f"{first}. {outcome.status.remedy} {_kept(outcome, problem, times)}"


def _time(problem: Problem, time: float) -> str:
    return f"t = {time:.6g} {problem.system.network.mechanism.units.time.symbol}"


def _kept(outcome: Outcome, problem: Problem, times: FloatArray) -> str:
    if not outcome.kept:
        return "No output time was reached."
    upto = "the start" if outcome.kept == 1 else _time(problem, times[outcome.kept - 1])
    return f"Kept: {outcome.kept:,} of {len(times):,} output times, up to {upto}."


def _culprit(problem: Problem, time: float, state: FloatArray) -> str:
    """The first reaction whose rate is not finite at a state, else the concentration that is not."""
    system = problem.system
    bad = np.flatnonzero(~np.isfinite(state))
    if len(bad):
        return f"the concentration of `{system.species[bad[0]]}` is no longer a finite number"
    rates = system.rates(time, state)
    culprits = np.flatnonzero(~np.isfinite(rates))
    if not len(culprits):
        return "the rates add up beyond the largest number that there is"
    reaction = system.followed.mechanism.reactions[culprits[0]]
    others = f" (and those of {len(culprits) - 1:,} more)" if len(culprits) > 1 else ""
    value = "not a number" if np.isnan(rates[culprits[0]]) else "infinite"
    return f"the rate of {_name(reaction)}{others} is {value}{_at(problem, reaction, state)}"


def _name(reaction: Reaction) -> str:
    name = f"`{reaction.label or reaction.name}`"
    if reaction.reverse:
        name = f"the reverse of {name}"
    if reaction.span is None:
        return name
    return f"{name} (line {reaction.span.line} of {reaction.span.source.name})"


def _at(problem: Problem, reaction: Reaction, state: FloatArray) -> str:
    """The concentrations that a law reads, such as `` where [A] = 0, [B] = 1.2 mM``."""
    index = problem.system.network.species_index
    named = [term.species for term in reaction.orders]
    named += sorted(symbol.name for symbol in symbols(reaction.law.expression) if symbol.kind == "species")
    listed = list(dict.fromkeys(named))[:MAX_LISTED]
    if not listed:
        return ""
    values = (f"[{name}] = {state[index[name]]:.4g} {_unit(problem, index[name])}".rstrip() for name in listed)
    more = ", …" if len(set(named)) > MAX_LISTED else ""
    return f" where {', '.join(values)}{more}"


def _fastest(problem: Problem, outcome: Outcome) -> str:
    """The species that changes fastest for its size at the last state."""
    rates = problem.system.rhs(outcome.time, outcome.state)
    with np.errstate(all="ignore"):
        speed = np.abs(rates) / (np.abs(outcome.state) + problem.atol)
    if not np.isfinite(speed).all() or not speed.max(initial=0.0) > 0.0:
        return "the rates there jump or are too steep to follow"
    i = int(np.argmax(speed))
    unit = _unit(problem, i)
    time = problem.system.network.mechanism.units.time.symbol
    amount = f"{outcome.state[i]:.4g} {unit}".rstrip()
    return f"[{problem.system.species[i]}] = {amount} changes by {rates[i]:.4g} {unit}/{time} there"


def _unit(problem: Problem, species: int) -> str:
    mechanism = problem.system.network.mechanism
    return mechanism.units.describe(mechanism.species[species].dimension)
