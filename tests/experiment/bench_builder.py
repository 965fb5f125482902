"""Mechanisms with experiments and data files, built from Python."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import cache
from pathlib import Path

import mscnet
from mscnet.mechanism.bench import DataFile, Experiment, Loop, Observe, Reading
from mscnet.mechanism.expression import Number, Symbol
from mscnet.mechanism.mechanism import Mechanism
from mscnet.mechanism.quantity import parse_quantity
from mscnet.records import replace

TEXT = "units time = min, concentration = mM, volume = mL\nA -> B @ 0.1 /min\n"


@cache
def _plain() -> Mechanism:
    return mscnet.loads(TEXT)


def quantity(text: str, mechanism: Mechanism) -> Number:
    """``"15 uL"`` as the language would read it."""
    value, dimension = parse_quantity(text, mechanism.units)
    return Number(Fraction(value), dimension)


def bench(
    path: str,
    readings: Mapping[str, str | None] = {"od371": "371 nm", "od399": "399 nm"},
    loop: Sequence[str] = ("15 uL", "30 uL"),
    every: str | None = "5 min",
    **settings: object,
) -> Mechanism:
    """A mechanism with the experiment ``fig(v)`` and one data file.

    `readings` maps names to a wavelength, ``"spectrum"``, or None for a concentration.
    """
    mechanism = _plain()
    made = tuple(reading(name, kind, mechanism) for name, kind in readings.items())
    duration = {"every": quantity(every, mechanism), "duration": quantity("240 min", mechanism)} if every else {}
    loops = (Loop("v", tuple(quantity(text, mechanism) for text in loop)),) if loop else ()
    experiment = Experiment("fig", (Observe(made, **duration),), tuple(each.variable for each in loops), loops)
    given = {
        "selects": tuple((name, quantity(text, mechanism)) for name, text in settings.get("selects", {}).items()),  # type: ignore[attr-defined]
        "columns": tuple(settings.get("columns", {}).items()),  # type: ignore[attr-defined]
        "error": quantity(str(settings["error"]), mechanism) if "error" in settings else None,
        "format": settings.get("format"),
    }
    return replace(mechanism, experiments=(experiment,), data_files=(DataFile("fig", path, **given),))  # type: ignore[arg-type]


def reading(name: str, kind: str | None, mechanism: Mechanism) -> Reading:
    if kind is None:
        return Reading(name, "value", expression=Symbol("A", "species"))
    if kind == "spectrum":
        return Reading(name, "spectrum", tuple(quantity(text, mechanism) for text in ("350 nm", "450 nm", "1 nm")))
    return Reading(name, "absorbance", (quantity(kind, mechanism),))


def written(folder: Path, text: str, name: str = "data.csv", encoding: str = "utf-8") -> Path:
    """A file of that text in `folder`, which is returned."""
    (folder / name).write_bytes(text.encode(encoding))
    return folder
