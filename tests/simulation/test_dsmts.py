"""Means and deviations of the stochastic test suite (Evans, Gillespie, Wilkinson, Bioinformatics 24 (2008) 285).

Its models are written here by hand; its numbers are read from the folder that MSCNET_CONFORMANCE names.
"""

from __future__ import annotations

import csv
import io
import os
import zipfile
from pathlib import Path

import numpy as np
import pytest

import mscnet
from mscnet import kernels

ROOT = os.environ.get("MSCNET_CONFORMANCE")
ARCHIVE = Path(ROOT or "") / "sbml" / "sbml_stochastic_odd.zip"

pytestmark = [
    pytest.mark.skipif(
        ROOT is None or not ARCHIVE.exists(), reason="MSCNET_CONFORMANCE names no folder with the suite"
    ),
    pytest.mark.skipif(kernels.core() is None, reason="no compiled kernels: the runs would take minutes"),
]

MODELS = {
    "00001": "species X = 100\nX -> 2 X @ 0.1\nX -> 0 @ 0.11",
    "00021": "0 -> X @ 10\nX -> 0 @ 0.1",
    "00031": "option mass_action = combinatorial\nspecies P = 1000\n2 P <-> P2 @ 0.0002, 0.004",
    "00037": "0 -> 5 X @ 1\nX -> 0 @ 0.2",
}
RUNS = 4000


def published(case: str) -> dict[str, np.ndarray]:
    with zipfile.ZipFile(ARCHIVE) as archive:
        name = next(n for n in archive.namelist() if n.endswith(f"{case}-results.csv"))
        rows = list(csv.reader(io.StringIO(archive.read(name).decode())))
    columns = np.array([[float(cell) for cell in row] for row in rows[1:] if row]).T
    return dict(zip((cell.strip() for cell in rows[0]), columns, strict=True))


@pytest.mark.parametrize("algorithm", ["direct", "rejection"])
@pytest.mark.parametrize("case", MODELS)
def test_the_suite_s_models_give_its_means_and_deviations(case: str, algorithm: str) -> None:
    facts = published(case)
    mech = mscnet.loads("unit copies\n" + MODELS[case])
    runs = mscnet.simulate_repeats(mech, RUNS, times=facts["time"], seed=20, algorithm=algorithm)
    for name in runs.species:
        mean, sd = facts[f"{name}-mean"][1:], facts[f"{name}-sd"][1:]
        x = runs[name][:, 1:]
        of_mean = np.sqrt(RUNS) * (x.mean(axis=0) - mean) / sd
        kurtosis = ((x - mean) ** 4).mean(axis=0) / sd**4
        of_sd = np.sqrt(RUNS) * (x.var(axis=0, ddof=1) / sd**2 - 1) / np.sqrt(kurtosis - 1)
        # the suite's own rule: at most one time outside its limits
        assert (np.abs(of_mean) > 3).sum() <= 1
        assert (np.abs(of_sd) > 5 / np.sqrt(2)).sum() <= 1
