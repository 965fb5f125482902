"""When a run reports: its start, its end and its output times, from arguments and the file's options."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mscnet.diagnostics import MechanismError
from mscnet.mechanism.mechanism import Mechanism
from mscnet.mechanism.quantity import QuantityError, parse_quantity
from mscnet.mechanism.units import TIME, name_dimension

DEFAULT_POINTS = 201
MAX_POINTS = 10_000_000
#: The most numbers, times × species, that a trajectory may hold (2 GB).
MAX_VALUES = 250_000_000

Time = float | str


def output_times(
    mechanism: Mechanism,
    t_end: Time | None = None,
    points: int | None = None,
    every: Time | None = None,
    times: Sequence[Time] | NDArray[np.float64] | None = None,
    start: Time | None = None,
) -> tuple[float, NDArray[np.float64]]:
    """The start and the increasing output times of a run, in the file's time unit.

    Of `points` (evenly spaced, both ends included), `every` (from the start on, and the end) and `times`
    one may be given; without any the file's options `points` or `every` hold, else `DEFAULT_POINTS`.
    A text such as ``"240 min"`` carries its unit.

    Raises:
        MechanismError: no end, an end before the start, or output times that make no sense.
    """
    reader = _Reader(mechanism)
    if sum(given is not None for given in (points, every, times)) > 1:
        raise reader.error("E043", "give one of points, every and times")
    first = reader.time("start", (reader.option("t_start") or 0.0) if start is None else start)
    if times is not None:
        return first, reader.bounded(_explicit(reader, times, first, t_end))
    last = reader.end(t_end)
    if last <= first:
        message = f"the run ends at {reader.said(last)}, which is not after its start, {reader.said(first)}"
        raise reader.error("E043", message)
    if points is None and every is None:
        every = reader.option("every") if reader.option("points") is None else None
        points = reader.option("points")
    if every is not None:
        return first, reader.bounded(_every(reader, first, last, reader.time("every", every)))
    return first, _even(reader, first, last, DEFAULT_POINTS if points is None else points)


class _Reader:
    """Reads times and options of one mechanism."""

    def __init__(self, mechanism: Mechanism) -> None:
        self.mechanism = mechanism

    def error(self, code: str, message: str, hint: str | None = None) -> MechanismError:
        source = self.mechanism.source
        return MechanismError.of(code, message, hint=hint, file=source.name if source else None)

    def said(self, time: float) -> str:
        """A time with its unit."""
        return f"{time:g} {self.mechanism.units.time.symbol}"

    def option(self, name: str) -> Any:
        return self.mechanism.option(name)

    def end(self, t_end: Time | None) -> float:
        value = self.option("t_end") if t_end is None else t_end
        if value is None:
            unit = self.mechanism.units.time.symbol
            hint = f"give t_end (`--t-end 100{unit}`), or write `option t_end = 100 {unit}` in the file"
            raise self.error("E040", "the run has no end", hint)
        return self.time("t_end", value)

    def time(self, name: str, value: Time) -> float:
        """A number, or a text with its unit, in the file's time unit."""
        if not isinstance(value, str):
            number = float(value)
        else:
            try:
                amount, dimension = parse_quantity(value, self.mechanism.units)
            except QuantityError as error:
                raise self.error("E012", f"{name}: {error}", error.hint) from None
            if dimension not in (None, TIME):
                raise self.error("E020", f"{name} is a time, not {name_dimension(dimension)}: {value}")
            number = float(amount)
        if not math.isfinite(number):
            raise self.error("E043", f"{name} is not a finite time: {value}")
        return number

    def bounded(self, times: NDArray[np.float64]) -> NDArray[np.float64]:
        self.check_size(len(times))
        return times

    def check_size(self, count: int) -> None:
        n_species = len(self.mechanism.species)
        if count * n_species > MAX_VALUES:
            size = count * n_species * 8 / 1e9
            message = f"{count:,} output times of {n_species:,} species take {size:.1f} GB; the limit is 2 GB"
            raise self.error("E043", message, "ask for fewer points")


def _even(reader: _Reader, first: float, last: float, points: float) -> NDArray[np.float64]:
    if isinstance(points, bool) or not 2 <= points <= MAX_POINTS or int(points) != points:
        raise reader.error("E043", f"points is a whole number from 2 to {MAX_POINTS:,}, not {points}")
    reader.check_size(int(points))
    return _increasing(reader, _plain(np.linspace(first, last, int(points))))


def _every(reader: _Reader, first: float, last: float, step: float) -> NDArray[np.float64]:
    if not step > 0.0:
        raise reader.error("E043", f"every is a time above 0, not {reader.said(step)}")
    # the slack keeps 240 min / 0.1 min from losing or doubling the end to rounding
    count = (last - first) / step * (1.0 + 1e-12) + 1e-9
    if count >= MAX_POINTS:
        message = f"every {reader.said(step)} makes {count:.3g} output times; at most {MAX_POINTS:,} are kept"
        raise reader.error("E043", message)
    reader.check_size(int(count) + 2)
    times: NDArray[np.float64] = first + step * np.arange(int(count) + 1, dtype=np.float64)
    if times[-1] < last - 1e-6 * step:
        times = np.append(times, last)
    times[-1] = last
    return _increasing(reader, _plain(times))


def _plain(times: NDArray[np.float64]) -> NDArray[np.float64]:
    """Times without the last digit's rounding: 0.9 for 0.8999999999999999, where a short decimal is that near."""
    digits = 14 - math.floor(math.log10(float(np.abs(times).max())))
    if not -300 < digits < 300:
        return times
    short: NDArray[np.float64] = np.round(times, digits)
    return np.where(np.abs(short - times) <= 2.0 * np.spacing(np.abs(times)), short, times)


def _explicit(reader: _Reader, given: Any, first: float, t_end: Time | None) -> NDArray[np.float64]:
    if isinstance(given, (list, tuple)):
        given = [reader.time("an output time", time) if isinstance(time, str) else time for time in given]
    try:
        times = np.array(given, dtype=np.float64)
    except (TypeError, ValueError):
        times = np.array(np.nan)  # which the next line refuses
    if times.ndim != 1 or not 1 <= len(times) <= MAX_POINTS or not np.isfinite(times).all():
        raise reader.error("E043", f"times is a list of finite times, at most {MAX_POINTS:,}")
    if (np.diff(times) <= 0.0).any():
        raise reader.error("E043", "the output times do not increase")
    if times[0] < first:
        message = f"the first output time, {reader.said(times[0])}, is before the start, {reader.said(first)}"
        raise reader.error("E043", message)
    if t_end is not None and times[-1] > (last := reader.time("t_end", t_end)):
        message = f"the last output time, {reader.said(times[-1])}, is after the end, {reader.said(last)}"
        raise reader.error("E043", message)
    if times[-1] <= first:
        raise reader.error("E043", f"the only output time is the start, {reader.said(first)}")
    return times


def _increasing(reader: _Reader, times: NDArray[np.float64]) -> NDArray[np.float64]:
    if (np.diff(times) <= 0.0).any():
        raise reader.error(
            "E043", f"the output times between {times[0]!r} and {times[-1]!r} are too close to tell apart"
        )
    return times
