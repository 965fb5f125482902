"""`Simulator`: a model made ready once and run many times."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mscnet.diagnostics import MechanismError, suggest
from mscnet.kinetics.molecules import with_volume
from mscnet.kinetics.program import RateProgram, build_rate_program
from mscnet.mechanism.mechanism import Mechanism
from mscnet.simulation.batch import Batch, BatchEngine, RunSettings, batch_engine
from mscnet.simulation.grid import Time, output_times
from mscnet.simulation.many_runs import MAX_EVENTS
from mscnet.simulation.methods import STOCHASTIC, get_method
from mscnet.simulation.promote import promoted
from mscnet.simulation.provenance import provenance
from mscnet.simulation.run_ends import checked_seed
from mscnet.simulation.settings import chosen_settings, refuse_network_free
from mscnet.simulation.simulate import MAX_STEPS, simulate
from mscnet.simulation.status import Status
from mscnet.simulation.tolerances import AbsoluteTolerance, check_rtol, read_atol
from mscnet.simulation.trajectory import Trajectory

FloatArray = NDArray[np.float64]


class Simulator:
    """A mechanism made ready for many runs that differ in parameter values and initial concentrations.

    Reading, tables and analysis are done once; a run then costs its integration and some 10 µs.  The arguments are
    those of `mscnet.simulate`; `columns` says what `states` and `batch` give (``"species"``, the default,
    ``"observables"``, ``"all"`` or names), and `vary` names derived values that `inputs` is to take as numbers, beside
    parameters and species.  With method ``ssa`` runs are stochastic, with a `seed` and a `volume`.  May be shared by
    threads, which then run side by side.

    >>> import mscnet
    >>> sim = mscnet.Simulator(mscnet.loads("species A = 1\\nparameter k = 0.1\\nA -> B @ k"), times=[10.0])
    >>> [round(float(sim.states(sim.inputs(k=k))[0, 1]), 4) for k in (0.1, 0.2)]
    [0.6321, 0.8647]

    Raises:
        TypeError: `mechanism` is something else.
        MechanismError: as `mscnet.simulate`.
    """

    def __init__(
        self,
        mechanism: Mechanism,
        t_end: Time | None = None,
        *,
        points: int | None = None,
        every: Time | None = None,
        times: Sequence[Time] | FloatArray | None = None,
        start: Time | None = None,
        method: str | None = None,
        rtol: float | None = None,
        atol: AbsoluteTolerance | None = None,
        max_steps: int | None = None,
        columns: str | Sequence[str] | None = None,
        vary: Sequence[str] = (),
        seed: int | None = None,
        volume: float | str | None = None,
    ) -> None:
        if not isinstance(mechanism, Mechanism):
            raise TypeError(f"give a Mechanism, not {type(mechanism).__name__}: mscnet.Simulator(mscnet.load(…))")
        refuse_network_free(mechanism.chosen, method)
        model = mechanism.expanded
        first, grid = output_times(model, t_end, points, every, times, start)
        if max_steps is not None and max_steps < 1:
            raise MechanismError.of("E045", f"max_steps is a number above 0, not {max_steps}")
        chosen, relative, absolute = chosen_settings(model, method, rtol, atol)
        if chosen in STOCHASTIC:
            model, seed = with_volume(model, volume), checked_seed(seed)
            self.settings = RunSettings(first, grid, chosen, relative, None, max_steps or MAX_EVENTS, seed)
        else:
            _refuse_chance(seed, volume)
            get_method(chosen)
            self.settings = RunSettings(first, grid, chosen, check_rtol(relative), absolute, max_steps or MAX_STEPS)
        self.mechanism = model
        self.program: RateProgram = build_rate_program(promoted(model, vary).network())
        self.columns = _column_names(self.mechanism, columns)
        self._engine: BatchEngine = batch_engine(self.program, self.settings, self.columns)

    def __repr__(self) -> str:
        return f"<Simulator {self.mechanism.name}: {len(self.time)} times, {self.engine}>"

    @property
    def time(self) -> FloatArray:
        """(n_times,) output times in the file's unit."""
        return self.settings.times

    @property
    def engine(self) -> str:
        """What does the work, such as ``compiled rosenbrock``."""
        return self._engine.name

    @property
    def notes(self) -> tuple[str, ...]:
        """What the user might not expect of the runs made so far, such as starts rounded to whole molecules."""
        return tuple(self._engine.notes)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """What each input is: the parameters, then the species, whose inputs are initial concentrations."""
        return tuple(self.program.input_index)

    # --- inputs ------------------------------------------------------------------------------

    def inputs(self, values: Mapping[str, Any] | None = None, /, **named: Any) -> FloatArray:
        """The inputs (n_inputs,) of a run in the order of `names`, or (m, n_inputs) where a value is an array (m,).

        A number is in the file's units, a text carries its own.  Initial concentrations that the file gives by an
        expression follow the parameters, unless they are given here.

        Raises:
            MechanismError: an unknown name, or a value that makes no sense.
            ValueError: arrays of different lengths.
        """
        given = {name: self._read(name, value) for name, value in {**(values or {}), **named}.items()}
        shape = np.broadcast_shapes(*(value.shape for value in given.values()))
        rows = np.tile(self._base, (*shape, 1))
        index, n_parameters = self.program.input_index, len(self.names) - len(self.program.species)
        for name, value in given.items():
            rows[..., index[name]] = value
        if self._derives_initials and any(index[name] < n_parameters for name in given):
            parameters = np.ascontiguousarray(rows[..., :n_parameters]).reshape(-1, n_parameters)
            rows[..., n_parameters:] = self._initials(parameters).reshape(*shape, -1)
            for name, value in given.items():
                rows[..., index[name]] = value
        return rows

    def _read(self, name: str, value: Any) -> FloatArray:
        if name not in self.program.input_index:
            message = f"`{name}` is neither a parameter nor a species of {self.mechanism.name}"
            definitions = [d.name for d in self.mechanism.definitions]
            hint = f"vary=[{name!r}] makes it one" if name in definitions else suggest(name, self.names)
            raise MechanismError.of("E010", message, hint=hint)
        if isinstance(value, str):
            return np.array(read_value(self.mechanism, name, value))
        numbers = np.asarray(value, dtype=np.float64)
        if numbers.ndim > 1:
            raise ValueError(f"{name}: one value, or a list of them")
        if not np.isfinite(numbers).all() or (name in self.program.species and (numbers < 0.0).any()):
            raise MechanismError.of("E041", f"a value of `{name}` is negative or not finite")
        return numbers

    @cached_property
    def _base(self) -> FloatArray:
        return self.program.inputs()

    @cached_property
    def _derives_initials(self) -> bool:
        """Whether an initial concentration depends on a parameter."""
        from mscnet.mechanism.expression import symbols

        mechanism = self.program.network.mechanism
        return any(s.initial is not None and symbols(s.initial) for s in mechanism.species)

    def _initials(self, parameters: FloatArray) -> FloatArray:
        from mscnet import kernels

        if kernels.core() is not None:
            return self.program.initials(parameters)
        mechanism, names = self.program.network.mechanism, self.names
        rows = []
        for row in parameters:
            changed = {names[j]: float(v) for j, v in enumerate(row) if v != self._base[j] and not np.isnan(v)}
            model = mechanism.with_values(changed)
            rows.append([0.0 if s.initial is None else model.evaluate(s.initial) for s in model.species])
        return np.array(rows)

    # --- runs --------------------------------------------------------------------------------

    def states(self, inputs: FloatArray) -> FloatArray:
        """The columns at the output times: (n_times, n_columns) for `inputs` (n_inputs,), and
        (m, n_times, n_columns) for (m, n_inputs); ``nan`` where a run did not get (`batch` says why)."""
        if inputs.ndim == 1:
            values: FloatArray = self.batch(inputs[None]).values[0]
            return values
        return self.batch(inputs).values

    def batch(self, inputs: FloatArray, stop: NDArray[np.int64] | None = None, first: int = 0) -> Batch:
        """The runs of `inputs` (m, n_inputs) with their status; ends early once ``stop[0]`` is not 0.

        Stochastic runs are number `first` + 1 and so on of the seed, as in `mscnet.simulate_repeats`.
        """
        if inputs.dtype != np.float64 or not inputs.flags.c_contiguous:
            inputs = np.ascontiguousarray(inputs, dtype=np.float64)
        if inputs.ndim != 2 or inputs.shape[1] != len(self.names):
            raise ValueError(f"inputs have the shape (m, {len(self.names)}), not {inputs.shape}")
        return self._engine(inputs, stop, first)

    def run(self, values: Mapping[str, float | str] | None = None, /, **named: float | str) -> Trajectory:
        """One run with these values, as a trajectory of all species.

        Raises:
            MechanismError: an unknown name, or a value that makes no sense.
            SimulationError: the numerics could not finish; `.trajectory` has what was kept.
        """
        model = self.mechanism.with_values(values, **named)
        if self.settings.method in STOCHASTIC:
            return self._stochastic(model)
        if model.events:
            return self._eventful(model)
        batch = self._whole.batch(self._whole.inputs(values, **named)[None])
        settings = self.settings
        if not batch.done:  # the words for what went wrong are those of a single run
            limits: dict[str, Any] = {"atol": settings.atol, "max_steps": settings.max_steps}
            return simulate(
                model, times=self.time, start=settings.start, method=settings.method, rtol=settings.rtol, **limits
            )
        names = ("steps", "rejected_steps", "rhs_evaluations", "jacobian_evaluations", "factorisations")
        statistics: dict[str, Any] = {"method": settings.method, "integrator": self.engine}
        statistics |= dict(zip(names, batch.counts[0].tolist(), strict=True))
        atol = read_atol(settings.atol, settings.rtol, self.program.initial(), self.program)
        origin = provenance(model, settings.method, settings.rtol, atol)
        species = self.program.species
        return Trajectory(self.time.copy(), species, batch.values[0], model, Status.DONE, statistics, origin)

    def _eventful(self, model: Mechanism) -> Trajectory:
        settings = self.settings
        limits: dict[str, Any] = {"rtol": settings.rtol, "atol": settings.atol, "max_steps": settings.max_steps}
        return simulate(model, times=self.time, start=settings.start, method=settings.method, **limits)

    def _stochastic(self, model: Mechanism) -> Trajectory:
        settings = self.settings
        return simulate(
            model, times=self.time, start=settings.start, method="ssa", seed=settings.seed, max_steps=settings.max_steps
        )

    @cached_property
    def _whole(self) -> Simulator:
        """The simulator that gives all species and takes all derived values."""
        definitions = tuple(d.name for d in self.mechanism.definitions)
        if self.columns == self.program.species and all(name in self.program.input_index for name in definitions):
            return self
        settings = self.settings
        return Simulator(
            self.mechanism, times=settings.times, start=settings.start, method=settings.method, rtol=settings.rtol,
            atol=settings.atol, max_steps=settings.max_steps, vary=definitions,
        )  # fmt: skip


def _refuse_chance(seed: int | None, volume: float | str | None) -> None:
    if seed is not None or volume is not None:
        raise MechanismError.of("E045", "an integration has neither seed nor volume", hint="method='ssa' is stochastic")


def _column_names(mechanism: Mechanism, columns: str | Sequence[str] | None) -> tuple[str, ...]:
    """The names behind a group of columns, or those given, each once."""
    groups = {
        "species": tuple(s.name for s in mechanism.species),
        "observables": tuple(o.name for o in mechanism.observables),
    }
    groups["all"] = groups["species"] + groups["observables"]
    if columns is None:
        return groups["species"]
    if isinstance(columns, str):
        return groups.get(columns, (columns,))
    return tuple(dict.fromkeys(columns))


def read_value(mechanism: Mechanism, name: str, text: float | str) -> float:
    """A value of a parameter, species or derived value in the file's units; a text carries its own.

    Raises:
        MechanismError: an unknown name, a unit of another dimension, or a text that is no quantity.
    """
    changed = mechanism.with_values({name: text})
    if any(species.name == name for species in changed.species):
        initial = changed.get_species(name).initial
        return 0.0 if initial is None else changed.evaluate(initial)
    return changed.value_of(name)
