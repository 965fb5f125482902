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
from mscnet.simulation.methods import STOCHASTIC
from mscnet.simulation.sampling import draw
from mscnet.simulation.settings import chosen_settings, refuse_network_free
from mscnet.simulation.simulator import Simulator

FloatArray = NDArray[np.float64]

#: The most runs of a scan.
MAX_RUNS = 1_000_000_000
#: Names that a table of a scan has for itself.
_TAKEN = ("time", "run", "repeat", "status")


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """Runs 0 … n_runs - 1 of one model that differ in the values of `names`.

    A grid has `axes`, the values of each name, and runs in the order of their product, the last name fastest.
    Samples have `samples` (n_samples, n_names) instead.  Stochastic runs may be repeated so many times each, one behind
    the other; then the repeats are the last dimension.
    """

    simulator: Simulator
    names: tuple[str, ...]
    axes: tuple[FloatArray, ...] | None
    samples: FloatArray | None
    #: What the samples were drawn with, for the record.
    drawn: Mapping[str, Any]
    repeats: int | None = None

    @property
    def points(self) -> tuple[int, ...]:
        """Lengths of the axes of a grid; the number of samples."""
        if self.axes is not None:
            return tuple(map(len, self.axes))
        assert self.samples is not None
        return (len(self.samples),)

    @property
    def shape(self) -> tuple[int, ...]:
        """`points`, and the number of repeats where there are some."""
        return self.points if self.repeats is None else (*self.points, self.repeats)

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

    @property
    def labels(self) -> tuple[str, ...]:
        """What tells runs apart in a table: `coordinates`, then ``repeat`` where there are repeats."""
        return self.coordinates if self.repeats is None else (*self.coordinates, "repeat")

    def labelled(self, first: int, stop: int) -> FloatArray:
        """The numbers behind `labels` of runs first … stop - 1, (stop - first, n_labels)."""
        values = self.values(first, stop)
        if self.repeats is None:
            return values
        return np.column_stack([values, np.arange(first, stop) % self.repeats + 1.0])

    def values(self, first: int, stop: int) -> FloatArray:
        """The values of `names` in runs first … stop - 1, (stop - first, n_names), in the file's units."""
        places = np.arange(first, stop) // (self.repeats or 1)
        if self.samples is not None:
            return self.samples[places]
        assert self.axes is not None
        indices = np.unravel_index(places, self.points)
        return np.column_stack([axis[index] for axis, index in zip(self.axes, indices, strict=True)])

    def inputs(self, first: int, stop: int) -> FloatArray:
        """The inputs (stop - first, n_inputs) of runs first … stop - 1."""
        values = self.values(first, stop)
        return self.simulator.inputs({name: values[:, j] for j, name in enumerate(self.names)})

    def fingerprint(self) -> str:
        """A hash of all that the results depend on: model, values, times, columns, method, tolerances,
        seed, volume, version."""
        simulator, settings = self.simulator, self.simulator.settings
        digest = sha256()
        words = (
            __version__, simulator.engine, simulator.columns, simulator.names, self.names, self.shape, settings.start,
            settings.method, settings.rtol, _plain(settings.atol), settings.max_steps,
            settings.seed, simulator.mechanism.option("volume"), simulator.mechanism.option("mass_action"),
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
    mechanism: Mechanism, over: Over | None, sample: int | None, design: str, seed: int, settings: Mapping[str, Any],
    repeats: int | None = None,
) -> Plan:  # fmt: skip
    """The plan of a scan; see `mscnet.scan` for the arguments, of which `settings` are those of `Simulator`.

    Raises:
        MechanismError: what is varied, or a setting, makes no sense.
    """
    refuse_network_free(mechanism.chosen, settings.get("method"))
    model = mechanism.expanded
    if chosen_settings(model, settings.get("method"), None, None)[0] in STOCHASTIC:
        settings = {**settings, "seed": seed}
    elif repeats is not None:
        raise MechanismError.of("E045", "an integration gives the same every time", hint="repeats are for method='ssa'")
    times = _checked_repeats(repeats)
    if sample is None:
        axes = read_axes(model, over if over is not None else {})
        names = tuple(axis.name for axis in axes)
        _check_number(math.prod(len(axis.values) for axis in axes) * times)
        first = {axis.name: float(axis.values[0]) for axis in axes}
        return Plan(_simulator(model, first, settings), names, tuple(axis.values for axis in axes), None, {}, repeats)
    if not isinstance(sample, int) or isinstance(sample, bool) or not 1 <= sample <= MAX_RUNS:
        raise MechanismError.of("E046", f"sample is a number of runs from 1 to {MAX_RUNS:,}, not {sample}")
    _check_number(sample * times)
    ranges = read_ranges(model, _free_parameters(model) if over is None else over)
    samples = draw(ranges, sample, design, seed)
    names = tuple(r.name for r in ranges)
    first = dict(zip(names, samples[0].tolist(), strict=True))
    return Plan(_simulator(model, first, settings), names, None, samples, {"design": design, "seed": seed}, repeats)


def _check_number(count: int) -> None:
    if count > MAX_RUNS:
        raise MechanismError.of("E046", f"the scan has {count:,} runs; at most {MAX_RUNS:,} are done in one")


def _checked_repeats(repeats: int | None) -> int:
    if repeats is None:
        return 1
    if not isinstance(repeats, int) or isinstance(repeats, bool) or not 1 <= repeats <= MAX_RUNS:
        raise MechanismError.of("E045", f"repeats is a whole number from 1 to {MAX_RUNS:,}, not {repeats}")
    return repeats


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
