"""What symbols cost: times for networks of 10, 100 and 1,000 species, as the table in `symbolics.md`.

    python docs/measure_symbolics.py

The network is a ring of reversible exchanges, ``S1 + S2 <-> S3 + S4`` and so on, two reactions a species: every
species takes part in eight, so its equation has eight terms.  Each figure is one run in a fresh process' worth of
caches: nothing is computed twice.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import sympy  # its import, half a second, is no part of the figures

import mscnet
from mscnet.network.network import Network

SIZES = (10, 100, 1000)


def ring(size: int) -> str:
    """The text of a ring of exchanges among `size` species."""

    def name(i: int) -> str:
        return f"S{i % size + 1}"

    steps = (f"{name(i)} + {name(i + 1)} <-> {name(i + 2)} + {name(i + 3)} @ k{i}, q{i}" for i in range(size))
    return "\n".join(steps)


def results(size: int) -> dict[str, Callable[[Network], Any]]:
    """What is measured, by the name it has in the table."""
    values = {f"{letter}{i}": 1.0 + i % 3 for letter in "kq" for i in range(size)}
    values |= {f"S{i + 1}": 1.0 for i in range(size)}
    return {
        "rate equations as text": lambda net: net.rate_equations().text(),
        "rate equations in LaTeX": lambda net: net.latex(),
        "rate equations in SymPy": lambda net: dict(net.rate_equations()),
        "Jacobian in SymPy": lambda net: net.jacobian(),
        "conservation laws": lambda net: net.conservation_laws(),
        "equations without dependent species": lambda net: net.reduced_equations().text(),
        "for comparison: a simulation": lambda net: mscnet.simulate(net.mechanism.with_values(values), 1.0, points=2),
    }


def seconds(size: int, name: str) -> float:
    """Wall time of one result for a new network."""
    network = mscnet.loads(ring(size)).network()
    sympy.core.cache.clear_cache()
    begin = time.perf_counter()
    results(size)[name](network)
    return time.perf_counter() - begin


def shown(time_taken: float) -> str:
    return f"{time_taken * 1e3:.2g} ms" if time_taken < 0.1 else f"{time_taken:.2g} s"


def main() -> None:
    print("| | " + " | ".join(f"{size:,} species" for size in SIZES) + " |\n|---|" + "---|" * len(SIZES))
    seconds(10, "for comparison: a simulation")  # loads the libraries
    for name in results(1):
        figures = (shown(min(seconds(size, name) for _ in range(3 if size < 1000 else 1))) for size in SIZES)
        print(f"| {name} | {' | '.join(figures)} |", flush=True)


if __name__ == "__main__":
    main()
