"""A -> B -> C with data made by known constants: what tests of fits share."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

TRUE = {"k1": 0.12, "k2": 0.04}
SIGMA = 0.01

MODEL = """units time = min, concentration = mM
species A
species B
species C
solution stock { A = 1 mM }
parameter k1 = 0.05 /min in 1e-3 .. 10 log
parameter k2 = 0.3 /min in 1e-3 .. 10 log
parameter k3 = 0.001 /min
step1: A -> B @ k1
step2: B -> C @ k2
experiment decay { mix 1 mL stock ; measure b = [B], c = [C] every 5 min for 60 min }
data decay "decay.csv" { error = 0.01 }
"""
FACT = 'expect decay { max(b) = 0.58 ± 0.05 from "a notebook" }\n'


def write(folder: Path, seed: int = 1, text: str = MODEL, times: int = 13) -> Path:
    """The model's file and its data, B and C from the closed form with normal errors."""
    k1, k2 = TRUE["k1"], TRUE["k2"]
    random = np.random.default_rng(seed)
    rows = ["time (min),b,c"]
    for t in np.linspace(0, 60, times):
        a, b = math.exp(-k1 * t), k1 / (k2 - k1) * (math.exp(-k1 * t) - math.exp(-k2 * t))
        b, c = np.array([b, 1 - a - b]) + random.normal(size=2) * SIGMA
        rows.append(f"{t:g},{b:.6f},{c:.6f}")
    (folder / "decay.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    path = folder / "abc.mech"
    path.write_text(text, encoding="utf-8")
    return path
