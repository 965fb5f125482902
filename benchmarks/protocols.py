"""All experiments of a paper, those of mechanisms/cdtese: processor time of one pass over them, as a fit makes them."""

from __future__ import annotations

import time
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

    bench = mscnet.Bench(mscnet.load("cdtese"))
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
