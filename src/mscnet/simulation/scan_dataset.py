"""A scan as an xarray dataset."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mscnet.kinetics.molecules import molecules_per_concentration
from mscnet.mechanism.units import TIME
from mscnet.simulation.batch import STATUS_WORDS
from mscnet.simulation.methods import STOCHASTIC
from mscnet.simulation.provenance import provenance, stochastic_provenance
from mscnet.simulation.scan_plan import Plan
from mscnet.simulation.scan_store import Store
from mscnet.simulation.tolerances import read_atol

if TYPE_CHECKING:
    import xarray

    from mscnet.mechanism.mechanism import Mechanism


def dataset(plan: Plan, store: Store) -> xarray.Dataset:
    """Columns over the axes of a grid, or over ``run``, and ``time``; see `mscnet.scan`."""
    import xarray

    values = store.whole()
    dims = dimensions(plan)
    data: dict[str, Any] = {}
    for j, name in enumerate(plan.simulator.columns):
        course = values[..., j].reshape(*plan.shape, -1)
        data[name] = ((*dims, "time"), course, attributes_of(plan.simulator.mechanism, name))
    data["status"] = (dims, store.status.reshape(plan.shape), status_attributes())
    coords: dict[str, Any] = {"time": ("time", plan.simulator.time, attributes_of(plan.simulator.mechanism, "time"))}
    for j, (name, shown) in enumerate(zip(plan.names, plan.coordinates, strict=True)):
        along = shown if plan.axes is not None else "run"
        numbers = plan.axes[j] if plan.axes is not None else plan.samples[:, j]  # type: ignore[index]
        coords[shown] = (along, numbers, coordinate_attributes(plan, name))
    if plan.repeats is not None:
        coords["repeat"] = np.arange(1, plan.repeats + 1)
    return xarray.Dataset(data, coords, scan_attributes(plan))


def dimensions(plan: Plan) -> tuple[str, ...]:
    """The names of the dimensions of a scan, without time."""
    points = plan.coordinates if plan.axes is not None else ("run",)
    return points if plan.repeats is None else (*points, "repeat")


def attributes_of(mechanism: Mechanism, name: str) -> dict[str, str]:
    """Unit and printed label of a column, or of the time."""
    if name == "time":
        return {"units": mechanism.units.describe(TIME), "long_name": "time"}
    items: list[Any] = [*mechanism.definitions, *mechanism.observables, *mechanism.species, *mechanism.parameters]
    item = next(item for item in reversed(items) if item.name == name)
    dimension = item.dimension
    unit = "" if dimension is None else mechanism.units.describe(dimension)
    return {"units": unit, "long_name": str(getattr(item, "shown", name))}


def coordinate_attributes(plan: Plan, name: str) -> dict[str, str]:
    """Unit and description of what is varied."""
    mechanism = plan.simulator.mechanism
    found = attributes_of(mechanism, name)
    if any(species.name == name for species in mechanism.species):
        return {"units": found["units"], "long_name": f"initial concentration of {found['long_name']}"}
    return found


def status_attributes() -> dict[str, Any]:
    """What the numbers of the status mean (as the CF conventions have it)."""
    numbers = sorted(STATUS_WORDS)
    words = " ".join(STATUS_WORDS[number] for number in numbers)
    return {"long_name": "how the run ended", "flag_values": np.array(numbers, np.int8), "flag_meanings": words}


def scan_attributes(plan: Plan) -> dict[str, Any]:
    """Provenance, without values that netCDF does not have."""
    simulator = plan.simulator
    settings = simulator.settings
    if settings.method in STOCHASTIC:
        omega = molecules_per_concentration(simulator.mechanism)
        origin = stochastic_provenance(simulator.mechanism, settings.seed, omega)
        return _without_none({**origin, "algorithm": simulator.engine, **plan.drawn})
    atol: Any = "follows the initial concentrations"
    if settings.atol is not None:
        atol = np.asarray(read_atol(settings.atol, settings.rtol, simulator.program.initial(), simulator.program))
        atol = atol.tolist()
    origin = provenance(simulator.mechanism, settings.method, settings.rtol, 0.0)
    return _without_none({**origin, "atol": atol, "integrator": simulator.engine, **plan.drawn})


def _without_none(found: dict[str, Any]) -> dict[str, Any]:
    return {key: "" if value is None else value for key, value in found.items()}
