"""`steady_state`: the state that a mechanism settles in, and `steady_states` for many sets of values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from mscnet import kernels
from mscnet.diagnostics import MechanismError, suggest
from mscnet.kinetics.program import RateProgram, build_rate_program
from mscnet.mechanism.mechanism import Mechanism
from mscnet.mechanism.without_events import refuse_steady
from mscnet.simulation.settings import chosen_settings
from mscnet.simulation.starts import settled
from mscnet.simulation.steady_model import Laws, SteadyModel, laws_of
from mscnet.simulation.steady_result import SteadyState as SteadyState
from mscnet.simulation.steady_result import SteadyStateError as SteadyStateError
from mscnet.simulation.steady_result import why_not
from mscnet.simulation.steady_search import Found, search, search_any
from mscnet.simulation.tolerances import AbsoluteTolerance, check_rtol, read_atol

Kind = Literal["reached", "any"]
FloatArray = NDArray[np.float64]

#: How far from exact a concentration may be: the last correction by Newton's method is below this part of it.
RTOL = 1e-9
MAX_STEPS = 100_000


def steady_state(
    mechanism: Mechanism,
    start: Mapping[str, float] | None = None,
    *,
    kind: Kind = "reached",
    rtol: float = RTOL,
    path_rtol: float | None = None,
    path_atol: AbsoluteTolerance | None = None,
    max_steps: int = MAX_STEPS,
) -> SteadyState:
    """The steady state of the mechanism's chosen model: concentrations that no longer change.

    `start` gives some species other concentrations, in the file's units, than the initial ones; the conserved totals
    are those of the start.  ``kind="reached"`` is the state that the trajectory from there ends in, where there are
    several: it is followed with the tolerances of a run (`path_rtol` and `path_atol`, by default those of `simulate`),
    and a solution counts only where the trajectory approaches it.  ``kind="any"`` takes any, also an unstable one.
    `rtol` bounds Newton's last correction of each concentration, relative to it and to a millionth of the largest.

    Raises:
        TypeError: `mechanism` is something else.
        MechanismError: values are missing, a setting makes no sense, or a rate depends on time.
        SteadyStateError: there is none: the trajectory oscillates, grows without bound or does not settle.

    Source: Newton's method within the stoichiometric class; Kelley and Keyes, SIAM J. Numer. Anal. 35 (1998) 508.
    """
    if not isinstance(mechanism, Mechanism):
        raise TypeError(f"give a Mechanism, not {type(mechanism).__name__}: mscnet.steady_state(mscnet.load(…))")
    if kind not in ("reached", "any"):
        raise MechanismError.of("E045", f'kind is "reached" or "any", not {kind!r}')
    if max_steps < 1:
        raise MechanismError.of("E045", f"max_steps is a number above 0, not {max_steps}")
    chosen = mechanism.expanded
    _, relative, absolute = chosen_settings(chosen, None, path_rtol, path_atol)
    program = _program(chosen)
    model = _model(program, program.inputs(), laws_of(program.network))
    x0 = _start(program, start)
    atol = _atol(absolute, check_rtol(relative), x0, program)
    found = _search(model, x0, kind, check_rtol(rtol), check_rtol(relative), atol, max_steps)
    if found.ending != "found":
        reached = dict(zip(program.species, found.x.tolist(), strict=True))
        raise SteadyStateError(found.ending, why_not(found, model), found.time, reached)
    return SteadyState(program.species, found.x, chosen, model, found, x0, start is None)


def steady_states(
    program: RateProgram, inputs: FloatArray, *, kind: Kind = "reached", rtol: float = RTOL, path_rtol: float = 1e-6
) -> FloatArray:
    """Steady states for many sets of values: of inputs (m, n_inputs) concentrations (m, n_species).

    A row of `inputs` is what `RateProgram.inputs` gives: parameter values, then initial concentrations.  A row of the
    result is ``nan`` where there is no steady state.  Concentrations and values are in the file's units; for the rest
    see `steady_state`.

    Raises:
        MechanismError: a rate depends on time, or a row is too short or too long.
    """
    given = np.atleast_2d(np.ascontiguousarray(inputs, dtype=np.float64))
    if given.shape[1] != len(program.input_index):
        message = f"a row of inputs has {given.shape[1]} values, {len(program.input_index)} are needed"
        raise MechanismError.of("E045", message)
    _refuse_time(program)
    program, given = program.for_steady, settled(program, given, 0.0)
    laws, values = laws_of(program.network), np.full((len(given), len(program.species)), np.nan)
    first = len(program.network.mechanism.parameters)
    for row, out in zip(given, values, strict=True):
        x0 = np.array(row[first:])
        if not (np.isfinite(x0) & (x0 >= 0.0)).all():
            continue
        atol = _atol(None, path_rtol, x0, program)
        found = _search(_model(program, row, laws), x0, kind, rtol, path_rtol, atol, MAX_STEPS)
        if found.ending == "found":
            out[:] = found.x
    return values


def settle(
    program: RateProgram, inputs: FloatArray, laws: Laws, path_rtol: float, path_atol: FloatArray
) -> tuple[FloatArray | None, str]:
    """The steady state (n_species,) that is reached from `inputs` (n_inputs,), else None and why not, in words.

    `laws` are those of the program's network, see `steady_model.laws_of`.

    Raises:
        MechanismError: a rate depends on time.
    """
    _refuse_time(program)
    program, inputs = program.for_steady, settled(program, inputs[None], 0.0)[0]
    model, x0 = _model(program, inputs, laws), np.array(inputs[len(inputs) - len(program.species) :])
    found = _search(model, x0, "reached", RTOL, path_rtol, path_atol, MAX_STEPS)
    return (found.x, "") if found.ending == "found" else (None, why_not(found, model))


def _search(
    model: SteadyModel, x0: FloatArray, kind: Kind, rtol: float, path_rtol: float, atol: FloatArray, max_steps: int
) -> Found:
    found = search_any(model, x0, rtol) if kind == "any" else None
    return found or search(model, x0, rtol, path_rtol, atol, max_steps)


def _program(mechanism: Mechanism) -> RateProgram:
    refuse_steady(mechanism)
    program = build_rate_program(mechanism.network(), steady=True)
    _refuse_time(program)
    return program


def _refuse_time(program: RateProgram) -> None:
    refuse_steady(program.network.mechanism)
    if program.timed:
        message = "a rate depends on time, so there is no steady state"
        raise MechanismError.of(
            "E045", message, hint="set what varies to a number, as with `with_values(…)`, or run it"
        )


def _model(program: RateProgram, inputs: FloatArray, laws: Laws) -> SteadyModel:
    if kernels.core() is not None:
        return SteadyModel(program, inputs, laws)
    from mscnet.kinetics.system import build_rate_system

    names = zip(program.input_index, inputs.tolist(), strict=True)
    mechanism = program.network.mechanism
    known = mechanism.missing_values()
    values: dict[str, Any] = {name: value for name, value in names if name not in {p.name for p in known}}
    same = np.array_equal(inputs, program.inputs(), equal_nan=True)
    network = program.network if same else mechanism.with_values(values).network()
    return SteadyModel(program, inputs, laws, build_rate_system(network, steady=True))


def _start(program: RateProgram, start: Mapping[str, float] | None) -> FloatArray:
    x0 = program.initial()
    for name, value in (start or {}).items():
        index = program.network.species_index
        if name not in index:
            raise MechanismError.of("E010", f"start: there is no species `{name}`", hint=suggest(name, index))
        if not (np.isfinite(value) and value >= 0.0):
            raise MechanismError.of("E041", f"start: the concentration of `{name}` is not 0 or more: {value}")
        if program.constant[index[name]]:
            hint = f"give it another value with `with_values({name}=…)`"
            raise MechanismError.of("E045", f"start: `{name}` is held constant", hint=hint)
        x0[index[name]] = value
    if program.settler is not None:
        x0 = program.settler.state(program.network.mechanism, 0.0, x0)
    return x0


def _atol(atol: AbsoluteTolerance | None, rtol: float, x0: FloatArray, program: RateProgram) -> FloatArray:
    return np.broadcast_to(np.asarray(read_atol(atol, rtol, x0, program), dtype=np.float64), x0.shape).copy()
