"""Whether `auto` sees what is stiff."""

from __future__ import annotations

import numpy as np
import pytest

import mscnet
from mscnet import kernels

pytestmark = pytest.mark.skipif(kernels.core() is None, reason="`auto` is the kernels' own")

#: Of the ladder of a molecule with five sites, and very many that bind there.
LADDER = """
molecule B(a, b, c, d, e), I(f)
species B(a,b,c,d,e) = 1 M, I(f) = 10000 M
parameter on = 1 /M/s, off = 1 /s
B(a!1).I(f!1) -> B(a) + I(f) @ off
B(b!1).I(f!1) -> B(b) + I(f) @ off
B(a, b) + I(f) -> B(a, b!1).I(f!1) @ 2*on
B(c) + I(f) <-> B(c!1).I(f!1) @ on, off
B(d) + I(f) <-> B(d!1).I(f!1) @ on, off
B(e) + I(f) <-> B(e!1).I(f!1) @ on, off
observable last = molecules B(c)
"""


@pytest.mark.parametrize("rtol", [1e-6, 1e-7, 1e-8])
def test_a_ladder_of_fast_steps_is_stiff(rtol: float) -> None:
    """Its fastest rate is 50,000/s, which no difference of two stages shows once most of it has gone: explicit steps
    held down by it come back to the same state again and again."""
    found = mscnet.simulate(mscnet.loads(LADDER), 30.0, points=31, rtol=rtol, max_steps=5_000)
    assert "rosenbrock" in found.statistics["integrator"]
    free = 10000 - 4  # of the binders, nearly
    np.testing.assert_allclose(found["last"][1:], 1 / (1 + free), rtol=1e-4)
