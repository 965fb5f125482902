"""What spectra show: the peaks of the bands, and the isosbestic points of what was measured."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from mscnet.experiment.isosbestic import IsosbesticPoint, isosbestic_points
from mscnet.experiment.optics import Optics
from mscnet.experiment.results import Run, Spectra
from mscnet.mechanism.mechanism import Mechanism
from mscnet.mechanism.units import LENGTH
from mscnet.report.text import table

#: Where the highest peak of a band is looked for, in nm.
_FIRST, _LAST, _STEP = 200.0, 1100.0, 0.25
#: So much of a measurement's start is left out, one after the other, until there are isosbestic points.
_LEFT_OUT = (0.0, 0.01, 0.02, 0.05, 0.1, 0.2)


def light_data(run: Run) -> dict[str, Any]:
    """``bands``: species, wavelength in nm of the highest peak, absorptivity there and its unit; ``isosbestic``: one a
    point, of which reading and condition, from which time on, its wavelength and drift in nm, and the mean absorbance
    there."""
    return {"bands": _bands(run.model), "isosbestic": _points(run)}


def light_text(run: Run) -> str:
    """Both as tables."""
    found = light_data(run)
    peaks = [
        [b["species"], _rounded(b["wavelength"]), f"{b['absorptivity']:.4g} {b['unit']}".rstrip()]
        for b in found["bands"]
    ]
    points = [
        [
            p["condition"],
            p["reading"],
            f"{p['start']:.4g}",
            _rounded(p["wavelength"]),
            _rounded(p["drift"]),
            f"{p['absorbance']:.4g}",
        ]
        for p in found["isosbestic"]
    ]
    parts = [table(["band", "peak / nm", "absorptivity"], peaks, (1, 2)) if peaks else "no bands"]
    unit = run.model.units.time.symbol
    head = ["isosbestic in", "reading", f"from / {unit}", "at / nm", "wanders / nm", "absorbance"]
    parts.append(table(head, points, (2, 3, 4, 5)) if points else "no isosbestic points in what is measured")
    return "\n\n".join(parts)


def _bands(model: Mechanism) -> list[dict[str, Any]]:
    optics = Optics.of(model)
    grid = np.arange(_FIRST, _LAST + _STEP / 2, _STEP)
    found = []
    for place, band in enumerate(optics.species):
        species = model.species[int(band)]
        row = optics.absorptivity(grid)[place]
        top = int(row.argmax())
        unit = model.units.describe((species.dimension * LENGTH) ** -1)
        found.append(
            {"species": species.name, "wavelength": float(grid[top]), "absorptivity": float(row[top]), "unit": unit}
        )
    return found


def _points(run: Run) -> list[dict[str, Any]]:
    return [
        {
            "condition": condition.name,
            "reading": name,
            "start": start,
            "wavelength": point.wavelength,
            "drift": point.drift if math.isfinite(point.drift) else None,
            "absorbance": point.absorbance,
        }
        for condition in run.conditions
        for name, spectra in condition.spectra.items()
        for start, point in _from_earliest(spectra)
    ]


def _from_earliest(spectra: Spectra) -> list[tuple[float, IsosbesticPoint]]:
    """Points from the earliest time on from which there are some: what comes first may yet have to form."""
    for share in _LEFT_OUT:
        start = float(spectra.time[0] + share * np.ptp(spectra.time)) if spectra.time.size else 0.0
        kept = spectra.time >= start
        if kept.sum() < 3:
            break
        points = isosbestic_points(spectra, start)
        if points:
            return [(float(spectra.time[kept][0]), point) for point in points]
    return []


def _rounded(wavelength: float | None) -> str:
    return "" if wavelength is None else f"{wavelength:.1f}"
