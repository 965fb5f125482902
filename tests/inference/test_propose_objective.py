"""`propose` where sets are fitted by the objective: what it does without kernels, and where experiments take more."""

from __future__ import annotations

from pathlib import Path

import mscnet
from tests.inference.test_propose import CHAIN


def test_experiments_that_take_more_are_fitted_by_the_objective(tmp_path: Path) -> None:
    file = CHAIN.write(tmp_path, seed=3)
    # time passes before the measurement, so that vessels cannot be prepared once
    file.write_text(file.read_text().replace("    measure", "    hold 0 min\n    measure"))
    found = mscnet.propose(mscnet.load(str(file)), species=("A", "B", "M"), largest=2, fits=12)
    assert (found.method, set(found[0].reactions)) == ("objective", CHAIN.reactions)
