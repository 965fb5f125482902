"""The plan of a scan: which runs there are, and what each of them is given."""

from __future__ import annotations

import math
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mscnet import __version__
from mscnet.diagnostics import MechanismError
from mscnet.mechanism.mechanism import Mechanism
from mscnet.records import dataclass
from mscnet.simulation.axes import Over, read_axes, read_ranges
from mscnet.simulation.sampling import draw
from mscnet.simulation.simulator import Simulator

FloatArray = NDArray[np.float64]

#: The most runs of a scan.
MAX_RUNS = 1_000_000_000
#: Names that a table of a scan has for itself.
_TAKEN = ("time", "run", "status")


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """Runs 0 … n_runs - 1 of one model that differ in the values of `names`.

    A grid has `axes`, the values of each name, and runs in the order of their product, the last name fastest.
    Samples have `samples` (n_runs, n_names) instead.
    """

    simulator: Simulator
    names: tuple[str, ...]
    axes: tuple[FloatArray, ...] | None
    samples: FloatArray | None
    #: What the samples were drawn with, for the record.
    drawn: Mapping[str, Any]

    @property
    def shape(self) -> tuple[int, ...]:
        """Lengths of the axes of a grid; the number of samples."""
        if self.axes is not None:
            return tuple(map(len, self.axes))
        assert self.samples is not None
        return (len(self.samples),)

    @property
    def n_runs(self) -> int:
        return math.prod(self.shape)

    @property
    def row_shape(self) -> tuple[int, int]:
        """What a run gives: times × columns."""
        return len(self.simulator.time), len(self.simulator.columns)

    @property
    def coordinates(self) -> tuple[str, ...]:
        """The names as a table has them: an initial concentration of ``A`` is ``A_initial``."""
        species = {s.name for s in self.simulator.mechanism.species}
        taken = {*_TAKEN, *self.simulator.columns}
        return tuple(f"{name}_initial" if name in species else _free(name, taken) for name in self.names)

    def values(self, first: int, stop: int) -> FloatArray:
        """The values of `names` in runs first … stop - 1, (stop - first, n_names), in the file's units."""
        if self.samples is not None:
            return self.samples[first:stop]
        assert self.axes is not None
        places = np.unravel_index(np.arange(first, stop), self.shape)
        return np.column_stack([axis[place] for axis, place in zip(self.axes, places, strict=True)])

    def inputs(self, first: int, stop: int) -> FloatArray:
        """The inputs (stop - first, n_inputs) of runs first … stop - 1."""
        values = self.values(first, stop)
        return self.simulator.inputs({name: values[:, j] for j, name in enumerate(self.names)})

    def fingerprint(self) -> str:
        """A hash of all that the results depend on: model, values, times, columns, method, tolerances, version."""
        simulator, settings = self.simulator, self.simulator.settings
        digest = sha256()
        words = (
            __version__, simulator.engine, simulator.columns, simulator.names, self.names, self.shape, settings.start,
            settings.method, settings.rtol, _plain(settings.atol), settings.max_steps,
        )  # fmt: skip
        digest.update(repr(words).encode("utf-8", "surrogatepass"))
        for array in (settings.times, *(self.axes or ()), self.samples, simulator.program.inputs()):
            digest.update(b"" if array is None else np.ascontiguousarray(array).tobytes())
        mechanism = simulator.program.network.mechanism
        for item in (*mechanism.reactions, *mechanism.species, *mechanism.derived):
            digest.update(repr(item).encode("utf-8", "surrogatepass"))
        return digest.hexdigest()


def _plain(atol: Any) -> Any:
    return sorted(atol.items()) if isinstance(atol, Mapping) else np.asarray(atol).tolist()


def _free(name: str, taken: set[str]) -> str:
    return f"{name}_value" if name in taken else name


def make_plan(
    mechanism: Mechanism, over: Over | None, sample: int | None, design: str, seed: int, settings: Mapping[str, Any]
) -> Plan:
    """The plan of a scan; see `mscnet.scan` for the arguments, of which `settings` are those of `Simulator`.

    Raises:
        MechanismError: what is varied, or a setting, makes no sense.
    """
    model = mechanism.chosen
    if sample is None:
        axes = read_axes(model, over if over is not None else {})
        names = tuple(axis.name for axis in axes)
        count = math.prod(len(axis.values) for axis in axes)
        if count > MAX_RUNS:
            raise MechanismError.of("E046", f"the grid has {count:,} runs; at most {MAX_RUNS:,} are done in one scan")
        first = {axis.name: float(axis.values[0]) for axis in axes}
        return Plan(_simulator(model, first, settings), names, tuple(axis.values for axis in axes), None, {})
    if not isinstance(sample, int) or isinstance(sample, bool) or not 1 <= sample <= MAX_RUNS:
        raise MechanismError.of("E046", f"sample is a number of runs from 1 to {MAX_RUNS:,}, not {sample}")
    ranges = read_ranges(model, _free_parameters(model) if over is None else over)
    samples = draw(ranges, sample, design, seed)
    names = tuple(r.name for r in ranges)
    first = dict(zip(names, samples[0].tolist(), strict=True))
    return Plan(_simulator(model, first, settings), names, None, samples, {"design": design, "seed": seed})


def _simulator(model: Mechanism, first: Mapping[str, float], settings: Mapping[str, Any]) -> Simulator:
    """The model as the first run has it, so that what a scan gives need not have a value in the file."""
    derived = [d.name for d in model.definitions if d.name in first]
    given = {name: value for name, value in first.items() if name not in derived}
    return Simulator(model.with_values(given), **settings, vary=derived)


def _free_parameters(model: Mechanism) -> list[str]:
    names = [p.name for p in model.parameters if not p.fixed and (p.bounds is not None or p.prior is not None)]
    if not names:
        hint = "give ranges: over={'k1': '1e-3..1:log'} (--over k1=1e-3..1:log)"
        raise MechanismError.of("E046", f"no parameter of {model.name} has bounds or a prior to sample from", hint=hint)
    return names
