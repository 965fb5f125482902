"""A set of experiments as large as a paper's: processor time of one pass over all of them, as a fit makes them."""

from __future__ import annotations

import time
from fractions import Fraction
from typing import Any

import numpy as np

from benchmarks.tables import grid, number

#: Passes that are timed, each with other values.
PASSES, QUICK_PASSES = 50, 5
#: What the project holds itself to: milliseconds of processor time a pass.
TARGET = 30.0


def measure(quick: bool) -> dict[str, Any]:
    """Milliseconds of processor time a pass, and what a pass solves."""
    import mscnet

    bench = mscnet.Bench(protocols())
    run = bench.run()
    readings = sum(len(series.time) for c in run.conditions for series in c.series.values())
    rng = np.random.default_rng(1)
    base = {p.name: p.value for p in bench.mechanism.parameters if p.name in ("k1", "k3", "k5", "k6", "k7")}
    spent = []
    for _ in range(QUICK_PASSES if quick else PASSES):
        values = {name: float(value * np.exp(0.1 * rng.standard_normal())) for name, value in base.items()}
        begun = time.process_time()
        bench.run(values, ledger=False)
        spent.append(1e3 * (time.process_time() - begun))
    return {
        "conditions": len(run.conditions),
        "solves": run.statistics["solves"],
        "steps": run.statistics["steps"],
        "readings": readings,
        "milliseconds": float(np.median(spent)),
        "target": TARGET,
    }


def table(result: dict[str, Any]) -> str:
    """One line."""
    headers = ("conditions", "solves", "steps", "readings", "ms a pass", "at most")
    row = (result["conditions"], result["solves"], result["steps"], result["readings"], number(result["milliseconds"]),
           number(result["target"]))  # fmt: skip
    return grid(headers, [tuple(str(cell) for cell in row)])


def protocols() -> Any:
    """The steps and constants of mechanisms/cdtese with experiments like those of its paper: two samples are mixed,
    aged, dispersed in several volumes of two solvents, some aged again and dispersed once more."""
    import mscnet
    from mscnet.mechanism.bench import Content, Experiment, Stock
    from mscnet.mechanism.expression import Symbol
    from mscnet.records import replace

    model = mscnet.load("cdtese").chosen
    number_ = _number
    stocks = (
        Stock("first", "solution", (Content("CdTe_PC", number_(2)), Content("CdTe_MF", number_("0.36")))),
        Stock("second", "solution", (Content("CdSe_PC", number_(2)), Content("CdSe_MF", number_("0.36")))),
        Stock("solvent", "solution"),
        Stock("amine", "solution"),
    )
    volume = Symbol("v", "loop")
    fast = _measure(5, 240)
    small, large = ("0.015", "0.030", "0.045", "0.060"), ("0.1", "0.15", "0.2", "0.25")
    spread = [
        Experiment(f"spread{i}", (_mix(), _hold(age), _take(volume), _add(amine), fast), loops=(_loop(volumes),))
        for i, (age, amine, volumes) in enumerate(
            [(1, "1.0", small), (1, "0.7", small), (30, "1.0", small), (1440, "1.0", small), (1440, "0.5", large)]
        )
    ]
    aged = [
        Experiment(f"aged{i}", (_add("1.0"), _measure(5, 90)), origin=_origin("base", hours))
        for i, hours in enumerate((0.5, 1, 3, 8, 20))
    ]
    base = Experiment("base", (_mix(), _hold(1440), _take(number_("0.03")), _add("0"), _measure(60, 1200)))
    return replace(model, stocks=stocks, experiments=(*spread, base, *aged))


def _number(value: Any) -> Any:
    from mscnet.mechanism.expression import Number

    return Number(Fraction(str(value)))


def _mix() -> Any:
    from mscnet.mechanism.bench import Mix, Portion

    return Mix((Portion("first", _number(1)), Portion("second", _number(1))))


def _hold(duration: float) -> Any:
    from mscnet.mechanism.bench import Hold

    return Hold(_number(duration))


def _take(volume: Any) -> Any:
    from mscnet.mechanism.bench import Take

    return Take(volume)


def _add(amine: str) -> Any:
    from mscnet.mechanism.bench import Add, Portion

    return Add((Portion("solvent", _number("2.0")), Portion("amine", _number(amine))))


def _loop(values: tuple[str, ...]) -> Any:
    from mscnet.mechanism.bench import Loop

    return Loop("v", tuple(_number(value) for value in values))


def _origin(name: str, hours: float) -> Any:
    from mscnet.mechanism.bench import Origin

    return Origin(name, after=_number(60 * hours))


def _measure(every: float, duration: float) -> Any:
    from mscnet.mechanism.bench import Observe, Reading
    from mscnet.mechanism.expression import Symbol

    readings = tuple(Reading(name, "value", expression=Symbol(name, "observable")) for name in ("od371", "od399"))
    return Observe(readings, _number(every), _number(duration))
